"""ATOM as something to train: which network, on what data, and how it is judged on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from workbench.models.atom_slim import MEAN, STD, SlimAtomNet, channels_last
from workbench.models.checkpoints import load_into, read_checkpoint
from workbench.models.recognition import Spec
from workbench.models.weights_file import write_weights
from workbench.models.weights_header import Header
from workbench.training.atom.objective import ObjectiveOptions, objective
from workbench.training.batches import PairBatch, PairSource
from workbench.training.options import read_options
from workbench.training.synthetic.pairs import PairGenerator
from workbench.training.synthetic.plans import PairOptions

HELD_OUT = 1_000_003  # added to the seed for pairs that are only looked at


@dataclass(frozen=True)
class AtomRecipe:
    """What is trained, on what.

    Args:
        width, head_width: of the network, see ``SlimAtomNet``.
        objective: what counts how much.
        made: the pairs that are painted.
        initial: weights to start from; None = from scratch.
        validation: batches of held-out made pairs that are looked at.
    """

    width: int = 32
    head_width: int = 128
    objective: ObjectiveOptions = field(default_factory=ObjectiveOptions)
    made: PairOptions = field(default_factory=lambda: PairOptions(search_area=4.0))
    initial: Path | None = None
    validation: int = 8


def make(options: Mapping[str, Any], *, seed: int, device: str, rank: int = 0, world: int = 1) -> AtomTask:
    """The task of a configuration file's table.

    Args:
        options: fields of ``AtomRecipe``.
        seed: of the first weights and of the pairs.
        device: where the network and the painting run.
        rank, world: of this process among several; each paints pairs of its own.

    Raises:
        UserError: an option is unknown or wrong.
        ModelError: the weights to start from cannot be read.
    """
    recipe = read_options(AtomRecipe, options, name="task")
    source = PairGenerator(recipe.made, seed=seed * world + rank, device=device)
    held_out = PairGenerator(replace(recipe.made, ramp=0), seed=seed + HELD_OUT, device=device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = SlimAtomNet(width=recipe.width, head_width=recipe.head_width)
    if recipe.initial is not None:
        load_into(network, read_checkpoint(recipe.initial))
    return AtomTask(recipe, network, source, held_out, device=device)


class AtomTask:
    """Network, data and loss of one training; a ``training.task.Task``."""

    def __init__(
        self,
        recipe: AtomRecipe,
        network: SlimAtomNet,
        source: PairSource,
        held_out: PairSource,
        *,
        device: str,
    ) -> None:
        self.recipe = recipe
        self.device = torch.device(device)
        self.network: nn.Module = network
        channels_last(network, self.device)
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
        assert isinstance(self.network, SlimAtomNet)
        terms = objective(self.network, batch, options=self.recipe.objective, generator=generator)
        return terms.total, {
            "overlap": terms.overlap,
            "filter": terms.filter,
            "explained": terms.explained,
        }

    def validate(self, network: nn.Module) -> dict[str, float]:
        """The parts of the loss on pairs that are never trained on; their negative sum is the score."""
        assert isinstance(network, SlimAtomNet)
        generator = torch.Generator(self.device).manual_seed(0)
        with torch.no_grad():
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

    def export(self, network: nn.Module, path: Path, about: Mapping[str, str]) -> None:
        """Write the file of weights, in half precision."""
        recipe = self.recipe
        options = {"width": recipe.width, "head_width": recipe.head_width}
        header = Header(
            Spec("atom", "sot", "slim", options=options),
            mean=MEAN,
            std=STD,
            licence="as the program",
            data="pairs painted by workbench.training.synthetic; no photograph, no recorded video",
            training=dict(about),
        )
        write_weights(path, network.state_dict(), header, half=True)
