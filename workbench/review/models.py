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
        -3.49,
        0.06,
        0.39,
        0.33,
        0.21,
        0.37,
        -0.82,
        0.9,
        0.66,
        0.45,
        0.9,
        -0.32,
        2.39,
        -0.4,
        -1.1,
        0.36,
    ),
    "fragment": (3.73, -1.3, -0.58, -0.09, -2.31, -0.47, 0.12, 0.39, 1.81, 0.19),
    "duplicate": (-0.59, -0.06, 0.14, -0.24, 0.13, -0.45, 0.81, -0.11),
    "swap-inside": (-2.68, 0.08, 0.49, -0.69, 2.04, -0.23, 0.3, -0.4, 3.6, -0.83, 0.38, 0.4, -0.3, -0.2),
    "jump": (-2.67, 0.03, 0.5, -0.68, 2.01, -0.23, 0.31, -0.37, 3.61, -0.87, 0.35, 0.4, -0.26, -0.2),
    "gap": (0.85, -0.53, -0.19, -0.27, -1.35, 0.5, 0.0, 0.85, -0.91, 0.37, 0.95, -0.13, 0.0, -0.27),
    "filled-gap": (-0.15, 0.09, 0.5, 0.32, -0.79, -0.03, 0.91, 0.0, 1.0, -0.91, -0.27, -1.05, -0.15, 0.32),
    "size-drift": (-2.15, 0.52, -1.02, -1.05, 0.0, 0.94, 1.16, 0.5, 0.18),
    "birth": (-2.88, -1.38, 1.05, -0.08, 0.23, 0.0, 1.0, 1.51, -1.47, 0.01),
    "death": (-1.97, -3.81, 3.78, -0.02, 0.3, 0.0, 1.03, 1.04, -0.83, -0.21),
    "short-track": (0.9, -0.98, 0.0, -2.2, -2.98, 1.42, -1.92, -1.12, 0.64, 1.08),
    "low-score": (-0.94, -1.18, 0.0, 0.38, -6.96, 3.45, -0.32, -0.81, -0.2, 0.27),
}
"""Fitted by ``benchmarks/review_fit.py`` on made scenes alone."""


CERTAINTY: dict[str, tuple[float, ...]] = dict.fromkeys(WEIGHTS, (0.0, 1.0, 0.0))
"""A constant, a slope, and what it changes by above even odds: from log odds to those that were seen."""


RIGHTED: dict[str, float] = {
    switches.KIND: 0.3,
    fragments.KIND: 0.8,
    doubles.KIND: 0.35,
    breaks.CHANGE: 0.05,
    breaks.JUMP: 0.05,
    breaks.GAP: 0.55,
    breaks.GUESSED: 0.3,
    sizes.KIND: 0.3,
    ends.BIRTH: 0.55,
    ends.DEATH: 0.55,
    phantoms.SHORT: 0.25,
    phantoms.LOW_SCORE: 0.3,
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
