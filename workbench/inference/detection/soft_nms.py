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


def soft_nms_averaged(
    corners: ArrayLike, scores: ArrayLike, weights: ArrayLike, *, options: NmsOptions
) -> tuple[NDArray[np.intp], Array, Array]:
    """Boxes whose corners are means over those they are a better version of, best first, and their scores.

    X. Zhou, J. Zhuo, P. Krähenbühl, "Bottom-up Object Detection by Grouping Extreme and Center Points", CVPR
    2019, arXiv:1901.08043, in its code. A box counts with its weights times the share of its score that it
    loses to the power of ``options.average``. As published, weights stay with the place in the list while
    rows are sorted by score, so only equal weights, or ones that change slowly with it, mean what they say.

    Args:
        corners: (N, 4) left, top, right, bottom in pixels.
        scores: (N,).
        weights: (N, 2) of the left upper corner and of the right lower one.
        options: how; ``average`` is above 0.

    Returns:
        Indices (M,), corners (M, 4) and scores (M,).
    """
    corners = np.asarray(corners, float).reshape(-1, 4)
    rows = np.column_stack([corners, np.asarray(scores, float), np.arange(len(corners))])
    weights = np.asarray(weights, float).reshape(-1, 2)
    best, stop = 0, len(rows)
    while best < stop:
        first = best + int(rows[best:stop, 4].argmax())
        rows[[best, first]] = rows[[first, best]]
        box = rows[best, :4].copy()
        total, whole = np.repeat(weights[best], 2) * box, weights[best].copy()
        at = best + 1
        while at < stop:
            overlap = _overlaps(np.stack([box, rows[at, :4]]))[0, 1]
            left = float(_decay(overlap, options))
            near = weights[at] * (1 - left) ** options.average
            total += np.repeat(near, 2) * rows[at, :4]
            whole += near
            rows[at, 4] *= left
            if overlap > 0 and rows[at, 4] < options.least:
                stop -= 1
                rows[at] = rows[stop]  # it is looked at next
            else:
                at += 1
        rows[best, :4] = total / np.repeat(whole, 2)
        best += 1
    return rows[:stop, 5].astype(np.intp), rows[:stop, :4], rows[:stop, 4]


def _decay(overlap: Array, options: NmsOptions) -> Array:
    """What a box leaves of another one's score, of any shape."""
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
