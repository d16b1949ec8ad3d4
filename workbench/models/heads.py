"""What the networks of CenterNet, FairMOT and CenterTrack share: maps at stride 4, read by small heads.

X. Zhou, D. Wang, P. Krahenbuhl, "Objects as Points", 2019, arXiv:1904.07850. A head is a 3x3
convolution, ReLU and a 1x1 convolution; its parameters carry its name at the top of the network, as in the
published weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from torch import Tensor, nn

Maps = dict[str, Tensor]


@dataclass(frozen=True)
class NetworkSpec:
    """All that is needed to build a network, in plain values that a file's header can hold.

    Args:
        arch: name of the architecture, as published, e.g. "dla_34".
        heads: channels of each output, in the order of the published weights.
        head_conv: channels of the heads' hidden convolutions: the first is 3x3, further ones are 1x1; none
            = each head is one 1x1 convolution.
        one_conv: heads with only the first of them.
        prior_bias: of the last convolution of heat-map heads, the logit of an object's being anywhere.
        classifier: keep the classifier of ImageNet in the state of a DLA trunk; the published files have it.
        node: how DLA's aggregation convolves, "dcn" or "conv".
    """

    arch: str
    heads: Mapping[str, int] = field(default_factory=dict)
    head_conv: tuple[int, ...] = (256,)
    one_conv: tuple[str, ...] = ()
    prior_bias: float = -2.19
    classifier: bool = True
    node: str = "dcn"

    def widths(self, head: str) -> tuple[int, ...]:
        """Channels of one head's hidden convolutions."""
        return self.head_conv[:1] if head in self.one_conv else self.head_conv


class HeatmapNetwork(nn.Module):
    """Base of the networks: a subclass gives the maps, this reads them.

    Outputs are raw, before any sigmoid. ``forward`` gives what is used, ``stacks`` what is trained.
    """

    stride = 4  # pixels for each cell of the outputs
    multiple = 32  # an image's height and width must be multiples of it

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.spec = spec

    def add_heads(self, inputs: int, *, small: int = 0, by_name: bool = False) -> None:
        """Create the heads.

        Args:
            inputs: channels of the maps.
            small: how many of the last convolutions of a head that is no heat map start close to zero.
            by_name: in alphabetical order, not in the spec's.
        """
        for name in sorted(self.spec.heads) if by_name else self.spec.heads:
            head = head_of(inputs, self.spec.heads[name], self.spec.widths(name))
            initialise_head(head, name, prior_bias=self.spec.prior_bias, small=small)
            self.add_module(name, head)

    def features(self, images: Tensor) -> list[Tensor]:
        """The maps at stride 4, one for each stack of the network, the best last."""
        raise NotImplementedError

    def head(self, name: str, stack: int) -> nn.Module:
        """The head of a name that reads the maps of a stack (-1: the last)."""
        return self.get_submodule(name)

    def read(self, features: Tensor, stack: int = -1) -> Maps:
        """The outputs of all heads on the maps of one stack."""
        return {name: self.head(name, stack)(features) for name in self.spec.heads}

    def stacks(self, images: Tensor) -> list[Maps]:
        """The outputs of every stack, the best last; each has its own loss in training."""
        return [self.read(maps, stack) for stack, maps in enumerate(self.features(images))]

    def forward(self, images: Tensor) -> Maps:
        """Outputs by name, (B, channels, h / 4, w / 4) each, of normalised images (B, 3, h, w)."""
        return self.read(self.features(images)[-1])


def head_of(inputs: int, outputs: int, widths: tuple[int, ...]) -> nn.Module:
    """3x3 convolution, 1x1 convolutions, ReLU between; only one 1x1 convolution where no width is given."""
    if not widths:
        return nn.Conv2d(inputs, outputs, 1)
    layers: list[nn.Module] = [nn.Conv2d(inputs, widths[0], 3, padding=1), nn.ReLU(inplace=True)]
    for before, after in pairwise(widths):
        layers += [nn.Conv2d(before, after, 1), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Conv2d(widths[-1], outputs, 1))


def initialise_head(head: nn.Module, name: str, *, prior_bias: float, small: int = 0) -> None:
    """Heat maps start at the prior; others without bias, their last ``small`` convolutions close to zero."""
    convolutions = [module for module in head.modules() if isinstance(module, nn.Conv2d)]
    if "hm" in name:
        _fill(convolutions[-1].bias, prior_bias)
        return
    for convolution in convolutions:
        _fill(convolution.bias, 0.0)
    for convolution in convolutions[len(convolutions) - small :]:
        nn.init.normal_(convolution.weight, std=0.001)


def _fill(bias: Tensor | None, value: float) -> None:
    if bias is not None:
        nn.init.constant_(bias, value)
