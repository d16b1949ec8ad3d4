"""Modulated deformable convolution (DCNv2) in plain torch.

X. Zhu, H. Hu, S. Lin, J. Dai, "Deformable ConvNets v2: More Deformable, Better Results", CVPR 2019,
arXiv:1811.11168. Each of the kernel's nine taps reads the map at a place of its own, predicted for every
output cell, and what it reads is scaled by a predicted mask.

The usual way unrolls the map (nine bilinear samples of every channel for every cell) and multiplies the
result by the weights. Reading and multiplying are both linear, so here they are swapped: the map is
multiplied by the weights of each tap first, and an output cell is then one weighted sum of 36 rows (nine
taps, four corners) of that product, which is what ``embedding_bag`` computes in one pass, with nothing
unrolled. Forward time over a dense 3x3 convolution of the same shape (``benchmarks/dcn.py``, 64 channels
of 128x128, one thread): 2.0; unrolled by ``embedding_bag`` 8.9, by ``grid_sample`` 4.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

KERNEL = 3
TAPS = KERNEL * KERNEL

# Bytes that the product of map and taps may take at once. On a CPU, blocks of 32 MiB and more come fresh from
# the system each time, and touching their pages costs as much as the multiplication.
BUDGETS = {"cpu": 30 << 20}
BUDGET = 512 << 20


class DCN(nn.Module):
    """A 3x3 deformable convolution that predicts its own offsets and mask.

    Starts as half of a convolution with a bias: no offsets, every mask 0.5.

    Args:
        inputs: channels in.
        outputs: channels out.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(inputs * TAPS)
        self.weight = nn.Parameter(torch.empty(outputs, inputs, KERNEL, KERNEL).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.conv_offset_mask = nn.Conv2d(inputs, 3 * TAPS, KERNEL, padding=1)
        for parameter in self.conv_offset_mask.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, h, w) to (B, outputs, h, w)."""
        moves: Tensor = self.conv_offset_mask(x)
        offset, mask = moves[:, : 2 * TAPS], moves[:, 2 * TAPS :]
        return deform_conv2d(x, offset, mask.sigmoid(), self.weight, self.bias)


def deform_conv2d(
    x: Tensor,
    offset: Tensor,
    mask: Tensor,
    weight: Tensor,
    bias: Tensor,
    *,
    stride: int = 1,
    padding: int = 1,
    dilation: int = 1,
    budget: int | None = None,
) -> Tensor:
    """The convolution, with offsets and mask given.

    Tap k of cell (r, c) reads x at row r * stride - padding + k // 3 * dilation + dy and likewise at its
    column; between cells bilinearly, and the map is zero outside.

    Args:
        x: (B, C, H, W).
        offset: (B, 18, h, w) cells; channels 2k and 2k + 1 are dy and dx of tap k.
        mask: (B, 9, h, w).
        weight: (O, C, 3, 3).
        bias: (O,).
        stride: of the output cells.
        padding: cells that the first tap lies before the map.
        dilation: cells between taps.
        budget: bytes for the product of map and taps; a larger one is made in groups of taps, and in
            training made again for the backward pass instead of kept. None = by the device.

    Returns:
        (B, O, h, w), channels last in memory.
    """
    compiled = _compiled() if x.is_cuda else None
    if compiled is not None:
        out: Tensor = compiled(x, offset, weight, bias, stride, padding, dilation, mask)
        return out
    batch, _, height, width = x.shape
    place = {"stride": stride, "padding": padding, "dilation": dilation}
    cells, shares = _corners(offset, mask, (height, width), **place)
    rows = x.flatten(2).transpose(1, 2)  # (B, H * W, C)
    taps = weight.flatten(2)  # (O, C, 9)
    size = x.element_size() * batch * height * width * taps.shape[0] * TAPS
    groups = min(TAPS, math.ceil(size / (budget or BUDGETS.get(x.device.type, BUDGET))))
    count = math.ceil(TAPS / groups)
    sums = bias
    for start in range(0, TAPS, count):
        some = slice(start, start + count)
        group = (taps[:, :, some], cells[:, some], shares[:, some])
        if groups > 1 and torch.is_grad_enabled():
            part = checkpoint(_weighted_sum, rows, *group, use_reentrant=False, preserve_rng_state=False)
        else:
            part = _weighted_sum(rows, *group)
        sums = part + sums
    return sums.view(batch, *mask.shape[2:], -1).permute(0, 3, 1, 2)


def _weighted_sum(rows: Tensor, taps: Tensor, cells: Tensor, shares: Tensor) -> Tensor:
    """What some taps add to every output cell, (B * h * w, O).

    Args:
        rows: the map, (B, H * W, C).
        taps: their weights, (O, C, taps).
        cells: (B, taps, 4, h * w) rows of the map, counted over the whole batch.
        shares: of the same shape.
    """
    outputs, channels, count = taps.shape
    every = taps.permute(2, 0, 1).reshape(-1, channels)  # (taps * O, C)
    table = functional.linear(rows, every).view(-1, outputs)  # a row for each cell and tap
    number = torch.arange(count, device=cells.device, dtype=cells.dtype)
    index = torch.add(number[:, None, None], cells, alpha=count)
    index = index.flatten(1, 2).transpose(1, 2).reshape(-1, count * 4)
    weights = shares.to(table.dtype).flatten(1, 2).transpose(1, 2).reshape(-1, count * 4)
    return bag_sum(table, index, weights)


def bag_sum(table: Tensor, index: Tensor, weights: Tensor) -> Tensor:
    """Weighted sums of rows of a table, (N, O), for index and weights (N, n)."""
    if table.device.type in ("cpu", "cuda"):
        return functional.embedding_bag(index, table, mode="sum", per_sample_weights=weights)
    return gathered_sum(table, index, weights)


def gathered_sum(table: Tensor, index: Tensor, weights: Tensor) -> Tensor:
    """As ``bag_sum`` from operations that every device has."""
    total = table.new_zeros(len(index), table.shape[1])
    for rows, share in zip(index.unbind(1), weights.unbind(1), strict=True):
        total = total + table.index_select(0, rows) * share[:, None]
    return total


def _corners(
    offset: Tensor, mask: Tensor, size: tuple[int, int], *, stride: int, padding: int, dilation: int
) -> tuple[Tensor, Tensor]:
    """The four cells around each place that is read, and how much of each is taken.

    Returns:
        Cells, counted over the whole batch, and shares, (B, 9, 4, h * w) each.
    """
    batch, _, h, w = mask.shape
    moved = offset.float() if offset.dtype in (torch.float16, torch.bfloat16) else offset
    moved = moved.reshape(batch, TAPS, 2, h, w)
    tap = torch.arange(TAPS, device=mask.device)[:, None, None]
    first_row = torch.arange(h, device=mask.device)[:, None] * stride - padding
    first_column = torch.arange(w, device=mask.device) * stride - padding
    rows = _neighbours(moved[:, :, 0] + (first_row + tap // KERNEL * dilation), size[0])
    columns = _neighbours(moved[:, :, 1] + (first_column + tap % KERNEL * dilation), size[1])
    image = torch.arange(batch, device=mask.device, dtype=torch.int32)[:, None, None, None] * size[0]
    starts = [(row + image) * size[1] for row, _ in rows]
    masked = [share * mask for _, share in rows]
    cells = torch.stack([start + column for start in starts for column, _ in columns], 2)
    shares = torch.stack([down * across for down in masked for _, across in columns], 2)
    return cells.flatten(3), shares.flatten(3)


def _neighbours(position: Tensor, size: int) -> list[tuple[Tensor, Tensor]]:
    """The cells before and after each position on one axis, with their shares; 0 for a cell outside."""
    low = position.floor()
    beyond = position - low
    before = low.int()
    # At -1 exactly the cell after it has no share, and the published kernel gives none to its slope either.
    pairs = ((before, 1 - beyond), (before + 1, beyond * (position > -1)))
    kept = [(cell.clamp(0, size - 1), cell, share) for cell, share in pairs]
    return [(inside, share * (inside == cell)) for inside, cell, share in kept]


@cache
def _compiled() -> Callable[..., Any] | None:
    """The compiled operation of torchvision, where it is installed and fits this torch."""
    try:
        from torchvision.ops import deform_conv2d as operation
    except (ImportError, RuntimeError):
        return None
    return operation  # type: ignore[no-any-return]
