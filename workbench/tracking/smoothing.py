"""Tracks without gaps and without the detector's shaking.

Between detections and at them, a track is the curve that bends least and lies near what was detected: the sum
of squared distances from the detections and of squared second differences from frame to frame is least. This
is what a Kalman filter of constant velocity gives when it is run forwards and backwards (Rauch, Tung,
Striebel 1965; Whittaker 1923), as one banded system of equations for all tracks together. Detections far from
the curve, as those of a target half hidden, count less (Huber 1964).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from workbench.tracking.tracker import Array, Indices
from workbench.tracking.tracklets import NONE, Found, Tracklets

ROUNDS = 2  # of weighting detections by their distance


class Filled(NamedTuple):
    """Tracks with a row for every frame from their first to their last, by track, then frame; (M,) each."""

    tracks: Indices  # 0-based
    frames: Indices
    detections: Indices  # row of ``Found``, or NONE


def fill(found: Found, tracklets: Tracklets, *, longest: int) -> Filled:
    """A row for every frame in gaps up to ``longest`` frames; longer gaps stay open."""
    track = np.repeat(np.arange(len(tracklets)), tracklets.lengths)
    frames = found.frames[tracklets.order]
    step = np.diff(frames, append=frames[-1:] + 1)
    same = np.diff(track, append=-1) == 0
    rows = np.where(same & (step <= longest), step, 1)
    first = np.cumsum(rows) - rows
    behind = np.arange(int(rows.sum())) - np.repeat(first, rows)
    detections = np.where(behind == 0, np.repeat(tracklets.order, rows), NONE)
    return Filled(np.repeat(track, rows), np.repeat(frames, rows) + behind, detections)


def smooth(found: Found, filled: Filled, *, place: float, size: float, tolerance: float) -> Array:
    """Boxes (M, 4) of filled tracks.

    Args:
        place, size: stiffness of centres, and of widths and heights: a detection's variance over that of
            the change of speed in one frame.
        tolerance: distance of a detection from the curve, in sizes, up to which it counts in full.
    """
    given = filled.detections != NONE
    boxes = np.zeros((len(given), 4))
    boxes[given] = found.boxes[filled.detections[given]]
    boxes[:, :2] += boxes[:, 2:] / 2
    run = np.cumsum((np.diff(filled.tracks, prepend=-1) != 0) | (np.diff(filled.frames, prepend=-1) != 1))
    scale = np.sqrt(boxes[:, 2] * boxes[:, 3])
    result = np.empty_like(boxes)
    for columns, stiffness in ((slice(0, 2), place), (slice(2, 4), size)):
        result[:, columns] = _curve(boxes[:, columns], given, run, scale * tolerance, stiffness)
    result[:, 2:] = np.maximum(result[:, 2:], _smallest(boxes, given, run)[:, None])
    result[:, :2] -= result[:, 2:] / 2
    return result


def _smallest(boxes: Array, given: NDArray[np.bool_], run: Indices) -> Array:
    """Half of the shortest side detected in each run, for each row: no curve makes a box thinner."""
    least = np.full(int(run.max(initial=0)) + 1, np.inf)
    np.minimum.at(least, run[given], boxes[given, 2:].min(axis=1))
    return np.asarray(least[run] / 2)


def _curve(values: Array, given: NDArray[np.bool_], run: Indices, reach: Array, stiffness: float) -> Array:
    """The curves through values (M, 2), each over one run of frames."""
    weight = given.astype(np.float64)
    bands = stiffness * _bending(run)
    for last in range(ROUNDS + 1):
        system = bands.copy()
        system[0] += weight
        curve = solveh_banded(system, weight[:, None] * values, lower=True) if len(run) else values
        if last < ROUNDS:
            miss = np.sqrt(((values - curve) ** 2).sum(axis=1))
            weight = np.where(given, np.minimum(reach / np.maximum(miss, 1e-12), 1.0), 0.0)
    return np.asarray(curve)


def _bending(run: Indices) -> Array:
    """Sum of squared second differences within runs as a banded symmetric matrix, lower form (3, M)."""
    count = len(run)
    bands = np.zeros((3, count))
    whole = np.flatnonzero(run[2:] == run[:-2]) if count > 2 else np.empty(0, np.intp)
    for offset, weight in ((0, 1.0), (1, 4.0), (2, 1.0)):
        bands[0, whole + offset] += weight  # each index occurs once in ``whole``
    bands[1, whole] -= 2.0
    bands[1, whole + 1] -= 2.0
    bands[2, whole] += 1.0
    return bands
