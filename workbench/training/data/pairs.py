"""Batches of pairs from real sequences.

A batch is a function of the seed and its index alone, whoever asks for it, in whatever order and from
whatever thread; ``workbench.training.prefetch`` may have the next ones made meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from workbench.core.errors import UserError
from workbench.training.batches import PairBatch
from workbench.training.data.draws import Draws
from workbench.training.data.processing import Frames, ProcessingOptions, process
from workbench.training.data.sampler import Sampled, SamplerOptions, sample
from workbench.training.data.sequences import SequenceSet


@dataclass(frozen=True)
class RealPairOptions:
    """What a batch is made of.

    Args:
        batch: targets in it.
        sampler: which frames are shown together.
        processing: how they are cut and altered.
    """

    batch: int = 64
    sampler: SamplerOptions = field(default_factory=SamplerOptions)
    processing: ProcessingOptions = field(default_factory=ProcessingOptions)


class RealPairs:
    """Pairs from data sets; a ``PairSource``.

    Args:
        sets: the data sets.
        shares: how often each is used, in any unit; None = by its number of sequences.
        options: see ``RealPairOptions``.
        seed: everything random comes from it and the batch's index.

    Raises:
        UserError: there are no sets, or not one share for each.
    """

    def __init__(
        self,
        sets: Sequence[SequenceSet],
        *,
        shares: Sequence[float] | None = None,
        options: RealPairOptions | None = None,
        seed: int,
    ) -> None:
        shares = [len(part) for part in sets] if shares is None else list(shares)
        if len(shares) != len(sets) or min(shares, default=0) < 0 or sum(shares) <= 0:
            names = ", ".join(part.name for part in sets) or "none"
            raise UserError(
                f"Give one share for each data set ({names}), some of them above 0, not {shares}."
            )
        self._sets, self._shares = list(sets), shares
        self._options = options or RealPairOptions()
        self._seed = seed

    def batch(self, index: int) -> PairBatch:
        """The batch of step ``index``, always the same one.

        Raises:
            FormatError: annotations or a picture cannot be read.
            UserError: a data set has no sequence that is long enough.
        """
        draws = Draws.of_batch(self._seed, index)
        made = [self._target(draws) for _ in range(self._options.batch)]
        images, boxes, visible = (torch.stack(parts, dim=1) for parts in zip(*made, strict=True))
        return PairBatch(images, boxes, visible)

    def lane(self, index: int) -> int:
        """Each batch may be made anywhere."""
        return index

    def _target(self, draws: Draws) -> tuple[Tensor, Tensor, Tensor]:
        """Images (T, 3, S, S), boxes (T, 4) and visible shares (T,) of one target."""
        drawn = sample(self._sets, self._shares, options=self._options.sampler, rng=draws.python)
        train, test = (self._frames(drawn, numbers) for numbers in (drawn.train, drawn.test))
        crops = process(train, test, options=self._options.processing, draws=draws)
        visible = drawn.info.visible[drawn.train + drawn.test].astype(np.float32)
        return (
            torch.cat([crop.images for crop in crops]),
            torch.cat([crop.boxes for crop in crops]),
            torch.from_numpy(visible),
        )

    def _frames(self, drawn: Sampled, numbers: list[int]) -> Frames:
        source = self._sets[drawn.source]
        return Frames([source.frame(drawn.sequence, n) for n in numbers], drawn.info.boxes[numbers])
