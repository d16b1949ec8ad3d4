"""What the classifier looks at when no trained network is at hand.

``HogColour`` describes every 8 x 8 cell by its gradients (31 channels of HOG) and its colours (soft
histograms of L, a and b), after Danelljan et al., ECO (CVPR 2017), who use HOG and colour names; Lab bins
stand in for colour names, which need a table learned from photographs. ``RandomResNet`` is a residual
network of half the usual width up to its second layer, with the weights it was born with: random filters
at several scales already tell textures apart (Jarrett et al., What is the Best Multi-Stage Architecture
for Object Recognition?, ICCV 2009), and it needs nothing to download.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from workbench.inference.atom.extraction import Features
from workbench.models.resnet import BasicBlock, ResNet
from workbench.tracking.hog import fhog
from workbench.tracking.lab_colour import soft_lab


@dataclass(frozen=True)
class HogColourOptions:
    """What goes into the features.

    Args:
        cell: side of a cell in pixels of the crop, even; the stride of the result.
        colour_weight: of the colour channels beside those of HOG.
    """

    cell: int = 8
    colour_weight: float = 0.3


class HogColour:
    """HOG and soft Lab histograms of every cell."""

    def __init__(self, options: HogColourOptions | None = None) -> None:
        self.options = options or HogColourOptions()
        self.stride = self.options.cell

    def __call__(self, crops: Tensor) -> Features:
        """Features of crops.

        Args:
            crops: (B, 3, H, W) RGB in [0, 255], sides divisible by the cell.

        Returns:
            Maps (B, channels, H / cell, W / cell) for the classifier, on the CPU.
        """
        images = crops.round().clamp(0, 255).byte().permute(0, 2, 3, 1).contiguous().numpy()
        gradients = fhog(images, cell=self.options.cell)
        colours = self.options.colour_weight * soft_lab(images, cell=self.options.cell)
        features = np.concatenate([gradients, colours], axis=3).transpose(0, 3, 1, 2)
        return Features(torch.from_numpy(np.ascontiguousarray(features)))


class RandomResNet:
    """The second layer of a residual network of half width that was never trained, one vector a cell.

    Args:
        seed: of the network's weights; the same seed gives the same features in every run.
    """

    stride = 8

    def __init__(self, *, seed: int = 0) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = ResNet(BasicBlock, (2, 2, 1, 1), width=32, classes=1)
        self._network = network.eval().requires_grad_(False)

    @torch.no_grad()
    def __call__(self, crops: Tensor) -> Features:
        """Crops (B, 3, H, W) RGB in [0, 255] to maps (B, 64, H / 8, W / 8), on the CPU."""
        maps = self._network.features((crops - 128) / 64, ["layer2"])["layer2"]
        maps = maps - maps.mean(dim=(2, 3), keepdim=True)
        return Features(maps / (maps.square().mean(dim=(1, 2, 3), keepdim=True) + 1e-10).sqrt())
