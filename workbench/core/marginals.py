"""Probabilities of links when everything goes on as at most one other thing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Array

PASSES = 20
"""Of messages; marginals of links hardly change after ten."""


def marginal_log_odds(rows: NDArray[np.integer], columns: NDArray[np.integer], log_odds: Array) -> Array:
    """Log odds (P,) that a pair is linked, over all ways to link rows and columns one to one.

    Found by passing messages between the two ends of each pair until they agree, which takes into account
    that a rival may itself have a better partner (Williams and Lau, Approximate evaluation of marginal
    association probabilities with belief propagation, 2014, arXiv:1209.6299).
    """
    odds = np.exp(np.clip(log_odds, -30, 30))
    free = np.ones_like(odds)  # how free a column is for a row, as its other rows see it
    for _ in range(PASSES):
        wanted = odds * free
        claim = odds / (1 + _of_others(rows, wanted))
        free = 1 / (1 + _of_others(columns, claim))
    return np.asarray(np.log(odds * free) - np.log1p(_of_others(rows, odds * free)))


def _of_others(groups: NDArray[np.integer], values: Array) -> Array:
    """Sum over the other members of each one's group, (P,)."""
    return np.maximum(np.bincount(groups, values)[groups] - values, 0.0) if len(values) else values
