"""Deep layer aggregation: the trunk of 34 layers.

F. Yu, D. Wang, E. Shelhamer, T. Darrell, "Deep Layer Aggregation", CVPR 2018, arXiv:1707.06484. A level is a
tree: blocks at its leaves, and a root that mixes the outputs of all of them. Attributes carry the names of
the published weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

LEVELS = (1, 1, 1, 2, 2, 1)
CHANNELS = (16, 32, 64, 128, 256, 512)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut that the tree gives."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor, shortcut: Tensor) -> Tensor:
        """(B, inputs, h, w) and (B, outputs, h / stride, w / stride) to the latter."""
        x = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(x)) + shortcut)


class Root(nn.Module):
    """Mixes the outputs of a tree's nodes by a 1x1 convolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, nodes: list[Tensor]) -> Tensor:
        """(B, c, h, w) of several nodes to (B, outputs, h, w)."""
        return torch.relu(self.bn(self.conv(torch.cat(nodes, 1))))


class Tree(nn.Module):
    """Two sub-trees, or two blocks and a root.

    Args:
        depth: of the tree; 1 = blocks.
        inputs: channels in.
        outputs: channels out.
        stride: of its first block.
        level_root: the root also reads the tree's input.
        passed: channels that outer trees pass to the root.
    """

    tree1: Tree | BasicBlock
    tree2: Tree | BasicBlock

    def __init__(
        self,
        depth: int,
        inputs: int,
        outputs: int,
        *,
        stride: int = 1,
        level_root: bool = False,
        passed: int = 0,
    ) -> None:
        super().__init__()
        passed += inputs if level_root else 0
        if depth == 1:
            self.tree1 = BasicBlock(inputs, outputs, stride)
            self.tree2 = BasicBlock(outputs, outputs, 1)
            self.root = Root(2 * outputs + passed, outputs)
        else:
            self.tree1 = Tree(depth - 1, inputs, outputs, stride=stride)
            self.tree2 = Tree(depth - 1, outputs, outputs, passed=passed + outputs)
        self.level_root = level_root
        self.downsample = nn.MaxPool2d(stride, stride) if stride > 1 else nn.Identity()
        self.project = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        if inputs == outputs:
            self.project = nn.Sequential()

    def forward(self, x: Tensor, passed: tuple[Tensor, ...] = ()) -> Tensor:
        """(B, inputs, h, w) to (B, outputs, h / stride, w / stride).

        Args:
            x: maps.
            passed: outputs of outer trees' first halves, for the root.
        """
        bottom = self.downsample(x)
        if self.level_root:
            passed = (*passed, bottom)
        if isinstance(self.tree1, Tree):
            # Its first sub-tree makes a shortcut of its own. The published network makes this one all the
            # same, and though it is never used, its running statistics are part of what training saves.
            if self.training:
                self.project(bottom)
            first = self.tree1(x)
            deep: Tensor = self.tree2(first, (*passed, first))
            return deep
        first = self.tree1(x, self.project(bottom))
        mixed: Tensor = self.root([self.tree2(first, first), first, *passed])
        return mixed


class DLA(nn.Module):
    """The trunk.

    Args:
        classifier: keep the ImageNet classifier, unused here, among the parameters.
        previous: add the layers that read the previous image and its heat map.
    """

    def __init__(self, *, classifier: bool, previous: bool = False) -> None:
        super().__init__()
        self.base_layer = stem(3)
        levels = [_convolution(CHANNELS[0], CHANNELS[0], 3, 1), _convolution(CHANNELS[0], CHANNELS[1], 3, 2)]
        self.level0, self.level1 = levels
        for level in range(2, 6):
            inputs, outputs = CHANNELS[level - 1 : level + 1]
            tree = Tree(LEVELS[level], inputs, outputs, stride=2, level_root=level > 2)
            self.add_module(f"level{level}", tree)
        if previous:
            self.pre_img_layer = stem(3)
            self.pre_hm_layer = stem(1)
        if classifier:
            self.fc = nn.Conv2d(CHANNELS[-1], 1000, 1)

    def forward(
        self, images: Tensor, previous: Tensor | None = None, heatmap: Tensor | None = None
    ) -> list[Tensor]:
        """Maps of the six levels, of 16 to 512 channels at strides 1 to 32.

        Args:
            images: (B, 3, h, w).
            previous: the previous images, alike.
            heatmap: where objects were in them, (B, 1, h, w).
        """
        x = self.base_layer(images)
        if previous is not None:
            x = x + self.pre_img_layer(previous)
        if heatmap is not None:
            x = x + self.pre_hm_layer(heatmap)
        maps = []
        for level in range(6):
            x = self.get_submodule(f"level{level}")(x)
            maps.append(x)
        return maps


def stem(inputs: int) -> nn.Sequential:
    """The first layer, on an image or a heat map."""
    return _convolution(inputs, CHANNELS[0], 7, 1)


def _convolution(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
