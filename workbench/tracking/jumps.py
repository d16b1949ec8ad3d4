"""Sudden turns of the camera from one frame to the next, told from the detections alone.

Where few detections surely follow others, either the targets are fast or the camera turned. If it did, many
detections fit those of the next frame by one and the same shift: each pair of boxes of like size votes for
its own, and the shift with the most support wins, if it has more than standing still (a Hough transform:
Ballard 1981).
"""

from __future__ import annotations

import numpy as np

from workbench.tracking.tracker import Array, Indices
from workbench.tracking.tracklets import NONE, Found

FEWEST = 3  # detections in both frames from which on a shift can be told
JOINED = 0.5  # share of them surely joined from which on the camera did not turn
MOST = 40  # detections of a frame, the surest, that vote
FURTHEST = 3.0  # sizes that a camera shifts the picture in a frame
ALIKE = 0.35  # of the logarithms of width and height of two boxes of one target
NEAR = 0.2  # sizes about a shift in which a pair supports it
MOVED = 0.6  # share of the detections of a frame that a shift has to explain
AHEAD = 2.0  # more detections that a shift has to explain than standing still does


def jumps(found: Found, after: Indices, frames: int) -> Array:
    """Shift (frames, 2) in pixels of each frame against the first by sudden turns; 0 where there are none.

    Args:
        after: (N,) the detection that surely follows each, or ``NONE``.
        frames: of the video.
    """
    count = np.bincount(found.frames, minlength=frames)
    joined = np.bincount(found.frames[after != NONE], minlength=frames)
    fewer = np.minimum(count[:-1], count[1:])
    starts = np.concatenate([[0], np.cumsum(count)])
    result = np.zeros((frames, 2))
    for frame in np.flatnonzero((fewer >= FEWEST) & (joined[:-1] < JOINED * fewer)):
        here, there, end = starts[frame : frame + 3]
        result[frame + 1] = _shift(*(_surest(found, a, b) for a, b in ((here, there), (there, end))))
    return np.asarray(np.cumsum(result, axis=0))


def _surest(found: Found, begin: int, end: int) -> Array:
    """Boxes (at most MOST, 4) of a frame."""
    best = np.argsort(-found.scores[begin:end], kind="stable")[:MOST]
    return found.boxes[begin + np.sort(best)]


def _shift(before: Array, after: Array) -> Array:
    """The shift (2,) of one frame, or 0."""
    change = np.abs(np.log(before[:, None, 2:]) - np.log(after[None, :, 2:])).max(axis=2)
    size = np.sqrt(before[:, 2] * before[:, 3])
    way = (after[:, :2] + after[:, 2:] / 2) - (before[:, :2] + before[:, 2:] / 2)[:, None]  # (N, M, 2)
    fits = (change < ALIKE) & (np.abs(way).max(axis=2) < FURTHEST * size[:, None])
    rows, columns = np.nonzero(fits)
    if len(rows) < FEWEST:
        return np.zeros(2)
    ways, sizes = way[rows, columns], size[rows]
    tried = np.concatenate([np.zeros((1, 2)), ways])  # standing still first
    near = np.exp(-((ways - tried[:, None]) ** 2).sum(axis=2) / (2 * (NEAR * sizes) ** 2))  # (H, P)
    support = _most_of_each(near, rows)
    best = int(support.argmax())
    if support[best] < max(support[0] + AHEAD, MOVED * min(len(before), len(after)), FEWEST - 0.5):
        return np.zeros(2)
    weight = near[best] / sizes**2
    return np.asarray((weight[:, None] * ways).sum(axis=0) / weight.sum())


def _most_of_each(near: Array, rows: Indices) -> Array:
    """Sum over detections (rows) of the best of their pairs, for each shift, (H,)."""
    first = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
    return np.asarray(np.maximum.reduceat(near, first, axis=1).sum(axis=1))
