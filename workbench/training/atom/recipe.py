"""What of ATOM is trained and on what, as a configuration file says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from workbench.core.errors import UserError
from workbench.models.atom import atom_resnet18
from workbench.models.atom_slim import SlimAtomNet
from workbench.models.checkpoints import load_into, read_checkpoint
from workbench.training.atom.mixture import Mixture, parts_of
from workbench.training.atom.objective import ObjectiveOptions
from workbench.training.atom.tasks import AtomTask, PublishedTask, SlimTask
from workbench.training.batches import PairSource
from workbench.training.data.pairs import RealPairOptions, RealPairs
from workbench.training.data.processing import Jitter, ProcessingOptions
from workbench.training.data.proposals import ProposalOptions
from workbench.training.data.readers import RealSet, open_set
from workbench.training.data.sampler import SamplerOptions
from workbench.training.options import read_options
from workbench.training.synthetic.pairs import PairGenerator
from workbench.training.synthetic.plans import PairOptions

HELD_OUT = 1_000_003  # added to the seed for pairs that are only looked at
REACH = (
    0.9  # how far a region may move, of what would put the centre of a real target out of it; as published
)


@dataclass(frozen=True)
class AtomRecipe:
    """What is trained, on what.

    Args:
        architecture: "slim" learns wholly; of "resnet18", the published network, the overlap head alone does.
        width, head_width: of the slim network, see ``SlimAtomNet``.
        objective: what counts how much for the slim network; ``visible`` is for both.
        proposals: boxes the head of "resnet18" is asked about.
        made: the pairs that are painted; real ones have their size, search area, frames and number, too.
        made_share: how much of each batch is made, against the shares of the real sets.
        real: data sets.
        initial: weights to start from; None = from scratch. "resnet18" needs them: of the whole network, or
            of a ResNet-18 that tells the classes of ImageNet.
        validation: batches of held-out made pairs that are looked at.

    Raises:
        UserError: there is nothing to train on, or no backbone for the published head.
    """

    architecture: Literal["slim", "resnet18"] = "slim"
    width: int = 32
    head_width: int = 128
    objective: ObjectiveOptions = field(default_factory=ObjectiveOptions)
    proposals: ProposalOptions = field(default_factory=ProposalOptions)
    made: PairOptions = field(default_factory=lambda: PairOptions(search_area=4.0))
    made_share: float = 1.0
    real: tuple[RealSet, ...] = ()
    initial: Path | None = None
    validation: int = 8

    def __post_init__(self) -> None:
        if not 0 <= self.made_share < float("inf") or (self.made_share == 0 and not self.real):
            raise UserError("made_share must be at least 0, and above 0 where there are no real sets.")
        if self.architecture == "resnet18" and self.initial is None:
            raise UserError(
                "architecture 'resnet18' trains the overlap head alone and needs a trained backbone: name a "
                "file of weights as initial."
            )


def make(options: Mapping[str, Any], *, seed: int, device: str, rank: int = 0, world: int = 1) -> AtomTask:
    """The task of a configuration file's table.

    Args:
        options: fields of ``AtomRecipe``.
        seed: of the first weights and of the pairs.
        device: where the network and the painting run.
        rank, world: of this process among several; each has pairs of its own.

    Raises:
        UserError: an option is unknown or wrong, or a data set is not there.
        FormatError: the lists of a data set cannot be read.
        ModelError: the weights to start from cannot be read.
    """
    recipe = read_options(AtomRecipe, options, name="task")
    own = seed * world + rank
    place = torch.device(device)
    held_out = PairGenerator(replace(recipe.made, ramp=0), seed=seed + HELD_OUT, device=place)
    task = SlimTask if recipe.architecture == "slim" else PublishedTask
    return task(recipe, _network(recipe, seed), _source(recipe, own, place), held_out, device=place, seed=own)


def _network(recipe: AtomRecipe, seed: int) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        slim = recipe.architecture == "slim"
        network: nn.Module = (
            SlimAtomNet(width=recipe.width, head_width=recipe.head_width) if slim else atom_resnet18()
        )
    if recipe.initial is not None:
        weights = read_checkpoint(recipe.initial)
        whole = slim or any(name.startswith("bb_regressor.") for name in weights.state)
        load_into(network if whole else network.get_submodule("feature_extractor"), weights)
    return network


def _source(recipe: AtomRecipe, seed: int, device: torch.device) -> PairSource:
    """Made and real pairs, as the shares say."""
    real = sum(part.share for part in recipe.real)
    made_number, real_number = parts_of(recipe.made.batch, made=recipe.made_share, real=real)
    sources: list[PairSource] = []
    if made_number:
        sources.append(PairGenerator(replace(recipe.made, batch=made_number), seed=seed, device=device))
    if real_number:
        options = _real_options(recipe.made, real_number)
        sets, shares = [open_set(part) for part in recipe.real], [part.share for part in recipe.real]
        sources.append(RealPairs(sets, shares=shares, options=options, seed=seed))
    return sources[0] if len(sources) == 1 else Mixture(sources, device=device)


def _real_options(made: PairOptions, batch: int) -> RealPairOptions:
    return RealPairOptions(
        batch=batch,
        sampler=SamplerOptions(test_frames=made.frames - 1),
        processing=ProcessingOptions(
            search_area=made.search_area,
            size=made.size,
            test=Jitter(center=REACH * made.search_area, scale=0.5),
        ),
    )
