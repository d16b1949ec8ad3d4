"""What the training loop needs to know of a model: its batches, its loss, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn


class Task(Protocol):
    """A network to train, and on what.

    Attributes:
        network: already on the device where it is trained. What is trained of it are its parameters in
            ``groups``; all of its state is stored and restored.
    """

    network: nn.Module

    def groups(self) -> list[dict[str, Any]]:
        """Parameter groups for the optimiser, each with ``params`` and perhaps a rate or decay of its own."""

    def batch(self, step: int) -> Any:
        """The batch of a step, always the same one: a function of the seed, the rank and the step alone."""

    def loss(self, batch: Any, generator: torch.Generator) -> tuple[Tensor, Mapping[str, float | Tensor]]:
        """The loss of a batch, and what else shall be reported.

        Args:
            batch: of ``batch``.
            generator: on the network's device, seeded for this step; everything random is drawn from it.

        Returns:
            A scalar to minimise, and terms by name, each a number or a scalar tensor.
        """

    def validate(self, network: nn.Module) -> Mapping[str, float]:
        """Figures on held-out material; of ``score``, where there is one, more is better.

        Args:
            network: a copy in evaluation mode, of the averaged weights where they are averaged.
        """

    def export(self, network: nn.Module, path: Path, about: Mapping[str, str]) -> None:
        """Write the file of weights that the program loads.

        Args:
            network: as in ``validate``.
            path: ends in ``.safetensors``; a file there is replaced.
            about: where the weights come from, for the file's metadata.
        """


class Source(Protocol):
    """Makes batches. It can be pickled, and makes the same ones in every process."""

    def batch(self, index: int) -> Any:
        """The batch of a step: a named tuple of tensors."""

    def lane(self, index: int) -> int:
        """The same number for batches that are made of the same costly things."""


@runtime_checkable
class Sourced(Protocol):
    """What a task has, too, whose batches other processes can make.

    ``batch(step)`` is ``prepared(source.batch(step), step)`` then.
    """

    source: Source

    def prepared(self, made: Any, step: int) -> Any:
        """The batch of a step, a named tuple of tensors on the network's device.

        Args:
            made: by the source; on the processor perhaps.
            step: whose batch it is.
        """
