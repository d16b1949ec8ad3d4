"""A small network for ATOM that two processor cores run at video speed.

The published network (``models.atom``) looks through a ResNet-18, and its classifier sees stride 16. This one
is a residual network of half the width, three stages deep, and its classifier sees the second stage, at
stride 8: finer cells place small targets better. The head that predicts overlap is the published one, of half
the width, on the second and third stage.

After Danelljan et al., ATOM, CVPR 2019, arXiv:1811.07628. A fused map of both stages for the classifier was
tried and given up: trained by the filter loss it fell to telling objects from ground, one direction with
three quarters of its variance, and lost targets that the plain second stage holds.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from workbench.models.atom import AtomIoUNet, Maps
from workbench.models.resnet import BasicBlock, initialise, residual_stage

STRIDE = 8  # pixels per cell of the classifier's map
MEAN = (0.45, 0.45, 0.45)  # of images in [0, 1], before the first layer
STD = (0.25, 0.25, 0.25)


class SlimBackbone(nn.Module):
    """Three residual stages.

    Args:
        width: channels of the first stage; the second and third have two and four times as many.
    """

    def __init__(self, *, width: int = 32) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 5, 2, padding=2, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = residual_stage(BasicBlock, width, width, 2, stride=1)
        self.layer2 = residual_stage(BasicBlock, width, 2 * width, 2, stride=2)
        self.layer3 = residual_stage(BasicBlock, 2 * width, 4 * width, 2, stride=2)
        initialise(self)

    def forward(self, images: Tensor) -> Maps:
        """Maps at stride 8 and 16 of normalised images (B, 3, h, w); h and w divisible by 16."""
        x = torch.relu(self.bn1(self.conv1(images)))
        fine = self.layer2(self.layer1(functional.max_pool2d(x, 3, 2, padding=1)))
        return Maps(fine, self.layer3(fine))


class SlimAtomNet(nn.Module):
    """Backbone and overlap head.

    Args:
        width: of the backbone, see ``SlimBackbone``.
        head_width: of the overlap head.
    """

    def __init__(self, *, width: int = 32, head_width: int = 128) -> None:
        super().__init__()
        self.feature_extractor = SlimBackbone(width=width)
        self.bb_regressor = AtomIoUNet((2 * width, 4 * width), head_width)
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Maps:
        """Maps of images (B, 3, h, w), RGB in [0, 255]; h and w divisible by 16."""
        mean, std = self.get_buffer("mean"), self.get_buffer("std")
        maps: Maps = self.feature_extractor((images / 255 - mean) / std)
        return maps


def channels_last(network: nn.Module, device: torch.device) -> None:
    """Move a network, its convolutions' weights laid out as processors like them best."""
    network.to(device)
    nn.utils.convert_conv2d_weight_memory_format(network, torch.channels_last)
