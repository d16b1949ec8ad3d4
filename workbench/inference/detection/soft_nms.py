"""Soft non-maximum suppression: boxes that a better one overlaps lose score instead of being dropped.

N. Bodla, B. Singh, R. Chellappa, L. Davis, "Soft-NMS: Improving Object Detection With One Line of Code", ICCV
2017, arXiv:1704.04503. As in the published code, overlaps are those of boxes one pixel wider and higher.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.inference.detection.options import NmsOptions

Array = NDArray[np.float64]


def soft_nms(
    corners: ArrayLike,
    scores: ArrayLike,
    classes: ArrayLike | None = None,
    *,
    options: NmsOptions | None = None,
) -> tuple[NDArray[np.intp], Array]:
    """Which boxes remain, best first, and their new scores.

    Args:
        corners: (N, 4) left, top, right, bottom in pixels.
        scores: (N,).
        classes: (N,); boxes of different classes do not touch each other. None = all of one.
        options: how.

    Returns:
        Indices (M,) and scores (M,).
    """
    options = options or NmsOptions()
    left = np.array(scores, float)
    overlap = _overlaps(np.asarray(corners, float).reshape(-1, 4))
    if classes is not None:
        kinds = np.asarray(classes)
        overlap[kinds[:, None] != kinds[None, :]] = 0
    decay, apart = _decay(overlap, options), overlap == 0
    order, kept = [], []
    waiting = np.ones(len(left), bool)
    while waiting.any():
        best = int(np.where(waiting, left, -np.inf).argmax())
        order.append(best)
        kept.append(left[best])
        waiting[best] = False
        left = left * decay[best]
        waiting &= (left >= options.least) | apart[best]  # as published, what stands alone stays, however low
    return np.array(order, np.intp), np.array(kept, float)


def _decay(overlap: Array, options: NmsOptions) -> Array:
    """What a box leaves of another one's score, (N, N)."""
    if options.method == "gaussian":
        return np.asarray(np.exp(-(overlap**2) / options.sigma))
    left = 1 - overlap if options.method == "linear" else np.zeros_like(overlap)
    return np.where(overlap > options.overlap, left, 1.0)


def _overlaps(corners: Array) -> Array:
    """Intersection over union of every pair of boxes that end with their last pixel, (N, N)."""
    low = np.maximum(corners[:, None, :2], corners[None, :, :2])
    high = np.minimum(corners[:, None, 2:], corners[None, :, 2:])
    shared = np.clip(high - low + 1, 0, None).prod(axis=2)
    areas = (corners[:, 2:] - corners[:, :2] + 1).prod(axis=1)
    union = areas[:, None] + areas[None, :] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(union), where=(shared > 0) & (union != 0)))
