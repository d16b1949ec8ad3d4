"""Whether a track is of a target, or of what a detector keeps seeing where nothing is.

A logistic model of how sure its detections are among those of the video, how many they are, and in how many
of its frames there is one; fitted by ``benchmarks/offline_fit.py`` on made scenes alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from workbench.tracking.hiding import covers
from workbench.tracking.tracker import Array
from workbench.tracking.tracklets import Found, Tracklets

SURELY_NOT = 1e-3
"""Scores nearer to 0 or 1 all say the same."""

INSIDE = 0.75
"""Share of a box from which on, when a box of a surer track covers it, it may be a part of that."""

TRACK_TERMS = ("constant", "scores", "detections", "density", "inside", "misfit", "moved")
"""What the columns of ``track_evidence`` are."""


def track_evidence(found: Found, tracks: Tracklets) -> Array:
    """What speaks for tracks, (T, len(TRACK_TERMS))."""
    frames = 1 + found.frames[tracks.lasts] - found.frames[tracks.firsts]
    count = tracks.lengths.astype(np.float64)
    standing = _standing(found, tracks)
    return np.stack(
        [
            np.ones(len(tracks)),
            standing,
            np.log(count),
            count / frames,
            _inside(found, tracks, standing * np.log(count + 1)),
            np.log1p(_misfit(found, tracks)),
            np.log1p(_moved(found, tracks)),
        ],
        axis=1,
    )


def _inside(found: Found, tracks: Tracklets, surely: Array) -> Array:
    """Share of each track's detections that lie inside one of a surer track, (T,)."""
    number = np.repeat(np.arange(len(tracks)), tracks.lengths)
    order = np.argsort(tracks.order, kind="stable")  # frames ascend with detections
    rows, number = tracks.order[order], number[order]
    frames, boxes = found.frames[rows], found.boxes[rows]
    one, other, share = covers(frames, boxes, frames, boxes)
    within = (share > INSIDE) & (surely[number[other]] > surely[number[one]])
    inside = np.zeros(len(rows))
    inside[one[within]] = 1.0
    return np.asarray(np.bincount(number, inside, minlength=len(tracks)) / tracks.lengths)


def _misfit(found: Found, tracks: Tracklets) -> Array:
    """How far each track's height is from what the others have at that place, in their spreads, (T,).

    Over a ground plane heights grow with the height of the feet in the picture; a line is fitted.
    """
    if len(tracks) < 3:
        return np.zeros(len(tracks))
    feet = found.boxes[:, 1] + found.boxes[:, 3]
    at = (np.add.reduceat(feet[tracks.order], tracks.bounds[:-1])) / tracks.lengths
    height = np.add.reduceat(np.log(found.boxes[tracks.order, 3]), tracks.bounds[:-1]) / tracks.lengths
    weight = np.sqrt(tracks.lengths)
    terms = np.column_stack([np.ones(len(at)), (at - at.mean()) / max(at.std(), 1e-9)])
    for _ in range(LINE_ROUNDS):
        line = np.linalg.lstsq(terms * weight[:, None], height * weight, rcond=None)[0]
        off = np.abs(height - terms @ line)
        spread = max(float(np.median(off)) / 0.6745, LEAST_SPREAD)
        weight = np.sqrt(tracks.lengths) / np.maximum(off / spread, 1.0)
    return np.asarray(off / spread)


LINE_ROUNDS = 5
LEAST_SPREAD = 0.05  # of the logarithm of heights


def _moved(found: Found, tracks: Tracklets) -> Array:
    """Distance from each track's first to its last detection, in sizes, (T,)."""
    first, last = found.boxes[tracks.firsts], found.boxes[tracks.lasts]
    way = last[:, :2] + last[:, 2:] / 2 - first[:, :2] - first[:, 2:] / 2
    return np.asarray(np.hypot(*way.T) / np.sqrt(first[:, 2:] * last[:, 2:]).prod(axis=1) ** 0.5)


def _standing(found: Found, tracks: Tracklets) -> Array:
    """Mean log odds of each track's scores above the video's median, in the spread that is below it."""
    if not len(tracks):
        return np.empty(0)
    odds = logit(np.clip(found.scores, SURELY_NOT, 1 - SURELY_NOT))
    quarter, middle = np.quantile(odds, (0.25, 0.5))
    mean = np.add.reduceat(odds[tracks.order], tracks.bounds[:-1]) / tracks.lengths
    return np.asarray((mean - middle) / max((middle - quarter) / 0.6745, SURELY_NOT))


@dataclass(frozen=True)
class TrackModel:
    """Logistic model of a track.

    Args:
        weights: of each of ``TRACK_TERMS``, in log odds.
    """

    weights: tuple[float, ...] = (-1.95, 1.09, 0.51, 4.64, -2.2, -1.35, 0.69)

    def probabilities(self, terms: Array) -> Array:
        """That tracks with such evidence (T, len(TRACK_TERMS)) are of a target, (T,)."""
        return np.asarray(expit(terms @ np.array(self.weights)))
