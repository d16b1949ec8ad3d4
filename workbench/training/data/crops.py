"""Cutting the search region around a box that was moved and scaled at random.

The region is a square of so many times the box's side, resized to the network's input; its border goes on
with the picture's last pixels. As in the training of ATOM (Danelljan et al. 2019, arXiv:1811.07628),
except that a region wholly outside of the picture is no error.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import torch

from workbench.core.boxes import Array
from workbench.training.data.sequences import Image


def jittered_box(box: Array, *, center: float, scale: float, generator: torch.Generator) -> Array:
    """A box near another one.

    Args:
        box: (4,) x, y, w, h.
        center: the centre moves by at most half of this, in sides of the new box.
        scale: standard deviation of the logarithm of the sides.
        generator: on the CPU.
    """
    size = box[2:] * np.exp(scale * torch.randn(2, generator=generator).numpy())
    reach = center * math.sqrt(float(size.prod()))
    middle = box[:2] + box[2:] / 2 + reach * (torch.rand(2, generator=generator).numpy() - 0.5)
    return np.concatenate([middle - size / 2, size])


def sample_target(
    image: Image, box: Array, *, search_area: float, size: int | None = None
) -> tuple[Image, float]:
    """The square region around a box.

    Published behaviour: the last row and column of the picture are never seen; the border goes on with the
    ones before.

    Args:
        image: (H, W, 3).
        box: (4,) x, y, w, h with an area.
        search_area: side of the region over the box's.
        size: side of the result in pixels; None = as cut.

    Returns:
        (size, size, 3), and pixels of the result per pixel of the picture.
    """
    x, y, w, h = box.tolist()
    side = crop_side(box, search_area)
    (top, bottom, above, below), (left, right, before, after) = (
        _span(round(start + 0.5 * extent - 0.5 * side), side, limit)
        for start, extent, limit in ((y, h, image.shape[0]), (x, w, image.shape[1]))
    )
    inside, border = image[top:bottom, left:right], cv2.BORDER_REPLICATE
    cut = np.asarray(cv2.copyMakeBorder(inside, above, below, before, after, border), np.uint8)
    if size is None:
        return cut, 1.0
    return np.asarray(cv2.resize(cut, (size, size)), np.uint8), size / side


def crop_side(box: Array, search_area: float) -> int:
    """Side of the region around a box (4,), in whole pixels."""
    return math.ceil(math.sqrt(float(box[2]) * float(box[3])) * search_area)


def box_in_crop(box: Array, around: Array, *, factor: float, size: int) -> Array:
    """A box (4,) of the picture in pixels of the region that was cut ``around`` another.

    Args:
        box: x, y, w, h.
        around: the box the region was cut around.
        factor: of ``sample_target``.
        size: side of the region in its own pixels.
    """
    middle = (size - 1) / 2 + factor * (box[:2] + box[2:] / 2 - around[:2] - around[2:] / 2)
    return np.concatenate([middle - factor * box[2:] / 2, factor * box[2:]])


def _span(start: int, side: int, limit: int) -> tuple[int, int, int, int]:
    """What the picture has of a region along one axis, and how much is missing before and after.

    A region wholly outside gets the nearest row (or column).
    """
    limit = max(limit - 1, 1)
    low = min(max(start, 0), limit - 1)
    high = min(max(start + side, low + 1), limit)
    before = min(max(low - start, 0), side - (high - low))
    return low, high, before, side - (high - low) - before
