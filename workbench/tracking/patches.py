"""Cutting boxes out of a frame, all to one shape, at sub-pixel places.

Filters compare patches, so each patch has to be cut where its box really is, and large ones have to be
averaged: skipping through pixels turns texture into noise.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Array, Box, as_boxes

Image = NDArray[np.uint8]


def cut(image: Image, boxes: Array, *, shape: tuple[int, int]) -> Image:
    """Every box resampled to one shape, the frame's edge pixels repeated outside.

    Args:
        image: uint8 (H, W, 3).
        boxes: (N, 4) x, y, w, h of similar size, overlapping; sides positive.
        shape: height and width of the patches.

    Returns:
        uint8 (N, *shape, 3).
    """
    boxes = as_boxes(boxes)
    height, width = shape
    part, left, top, shrink = _averaged(
        image, boxes, min(boxes[:, 2].min() / width, boxes[:, 3].min() / height)
    )
    boxes = (boxes - [left, top, 0, 0]) / shrink
    result = np.empty((len(boxes), height, width, 3), dtype=np.uint8)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    for (x, y, w, h), patch in zip(boxes, result, strict=True):
        # Pixel centres are at halves in our boxes and at whole numbers in cv2.
        step_x, step_y = w / width, h / height
        matrix = np.array([[step_x, 0, x + step_x / 2 - 0.5], [0, step_y, y + step_y / 2 - 0.5]])
        cv2.warpAffine(part, matrix, (width, height), patch, flags, cv2.BORDER_REPLICATE)
    return result


def scaled(box: Box, factors: NDArray[np.float64]) -> Array:
    """The box about its centre at each of these sizes, (len(factors), 4)."""
    x, y, w, h = box
    sizes = np.outer(factors, [w, h])
    return np.concatenate([[x + w / 2, y + h / 2] - sizes / 2, sizes], axis=1)


def _averaged(image: Image, boxes: Array, zoom: float) -> tuple[Image, int, int, int]:
    """The part of the frame under the boxes, shrunk by averaging whole pixels where ``zoom`` allows it.

    Returns:
        The part, its left and top in the frame, and how many frame pixels one of its pixels spans.
    """
    shrink = int(zoom)
    if shrink < 2:
        return image, 0, 0, 1
    height, width = image.shape[:2]
    last = np.array([width - 1, height - 1])
    low = np.clip(np.floor(boxes[:, :2].min(axis=0)) - shrink, 0, last).astype(int)
    high = np.clip(np.ceil((boxes[:, :2] + boxes[:, 2:]).max(axis=0)) + shrink, low + 1, last + 1).astype(int)
    columns, rows = (high - low) // shrink
    if min(rows, columns) == 0:
        return image, 0, 0, 1
    part = image[low[1] : low[1] + rows * shrink, low[0] : low[0] + columns * shrink]
    small = cv2.resize(part, (int(columns), int(rows)), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8), int(low[0]), int(low[1]), shrink
