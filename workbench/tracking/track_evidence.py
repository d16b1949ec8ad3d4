"""Whether a track is of a target, or of what a detector keeps seeing where nothing is.

A logistic model of how sure its detections are among those of the video, how many they are, and in how many
of its frames there is one; fitted by ``benchmarks/offline_fit.py`` on made scenes alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from workbench.tracking.tracker import Array
from workbench.tracking.tracklets import Found, Tracklets

SURELY_NOT = 1e-3
"""Scores nearer to 0 or 1 all say the same."""

TRACK_TERMS = ("constant", "scores", "detections", "density")
"""What the columns of ``track_evidence`` are."""


def track_evidence(found: Found, tracks: Tracklets) -> Array:
    """What speaks for tracks, (T, len(TRACK_TERMS))."""
    frames = 1 + found.frames[tracks.lasts] - found.frames[tracks.firsts]
    count = tracks.lengths.astype(np.float64)
    return np.stack([np.ones(len(tracks)), _standing(found, tracks), np.log(count), count / frames], axis=1)


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

    weights: tuple[float, ...] = (-1.08, 1.91, 0.3, 5.5)

    def probabilities(self, terms: Array) -> Array:
        """That tracks with such evidence (T, len(TRACK_TERMS)) are of a target, (T,)."""
        return np.asarray(expit(terms @ np.array(self.weights)))
