"""Boxes near a target, and how much they overlap it: what the overlap head learns from.

A proposal is the target's box with Gaussian noise on its centre and sides. Its strength is drawn for each
one from a ladder, so that near misses and rough guesses are both seen; a proposal that overlaps too little
is drawn back towards the target. After Danelljan et al., ATOM, CVPR 2019, section 3.1, for whole batches.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class ProposalOptions:
    """What proposals are drawn.

    Args:
        number: for each target.
        sigmas: standard deviations of the noise over the target's side, one drawn for each proposal.
        least: overlap below which a proposal is drawn back.
        retreats: how often, each time by half.
    """

    number: int = 14
    sigmas: tuple[float, ...] = (0.01, 0.05, 0.1, 0.2, 0.3)
    least: float = 0.1
    retreats: int = 3


def proposals(
    boxes: Tensor, *, options: ProposalOptions, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Boxes around targets.

    Args:
        boxes: (B, 4) x, y, w, h.
        options: see ``ProposalOptions``.
        generator: on the boxes' device.

    Returns:
        (B, number, 4) x, y, w, h, and their overlaps (B, number) in [0, 1].
    """
    shape, device = (len(boxes), options.number), boxes.device
    drawn = torch.randint(len(options.sigmas), shape, generator=generator, device=device)
    sigmas = torch.tensor(options.sigmas, device=device)[drawn]
    noise = sigmas[..., None] * torch.randn(*shape, 4, generator=generator, device=device)
    side = boxes[:, 2:].prod(1).clamp(min=1e-6).sqrt()[:, None, None]
    found = _moved(boxes, noise, side)
    for _ in range(options.retreats):
        far = overlap(found, boxes[:, None]) < options.least
        noise = torch.where(far[..., None], 0.5 * noise, noise)
        found = _moved(boxes, noise, side)
    return found, overlap(found, boxes[:, None])


def overlap(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union of boxes (..., 4) x, y, w, h, broadcast."""
    low = torch.maximum(first[..., :2], second[..., :2])
    high = torch.minimum(first[..., :2] + first[..., 2:], second[..., :2] + second[..., 2:])
    common = (high - low).clamp(min=0).prod(-1)
    return common / (first[..., 2:].prod(-1) + second[..., 2:].prod(-1) - common).clamp(min=1e-6)


def _moved(boxes: Tensor, noise: Tensor, side: Tensor) -> Tensor:
    """The boxes with noise (B, N, 4) on centre and log sides; small sides never turn over."""
    center = (boxes[:, :2] + boxes[:, 2:] / 2)[:, None] + noise[..., :2] * side
    sides = boxes[:, None, 2:] * torch.exp(noise[..., 2:])
    return torch.cat([center - sides / 2, sides], dim=-1)
