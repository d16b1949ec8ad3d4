"""The tracker's random numbers, all in one place and all from one seed.

A tracker draws in a fixed order: the shifts of the first frame's views, the dropped channels, the first
projection and filter, and then the boxes tried in each frame. So two runs with one seed are the same run,
and a recorded run can be replayed.
"""

from __future__ import annotations

import torch
from torch import Tensor


class Draws:
    """A stream of random choices.

    Args:
        seed: two streams with the same seed are the same.
    """

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)

    def shift(self, extent: float) -> tuple[int, int]:
        """Whole pixels y, x, each within half the extent."""
        y, x = ((torch.rand(2, generator=self._generator) - 0.5) * extent).long().tolist()
        return y, x

    def kept(self, copies: int, channels: int, probability: float) -> Tensor:
        """Which channels of which copies are not dropped, (copies, channels) of 0 and 1."""
        return torch.empty(copies, channels).bernoulli_(1 - probability, generator=self._generator)

    def projection(self, shape: tuple[int, ...], std: float) -> Tensor:
        """Values of the first projection."""
        return torch.empty(shape).normal_(0, std, generator=self._generator)

    def filter(self, shape: tuple[int, ...], std: float) -> Tensor:
        """Values of the first filter."""
        return torch.empty(shape).normal_(0, std, generator=self._generator)

    def jitter(self, boxes: int) -> Tensor:
        """Changes of boxes, (boxes, 4) in [-0.5, 0.5]."""
        return torch.rand(boxes, 4, generator=self._generator) - 0.5
