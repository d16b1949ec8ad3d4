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
        -1.06,
        0.26,
        0.38,
        0.34,
        0.05,
        0.52,
        -0.89,
        0.11,
        0.27,
        -0.17,
        2.03,
        -0.46,
        0.58,
        -0.66,
        -1.13,
        0.12,
    ),
    "fragment": (2.34, -1.29, -0.43, 0.11, -2.59, -0.23, 0.1, 0.67, 0.33, 0.4),
    "duplicate": (0.55, 0.41, -0.69, 1.15, -0.02, 1.01, 0.4, -0.29),
    "swap-inside": (
        -0.64,
        0.09,
        0.2,
        -0.62,
        2.78,
        -0.33,
        0.28,
        -0.44,
        2.21,
        -0.36,
        -0.19,
        0.04,
        -0.34,
        -0.43,
    ),
    "jump": (-0.64, 0.06, 0.21, -0.59, 2.71, -0.33, 0.28, -0.44, 2.23, -0.37, -0.21, 0.05, -0.36, -0.43),
    "gap": (0.97, -0.28, -0.03, -0.31, -1.27, 0.35, 0.0, 0.97, -2.48, -0.45, 0.34, -0.28, 0.0, -0.31),
    "filled-gap": (-0.31, 0.33, -0.92, 0.56, -1.59, 0.07, 0.41, 0.0, -0.4, -0.6, -0.13, -0.05, -0.31, 0.56),
    "size-drift": (-1.4, 1.04, -0.82, -0.83, 0.0, 2.88, 1.23, -0.08, -0.07),
    "birth": (-3.89, -0.36, 0.76, -0.04, 0.27, 0.0, 0.79, 2.1, -1.16, -0.93),
    "death": (-3.19, -1.29, 1.86, 0.03, 0.28, 0.0, 0.49, 1.57, -0.59, -0.92),
    "short-track": (0.13, -0.89, 0.0, -1.3, -2.5, 2.73, 0.75, 0.26, 1.21, 0.54),
    "low-score": (-0.75, -1.28, 0.0, 0.04, -5.26, 3.89, 0.0, -1.4, 1.2, 0.14),
}
"""Fitted by ``benchmarks/review_fit.py`` on made scenes alone."""


CERTAINTY: dict[str, tuple[float, ...]] = {
    "possible-switch": (0.05, 1.03, -1.43),
    "fragment": (0.23, 1.1, -0.31),
    "duplicate": (0.29, 1.03, -0.71),
    "swap-inside": (-0.01, 0.97, -2.04),
    "jump": (-0.21, 0.86, 0.2),
    "gap": (0.29, 1.03, -0.34),
    "filled-gap": (-0.55, 0.6, 0.58),
    "size-drift": (-0.13, 0.89, -0.17),
    "birth": (0.37, 1.55, -0.94),
    "death": (0.33, 1.5, -0.92),
    "short-track": (-0.11, 0.87, -0.2),
    "low-score": (0.29, 1.14, -0.21),
}
"""A constant, a slope, and what it changes by above even odds: from log odds to those that were seen."""


RIGHTED: dict[str, float] = {
    switches.KIND: 0.25,
    fragments.KIND: 1.0,
    doubles.KIND: 0.1,
    breaks.CHANGE: 0.05,
    breaks.JUMP: 0.3,
    breaks.GAP: 0.6,
    breaks.GUESSED: 0.3,
    sizes.KIND: 0.3,
    ends.BIRTH: 0.6,
    ends.DEATH: 0.6,
    phantoms.SHORT: 0.2,
    phantoms.LOW_SCORE: 0.2,
}
"""Share of the boxes of a true issue that count as put right, in IDF1, once its correction is carried out.

Measured by ``benchmarks/review_fit.py`` on made scenes: the rest of a track is often wrong by other errors
too, a deleted box counts half, and a track that was split still has to be joined. For boxes that were filled
or have a wrong size, which only a person can correct, it is a guess; for ends, it is that of gaps.
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
