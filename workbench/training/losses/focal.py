"""Focal losses: of heatmaps, in CornerNet's form and in CenterTrack's, and of identities.

CornerNet (Law and Deng 2018, arXiv:1808.01244) weakens the penalty of cells near a peak by (1 - target)^4.
CenterTrack (Zhou et al. 2020, arXiv:2004.01177) takes the positive cells from a list of objects instead of
from the map. FairMOT can use the focal loss of Lin et al. 2017 (arXiv:1708.02002) for identities.
"""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812 - the name everybody knows it by
from torch import Tensor

from workbench.training.losses.gather import gather_at

MARGIN = 1e-4


def probability(logits: Tensor) -> Tensor:
    """Sigmoid kept away from 0 and 1, so that its logarithms stay finite; no gradient outside."""
    return logits.sigmoid().clamp(MARGIN, 1 - MARGIN)


def focal_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """Loss of heatmaps, a scalar.

    Args:
        predicted: (B, C, H, W) in (0, 1), as from ``probability``.
        target: the same shape, in [0, 1]; exactly 1 marks an object's cell, everything below is background.

    Returns:
        The sum over cells divided by the number of objects; undivided where there are none.
    """
    is_object = target == 1
    positive = (predicted.log() * (1 - predicted) ** 2)[is_object].sum()
    negative = (_background(predicted, target) * (target < 1)).sum()
    return -(positive + negative) / is_object.sum().clamp(min=1)


def fast_focal_loss(
    predicted: Tensor, target: Tensor, *, index: Tensor, category: Tensor, mask: Tensor
) -> Tensor:
    """Loss of heatmaps whose objects are listed, a scalar.

    Published behaviour: the background term covers every cell, the objects' own among them, where its weight
    (1 - target)^4 is 0; two objects of a class in one cell count twice, and an ignored region (target 1
    without an object) counts not at all.

    Args:
        predicted, target: (B, C, H, W) as in ``focal_loss``.
        index: (B, M) int64 cells of the objects.
        category: (B, M) int64 their channel.
        mask: (B, M) 1 where there is an object.

    Returns:
        The sum divided by the number of objects; undivided where there are none.
    """
    at_object = gather_at(predicted, index).gather(2, category[:, :, None])[:, :, 0]  # (B, M)
    positive = (at_object.log() * (1 - at_object) ** 2 * mask).sum()
    return -(positive + _background(predicted, target).sum()) / mask.sum().clamp(min=1)


def _background(predicted: Tensor, target: Tensor) -> Tensor:
    return (1 - predicted).log() * predicted**2 * (1 - target) ** 4


def identity_focal_loss(
    logits: Tensor, identity: Tensor, *, alpha: float = 0.25, gamma: float = 2.0
) -> Tensor:
    """Focal loss of identities: one binary question an identity, summed, per row.

    Args:
        logits: (N, I).
        identity: (N,) int64 in [0, I).
        alpha: weight of the right identity; the others have 1 - alpha.
        gamma: how much the easily answered count less.
    """
    answer = F.one_hot(identity, logits.shape[1]).to(logits.dtype)
    entropy = F.binary_cross_entropy_with_logits(logits, answer, reduction="none")
    right = logits.sigmoid() * answer + (1 - logits.sigmoid()) * (1 - answer)
    weight = alpha * answer + (1 - alpha) * (1 - answer)
    return (weight * (1 - right) ** gamma * entropy).sum() / max(len(logits), 1)
