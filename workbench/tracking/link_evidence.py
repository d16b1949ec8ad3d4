"""How likely one tracklet goes on as another: what speaks for a link, and its probability.

A line is fitted to the last detections of the one and to the first of the other, with what is known before:
targets are at rest more often than not, older detections say less about now. Each line is carried over the
gap, forwards and backwards, and misses the other tracklet by some distance, measured in the spread that the
fit and the gap explain. These misses, the change of size, the length of the gap and the difference in looks
are joined by a logistic model.

The model's numbers were fitted by ``benchmarks/offline_fit.py`` on made scenes alone, see there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from workbench.core.lines import fit_lines
from workbench.core.marginals import marginal_log_odds
from workbench.tracking.tracker import Array, Indices
from workbench.tracking.tracklets import Found, Tracklets


@dataclass(frozen=True)
class Noise:
    """How targets move and how detectors shake; lengths are in sizes, the square root of a box's area.

    Args:
        place: standard deviation of a detection's place.
        speed: of a target's speed, a frame.
        change: of the change of speed from one frame to the next.
        size: of the logarithm of width and height.
        memory: frames after which a detection counts 1 / e in a fit.
        longest: detections used in a fit.
    """

    place: float = 0.08
    speed: float = 0.06
    change: float = 0.006
    size: float = 0.12
    memory: float = 10.0
    longest: int = 24


LAG = 8
"""Frames over which a change of speed is told from shaking."""
ENOUGH = 100.0
"""Detections from which on a video tells its own noise; with fewer, what is known before counts more."""
NARROWEST, WIDEST = 0.25, 4.0
"""Times that a video's noise may differ from what is known before."""


def measured(found: Found, tracklets: Tracklets, noise: Noise) -> Noise:
    """The noise of this video: of its detector, its targets and its frame rate.

    Second differences of places have six times the variance of one place where the speed stays; those over
    many frames also show how it changes.
    """
    near, many = _bends(found, tracklets, 1), _bends(found, tracklets, LAG)
    place = _known(noise.place, _spread(near) / np.sqrt(6), len(near))
    excess = max(_spread(many) ** 2 - 6 * place**2, 0.0)
    change = _known(noise.change, np.sqrt(excess / (LAG**3 * 2 / 3)), len(many))
    return replace(noise, place=place, change=change)


def _bends(found: Found, tracklets: Tracklets, lag: int) -> Array:
    """Second differences of centres over detections ``lag`` frames apart, in sizes, (B, 2)."""
    rows = tracklets.order
    track = np.repeat(np.arange(len(tracklets)), tracklets.lengths)
    frames = found.frames[rows]
    first = np.flatnonzero(
        (track[2 * lag :] == track[: -2 * lag]) & (frames[2 * lag :] - frames[: -2 * lag] == 2 * lag)
    )
    boxes = found.boxes[rows]
    centre = boxes[:, :2] + boxes[:, 2:] / 2
    bend = centre[first] - 2 * centre[first + lag] + centre[first + 2 * lag]
    size = np.sqrt(boxes[first + lag, 2] * boxes[first + lag, 3])
    return np.asarray(bend / size[:, None])


def _spread(values: Array) -> float:
    """Standard deviation of what is normal among the values."""
    return float(np.median(np.abs(values)) / 0.6745) if len(values) else 0.0


def _known(before: float, seen: float, count: int) -> float:
    """The mean of what was known before and what ``count`` samples show, as factors."""
    share = count / (count + ENOUGH)
    return float(before * np.clip(seen / before, NARROWEST, WIDEST) ** share)


@dataclass(frozen=True, eq=False)
class Ends:
    """One end of every tracklet, the first or the last.

    Args:
        frames: (T,) of the detection there.
        classes: (T,).
        place: (T, 2) centre, fitted, pixels.
        speed: (T, 2) pixels a frame.
        covariance: (T, 3) of place, of both, of speed, in sizes.
        size: (T,) pixels.
        shape: (T, 2) logarithms of width and height.
        lengths: (T,) detections of the tracklet.
        looks: (T, D) mean embedding of length 1, or 0.
    """

    frames: Indices
    classes: NDArray[np.int64]
    place: Array
    speed: Array
    covariance: Array
    size: Array
    shape: Array
    lengths: Indices
    looks: Array

    def spread(self, steps: Array, rows: Indices, noise: Noise) -> Array:
        """Variance of the place ``steps`` frames on, in squared sizes."""
        place, both, speed = self.covariance[rows].T
        gap = np.abs(steps)
        wander = noise.change**2 * gap**3 / 3
        result: Array = place + 2 * steps * both + gap**2 * speed + wander + noise.place**2
        return result

    def ahead(self, steps: Array, rows: Indices) -> Array:
        """Centres (P, 2) ``steps`` frames on."""
        return np.asarray(self.place[rows] + self.speed[rows] * steps[:, None])


def ends(found: Found, tracklets: Tracklets, noise: Noise, *, last: bool) -> Ends:
    """The last or the first end of every tracklet."""
    at = tracklets.bounds[1:] - 1 if last else tracklets.bounds[:-1]
    fitted = _fitted(found, tracklets.order, at, tracklets.lengths, noise, towards=-1 if last else 1)
    return replace(fitted, looks=_looks(found, tracklets))


def _fitted(
    found: Found, order: Indices, at: Indices, counts: Indices, noise: Noise, *, towards: int
) -> Ends:
    """Ends at some places of ``order``, from as many detections as there are in one direction."""
    steps = np.arange(min(noise.longest, int(counts.max(initial=1))))
    inside = steps < counts[:, None]
    rows = order[at[:, None] + np.where(inside, steps, 0) * towards]  # (T, K)
    time = (found.frames[rows] - found.frames[rows[:, :1]]).astype(np.float64)
    weight = np.exp(-np.abs(time) / noise.memory) * inside
    boxes = found.boxes[rows]
    centre = boxes[..., :2] + boxes[..., 2:] / 2
    share = (weight / weight.sum(axis=1, keepdims=True))[..., None]
    shape = (share * np.log(boxes[..., 2:])).sum(axis=1)
    place, speed, covariance = fit_lines(
        time, weight, centre - centre[:, :1], place=noise.place, speed=noise.speed
    )
    first = rows[:, 0]
    return Ends(
        found.frames[first],
        found.classes[first],
        centre[:, 0] + place,
        speed,
        covariance,
        np.exp(shape.mean(axis=1)),
        shape,
        counts,
        np.zeros((len(at), 0)),
    )


def _looks(found: Found, tracklets: Tracklets) -> Array:
    """Mean embeddings (T, D) at length one."""
    if not found.features.shape[1] or not len(tracklets):
        return np.zeros((len(tracklets), 0))
    total = np.add.reduceat(found.features[tracklets.order], tracklets.bounds[:-1], axis=0)
    length = np.sqrt((total**2).sum(axis=1, keepdims=True))
    return np.asarray(np.divide(total, length, out=np.zeros_like(total), where=length > 0))


LONG = 10.0
"""Frames from which on a longer gap says less."""

TERMS = ("constant", "miss", "size", "spread", "gap", "long", "short", "looks")
"""What the columns of ``evidence`` are."""


def evidence(before: Ends, after: Ends, rows: Indices, columns: Indices, noise: Noise) -> Array:
    """What speaks against links from tracklets ``rows`` to tracklets ``columns``, (P, len(TERMS))."""
    gap = (after.frames[columns] - before.frames[rows]).astype(np.float64)
    size = np.sqrt(before.size[rows] * after.size[columns])
    half = gap / 2
    both = before.spread(half, rows, noise) + after.spread(-half, columns, noise)
    miss = _miss(before.ahead(half, rows), after.ahead(-half, columns), size, both)
    change = ((before.shape[rows] - after.shape[columns]) ** 2).sum(axis=1) / (2 * noise.size**2)
    return np.stack(
        [
            np.ones(len(rows)),
            np.log1p(miss),
            np.log1p(change),
            np.log(both),
            np.log(gap),
            np.log1p(gap / LONG),
            1 / before.lengths[rows] + 1 / after.lengths[columns],
            _difference(before.looks, after.looks, rows, columns),
        ],
        axis=1,
    )


def _miss(expected: Array, actual: Array, size: Array, spread: Array) -> Array:
    """Half the squared distance in spreads, (P,)."""
    result: Array = ((expected - actual) ** 2).sum(axis=1) / (2 * size**2 * spread)
    return result


UNDECIDED = 0.5
"""Cosine distance of embeddings that speaks neither for nor against."""


def _difference(before: Array, after: Array, rows: Indices, columns: Indices) -> Array:
    """Cosine distances of looks less ``UNDECIDED``; 0 where a look is not known."""
    if not before.shape[1]:
        return np.zeros(len(rows))
    cosine = (before[rows] * after[columns]).sum(axis=1)
    known = (before != 0).any(axis=1)[rows] & (after != 0).any(axis=1)[columns]
    return np.asarray(np.where(known, 1 - UNDECIDED - cosine, 0.0))


@dataclass(frozen=True)
class LinkModel:
    """Logistic model of a pair by itself, and of a pair among its rivals; fitted on made scenes.

    Args:
        weights: log odds of a pair for each of ``TERMS``.
        ends: log odds added to all pairs: how seldom targets end, or begin, where no rival explains it.
        certainty: a constant and a slope, from the log odds of the marginals to those that links have.
    """

    weights: tuple[float, ...] = (-1.44, -0.95, -0.47, -1.02, -2.09, 3.7, -0.71, -11.64)
    ends: float = 1.0
    certainty: tuple[float, float] = (0.03, 1.11)

    def log_odds(self, terms: Array) -> Array:
        """Log odds (P,) of pairs with evidence ``terms`` (P, len(TERMS)), against both ends being ends."""
        return np.asarray(terms @ np.array(self.weights) + self.ends)

    def probabilities(self, rows: Indices, columns: Indices, log_odds: Array) -> Array:
        """Probability (P,) of each link, when a tracklet goes on as at most one other."""
        constant, slope = self.certainty
        odds = constant + slope * marginal_log_odds(rows, columns, log_odds)
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -50, 50))))
