"""Whether two boxes look like one target, as log odds that the video itself calibrates.

Descriptors differ in how alike they find two people, and so do videos. Boxes of one track some frames apart
show what one target looks like, boxes of two tracks in one frame what two look like; where the two kinds of
distances hardly differ, looks say hardly anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.core.boxes import Array
from workbench.review.appearance import Looks
from workbench.review.view import Index, View

SAMPLES = 6  # boxes whose looks are averaged
APART = 12  # frames, as far as the mean looks of two sides of a place are apart
PAIRS = 4000  # that are looked at to calibrate
FEWEST = 20
MOST = 6.0  # log odds; looks alone decide nothing
NARROWEST = 0.02  # standard deviation of distances


@dataclass(frozen=True)
class Likeness:
    """Normal distributions of the distances of looks, of one target and of two; None where not known."""

    same: tuple[float, float] | None = None
    other: tuple[float, float] | None = None

    @classmethod
    def of(cls, view: View) -> Likeness:
        """Learn from a video."""
        if not view.looks.shape[1] or len(view) < 2:
            return cls()
        same, other = _distances(view)
        if min(len(same), len(other)) < FEWEST:
            return cls()
        return cls(_normal(same), _normal(other))

    def log_odds(self, first: Looks, second: Looks) -> Array:
        """For one target, of pairs of mean looks (K, D) from ``mean_looks``; 0 where they say nothing."""
        if self.same is None or self.other is None:
            return np.zeros(len(first))
        known = (first != 0).any(axis=1) & (second != 0).any(axis=1)
        distance = 1 - (first * second).sum(axis=1, dtype=np.float64)
        # Alike beyond what one target usually is, or unlike beyond two, says no less than just as much.
        odds = _density(np.maximum(distance, self.same[0]), self.same)
        odds -= _density(np.minimum(distance, self.other[0]), self.other)
        return np.where(known, np.clip(odds, -MOST, MOST), 0.0)


def mean_looks(view: View, rows: Index, *, back: bool) -> Looks:
    """Mean looks (K, D), of length one or 0, of seen boxes of a track up to a row, or from it on."""
    steps = np.arange(SAMPLES) * (-1 if back else 1)
    at = rows[:, None] + steps
    low, high = view.bounds[view.number[rows]], view.bounds[view.number[rows] + 1]
    inside = (at >= low[:, None]) & (at < high[:, None])
    at = np.where(inside, at, rows[:, None])
    weight = (inside & ~view.filled[at]).astype(np.float32)
    total = np.zeros((len(rows), view.looks.shape[1]), np.float32)
    for k in range(SAMPLES):
        total += view.looks[at[:, k]] * weight[:, k, None]
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.asarray(total / np.where(length > 0, length, 1), np.float32)


def _distances(view: View) -> tuple[Array, Array]:
    """Of mean looks of one track some frames apart, and of two tracks at one time."""
    rng = np.random.default_rng(0)
    middle = rng.integers(0, len(view), PAIRS)
    later = np.minimum(middle + APART, view.bounds[view.number[middle] + 1] - 1)
    one = later - middle >= APART // 2
    first = mean_looks(view, middle, back=True)
    same = _apart(first[one], mean_looks(view, later[one], back=False))
    order = np.argsort(view.boxes.frames, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    neighbour = order[(place[middle] + 1) % len(order)]
    two = (view.boxes.frames[neighbour] == view.boxes.frames[middle]) & (neighbour != middle)
    other = _apart(first[two], mean_looks(view, neighbour[two], back=False))
    return same, other


def _apart(first: Looks, second: Looks) -> Array:
    known = (first != 0).any(axis=1) & (second != 0).any(axis=1)
    return np.asarray(1 - (first[known] * second[known]).sum(axis=1, dtype=np.float64))


def _normal(distances: Array) -> tuple[float, float]:
    middle = float(np.median(distances))
    spread = float(np.median(np.abs(distances - middle))) / 0.6745
    return middle, max(spread, NARROWEST)


def _density(values: Array, normal: tuple[float, float]) -> Array:
    mean, spread = normal
    return np.asarray(-0.5 * ((values - mean) / spread) ** 2 - np.log(spread))
