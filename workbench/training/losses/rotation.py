"""Loss of an angle told as two overlapping bins and a residual in each.

Multi-bin orientation (Mousavian et al. 2017, arXiv:1612.00496) in CenterNet's layout of eight channels: for
each bin two logits (not in it, in it), then sine and cosine of the angle from the bin's middle.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody knows it by
from torch import Tensor

from workbench.training.losses.gather import gather_at


def bin_rotation(maps: Tensor, mask: Tensor, index: Tensor, *, bins: Tensor, residuals: Tensor) -> Tensor:
    """Loss of a head's maps (B, 8, H, W) at the cells ``index`` (B, M); the rest as in ``rotation_loss``."""
    return rotation_loss(gather_at(maps, index), mask, bins=bins, residuals=residuals)


def rotation_loss(predicted: Tensor, mask: Tensor, *, bins: Tensor, residuals: Tensor) -> Tensor:
    """Scalar loss.

    Published behaviour: the mask only sets logits to 0, so that empty places still add the entropy of an
    even guess to a mean over all places, and it does not reach the residuals at all: those count wherever
    ``bins`` is 1, averaged over these places.

    Args:
        predicted: (B, M, 8).
        mask: (B, M) 1 where there is an object.
        bins: (B, M, 2) int64, 1 where the angle lies in the bin.
        residuals: (B, M, 2) radians from the bin's middle.
    """
    predicted, bins, residuals = predicted.flatten(0, 1), bins.flatten(0, 1), residuals.flatten(0, 1)
    wide = mask.reshape(-1, 1).to(predicted)
    losses = []
    for which in range(2):
        logits, wave = predicted[:, 4 * which :][:, :2], predicted[:, 4 * which + 2 :][:, :2]
        losses.append(F.cross_entropy(logits * wide, bins[:, which]))
        inside = bins[:, which] != 0
        if inside.any():
            angle = residuals[inside, which]
            losses += [
                F.smooth_l1_loss(wave[inside, 0], angle.sin()),
                F.smooth_l1_loss(wave[inside, 1], angle.cos()),
            ]
    return torch.stack(losses).sum()
