"""Residual networks, with the parameter names everybody's weights use.

K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", CVPR 2016,
arXiv:1512.03385. In the bottleneck the stride sits on the 3x3 convolution, as in the weights in use.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

STAGES = ("layer1", "layer2", "layer3", "layer4")


class BasicBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut."""

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int, shortcut: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, h, w) to (B, width, h / stride, w / stride)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(x)) + shortcut)


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 convolutions around a shortcut."""

    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int, shortcut: nn.Module | None) -> None:
        super().__init__()
        outputs = width * self.expansion
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, h, w) to (B, 4 * width, h / stride, w / stride)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x)))
        return torch.relu(self.bn3(self.conv3(x)) + shortcut)


class ResNet(nn.Module):
    """The network for images, with access to the maps of its stages.

    Args:
        block: of the residual stages.
        depths: blocks in each of the four stages.
        width: channels of the first stage before expansion.
        classes: outputs of the classifier.
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        depths: Sequence[int],
        *,
        width: int = 64,
        classes: int = 1000,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        channels = width
        for stage, (name, depth) in enumerate(zip(STAGES, depths, strict=True)):
            inner = width * 2**stage
            setattr(self, name, residual_stage(block, channels, inner, depth, stride=1 if stage == 0 else 2))
            channels = inner * block.expansion
        self.fc = nn.Linear(channels, classes)
        initialise(self)

    def features(self, images: Tensor, stages: Sequence[str]) -> dict[str, Tensor]:
        """Maps of the named stages; later stages are not computed.

        Args:
            images: (B, 3, h, w), normalised.
            stages: names out of ``STAGES``; their strides are 4, 8, 16 and 32.
        """
        maps: dict[str, Tensor] = {}
        x = self.maxpool(torch.relu(self.bn1(self.conv1(images))))
        for name in STAGES:
            x = getattr(self, name)(x)
            if name in stages:
                maps[name] = x
            if len(maps) == len(stages):
                break
        return maps

    def forward(self, images: Tensor) -> Tensor:
        """Class scores (B, classes) of images (B, 3, h, w)."""
        last = self.features(images, STAGES[-1:])[STAGES[-1]]
        scores: Tensor = self.fc(last.mean(dim=(2, 3)))
        return scores


def resnet18() -> ResNet:
    """18 layers; stages of 64, 128, 256 and 512 channels."""
    return ResNet(BasicBlock, (2, 2, 2, 2))


def resnet50() -> ResNet:
    """50 layers; stages of 256, 512, 1024 and 2048 channels."""
    return ResNet(Bottleneck, (3, 4, 6, 3))


def residual_stage(
    block: type[BasicBlock] | type[Bottleneck], inputs: int, width: int, depth: int, *, stride: int
) -> nn.Sequential:
    """``depth`` blocks from ``inputs`` to ``width * expansion`` channels, the first with the stride."""
    outputs = width * block.expansion
    shortcut = None
    if stride != 1 or inputs != outputs:
        shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
    blocks = [block(inputs, width, stride, shortcut)]
    blocks += [block(outputs, width, 1, None) for _ in range(depth - 1)]
    return nn.Sequential(*blocks)


def initialise(network: nn.Module) -> None:
    """Draw the convolutions' weights as the paper of rectifiers has it (He et al., ICCV 2015), by fan out."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
