"""Regression losses at the objects' cells, as CenterNet (arXiv:1904.07850) and CenterTrack define them.

They differ in what they divide by, and that is part of the values: each says it. All take

- ``maps`` (B, C, H, W): a head's output,
- ``mask``: (B, M) 1 where there is an object; (B, M, C) where the text says so,
- ``index`` (B, M) int64: the objects' cells, row by row,
- ``target`` (B, M, C),

and give a scalar. Masks are counted in float32, whatever the precision of the maps, as published.
"""

from __future__ import annotations

from typing import Protocol

import torch.nn.functional as F  # noqa: N812 - the name everybody knows it by
from torch import Tensor

from workbench.training.losses.gather import gather_at

SMALL = 1e-4


class MaskedRegression(Protocol):
    """A loss of this module that takes one mask value an object."""

    def __call__(self, maps: Tensor, mask: Tensor, index: Tensor, target: Tensor) -> Tensor:
        """Scalar loss."""


def l1(maps: Tensor, mask: Tensor, index: Tensor, target: Tensor) -> Tensor:
    """Absolute error per object and channel (published as RegL1Loss)."""
    return weighted_l1(maps, mask[:, :, None].expand_as(target), index, target)


def smooth_l1(maps: Tensor, mask: Tensor, index: Tensor, target: Tensor) -> Tensor:
    """Smooth absolute error per object, summed over channels (RegLoss), so C times what ``l1`` would give."""
    wide = mask[:, :, None].float()
    error = F.smooth_l1_loss(gather_at(maps, index) * wide, target * wide, reduction="sum")
    return error / (mask.float().sum() + SMALL)


def normalised_l1(maps: Tensor, mask: Tensor, index: Tensor, target: Tensor) -> Tensor:
    """Absolute error as a share of the target, per object and channel (NormRegL1Loss)."""
    wide = mask[:, :, None].expand_as(target).float()
    share = gather_at(maps, index) / (target + SMALL)
    return F.l1_loss(share * wide, wide, reduction="sum") / (wide.sum() + SMALL)


def weighted_l1(maps: Tensor, mask: Tensor, index: Tensor, target: Tensor) -> Tensor:
    """Absolute error with a ``mask`` of its own for each channel, (B, M, C) (RegWeightedL1Loss)."""
    mask = mask.float()
    error = F.l1_loss(gather_at(maps, index) * mask, target * mask, reduction="sum")
    return error / (mask.sum() + SMALL)


def mean_l1(maps: Tensor, mask: Tensor, index: Tensor, target: Tensor) -> Tensor:
    """Mean absolute error over all M places, empty ones as zeros (L1Loss of the 3D task).

    Published behaviour: so it grows smaller the more empty places a batch has.
    """
    wide = mask[:, :, None].float()
    return F.l1_loss(gather_at(maps, index) * wide, target * wide)


def dense_l1(maps: Tensor, mask: Tensor, target: Tensor) -> Tensor:
    """Absolute error over whole maps, all (B, C, H, W), weighted by ``mask`` and divided by its sum."""
    return F.l1_loss(maps * mask, target * mask, reduction="sum") / (mask.sum() + SMALL)


def weighted_bce(maps: Tensor, mask: Tensor, index: Tensor, target: Tensor) -> Tensor:
    """Binary cross entropy of logits with a ``mask`` (B, M, C), divided by its sum (WeightedBCELoss)."""
    entropy = F.binary_cross_entropy_with_logits(gather_at(maps, index), target, reduction="none")
    return (entropy * mask).sum() / (mask.sum() + SMALL)
