"""The gradient that a tracker climbs, written out: predicted overlap as a function of the box alone.

A tracker moves a box uphill several times a frame. Automatic differentiation spends most of that time between
small operations, so the head is gone through forwards and backwards by hand here, in few and larger ones.
The values are those of ``AtomIoUNet.predict_iou`` and its gradient in the boxes, but for rounding.
"""

from __future__ import annotations

import torch
from torch import Tensor

from workbench.models.atom import STRIDES, AtomIoUNet, LinearBlock


class OverlapAscent:
    """Predicted overlap with one target in one frame.

    Args:
        head: in evaluation mode.
        modulation: of the target, ``AtomIoUNet.get_modulation``, (1, width, 1, 1) each.
        features: of the frame, ``AtomIoUNet.get_iou_feat``, (1, width, h, w) each.
    """

    def __init__(
        self, head: AtomIoUNet, modulation: tuple[Tensor, ...], features: tuple[Tensor, ...]
    ) -> None:
        blocks = (head.fc3_rt, head.fc4_rt)
        units = [block.linear.out_features for block in blocks]
        weights = torch.tensor_split(head.iou_predictor.weight[0], units[:1])
        self._levels = [
            _Level(maps, vector, block, weight, bins=bins, scale=1 / stride)
            for maps, vector, block, weight, bins, stride in zip(
                features, modulation, blocks, weights, (5, 3), STRIDES, strict=True
            )
        ]
        self._bias = head.iou_predictor.bias

    def __call__(self, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """Overlaps (N,), IoU * 2 - 1 as trained, and their gradients (N, 4).

        Args:
            boxes: (N, 4) x, y, w, h in pixels of the crop.
        """
        (fine, by_fine), (coarse, by_coarse) = (level(boxes) for level in self._levels)
        return fine + coarse + self._bias, by_fine + by_coarse


class _Level:
    """One level's share of the prediction: pooling, a linear block, and a weighted sum."""

    def __init__(
        self, maps: Tensor, modulation: Tensor, block: LinearBlock, weight: Tensor, *, bins: int, scale: float
    ) -> None:
        self._size = maps.shape[1:]  # C, h, w
        self._rows = maps[0].transpose(0, 1).flatten(1)  # h, C * w
        self._modulation = modulation.view(-1)  # C
        self._block, self._weight, self._bins, self._scale = block, weight, bins, scale
        norm = block.bn
        assert norm.running_var is not None
        self._gain = weight * norm.weight * torch.rsqrt(norm.running_var + norm.eps)

    def __call__(self, boxes: Tensor) -> tuple[Tensor, Tensor]:
        number, bins, (channels, _, width) = len(boxes), self._bins, self._size
        x, y, w, h = (boxes * self._scale).unbind(1)
        across, down = _Edges(x, w, bins, width), _Edges(y, h, bins, self._size[1])
        area = (w.clamp(min=0) * h.clamp(min=0) / bins**2)[:, None, None]
        per_area = torch.where(area > 0, 1 / area, 0.0)

        rows = (down.weights.flatten(0, 1) @ self._rows).view(number, bins, channels, width)
        rows = rows.permute(0, 3, 1, 2).reshape(number, width, bins * channels)
        weight = per_area * self._modulation.repeat(bins)  # N, 1, bins * C
        pooled = (across.weights @ rows) * weight  # N, bins across, bins down * C
        active = self._block(pooled.view(number, bins, bins, channels).permute(0, 3, 2, 1))  # N, units

        back = (self._gain * (active > 0)) @ self._block.linear.weight  # N, C * bins down * bins across
        back = back.view(number, channels, bins, bins).permute(0, 3, 2, 1).reshape(pooled.shape)
        shrink = (back * pooled).sum(dim=(1, 2))  # a box that grows spreads the same over more
        back = back * weight
        by_across = back @ rows.mT  # N, bins, w
        by_rows = (across.weights.mT @ back).view(number, width, bins, channels).permute(0, 2, 3, 1)
        by_down = (by_rows.reshape(number * bins, -1) @ self._rows.T).view_as(down.weights)
        (by_x, by_w), (by_y, by_h) = across.back(by_across), down.back(by_down)
        by_w, by_h = (by - torch.where(s > 0, shrink / s, 0.0) for by, s in ((by_w, w), (by_h, h)))
        return active @ self._weight, self._scale * torch.stack([by_x, by_y, by_w, by_h], dim=1)


class _Edges:
    """The bins of boxes along one axis.

    Args:
        start, side: (N,) in cells of the map.
        bins: of each box.
        cells: of the map.
    """

    def __init__(self, start: Tensor, side: Tensor, bins: int, cells: int) -> None:
        self._share = torch.arange(bins + 1, device=start.device, dtype=start.dtype)[:, None] / bins
        edges = start[:, None, None] + side.clamp(min=0)[:, None, None] * self._share
        distance = edges - torch.arange(cells, device=start.device, dtype=start.dtype)  # N, bins + 1, cells
        reached = distance.clamp(-1, 1)
        far = reached.abs()
        self._slope = 1 - far
        integral = reached - 0.5 * reached * far
        self.weights = integral[:, 1:] - integral[:, :-1]  # of every cell's triangle in every bin

    def back(self, by_weights: Tensor) -> tuple[Tensor, Tensor]:
        """From a gradient in the weights to those in start and side, (N,) each."""
        product = by_weights.new_zeros(self._slope.shape)
        product[:, 1:] += by_weights
        product[:, :-1] -= by_weights
        product *= self._slope
        return product.sum(dim=(1, 2)), (product * self._share).sum(dim=(1, 2))
