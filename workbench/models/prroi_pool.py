"""Precise region pooling: the exact mean of a feature map over each bin of a box.

B. Jiang, R. Luo, J. Mao, T. Xiao, Y. Jiang, "Acquisition of Localization Confidence for Accurate Object
Detection", ECCV 2018, arXiv:1807.11590. The map is taken as a bilinear surface with cell centres at whole
coordinates and zero outside. The mean is differentiable in the box, which is what lets a tracker move a
box uphill.

The bilinear surface is a sum of products of unit triangles, so its integral over a bin is separable: a
row of weights over the map's rows, one over its columns, and two matrix products for all boxes at once.
"""

from __future__ import annotations

import torch
from torch import Tensor


def prroi_pool(features: Tensor, boxes: Tensor, *, size: int | tuple[int, int], scale: float) -> Tensor:
    """Mean of the features in each bin of each box.

    Args:
        features: (B, C, H, W).
        boxes: (B, N, 4) left, top, right, bottom in pixels.
        size: bins down and across.
        scale: cells of the map per pixel.

    Returns:
        (B, N, C, rows, columns); 0 for a box without area.
    """
    rows, columns = (size, size) if isinstance(size, int) else size
    batch, channels, height, width = features.shape
    number = boxes.shape[1]
    left, top, right, bottom = (boxes * scale).unbind(-1)  # (B, N) each
    down = _bin_weights(top, bottom, rows, height)  # (B, N, rows, H)
    across = _bin_weights(left, right, columns, width)
    flat = features.permute(0, 2, 1, 3).reshape(batch, height, channels * width)
    pooled = (down.flatten(1, 2) @ flat).view(batch, number, rows, channels, width)
    pooled = torch.einsum("bnrcw,bnkw->bncrk", pooled, across)
    area = ((right - left).clamp(min=0) / columns * ((bottom - top).clamp(min=0) / rows))[
        ..., None, None, None
    ]
    empty = area == 0
    return torch.where(empty, 0.0, pooled / torch.where(empty, 1.0, area))


def _bin_weights(start: Tensor, stop: Tensor, bins: int, cells: int) -> Tensor:
    """Integral of every cell's triangle over every bin between start and stop, (..., bins, cells)."""
    share = torch.arange(bins + 1, device=start.device, dtype=start.dtype) / bins
    edges = start[..., None] + (stop - start).clamp(min=0)[..., None] * share  # (..., bins + 1)
    distance = edges[..., None] - torch.arange(cells, device=start.device, dtype=start.dtype)
    reached = distance.clamp(-1, 1)
    integral = reached - 0.5 * reached * reached.abs()  # up to a constant
    return integral[..., 1:, :] - integral[..., :-1, :]
