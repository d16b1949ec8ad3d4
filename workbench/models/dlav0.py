"""DLA-34 whose levels are merged by plain convolutions: "dlav0_34", the first network of "Objects as Points".

X. Zhou, D. Wang, P. Krahenbuhl, 2019, arXiv:1904.07850. Maps to be merged are stacked, not added as in
``dla_up``, and there is no second merge.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from workbench.models.dla import CHANNELS, DLA
from workbench.models.dla_up import FIRST_LEVEL, DLAUp, upsample
from workbench.models.heads import HeatmapNetwork, NetworkSpec
from workbench.models.resnet import initialise


class IDAUp(nn.Module):
    """Merges maps of falling resolution into the first, one after another.

    Args:
        outputs: channels of the merged maps, and of the first.
        inputs: channels of each map.
        factors: how much coarser than the first each map is.
    """

    def __init__(self, outputs: int, inputs: list[int], factors: list[int]) -> None:
        super().__init__()
        later = range(1, len(inputs))
        for i in later:
            self.add_module(f"proj_{i}", _convolution(inputs[i], outputs, 1))
            self.add_module(f"up_{i}", upsample(outputs, factors[i]))
        for i in later:
            self.add_module(f"node_{i}", _convolution(2 * outputs, outputs, 3))

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """The first map, and what it has become after each further one; all of the first's size."""
        merged = maps[:1]
        for i, coarse in enumerate(maps[1:], start=1):
            project, up, node = (self.get_submodule(f"{part}_{i}") for part in ("proj", "up", "node"))
            merged.append(node(torch.cat([merged[-1], up(project(coarse))], 1)))
        return merged


class DLAv0(HeatmapNetwork):
    """The network "dlav0_34"."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__(spec)
        self.base = DLA(classifier=spec.classifier)
        self.dla_up = DLAUp(list(CHANNELS[FIRST_LEVEL:]), IDAUp)
        initialise(self)
        self.add_heads(CHANNELS[FIRST_LEVEL], small=2)

    def features(self, images: Tensor) -> list[Tensor]:
        """One map (B, 64, h / 4, w / 4) of images (B, 3, h, w)."""
        return [self.dla_up(self.base(images)[FIRST_LEVEL:])[0]]


def _convolution(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
