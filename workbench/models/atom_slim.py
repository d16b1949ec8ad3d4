"""A small network for ATOM that two processor cores run at video speed.

The published network (``models.atom``) looks through a ResNet-18 at stride 16. This one is a residual
network of half the width, three stages deep, whose second and third stage are fused at stride 8 for the
classifier: finer cells place small targets better, and the third stage's context tells twins apart. The
head that predicts overlap is the published one, of half the width.

After Danelljan et al., ATOM, CVPR 2019, arXiv:1811.07628, and for the fused map Lin et al., Feature Pyramid
Networks, CVPR 2017, arXiv:1612.03144.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from workbench.models.atom import AtomIoUNet, Maps
from workbench.models.resnet import BasicBlock, initialise, residual_stage

STRIDE = 8  # pixels per cell of the classifier's map
MEAN = (0.45, 0.45, 0.45)  # of images in [0, 1], before the first layer
STD = (0.25, 0.25, 0.25)


class SlimMaps(NamedTuple):
    """What the backbone makes of images.

    Args:
        classifier: (B, C, h / 8, w / 8).
        overlap: maps at stride 8 and 16 for the head.
    """

    classifier: Tensor
    overlap: Maps


class SlimBackbone(nn.Module):
    """Three residual stages and a fused map.

    Args:
        width: channels of the first stage; the second and third have two and four times as many.
        classifier_channels: of the fused map.
    """

    def __init__(self, *, width: int = 32, classifier_channels: int = 48) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 5, 2, padding=2, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = residual_stage(BasicBlock, width, width, 2, stride=1)
        self.layer2 = residual_stage(BasicBlock, width, 2 * width, 2, stride=2)
        self.layer3 = residual_stage(BasicBlock, 2 * width, 4 * width, 2, stride=2)
        self.lateral2 = nn.Conv2d(2 * width, 2 * width, 1)
        self.lateral3 = nn.Conv2d(4 * width, 2 * width, 1)
        self.fused = nn.Conv2d(2 * width, classifier_channels, 3, padding=1)
        initialise(self)

    def forward(self, images: Tensor) -> SlimMaps:
        """Maps of normalised images (B, 3, h, w); h and w divisible by 16."""
        x = torch.relu(self.bn1(self.conv1(images)))
        x = self.layer1(functional.max_pool2d(x, 3, 2, padding=1))
        fine = self.layer2(x)
        coarse = self.layer3(fine)
        wide = functional.interpolate(self.lateral3(coarse), size=fine.shape[-2:], mode="nearest")
        return SlimMaps(self.fused(torch.relu(self.lateral2(fine) + wide)), Maps(fine, coarse))


class SlimAtomNet(nn.Module):
    """Backbone and overlap head.

    Args:
        width: of the backbone, see ``SlimBackbone``.
        classifier_channels: of the map the online filter sees.
        head_width: of the overlap head.
    """

    def __init__(self, *, width: int = 32, classifier_channels: int = 48, head_width: int = 128) -> None:
        super().__init__()
        self.feature_extractor = SlimBackbone(width=width, classifier_channels=classifier_channels)
        self.bb_regressor = AtomIoUNet((2 * width, 4 * width), head_width)
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> SlimMaps:
        """Maps of images (B, 3, h, w), RGB in [0, 255]; h and w divisible by 16."""
        mean, std = self.get_buffer("mean"), self.get_buffer("std")
        maps: SlimMaps = self.feature_extractor((images / 255 - mean) / std)
        return maps
