"""Poses: the joints of one target, (K, 3) of x, y in pixels and score; NaN = not marked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_JOINT = 0.1  # score; below it a joint is a guess that only confuses


def seen(poses: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Poses (..., K, 3) with NaN for joints that were hardly seen; one without a score counts as seen."""
    return np.asarray(np.where(poses[..., 2:] < LEAST_JOINT, np.nan, poses), np.float64)
