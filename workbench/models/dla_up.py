"""DLA-34 whose levels are merged by deformable convolutions, or plain 1x1 ones, up to stride 4.

The network of "Objects as Points" (arXiv:1904.07850, section 4.1) and of FairMOT and CenterTrack. Levels are
merged from the deepest up (``DLAUp``), and the merged maps once more (``IDAUp`` at the top).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from workbench.core.errors import ModelError
from workbench.models.dcn import DCN
from workbench.models.dla import CHANNELS, DLA
from workbench.models.heads import HeatmapNetwork, NetworkSpec

FIRST_LEVEL = 2  # stride 4
LAST_LEVEL = 5  # the deepest level's own map takes no part in the final merge


class DeformConv(nn.Module):
    """A deformable convolution, batch norm and ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.actf = nn.Sequential(nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
        self.conv = DCN(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, h, w) to (B, outputs, h, w)."""
        result: Tensor = self.actf(self.conv(x))
        return result


class Conv(nn.Module):
    """A 1x1 convolution, batch norm and ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, h, w) to (B, outputs, h, w)."""
        result: Tensor = self.conv(x)
        return result


Node = type[DeformConv] | type[Conv]
NODES: dict[str, Node] = {"dcn": DeformConv, "conv": Conv}


class IDAUp(nn.Module):
    """Merges maps of falling resolution into the first, one after another (iterative deep aggregation).

    Args:
        outputs: channels of the merged maps.
        inputs: channels of each map.
        factors: how much coarser than the first each map is.
        node: how it convolves.
    """

    def __init__(self, outputs: int, inputs: list[int], factors: list[int], node: Node) -> None:
        super().__init__()
        for i in range(1, len(inputs)):
            self.add_module(f"proj_{i}", node(inputs[i], outputs))
            self.add_module(f"up_{i}", upsample(outputs, factors[i]))
            self.add_module(f"node_{i}", node(outputs, outputs))

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """The first map, and what it has become after each further one; all of the first's size."""
        merged = [maps[0]]
        for i, coarse in enumerate(maps[1:], start=1):
            project, up, node = (self.get_submodule(f"{part}_{i}") for part in ("proj", "up", "node"))
            merged.append(node(up(project(coarse)) + merged[-1]))
        return merged


class DLAUp(nn.Module):
    """Merges the two deepest levels into the finer of them, then with the next, up to the finest.

    Args:
        channels: of the levels, each half the size of the one before.
        merge: makes a merge of given channels out, channels in and factors.
    """

    def __init__(self, channels: list[int], merge: Callable[[int, list[int], list[int]], nn.Module]) -> None:
        super().__init__()
        for i, (outputs, inputs, factors) in enumerate(_steps(channels)):
            self.add_module(f"ida_{i}", merge(outputs, inputs, factors))

    def forward(self, levels: list[Tensor]) -> list[Tensor]:
        """The best map at each level's size, finest first."""
        tail = levels[-1:]
        best = levels[-1:]
        for i, level in enumerate(reversed(levels[:-1])):
            tail = self.get_submodule(f"ida_{i}")([level, *tail])
            best.insert(0, tail[-1])
        return best


class DLASeg(HeatmapNetwork):
    """The network "dla_34".

    Args:
        spec: what to build.
        previous: also read the previous image and the heat map of its objects, as CenterTrack does.
        heads_first: register the heads before the trunk, as CenterTrack's files have them.
    """

    def __init__(self, spec: NetworkSpec, *, previous: bool = False, heads_first: bool = False) -> None:
        super().__init__(spec)
        if spec.node not in NODES:
            raise ModelError(f"DLA has no node '{spec.node}'; choose one of {', '.join(NODES)}.")
        node = NODES[spec.node]
        finest = CHANNELS[FIRST_LEVEL]
        if heads_first:
            self.add_heads(finest)
        self.base = DLA(classifier=spec.classifier, previous=previous)
        self.dla_up = DLAUp(list(CHANNELS[FIRST_LEVEL:]), partial(IDAUp, node=node))
        merged = list(CHANNELS[FIRST_LEVEL:LAST_LEVEL])
        self.ida_up = IDAUp(finest, merged, [2**i for i in range(len(merged))], node)
        if not heads_first:
            self.add_heads(finest)

    def features(
        self, images: Tensor, previous: Tensor | None = None, heatmap: Tensor | None = None
    ) -> list[Tensor]:
        """One map (B, 64, h / 4, w / 4) of images (B, 3, h, w); what was before them as in ``DLA``."""
        levels = self.base(images, previous, heatmap)
        best = self.dla_up(levels[FIRST_LEVEL:])
        return [self.ida_up(best[: LAST_LEVEL - FIRST_LEVEL])[-1]]


def _steps(channels: list[int]) -> list[tuple[int, list[int], list[int]]]:
    """Channels out, channels in and factors of each merge from the deepest level up.

    What was merged before comes in with the channels and at the size of the level before.
    """
    plan = []
    for level in range(len(channels) - 2, -1, -1):
        below = len(channels) - 1 - level
        plan.append((channels[level], [channels[level]] + [channels[level + 1]] * below, [1] + [2] * below))
    return plan


def upsample(channels: int, factor: int) -> nn.ConvTranspose2d:
    """Bilinear interpolation to start with, each channel by itself."""
    up = nn.ConvTranspose2d(
        channels, channels, factor * 2, factor, padding=factor // 2, groups=channels, bias=False
    )
    fill_bilinear(up)
    return up


def fill_bilinear(up: nn.ConvTranspose2d) -> None:
    """Set the weights into the first channel of each group to bilinear interpolation."""
    size = up.kernel_size[0]
    factor = math.ceil(size / 2)
    centre = (2 * factor - 1 - factor % 2) / (2 * factor)
    line = 1 - (torch.arange(size, device="cpu") / factor - centre).abs()  # also for a network on "meta"
    with torch.no_grad():
        up.weight[:, 0] = line[:, None] * line
