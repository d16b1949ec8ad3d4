"""Hourglass-104: two stacked hourglass networks.

A. Newell, K. Yang, J. Deng, "Stacked Hourglass Networks for Human Pose Estimation", ECCV 2016,
arXiv:1603.06937, as changed by H. Law, J. Deng, "CornerNet", ECCV 2018, arXiv:1808.01244: sizes are halved by
strides instead of pooling, and every branch is made of residual blocks. Attributes carry the names of the
published weights.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from workbench.models.heads import HeatmapNetwork, NetworkSpec, initialise_head

STACKS = 2
DIMENSIONS = (256, 256, 384, 384, 384, 512)  # of the resolutions, finest first
BLOCKS = (2, 2, 2, 2, 2, 4)  # residual blocks in a branch at each of them


class Convolution(nn.Module):
    """A convolution, batch norm (or a bias in its place) and ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, norm: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=not norm)
        self.bn = nn.BatchNorm2d(outputs) if norm else nn.Sequential()

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, h, w) to (B, outputs, h / stride, w / stride)."""
        return torch.relu(self.bn(self.conv(x)))


class Residual(nn.Module):
    """Two 3x3 convolutions around a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.skip = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.skip = _mixed(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, h, w) to (B, outputs, h / stride, w / stride)."""
        shortcut = self.skip(x)
        x = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(x)) + shortcut)


class Hourglass(nn.Module):
    """Down to the coarsest resolution and back, with a branch at every one of them.

    Args:
        level: number of the finest resolution, of ``DIMENSIONS``.
    """

    def __init__(self, level: int = 0) -> None:
        super().__init__()
        here, below = DIMENSIONS[level : level + 2]
        blocks = BLOCKS[level]
        self.up1 = residuals([here] * (blocks + 1))
        self.low1 = residuals([here] + [below] * blocks, stride=2)
        last = level + 2 == len(DIMENSIONS)
        self.low2 = residuals([below] * (BLOCKS[level + 1] + 1)) if last else Hourglass(level + 1)
        self.low3 = residuals([below] * blocks + [here])

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, h, w) to the same shape."""
        deep = self.low3(self.low2(self.low1(x)))
        result: Tensor = self.up1(x) + functional.interpolate(deep, scale_factor=2)
        return result


class HourglassNet(HeatmapNetwork):
    """The network "hourglass"; every stack has heads of its own, of 256 channels whatever the spec says."""

    multiple = 128

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__(spec)
        width = DIMENSIONS[0]
        self.pre = nn.Sequential(Convolution(3, 128, 7, stride=2), Residual(128, width, stride=2))
        self.kps = nn.ModuleList(Hourglass() for _ in range(STACKS))
        self.cnvs = nn.ModuleList(Convolution(width, width, 3) for _ in range(STACKS))
        self.inters = nn.ModuleList(Residual(width, width) for _ in range(STACKS - 1))
        self.inters_ = nn.ModuleList(_mixed(width, width) for _ in range(STACKS - 1))
        self.cnvs_ = nn.ModuleList(_mixed(width, width) for _ in range(STACKS - 1))
        for name, outputs in spec.heads.items():
            heads = [_head(width, outputs) for _ in range(STACKS)]
            self.add_module(name, nn.ModuleList(heads))
            for head in heads if "hm" in name else ():
                initialise_head(head, name, prior_bias=spec.prior_bias)

    def features(self, images: Tensor) -> list[Tensor]:
        """The maps of each stack, (B, 256, h / 4, w / 4), of images (B, 3, h, w)."""
        x = self.pre(images)
        maps = [self.cnvs[0](self.kps[0](x))]
        for stack in range(1, STACKS):
            before = stack - 1
            x = torch.relu(self.inters_[before](x) + self.cnvs_[before](maps[-1]))
            x = self.inters[before](x)
            maps.append(self.cnvs[stack](self.kps[stack](x)))
        return maps

    def head(self, name: str, stack: int) -> nn.Module:
        """The head of a name that reads the maps of a stack."""
        heads = self.get_submodule(name)
        assert isinstance(heads, nn.ModuleList)
        return heads[stack]


def residuals(widths: list[int], *, stride: int = 1) -> nn.Sequential:
    """Residual blocks from each width to the next, the first with the stride."""
    pairs = pairwise(widths)
    return nn.Sequential(*(Residual(a, b, stride if i == 0 else 1) for i, (a, b) in enumerate(pairs)))


def _mixed(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


def _head(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(Convolution(inputs, inputs, 3, norm=False), nn.Conv2d(inputs, outputs, 1))
