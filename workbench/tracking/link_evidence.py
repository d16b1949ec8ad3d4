"""How likely one tracklet goes on as another: what speaks for a link, and its probability.

A line is fitted to the last detections of the one and to the first of the other, with what is known before:
targets are at rest more often than not, older detections say less about now. Each line is carried over the
gap, forwards and backwards, and misses the other tracklet by some distance, measured in the spread that the
fit and the gap explain. These misses, the change of size, the length of the gap and the difference in looks
are joined by a logistic model.

The model's numbers were fitted by ``benchmarks/offline_fit.py`` on made scenes alone, see there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from workbench.core.marginals import marginal_log_odds
from workbench.tracking.likeness import differences
from workbench.tracking.link_ends import Ends, Noise
from workbench.tracking.tracker import Array, Indices

LONG = 10.0
"""Frames from which on a longer gap says less."""
SAME = 0.03
"""Spread of the logarithm of sizes that is always allowed for."""
LEAST_SEEN = 1e-3
"""Share of a fitted speed that was seen, not known before."""

TERMS = (
    "constant",
    "miss",
    "far",
    "turn",
    "size",
    "resized",
    "spread",
    "gap",
    "long",
    "short",
    "bare",
    "breaks",
    "looks",
)
"""What the columns of ``evidence`` are."""


def evidence(
    before: Ends, after: Ends, rows: Indices, columns: Indices, noise: Noise, bare: Array | None = None
) -> Array:
    """What speaks against links from tracklets ``rows`` to tracklets ``columns``, (P, len(TERMS)).

    Args:
        bare: (P,) frames of each gap in which nothing hid the target; None = all.
    """
    gap = (after.frames[columns] - before.frames[rows]).astype(np.float64)
    size = np.sqrt(before.size[rows] * after.size[columns])
    half = gap / 2
    both = before.spread(half, rows, noise) + after.spread(-half, columns, noise)
    miss = _miss(before.ahead(half, rows), after.ahead(-half, columns), size, both)
    change = _reshaped(before, after, rows, columns, gap, noise)
    return np.stack(
        [
            np.ones(len(rows)),
            np.log1p(miss),
            np.sqrt(miss),
            _turn(before, after, rows, columns, gap, noise),
            np.log1p(change),
            np.sqrt(change),
            np.log(both),
            np.log(gap),
            np.log1p(gap / LONG),
            1 / before.lengths[rows] + 1 / after.lengths[columns],
            np.log1p(gap - 1 if bare is None else bare),
            np.full(len(rows), np.log(noise.breaks)),
            differences(before.looks, after.looks, rows, columns, noise.looks),
        ],
        axis=1,
    )


def _miss(expected: Array, actual: Array, size: Array, spread: Array) -> Array:
    """Half the squared distance in spreads, (P,)."""
    result: Array = ((expected - actual) ** 2).sum(axis=1) / (2 * size**2 * spread)
    return result


def _turn(before: Ends, after: Ends, rows: Indices, columns: Indices, gap: Array, noise: Noise) -> Array:
    """How much less a change of speed is expected of one target than the speeds of two are, (P,).

    Fitted speeds are drawn to rest by what is known before; here only what was seen counts, and where that
    is little, it says nothing.
    """
    known = noise.speed**2
    seen, error = [], np.zeros(len(rows))
    for end, which in ((before, rows), (after, columns)):
        share = np.maximum(1 - end.covariance[which, 2] / known, LEAST_SEEN)
        seen.append(end.speed[which] / end.size[which, None] / share[:, None])
        error += end.covariance[which, 2] / share
    alike, apart = error + noise.change**2 * gap, error + 2 * known
    change = ((seen[0] - seen[1]) ** 2).sum(axis=1) / 2
    result: Array = np.log1p(change / alike) - np.log1p(change / apart) + np.log(alike / apart)
    return result


def _reshaped(before: Ends, after: Ends, rows: Indices, columns: Indices, gap: Array, noise: Noise) -> Array:
    """Half the squared change of width and height in spreads, (P,)."""
    fewness = before.fewness[rows] + after.fewness[columns]
    total = np.zeros(len(rows))
    for side in (0, 1):
        spread = noise.size[side] ** 2 * fewness + noise.growth[side] ** 2 * (gap + noise.memory) + SAME**2
        total += (before.shape[rows, side] - after.shape[columns, side]) ** 2 / (2 * spread)
    return total


@dataclass(frozen=True)
class LinkModel:
    """Logistic model of a pair by itself, and of a pair among its rivals; fitted on made scenes.

    Args:
        weights: log odds of a pair for each of ``TERMS``.
        ends: log odds added to all pairs: how seldom targets end, or begin, where no rival explains it.
        certainty: a constant and a slope, from the log odds of the marginals to those that pairs have.
        made: a constant, a slope and a weight of the logarithm of the gap, from the log odds of pairs to
            those of links that were made: of several doubtful pairs it is the luckiest that is linked.
    """

    weights: tuple[float, ...] = (
        1.6,
        -1.0,
        -0.01,
        -0.09,
        -0.9,
        -0.26,
        -0.64,
        -1.63,
        0.77,
        -1.18,
        0.03,
        -1.0,
        0.6,
    )
    ends: float = 1.5
    certainty: tuple[float, float] = (-0.19, 1.12)
    made: tuple[float, float, float] = (0.09, 0.96, 0.35)

    def log_odds(self, terms: Array) -> Array:
        """Log odds (P,) of pairs with evidence ``terms`` (P, len(TERMS)), against both ends being ends."""
        return np.asarray(terms @ np.array(self.weights) + self.ends)

    def probabilities(self, rows: Indices, columns: Indices, log_odds: Array) -> Array:
        """Probability (P,) of each link, when a tracklet goes on as at most one other."""
        constant, slope = self.certainty
        odds = constant + slope * marginal_log_odds(rows, columns, log_odds)
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -50, 50))))

    def of_links(self, probabilities: Array, gaps: Indices) -> Array:
        """Probability (L,) that links are right that were made over ``gaps`` frames for ``probabilities``."""
        constant, slope, longer = self.made
        odds = logit(np.clip(probabilities, SURELY, 1 - SURELY))
        return np.asarray(expit(constant + slope * odds + longer * np.log(gaps)))


SURELY = 1e-6
"""Probabilities nearer to 0 or 1 all say the same."""
