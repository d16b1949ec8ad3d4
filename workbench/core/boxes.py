"""Geometry of boxes.

A box is ``(x, y, w, h)`` in float64 pixels of the source frame, origin at the top-left corner of the
top-left pixel: pixel ``i`` covers ``[i, i + 1)``, so the right edge is ``x + w`` with no "+ 1". Arrays
are (N, 4); no boxes is (0, 4). Boxes may leave the image.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Box = tuple[float, float, float, float]


def as_boxes(boxes: ArrayLike | Sequence[Box]) -> Array:
    """Boxes as a float64 array (N, 4); an empty sequence becomes (0, 4)."""
    return np.asarray(boxes, dtype=np.float64).reshape(-1, 4)


def xywh_to_xyxy(boxes: ArrayLike) -> Array:
    """(N, 4) x, y, w, h to left, top, right, bottom."""
    b = as_boxes(boxes)
    return np.concatenate([b[:, :2], b[:, :2] + b[:, 2:]], axis=1)


def xyxy_to_xywh(boxes: ArrayLike) -> Array:
    """(N, 4) left, top, right, bottom to x, y, w, h."""
    b = as_boxes(boxes)
    return np.concatenate([b[:, :2], b[:, 2:] - b[:, :2]], axis=1)


def iou(a: ArrayLike, b: ArrayLike) -> Array:
    """Intersection over union of every pair, (N, M) in [0, 1]; 0 where the union has no area."""
    p, q = xywh_to_xyxy(a), xywh_to_xyxy(b)
    low = np.maximum(p[:, None, :2], q[None, :, :2])
    high = np.minimum(p[:, None, 2:], q[None, :, 2:])
    overlap = np.clip(high - low, 0.0, None).prod(axis=2)
    area_p = np.clip(p[:, 2:] - p[:, :2], 0.0, None).prod(axis=1)
    area_q = np.clip(q[:, 2:] - q[:, :2], 0.0, None).prod(axis=1)
    union = area_p[:, None] + area_q[None, :] - overlap
    return np.asarray(np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0))


def clip(boxes: ArrayLike, width: float, height: float) -> Array:
    """Boxes cut to the image ``[0, width] x [0, height]``; a box wholly outside has w or h 0."""
    corners = xywh_to_xyxy(boxes)
    corners[:, 0::2] = np.clip(corners[:, 0::2], 0.0, width)
    corners[:, 1::2] = np.clip(corners[:, 1::2], 0.0, height)
    return xyxy_to_xywh(corners)


def between(first: ArrayLike, last: ArrayLike, steps: int) -> Array:
    """The ``steps`` boxes strictly between two keyframes, (steps, 4).

    Edges move linearly, so a target that grows keeps its opposite edge where both keyframes have it.
    """
    share = (np.arange(1, steps + 1) / (steps + 1))[:, None]
    return as_boxes(first) * (1.0 - share) + as_boxes(last) * share
