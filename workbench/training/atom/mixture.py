"""Several data sets as one: each gives its part of every batch."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from workbench.training.batches import PairBatch, PairSource


class Mixture:
    """Pairs of several sources beside each other; a ``PairSource``.

    Args:
        sources: at least one; their crops have one size, and their targets as many frames.
        device: where the batches shall be.
    """

    def __init__(self, sources: Sequence[PairSource], *, device: torch.device) -> None:
        self._sources = list(sources)
        self._device = device

    def batch(self, index: int) -> PairBatch:
        """The batch of step ``index``, always the same one."""
        batches = [source.batch(index) for source in self._sources]
        every = (
            torch.cat([part.to(self._device) for part in parts], dim=1)
            for parts in zip(*batches, strict=True)
        )
        return PairBatch(*every)

    def lane(self, index: int) -> int:
        """That of the first source."""
        return self._sources[0].lane(index)


def parts_of(batch: int, *, made: float, real: float) -> tuple[int, int]:
    """How many targets of a batch are made and how many are real; a kind with a share has one where it can.

    Args:
        batch: targets in all, at least 1.
        made, real: shares, not negative, not both 0.
    """
    number = round(batch * real / (made + real))
    if made > 0:
        number = min(number, batch - 1)
    if real > 0:
        number = max(number, 1)
    return batch - number, number
