"""The gradient that a tracker climbs, written out: predicted overlap as a function of the box alone.

A tracker moves a box uphill several times a frame. Automatic differentiation spends most of that time between
small operations, so the head is gone through forwards and backwards by hand here, in few and larger ones: on
an accelerator it is the starting of operations that is waited for. So the bins of both levels and directions
are weighed together, and what stays the same from frame to frame is worked out once. The values are those of
``AtomIoUNet.predict_iou`` and its gradient in the boxes, but for rounding.
"""

from __future__ import annotations

from itertools import accumulate

import torch
from torch import Tensor
from torch.nn import functional

from workbench.models.atom import STRIDES, AtomIoUNet, LinearBlock

BINS = (5, 3)  # of a box, a side, on each level


class OverlapAscent:
    """Predicted overlap with one target.

    Args:
        head: in evaluation mode.
        modulation: of the target, ``AtomIoUNet.get_modulation``, (1, width, 1, 1) each.
    """

    def __init__(self, head: AtomIoUNet, modulation: tuple[Tensor, ...]) -> None:
        blocks = (head.fc3_rt, head.fc4_rt)
        units = [block.linear.out_features for block in blocks]
        weights = torch.tensor_split(head.iou_predictor.weight[0], units[:1])
        self.modulation = modulation
        self.blocks = [_Block(*pair) for pair in zip(blocks, weights, strict=True)]
        self.bias = head.iou_predictor.bias
        # Sums over a bin are divided by its area in cells; the box's own area in pixels follows later.
        self._weights = [
            vector * (bins * stride) ** 2
            for vector, bins, stride in zip(modulation, BINS, STRIDES, strict=True)
        ]
        self.edges = _edges().to(self.bias)
        self.least = torch.tensor([-torch.inf, -torch.inf, 0, 0]).to(self.bias)  # of x, y, w, h

    def within(self, features: tuple[Tensor, ...]) -> OverlapInFrame:
        """As a function of boxes in one frame.

        Args:
            features: of the frame, ``AtomIoUNet.get_iou_feat``, (1, width, h, w) each.
        """
        maps = [level * weight for level, weight in zip(features, self._weights, strict=True)]
        return OverlapInFrame(self, maps)


class OverlapInFrame:
    """Predicted overlap with one target in one frame.

    Args:
        ascent: of the target.
        maps: of the frame, weighed for it, (1, width, h, w) each.
    """

    def __init__(self, ascent: OverlapAscent, maps: list[Tensor]) -> None:
        self._ascent = ascent
        starts = accumulate((2 * (bins + 1) for bins in BINS), initial=0)
        self._levels = [
            _Level(level, block, bins=bins, first=first)
            for level, block, bins, first in zip(maps, ascent.blocks, BINS, starts, strict=False)
        ]
        cells = max(side for level in maps for side in level.shape[2:])
        self._cells = torch.arange(cells, device=maps[0].device, dtype=maps[0].dtype)

    def __call__(self, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """Overlaps (N,), IoU * 2 - 1 as trained, and their gradients (N, 4).

        Args:
            boxes: (N, 4) x, y, w, h in pixels of the crop.
        """
        boxes = boxes.maximum(self._ascent.least)
        per_side = torch.where(boxes[:, 2:] > 0, 1 / boxes[:, 2:], 0.0)
        per_area = per_side.prod(dim=1)[:, None, None, None]
        distance = (boxes @ self._ascent.edges)[..., None] - self._cells  # N, edges, cells
        reached = distance.clamp(-1, 1)
        far = reached.abs()
        # Of every cell's triangle up to every edge; between two edges it is the cell's weight in a bin.
        integral = torch.addcmul(reached, reached, far, value=-0.5)
        weights = integral[:, 1:] - integral[:, :-1]

        by_weights = weights.new_zeros(len(boxes), weights.shape[1] + 2, len(self._cells))
        (fine, fine_lost), (coarse, coarse_lost) = (
            level(weights, per_area, into=by_weights[:, 1:-1]) for level in self._levels
        )
        by_edges = ((by_weights[:, :-1] - by_weights[:, 1:]) * (1 - far)).sum(dim=2)
        gradient = by_edges @ self._ascent.edges.T
        gradient[:, 2:].sub_((fine_lost + coarse_lost)[:, None] * per_side)
        return fine + coarse + self._ascent.bias, gradient


class _Block:
    """The linear block of one level as one product, one scale and one shift, and its share of the prediction.

    Args:
        block: linear layer and batch norm.
        weight: of its units in the prediction, (units,).
    """

    def __init__(self, block: LinearBlock, weight: Tensor) -> None:
        norm = block.bn
        assert norm.running_var is not None
        assert norm.running_mean is not None
        self._matrix = block.linear.weight  # units, C * bins down * bins across
        self._gain = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        self._shift = norm.bias + (block.linear.bias - norm.running_mean) * self._gain
        self._weight, self._slope = weight, weight * self._gain

    def __call__(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        """The share of boxes (N,), and its gradient in what was pooled, (N, C, bins down, bins across)."""
        active = torch.addcmul(self._shift, functional.linear(pooled.flatten(1), self._matrix), self._gain)
        active = active.relu_()
        back = (self._slope * active.sign()) @ self._matrix
        return active @ self._weight, back.view_as(pooled)


class _Level:
    """One level's share of the prediction in one frame.

    Args:
        maps: (1, C, h, w).
        block: what follows the pooling.
        bins: of a box, a side.
        first: of this level's edges among all; those across come before those down.
    """

    def __init__(self, maps: Tensor, block: _Block, *, bins: int, first: int) -> None:
        _, self._channels, self._height, self._width = maps.shape
        self._rows = maps[0].permute(1, 2, 0).reshape(self._height, -1)  # h, w * C
        self._block, self._bins = block, bins
        self._across = slice(first, first + bins)
        self._down = slice(first + bins + 1, first + 2 * bins + 1)

    def __call__(self, weights: Tensor, per_area: Tensor, *, into: Tensor) -> tuple[Tensor, Tensor]:
        """The share of boxes (N,), and how much of it a box loses that grows by its own size, (N,).

        Args:
            weights: of cells in the bins of all levels, (N, all bins, cells).
            per_area: one over the boxes' area, (N, 1, 1, 1).
            into: where the gradient in the weights is written, of their shape.
        """
        number, bins = len(weights), self._bins
        across, down = weights[:, None, self._across, : self._width], weights[:, self._down, : self._height]
        rows = (down.flatten(0, 1) @ self._rows).view(number, bins, self._width, self._channels)
        pooled = (across @ rows) * per_area  # N, bins down, bins across, C
        overlaps, back = self._block(pooled.permute(0, 3, 1, 2).contiguous())
        back = back.permute(0, 2, 3, 1).contiguous()
        lost = (back * pooled).sum(dim=(1, 2, 3))
        back = back * per_area
        into[:, self._across, : self._width] = (back @ rows.mT).sum(dim=1)
        by_rows = (across.mT @ back).view(number * bins, -1)  # N * bins down, w * C
        into[:, self._down, : self._height] = (by_rows @ self._rows.T).view_as(down)
        return overlaps, lost


def _edges() -> Tensor:
    """From x, y, w, h in pixels to the bins' edges in cells, (4, edges): each level's across, then down."""
    columns = []
    for bins, stride in zip(BINS, STRIDES, strict=True):
        for axis in (0, 1):
            columns += [
                [float(k == axis) / stride + float(k == axis + 2) * edge / bins / stride for k in range(4)]
                for edge in range(bins + 1)
            ]
    return torch.tensor(columns, dtype=torch.float64).T
