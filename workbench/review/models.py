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
        -1.96,
        0.22,
        0.35,
        0.31,
        0.05,
        0.53,
        -1.07,
        0.21,
        0.3,
        -0.03,
        2.81,
        -0.0,
        1.88,
        -0.61,
        -1.13,
        0.18,
    ),
    "fragment": (2.04, -1.28, -0.42, 0.22, -2.66, -0.28, 0.12, 0.67, 0.35, 0.37),
    "duplicate": (0.36, 0.38, -0.41, 0.8, -0.02, 0.7, 0.27, -0.28),
    "swap-inside": (-0.42, 0.09, 0.23, -0.49, 2.41, -0.35, 0.44, -0.74, 2.0, -0.4, -0.13, 0.05, -0.12, -0.41),
    "jump": (-0.42, 0.06, 0.24, -0.48, 2.38, -0.35, 0.44, -0.72, 2.01, -0.41, -0.14, 0.05, -0.12, -0.41),
    "gap": (0.97, -0.28, -0.03, -0.31, -1.27, 0.35, 0.0, 0.97, -2.48, -0.45, 0.34, -0.28, 0.0, -0.31),
    "filled-gap": (
        -0.84,
        0.25,
        -0.35,
        0.73,
        -1.93,
        -0.02,
        0.25,
        0.0,
        -0.11,
        -0.06,
        -0.09,
        -0.34,
        -0.84,
        0.73,
    ),
    "size-drift": (-1.47, 1.16, -0.81, -0.86, 0.0, 3.29, 1.26, -0.09, -0.1),
    "birth": (-3.9, -0.2, 0.76, 0.11, 0.24, 0.0, 0.77, 2.35, -1.55, -2.22, -1.15, -1.12),
    "death": (-3.1, -1.25, 1.96, 0.1, 0.28, 0.0, 0.37, 1.78, -0.69, -1.11, -1.14, -1.17),
    "short-track": (0.22, -0.9, 0.0, -1.21, -2.51, 1.9, 0.74, 0.15, 1.23, 0.41),
    "low-score": (-1.09, -1.3, 0.0, 0.15, -5.59, 2.64, 0.07, -1.05, 0.57, 0.23),
}
"""Fitted by ``benchmarks/review_fit.py`` on made scenes alone."""


CERTAINTY: dict[str, tuple[float, ...]] = {
    "possible-switch": (-0.1, 0.99, -0.91),
    "fragment": (0.21, 1.1, -0.27),
    "duplicate": (0.1, 0.34, -0.3),
    "swap-inside": (-0.08, 0.93, -1.86),
    "jump": (-0.4, 0.77, 0.0),
    "gap": (0.29, 1.03, -0.34),
    "filled-gap": (-0.63, 0.59, 0.11),
    "size-drift": (-0.12, 0.89, -0.24),
    "birth": (0.11, 1.05, -0.21),
    "death": (0.14, 1.18, -0.35),
    "short-track": (-0.12, 0.86, -0.2),
    "low-score": (0.52, 1.26, 0.03),
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
