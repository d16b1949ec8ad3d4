"""ST-GCN: tells the action from moving skeletons.

Yan, Xiong, Lin, "Spatial Temporal Graph Convolutional Networks for Skeleton-Based Action Recognition" (AAAI
2018, arXiv:1801.07455). A skeleton is a graph; its links are parted into subsets, each with weights of its
own. A layer mixes the joints of one frame over the subsets, then the frames of one joint by a convolution.
The parameters have the names of the published files, among them the graph itself, which comes with the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, repeat

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from workbench.core.errors import ModelError

BLOCKS = (  # channels and stride in time of each layer
    *((64, 1),) * 4,
    *((128, 2), (128, 1), (128, 1)),
    *((256, 2), (256, 1), (256, 1)),
)
FRAMES = 9  # that a temporal convolution sees
# One subset; one for each distance; these parted by direction. Over one hop they give 1, 2 and 3 subsets.
STRATEGIES = ("uniform", "distance", "spatial")


@dataclass(frozen=True)
class Layout:
    """The joints of a skeleton, as a tree.

    Args:
        parents: for each joint the next one towards the centre; the centre is its own.
        centre: the joint nearest to the body's centre of gravity.
    """

    parents: tuple[int, ...]
    centre: int

    def links(self) -> NDArray[np.bool_]:
        """(V, V), symmetric, every joint linked to itself."""
        joints = np.arange(len(self.parents))
        linked = np.eye(len(joints), dtype=bool)
        linked[joints, self.parents] = linked[self.parents, joints] = True
        return linked


MOST_JOINTS = 4096  # in all subsets of a graph
LAYOUTS = {
    "openpose": Layout((1, 1, 1, 2, 3, 1, 5, 6, 2, 8, 9, 5, 11, 12, 0, 0, 14, 15), 1),
    "ntu-rgb+d": Layout(
        (1, 20, 20, 2, 20, 4, 5, 6, 20, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18, 20, 22, 7, 24, 11), 20
    ),
    "ntu_edge": Layout((1, 2, 2, 2, 1, 4, 5, 6, 1, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18, 21, 7, 23, 11), 2),
}


def adjacency(
    layout: str, strategy: str = "spatial", *, max_hop: int = 1, dilation: int = 1
) -> NDArray[np.float64]:
    """Normalised links between joints, parted into subsets.

    Args:
        layout: a name out of ``LAYOUTS``.
        strategy: a name out of ``STRATEGIES``.
        max_hop: links that a layer reaches across.
        dilation: step between the distances that count as neighbours.

    Returns:
        (K, V, V), whose element [k, v, w] is what joint v gives to joint w in subset k; what a joint is
        given adds up to 1 over all subsets.

    Raises:
        ModelError: there is no such layout or strategy.
    """
    if layout not in LAYOUTS or strategy not in STRATEGIES:
        raise ModelError(
            f"There is no skeleton graph '{layout}' with strategy '{strategy}': choose one of "
            f"{', '.join(LAYOUTS)} with {', '.join(STRATEGIES)}."
        )
    skeleton = LAYOUTS[layout]
    hops = hop_distances(skeleton.links(), max_hop)
    rings = [hops == hop for hop in range(0, max_hop + 1, dilation)]
    near = np.any(rings, axis=0)
    if strategy == "uniform":
        rings = [near]
    elif strategy == "spatial":
        rings = _by_direction(rings, hops[skeleton.centre])
    shares: NDArray[np.float64] = np.stack(rings) / near.sum(axis=0)
    return shares


def published_graph(subsets: int, joints: int) -> NDArray[np.float64]:
    """The graph of this size among those that were published, (subsets, joints, joints).

    Its size is all that is told without the file, which brings its own; where none was published, no
    joints are linked until that comes.

    Raises:
        ModelError: no skeleton has so many joints.
    """
    if not 0 < subsets * joints <= MOST_JOINTS:
        raise ModelError(f"A skeleton graph of {joints} joints and {subsets} subsets cannot be built.")
    layout = next((name for name, known in LAYOUTS.items() if len(known.parents) == joints), None)
    if layout is None or subsets not in range(1, len(STRATEGIES) + 1):
        return np.zeros((subsets, joints, joints))
    return adjacency(layout, STRATEGIES[subsets - 1])


def hop_distances(links: NDArray[np.bool_], max_hop: int) -> NDArray[np.float64]:
    """Fewest links between joints (V, V); infinite beyond ``max_hop``, also where a way exists."""
    reached = [np.linalg.matrix_power(links, hop) for hop in range(max_hop + 1)]
    return np.where(reached[-1], max_hop + 1.0 - np.sum(reached, axis=0), np.inf)


def _by_direction(rings: list[NDArray[np.bool_]], to_centre: NDArray[np.float64]) -> list[NDArray[np.bool_]]:
    """Each ring but the joint itself in two: what comes from no nearer to the centre, and from nearer.

    The distance to the centre is cut like any other, so all joints beyond are equally far.
    """
    nearer = to_centre[:, None] < to_centre
    return rings[:1] + [part for ring in rings[1:] for part in (ring & ~nearer, ring & nearer)]


class GraphConvolution(nn.Module):
    """Mixes channels for each subset, then joints over the graph, and adds the subsets up."""

    def __init__(self, inputs: int, outputs: int, subsets: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs * subsets, 1)

    def forward(self, x: Tensor, graph: Tensor) -> Tensor:
        """(N, inputs, T, V) and (K, V, V) to (N, outputs, T, V)."""
        parts = self.conv(x).unflatten(1, (graph.shape[0], -1))  # (N, K, outputs, T, V)
        return torch.einsum("nkctv,kvw->nctw", parts, graph)


class Block(nn.Module):
    """Graph convolution and convolution in time, around a shortcut.

    Args:
        inputs, outputs: channels.
        subsets: of the graph.
        stride: in time.
        residual: False leaves the shortcut out.
        dropout: share of values dropped in training.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        subsets: int,
        stride: int = 1,
        residual: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.gcn = GraphConvolution(inputs, outputs, subsets)
        self.tcn = nn.Sequential(
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, (FRAMES, 1), (stride, 1), padding=(FRAMES // 2, 0)),
            nn.BatchNorm2d(outputs),
            nn.Dropout(dropout),
        )
        self.residual: nn.Module | None = nn.Identity() if residual else None
        if residual and (stride != 1 or inputs != outputs):
            self.residual = nn.Sequential(nn.Conv2d(inputs, outputs, 1, (stride, 1)), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor, graph: Tensor) -> Tensor:
        """(N, inputs, T, V) and (K, V, V) to (N, outputs, T / stride rounded up, V)."""
        mixed: Tensor = self.tcn(self.gcn(x, graph))
        return torch.relu(mixed if self.residual is None else mixed + self.residual(x))


class StGcn(nn.Module):
    """The network for one stream of skeletons.

    Args:
        channels: numbers a joint has, such as x, y and score.
        classes: of actions.
        graph: (K, V, V), see ``adjacency``.
        edge_importance: whether every layer learns a factor for each link.
        dropout: share of values dropped in training, in all layers but the first.
    """

    A: Tensor

    def __init__(
        self,
        channels: int,
        classes: int,
        graph: NDArray[np.float64],
        *,
        edge_importance: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        subsets, joints, _ = graph.shape
        self.register_buffer("A", torch.tensor(graph, dtype=torch.float32))
        self.data_bn = nn.BatchNorm1d(channels * joints)
        layers = [Block(channels, BLOCKS[0][0], subsets=subsets, residual=False)]
        for (inputs, _), (outputs, stride) in pairwise(BLOCKS):
            layers.append(Block(inputs, outputs, subsets=subsets, stride=stride, dropout=dropout))
        self.st_gcn_networks = nn.ModuleList(layers)
        self.edge_importance = nn.ParameterList(
            torch.ones_like(self.A) for _ in range(len(layers) if edge_importance else 0)
        )
        self.fcn = nn.Conv2d(BLOCKS[-1][0], classes, 1)
        initialise(self)

    def forward(self, skeletons: Tensor) -> Tensor:
        """Class scores (N, classes), before any softmax.

        Args:
            skeletons: (N, C, T, V, M): batch, channels, frames, joints, persons; absent persons are zeros.
        """
        means = self.features(skeletons).mean(dim=(2, 3, 4))
        scores: Tensor = self.fcn(means[..., None, None])
        return scores.flatten(1)

    def extract_feature(self, skeletons: Tensor) -> tuple[Tensor, Tensor]:
        """Class scores at every place, (N, classes, T / 4, V, M), and features (N, 256, T / 4, V, M).

        Their mean over the places is what the network answers; T is rounded up at each halving.
        """
        features = self.features(skeletons)
        return self.fcn(features.flatten(3)).unflatten(3, features.shape[3:]), features

    def features(self, skeletons: Tensor) -> Tensor:
        """(N, C, T, V, M) to (N, 256, T / 4, V, M)."""
        persons = skeletons.shape[-1]
        x = skeletons.permute(0, 4, 3, 1, 2).flatten(0, 1)  # (N * M, V, C, T)
        x = self.data_bn(x.flatten(1, 2)).view_as(x).permute(0, 2, 3, 1)  # (N * M, C, T, V)
        for layer, importance in zip(self.st_gcn_networks, self.edge_importance or repeat(1.0), strict=False):
            x = layer(x, self.A * importance)
        features: Tensor = x.unflatten(0, (-1, persons))
        return features.permute(0, 2, 3, 4, 1)


class TwoStreamStGcn(nn.Module):
    """Two networks, one for where the joints are and one for how they move, whose scores are added."""

    def __init__(self, origin: StGcn, motion: StGcn) -> None:
        super().__init__()
        self.origin_stream = origin
        self.motion_stream = motion

    def forward(self, skeletons: Tensor) -> Tensor:
        """Class scores (N, classes) of skeletons (N, C, T, V, M)."""
        scores: Tensor = self.origin_stream(skeletons) + self.motion_stream(motion(skeletons))
        return scores


def motion(skeletons: Tensor) -> Tensor:
    """How far each joint is from halfway between the frames around, (N, C, T, V, M); 0 at both ends."""
    moved = torch.zeros_like(skeletons)
    before, now, after = skeletons[:, :, :-2], skeletons[:, :, 1:-1], skeletons[:, :, 2:]
    moved[:, :, 1:-1] = now - 0.5 * after - 0.5 * before
    return moved


def initialise(network: nn.Module) -> None:
    """Draw the weights as the published training does: narrow normal ones, biases zero."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(module.weight, float(not isinstance(module, nn.Conv2d)), 0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
