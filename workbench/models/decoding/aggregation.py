"""Edge aggregation of ExtremeNet: what lies along an edge counts for its extreme point.

X. Zhou, J. Zhuo, P. Krahenbuhl, arXiv:1901.08043, section 4.3: an extreme point may be a long flat edge, with
a weak response all along it; each cell gathers the ascending run of values that leads to it.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor


def aggregated(heat: Tensor, axis: int, weight: float) -> Tensor:
    """Heat maps with the runs from both directions along an axis added.

    Args:
        heat: (B, C, H, W).
        axis: 3 for horizontal edges (top and bottom points), 2 for vertical ones.
        weight: of what is added; the paper has 0.1.
    """
    backward = _runs(heat.flip(axis), axis).flip(axis)
    return heat + weight * (_runs(heat, axis) + backward)


def _runs(heat: Tensor, axis: int) -> Tensor:
    """The sum of the values before each cell that ascend to it without a break."""
    lines = heat.unbind(axis)
    total, sums = lines[0], [torch.zeros_like(lines[0])]
    for before, line in pairwise(lines):
        passed = torch.where(line >= before, total, 0)
        sums.append(passed)
        total = line + passed
    return torch.stack(sums, axis)
