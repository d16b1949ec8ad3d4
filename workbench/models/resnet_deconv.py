"""Residual networks with transposed convolutions back up to stride 4: "res_18" and its like.

B. Xiao, H. Wu, Y. Wei, "Simple Baselines for Human Pose Estimation and Tracking", ECCV 2018,
arXiv:1804.06208; and "resdcn_18" and its like of "Objects as Points" (arXiv:1904.07850, section 4.1), with a
deformable convolution before each of them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from workbench.models.dcn import DCN
from workbench.models.dla_up import fill_bilinear
from workbench.models.heads import HeatmapNetwork, NetworkSpec
from workbench.models.resnet import STAGES, BasicBlock, Bottleneck, ResNet

DEPTHS: dict[int, tuple[type[BasicBlock] | type[Bottleneck], tuple[int, ...]]] = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
    101: (Bottleneck, (3, 4, 23, 3)),
    152: (Bottleneck, (3, 8, 36, 3)),
}
WIDTHS = (256, 256, 256)
DEFORMABLE_WIDTHS = (256, 128, 64)


class ResNetDeconv(HeatmapNetwork):
    """A residual network and three transposed convolutions.

    Args:
        spec: what to build; its arch ends with the number of layers, "res_18" or "resdcn_18".
    """

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__(spec)
        kind, layers = spec.arch.split("_")
        block, depths = DEPTHS[int(layers)]
        trunk = ResNet(block, depths)
        self.conv1, self.bn1, self.maxpool = trunk.conv1, trunk.bn1, trunk.maxpool
        for stage in STAGES:
            self.add_module(stage, trunk.get_submodule(stage))
        channels = 512 * block.expansion
        if kind == "resdcn":
            self.deconv_layers = deformable_upsampling(channels)
            self.add_heads(DEFORMABLE_WIDTHS[-1], small=2)
        else:
            self.deconv_layers = upsampling(channels)
            self.add_heads(WIDTHS[-1], small=1, by_name=True)

    def features(self, images: Tensor) -> list[Tensor]:
        """One map (B, 256, h / 4, w / 4), or of 64 channels if deformable, of images (B, 3, h, w)."""
        x = self.maxpool(torch.relu(self.bn1(self.conv1(images))))
        for stage in STAGES:
            x = self.get_submodule(stage)(x)
        return [self.deconv_layers(x)]


def upsampling(inputs: int) -> nn.Sequential:
    """Three times: twice the size by a transposed convolution that starts close to zero."""
    layers: list[nn.Module] = []
    for outputs in WIDTHS:
        up = nn.ConvTranspose2d(inputs, outputs, 4, 2, padding=1, bias=False)
        nn.init.normal_(up.weight, std=0.001)
        layers += [up, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
        inputs = outputs
    return nn.Sequential(*layers)


def deformable_upsampling(inputs: int) -> nn.Sequential:
    """Three times: a deformable convolution, then twice the size by a transposed one."""
    layers: list[nn.Module] = []
    for outputs in DEFORMABLE_WIDTHS:
        up = nn.ConvTranspose2d(outputs, outputs, 4, 2, padding=1, bias=False)
        fill_bilinear(up)
        layers += [DCN(inputs, outputs), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
        layers += [up, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
        inputs = outputs
    return nn.Sequential(*layers)
