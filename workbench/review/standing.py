"""How sure a detector was of each box, among those of the same video."""

from __future__ import annotations

import numpy as np

from workbench.core.boxes import Array
from workbench.review.view import View

SURELY = 1e-3  # scores nearer to 0 or 1 all say the same
LEAST, MOST = 0.1, 6.0  # spread of log odds, and spreads that are told apart


def standing(view: View) -> Array:
    """Scores as log odds above the video's median, in the spread below it, (N,); NaN where not measured."""
    score = np.clip(view.boxes.scores, SURELY, 1 - SURELY)
    odds = np.log(score / (1 - score))
    known = odds[~np.isnan(odds)]
    if not len(known):
        return odds
    quarter, middle = np.quantile(known, (0.25, 0.5))
    return np.asarray(np.clip((odds - middle) / max((middle - quarter) / 0.6745, LEAST), -MOST, MOST))
