"""Which boxes of two sets overlap in the same frame, and by how much, for all frames at once.

The boxes of a frame are put in order from left to right, so that a box is compared only with those that begin
not too far to its left and before its right edge.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]

EPSILON = float(np.finfo(np.float64).eps)  # the reference evaluator's tolerance wherever it compares
PAIRS_AT_ONCE = 1 << 18  # of boxes compared at a time, so that the work stays in the processor's cache
FAR = 1e9  # pixels; beyond, boxes are not put in order but all compared


def overlapping(
    frames: Index, corners: Array, other_frames: Index, other_corners: Array
) -> tuple[Index, Index, Array]:
    """All pairs of boxes that share an area.

    Args:
        frames, other_frames: (N,), (M,) ascending, from 0.
        corners, other_corners: (N, 4), (M, 4) left, top, right, bottom; finite.

    Returns:
        Rows of the first set (P,), rows of the second (P,), both ascending, and their intersection over union
        (P,) in (0, 1].
    """
    order = np.lexsort((other_corners[:, 0], other_frames))
    first, stop = _candidates(frames, corners, other_frames[order], other_corners[order])
    found = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    for rows, at in _in_parts(first, stop):
        found.append(_compared(rows, order[at], corners, other_corners))
    rows, others, overlaps = map(np.concatenate, zip(*found, strict=True))
    ascending = np.lexsort((others, rows))
    return rows[ascending], others[ascending], overlaps[ascending]


def _candidates(
    frames: Index, corners: Array, other_frames: Index, other_corners: Array
) -> tuple[Index, Index]:
    """[first, stop) of the other boxes, which are in order, that may overlap each box: (N,), (N,)."""
    left, right = np.clip(corners[:, [0, 2]], -FAR, FAR).T
    other_left, other_right = np.clip(other_corners[:, [0, 2]], -FAR, FAR).T
    count = 1 + max(frames.max(initial=-1), other_frames.max(initial=-1))
    widest = np.zeros(count)
    np.maximum.at(widest, other_frames, other_right - other_left)
    # Each frame has a stretch of its own on one long line, so that one search serves all of them.
    low = min(left.min(initial=0.0), other_left.min(initial=0.0))
    stretch = max(right.max(initial=0.0), other_right.max(initial=0.0)) - low + 1.0
    line = other_frames * stretch + (other_left - low)
    slack = 8 * EPSILON * stretch * (count + 1)
    start = frames * stretch - low
    first = np.searchsorted(line, start + left - widest[frames] - slack, side="left")
    stop = np.searchsorted(line, start + right + slack, side="right")
    bounds = np.searchsorted(other_frames, np.arange(count + 1))
    first = np.maximum(first, bounds[frames])
    return first, np.maximum(first, np.minimum(stop, bounds[frames + 1]))


def _in_parts(first: Index, stop: Index) -> Iterator[tuple[Index, Index]]:
    """Row and candidate of each pair to be compared, so many at a time."""
    counts = stop - first
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    cuts = np.unique(np.searchsorted(ends, np.arange(0, total, PAIRS_AT_ONCE), side="right"))
    for a, b in pairwise([*cuts.tolist(), len(counts)]):
        rows = np.repeat(np.arange(a, b), counts[a:b])
        before = ends[a:b] - counts[a:b]
        shift = np.repeat(first[a:b] - before + before[0], counts[a:b])
        yield rows, shift + np.arange(len(rows))


def _compared(rows: Index, others: Index, a: Array, b: Array) -> tuple[Index, Index, Array]:
    """Those of the pairs that share an area, and their intersection over union."""
    width = _shared_length(a, b, rows, others, axis=0)
    near = width > 0
    rows, others, width = rows[near], others[near], width[near]
    shared = width * np.maximum(_shared_length(a, b, rows, others, axis=1), 0.0)
    area, other_area = ((box[:, 2:] - box[:, :2]).prod(axis=1) for box in (a[rows], b[others]))
    real = (shared > 0) & (area > EPSILON) & (other_area > EPSILON)
    return rows[real], others[real], shared[real] / (area + other_area - shared)[real]


def _shared_length(a: Array, b: Array, rows: Index, others: Index, *, axis: int) -> Array:
    """Length along an axis that pairs share; negative = the gap between them."""
    low = np.maximum(a[:, axis][rows], b[:, axis][others])
    result: Array = np.minimum(a[:, axis + 2][rows], b[:, axis + 2][others]) - low
    return result
