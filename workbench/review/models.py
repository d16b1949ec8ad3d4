"""How likely candidates of each kind are: logistic models of what their searches measured."""

from __future__ import annotations

import numpy as np

from workbench.core.boxes import Array
from workbench.review import breaks, doubles, ends, fragments, phantoms, sizes, switches

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
"""What the columns of each kind's terms are."""

WEIGHTS: dict[str, tuple[float, ...]] = {
    "possible-switch": (-1.64, 0.23, 0.61, 0.15, 0.1, 0.33, -0.56, 1.1, 1.22, 0.12, 0.01, -0.59, 1.01, -1.1),
    "fragment": (1.33, -0.89, -0.66, -0.49, 0.44, -0.39, -0.16, 0.74, 0.08, 0.06),
    "duplicate": (-1.48, -0.34, 0.27, 0.3, -1.08, 0.21, -0.13, 0.87),
    "swap-inside": (-3.47, 0.82, 0.19, -0.79, 1.92, -0.31, 0.39, -0.5, 1.55, -0.18, 0.3, 0.93, -0.29),
    "jump": (-0.47, 0.12, 0.76, 0.0, -0.05, -0.32, 0.26, -0.38, 0.67, -1.35, -0.7, 0.61, 0.0),
    "gap": (0.86, -0.77, -0.4, -0.27, -1.35, 0.53, 0.0, 0.86, -0.72, -0.19, 0.71, 0.11, 0.0),
    "filled-gap": (-1.55, 1.28, 0.31, 0.55, 0.45, 0.07, 0.6, 0.0, -0.25, 0.61, -0.52, 0.03, -1.55),
    "size-drift": (-1.82, 0.36, -1.3, -1.46, 0.0, 0.32, 0.3, 0.23),
    "birth": (-2.82, -1.49, 1.3, 0.04, 0.49, 0.0, -0.11, 1.43),
    "death": (-2.99, -2.6, 3.07, 0.07, 0.28, 0.0, 0.06, 1.07),
    "short-track": (0.83, -1.7, 0.0, -1.74, -2.02, -0.05, -0.33, -0.76, 0.11),
    "low-score": (-0.52, -1.22, 0.0, -0.1, -3.84, 0.63, -0.19, -0.23, 0.38),
}
"""Fitted by ``benchmarks/review_fit.py`` on made scenes alone."""


def probabilities(kind: str, terms: Array, weights: dict[str, tuple[float, ...]] | None = None) -> Array:
    """That candidates of a kind with such terms (K, T) are true, (K,)."""
    odds = terms @ np.array((weights or WEIGHTS)[kind])
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))))
