"""An observation angle as two overlapping bins (Mousavian et al. 2017, arXiv:1612.00496)."""

from __future__ import annotations

import math
from typing import NamedTuple

OVERLAP = math.pi / 6
MIDDLES = (-math.pi / 2, math.pi / 2)


class AngleBins(NamedTuple):
    """In which of the two bins the angle lies, and how far it is from their middles, radians (0 outside)."""

    bins: tuple[int, int]
    residuals: tuple[float, float]


def angle_bins(alpha: float) -> AngleBins:
    """Bins of ``alpha``, radians in (-pi, pi]; each covers a half circle and 30 degrees beyond."""
    inside = (
        alpha < OVERLAP or alpha > math.pi - OVERLAP,
        alpha > -OVERLAP or alpha < OVERLAP - math.pi,
    )
    first, second = (alpha - middle if there else 0.0 for there, middle in zip(inside, MIDDLES, strict=True))
    return AngleBins((int(inside[0]), int(inside[1])), (first, second))
