"""ATOM as something to train: all of the slim network, or the overlap head of the published one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn

from workbench.models.atom import AtomNet
from workbench.models.atom_slim import MEAN, STD, SlimAtomNet, channels_last
from workbench.models.published import published_header
from workbench.models.recognition import Spec
from workbench.models.weights_file import write_weights
from workbench.models.weights_header import Header
from workbench.training.atom.objective import objective, usable
from workbench.training.batches import PairBatch, PairSource
from workbench.training.data.draws import Draws
from workbench.training.data.processing import Crops, with_proposals
from workbench.training.iou_loss import iou_loss

if TYPE_CHECKING:
    from workbench.training.atom.recipe import AtomRecipe

PROPOSALS = 2_000_003  # added to the seed for the boxes that are judged


class AtomTask:
    """Network, data and loss of one training; a ``training.task.Task``. Subclasses say what the loss is.

    Args:
        recipe: what is trained.
        network: is moved to the device.
        source: of the pairs.
        held_out: of pairs that are only looked at.
        device: where it is trained.
        seed: of what is drawn for a batch beside its pairs.
    """

    def __init__(
        self,
        recipe: AtomRecipe,
        network: nn.Module,
        source: PairSource,
        held_out: PairSource,
        *,
        device: torch.device,
        seed: int,
    ) -> None:
        self.recipe = recipe
        self.device = device
        self.network: nn.Module = network
        channels_last(network, device)
        self.source = source
        self._held_out = held_out
        self._seed = seed

    def groups(self) -> list[dict[str, Any]]:
        """Weights of layers decay; biases and batch norm do not."""
        trained = [p for p in self.network.parameters() if p.requires_grad]
        decayed = [p for p in trained if p.dim() > 1]
        return [{"params": decayed}, {"params": [p for p in trained if p.dim() <= 1], "weight_decay": 0.0}]

    def batch(self, step: int) -> Any:
        """The pairs of a step, and what the loss needs beside them."""
        return self.prepared(self.source.batch(step), step)

    def loss(self, batch: Any, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss, and its parts for the log."""
        return self.terms(self.network, batch, generator)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """The parts of the loss on pairs that are never trained on; the negative loss is the score."""
        generator = torch.Generator(self.device).manual_seed(0)
        with torch.no_grad():
            found = [
                self.terms(network, self.prepared(self._held_out.batch(i), i), generator)
                for i in range(self.recipe.validation)
            ]
        if not found:
            return {}
        parts = {name: torch.stack([terms[name] for _, terms in found]).mean() for name in found[0][1]}
        score = -torch.stack([total for total, _ in found]).mean()
        return {"score": score.item(), **{name: value.item() for name, value in parts.items()}}

    def export(self, network: nn.Module, path: Path, about: Mapping[str, str]) -> None:
        """Write the file of weights, in half precision."""
        recipe = self.recipe
        sources: list[str] = sorted({part.kind for part in recipe.real})
        if recipe.made_share > 0:
            sources.append("pairs painted by workbench.training.synthetic")
        header = replace(
            self.header(),
            licence="that of the data sets" if recipe.real else "as the program",
            data="; ".join(sources) + ("" if recipe.real else "; no photograph, no recorded video"),
            training=dict(about),
        )
        write_weights(path, network.state_dict(), header, half=True)

    def prepared(self, made: PairBatch, step: int) -> Any:
        """What ``terms`` takes, on the device."""
        images, *others = (part.to(self.device, non_blocking=True) for part in made)
        return PairBatch(images.float(), *others)

    def terms(
        self, network: nn.Module, batch: Any, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch, and its parts."""
        raise NotImplementedError

    def header(self) -> Header:
        """What the network is and how it wants its images."""
        raise NotImplementedError


class SlimTask(AtomTask):
    """The slim network: overlaps predicted well, and features a filter can be learned on."""

    def terms(
        self, network: nn.Module, batch: PairBatch, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """See ``objective``."""
        assert isinstance(network, SlimAtomNet)
        total, *parts = objective(network, batch, options=self.recipe.objective, generator=generator)
        return total, dict(zip(("overlap", "filter", "explained"), parts, strict=True))

    def header(self) -> Header:
        """Of the slim network."""
        options = {"width": self.recipe.width, "head_width": self.recipe.head_width}
        return Header(Spec("atom", "sot", "slim", options=options), mean=MEAN, std=STD)


class PublishedBatch(NamedTuple):
    """Pairs, and boxes to judge.

    Args:
        shown, sought: (B, 3, S, S) reference and test crops, normalised.
        boxes: (B, 4) x, y, w, h of the targets in the reference crops.
        proposals: (B, N, 4) in the test crops.
        overlaps: (B, N) with the targets there, [0, 1].
    """

    shown: Tensor
    sought: Tensor
    boxes: Tensor
    proposals: Tensor
    overlaps: Tensor


class PublishedTask(AtomTask):
    """ResNet-18 as it is, and an overlap head that learns on it, as published (arXiv:1811.07628)."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        assert isinstance(self.network, AtomNet)
        self.network.feature_extractor.requires_grad_(False)

    def prepared(self, made: PairBatch, step: int) -> PublishedBatch:
        """Targets that can be seen, and proposals about them, drawn as published."""
        some = usable(made, self.recipe.objective.visible)
        some |= ~some.any()  # a batch must have targets
        images, boxes = made.images[:2, some], made.boxes[:2, some]
        draws = Draws.of_batch(self._seed + PROPOSALS, step)
        options = self.recipe.proposals
        drawn = with_proposals(Crops(images[1], boxes[1].cpu()), options=options, draws=draws)
        mean, std = (
            torch.tensor(values, device=self.device)[:, None, None]
            for values in (self.header().mean, self.header().std)
        )
        shown, sought = (images.to(self.device) / 255 - mean) / std
        return PublishedBatch(shown, sought, *(part.to(self.device) for part in (boxes[0], *drawn)))

    def terms(
        self, network: nn.Module, batch: PublishedBatch, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """See ``iou_loss``."""
        assert isinstance(network, AtomNet)
        loss = iou_loss(
            network,
            batch.shown,
            batch.sought,
            boxes=batch.boxes,
            proposals=batch.proposals,
            overlaps=batch.overlaps,
        )
        return loss, {"overlap": loss.detach()}

    def header(self) -> Header:
        """Of the published network, for crops of the size it is trained on."""
        size = self.recipe.made.size
        return replace(published_header(Spec("atom", "sot", "resnet18")), input_size=(size, size))
