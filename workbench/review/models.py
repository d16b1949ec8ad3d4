"""How likely candidates of each kind are: logistic models of what their searches measured."""

from __future__ import annotations

import numpy as np

from workbench.core.boxes import Array
from workbench.core.marginals import marginal_log_odds
from workbench.review import breaks, doubles, ends, fragments, phantoms, sizes, switches
from workbench.review.candidates import Candidates

MOST = 12.0  # log odds

TERMS: dict[str, tuple[str, ...]] = {
    switches.KIND: switches.TERMS,
    fragments.KIND: fragments.TERMS,
    doubles.KIND: doubles.TERMS,
    breaks.CHANGE: breaks.TERMS,
    breaks.JUMP: breaks.TERMS,
    breaks.GAP: breaks.TERMS,
    breaks.GUESSED: breaks.TERMS,
    sizes.KIND: sizes.TERMS,
    ends.BIRTH: ends.TERMS,
    ends.DEATH: ends.TERMS,
    phantoms.SHORT: phantoms.TERMS,
    phantoms.LOW_SCORE: phantoms.TERMS,
}
"""What the columns of each kind's terms are; one more is the logarithm of the gain."""

WEIGHTS: dict[str, tuple[float, ...]] = {
    "possible-switch": (
        -1.79,
        0.26,
        0.35,
        0.27,
        0.08,
        0.44,
        -0.83,
        0.13,
        0.17,
        -0.02,
        2.35,
        -0.14,
        2.67,
        -0.51,
        -1.53,
        0.19,
    ),
    "fragment": (2.58, -1.28, -0.59, -0.04, -2.32, -0.3, -0.0, 0.51, 0.53, 0.36),
    "duplicate": (-0.33, 0.5, -0.13, 2.14, 0.05, 0.6, 0.65, -0.57),
    "swap-inside": (-1.17, 0.19, 0.25, -0.58, 2.74, -0.3, 0.41, -0.68, 2.11, -0.3, -0.04, 0.12, 0.12, -0.29),
    "jump": (-1.16, 0.16, 0.25, -0.55, 2.67, -0.31, 0.41, -0.69, 2.12, -0.3, -0.04, 0.12, 0.11, -0.29),
    "gap": (1.08, -0.53, -0.07, -0.1, -2.36, 0.16, 0.0, 1.08, -2.39, -0.51, 0.29, -0.32, 0.0, -0.1),
    "filled-gap": (-0.67, 0.23, -0.26, 0.77, -2.18, 0.13, 0.31, 0.0, -0.3, -0.31, -0.1, -0.45, -0.67, 0.77),
    "size-drift": (-1.53, 1.66, -0.78, -0.78, 0.0, 3.23, 1.34, -0.04, -0.23),
    "birth": (-4.9, 0.0, 0.64, 0.15, 0.22, 0.0, 0.48, 3.51, -1.61, -2.22, -1.52, -2.42),
    "death": (-3.86, -0.46, 1.26, 0.08, 0.23, 0.0, -0.06, 3.29, -0.77, -1.06, -1.58, -3.06),
    "short-track": (0.36, -0.71, 0.0, -1.78, -2.71, 5.27, 0.28, -0.15, 1.26, 1.02),
    "low-score": (-1.22, -1.37, 0.0, 0.13, -6.58, 4.62, -0.8, -0.75, 1.06, 0.4),
}
"""Fitted by ``benchmarks/review_fit.py`` on made scenes alone."""


CERTAINTY: dict[str, tuple[float, ...]] = {
    "possible-switch": (-0.04, 0.99, -1.29),
    "fragment": (0.27, 1.08, -0.28),
    "duplicate": (-0.06, 0.83, 0.15),
    "swap-inside": (0.06, 1.03, -1.87),
    "jump": (-0.55, 0.8, 0.01),
    "gap": (0.38, 1.43, -0.88),
    "filled-gap": (-0.46, 0.67, 0.72),
    "size-drift": (-0.05, 0.96, -0.06),
    "birth": (0.11, 1.11, -0.24),
    "death": (0.08, 1.03, -0.18),
    "short-track": (0.03, 1.0, -0.18),
    "low-score": (0.44, 1.22, 0.23),
}
"""A constant, a slope, and what it changes by above even odds: from log odds to those that were seen."""


RIGHTED: dict[str, float] = {
    switches.KIND: 0.25,
    fragments.KIND: 1.0,
    doubles.KIND: 0.1,
    breaks.CHANGE: 0.05,
    breaks.JUMP: 0.05,
    breaks.GAP: 0.6,
    breaks.GUESSED: 0.3,
    sizes.KIND: 0.3,
    ends.BIRTH: 0.6,
    ends.DEATH: 0.6,
    phantoms.SHORT: 0.2,
    phantoms.LOW_SCORE: 0.2,
}
"""Share of the boxes of a true issue that count as put right, in IDF1, once its correction is carried out.

Measured by ``benchmarks/review_fit.py`` on made scenes: the rest of a track is often wrong by other
errors too, a deleted box counts half, and a track that was split still has to be joined. Jumps are too
seldom there and have the share of changes inside a track. For boxes that were filled or have a wrong
size, which only a person can correct, it is a guess; for ends, it is that of gaps.
"""


def measured(candidates: Candidates) -> Array:
    """What ``WEIGHTS`` weigh, (K, T): terms and gain; those worth most are judged fairly only with it."""
    return np.column_stack([candidates.terms, np.log1p(candidates.gain)])


def log_odds(candidates: Candidates, weights: tuple[float, ...]) -> Array:
    """Of each candidate by itself, (K,); of a fragment, among all ways in which tracks may go on."""
    odds = np.asarray(measured(candidates) @ np.array(weights))
    if candidates.kind != fragments.KIND:
        return odds
    before, after = candidates.tracks.T
    return marginal_log_odds(before, after, odds)


def certainty_terms(odds: Array) -> Array:
    """What ``CERTAINTY`` weighs, (K, 3)."""
    odds = np.clip(odds, -MOST, MOST)
    return np.column_stack([np.ones(len(odds)), odds, np.maximum(odds, 0)])


def probabilities(candidates: Candidates) -> Array:
    """That candidates are true, (K,)."""
    odds = log_odds(candidates, WEIGHTS[candidates.kind])
    sure = certainty_terms(odds) @ np.array(CERTAINTY[candidates.kind])
    return np.asarray(1 / (1 + np.exp(-np.clip(sure, -MOST, MOST))))
