"""One path of boxes between two that are known, out of two passes through the frames, one from either end.

A pass is right at the box it started from and drifts with every frame; by how much is seen where it arrives
at the other box. That drift is spread evenly over its frames, so that both passes go through both boxes, and
the two are averaged, each weighted by how near its start is. Places and logarithms of sizes are averaged,
not edges.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from workbench.core.boxes import Array, Box, as_boxes


def blend(first: Box, last: Box, forward: ArrayLike, backward: ArrayLike) -> Array:
    """The boxes strictly between ``first`` and ``last``, N frames.

    Args:
        first, last: boxes that are right.
        forward: (N + 1, 4), where the pass from ``first`` saw the target, from the frame after it to that of
            ``last``; rows with NaN = not found.
        backward: (N + 1, 4), where the pass from ``last`` saw it, from the frame of ``first`` to the frame
            before ``last``.

    Returns:
        (N, 4); NaN where neither pass found it.
    """
    there, back = _places(forward), _places(backward)
    start, end = _places([first]), _places([last])
    share = (np.arange(1, len(there)) / len(there))[:, None]  # of the way, (N, 1)
    there = there[:-1] + share * np.nan_to_num(end - there[-1])
    back = back[1:] + (1.0 - share) * np.nan_to_num(start - back[0])
    weights = [
        np.where(np.isnan(p).any(axis=1, keepdims=True), 0.0, w)
        for p, w in ((there, 1.0 - share), (back, share))
    ]
    total = weights[0] + weights[1]
    mean = weights[0] * np.nan_to_num(there) + weights[1] * np.nan_to_num(back)
    return _boxes(np.divide(mean, total, out=np.full_like(mean, np.nan), where=total > 0))


def _places(boxes: ArrayLike) -> Array:
    """Centre and logarithm of size, (N, 4)."""
    known = as_boxes(boxes)
    size = np.maximum(known[:, 2:], 1e-6)  # NaN stays NaN
    return np.concatenate([known[:, :2] + known[:, 2:] / 2, np.log(size)], axis=1)


def _boxes(places: Array) -> Array:
    size = np.exp(places[:, 2:])
    return np.concatenate([places[:, :2] - size / 2, size], axis=1)
