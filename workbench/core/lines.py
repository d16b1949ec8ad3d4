"""Straight lines fitted to where targets were, many at once."""

from __future__ import annotations

import numpy as np

from workbench.core.boxes import Array


def fit_lines(
    time: Array, weight: Array, places: Array, *, place: float, speed: float
) -> tuple[Array, Array, Array]:
    """Weighted least squares, with what is known before: targets are at rest more often than not.

    Args:
        time: (T, K) of the samples of each line.
        weight: (T, K) from 0; the samples of a line have some weight in all.
        places: (T, K, 2).
        place: standard deviation of a sample of weight 1.
        speed: standard deviation of a target's speed, before anything is seen of it.

    Returns:
        Place (T, 2) at time 0, speed (T, 2), and the covariance (T, 3) of place, of both, of speed.
    """
    sure = weight / place**2
    a, b = sure.sum(axis=1), (sure * time).sum(axis=1)
    c = (sure * time**2).sum(axis=1) + 1 / speed**2
    area = a * c - b * b
    first, second = (sure[..., None] * places).sum(axis=1), ((sure * time)[..., None] * places).sum(axis=1)
    at = (c[:, None] * first - b[:, None] * second) / area[:, None]
    pace = (a[:, None] * second - b[:, None] * first) / area[:, None]
    return at, pace, np.stack([c, -b, a], axis=1) / area[:, None]
