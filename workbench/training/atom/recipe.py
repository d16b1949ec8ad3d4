"""ATOM as something to train: which network, on what data, and how it is judged on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from workbench.models.atom_slim import SlimAtomNet
from workbench.training.atom.objective import ObjectiveOptions, objective
from workbench.training.batches import PairBatch, PairSource

HELD_OUT = 1_000_003  # added to the seed for pairs that are only looked at


@dataclass(frozen=True)
class AtomRecipe:
    """What is trained, on what.

    Args:
        width, classifier_channels, head_width: of the network, see ``SlimAtomNet``.
        objective: what counts how much.
        initial: weights to start from; None = from scratch.
        validation: batches of held-out made pairs that are looked at.
    """

    width: int = 32
    classifier_channels: int = 48
    head_width: int = 128
    objective: ObjectiveOptions = field(default_factory=ObjectiveOptions)
    initial: Path | None = None
    validation: int = 8


class AtomTask:
    """Network, data and loss of one training."""

    def __init__(self, recipe: AtomRecipe, source: PairSource, held_out: PairSource, *, device: str) -> None:
        self.recipe = recipe
        self.device = torch.device(device)
        self.network = SlimAtomNet(
            width=recipe.width,
            classifier_channels=recipe.classifier_channels,
            head_width=recipe.head_width,
        ).to(self.device, memory_format=torch.channels_last)
        self._source = source
        self._held_out = held_out

    def groups(self) -> list[dict[str, Any]]:
        """Weights of layers decay; biases and batch norm do not."""
        decayed = [p for p in self.network.parameters() if p.dim() > 1]
        free = [p for p in self.network.parameters() if p.dim() <= 1]
        return [{"params": decayed}, {"params": free, "weight_decay": 0.0}]

    def batch(self, step: int) -> PairBatch:
        """The pairs of a step."""
        return PairBatch(*(part.to(self.device) for part in self._source.batch(step)))

    def loss(self, batch: PairBatch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss, and its parts for the log."""
        terms = objective(self.network, batch, options=self.recipe.objective, generator=generator)
        return terms.total, {
            "overlap": terms.overlap,
            "filter": terms.filter,
            "explained": terms.explained,
        }

    def validate(self, network: nn.Module) -> dict[str, float]:
        """The parts of the loss on pairs that are never trained on; their negative sum is the score."""
        assert isinstance(network, SlimAtomNet)
        generator = torch.Generator().manual_seed(0)
        network.eval()
        with torch.inference_mode():
            terms = torch.stack(
                [
                    torch.stack(
                        objective(
                            network,
                            PairBatch(*(part.to(self.device) for part in self._held_out.batch(i))),
                            options=self.recipe.objective,
                            generator=generator,
                        )
                    )
                    for i in range(self.recipe.validation)
                ]
            ).mean(0)
        total, overlap, filter_part, explained = terms.tolist()
        return {"score": -total, "overlap": overlap, "filter": filter_part, "explained": explained}


def architecture(recipe: AtomRecipe) -> Mapping[str, Any]:
    """The arguments of ``SlimAtomNet``."""
    return {
        "width": recipe.width,
        "classifier_channels": recipe.classifier_channels,
        "head_width": recipe.head_width,
    }
