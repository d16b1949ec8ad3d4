"""What a data set hands to the training of a single-target tracker, made or real.

A source is stateless: the batch of a step is a function of the step and the source's seed alone, so that a
training that was stopped and resumed sees what an uninterrupted one would have seen, whoever makes the
batches.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from torch import Tensor


class PairBatch(NamedTuple):
    """Search crops of B targets, the reference frame first.

    Args:
        images: (T, B, 3, S, S) RGB in [0, 255], T >= 2; uint8, or float32 where there are shades between.
        boxes: (T, B, 4) float32 x, y, w, h in pixels of the crop; may leave it.
        visible: (T, B) float32 share of the target that can be seen, [0, 1]; 1 where nobody measured it.
    """

    images: Tensor
    boxes: Tensor
    visible: Tensor


class PairSource(Protocol):
    """Gives the batches of a training."""

    def batch(self, index: int) -> PairBatch:
        """The batch of step ``index``, always the same one."""

    def lane(self, index: int) -> int:
        """See ``training.task.Source``."""
