"""Modulated deformable convolution (DCNv2) in plain torch.

X. Zhu, H. Hu, S. Lin, J. Dai, "Deformable ConvNets v2: More Deformable, Better Results", CVPR 2019,
arXiv:1811.11168. Each of the kernel's nine taps reads the map at a place of its own, predicted for every
output cell, and what it reads is scaled by a predicted mask.

Where a tap reads, it takes four corners of the map with bilinear shares, the same for all channels. With
the channels of a cell side by side in memory that is a weighted sum of four rows, times the mask, which is
just what ``embedding_bag`` computes; a product with the weights follows. The samples (nine times the size
of the map) are made in pieces small enough to stay in the processor's cache. Where fewer channels come out
than go in, the product comes first and the sums are over its rows. Forward time over a dense 3x3
convolution of the same shape (``benchmarks/dcn.py``, 64 channels of 128x128, one thread): 1.9, and 2.4 with
the prediction of offsets and mask; with all samples at once 3.8, with ``grid_sample`` 7.7.
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
NARROWING = 2  # times as many channels in as out, from which on the weights come first
BORDER = 3  # zeros around the map: one cell before, two behind

# Bytes of samples made at once: what a CPU's cache holds, and what any device's memory does.
CACHE = 2 << 20
MEMORY = 512 << 20


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
        budget: bytes of samples made at once; in training, what does not fit is made again for the backward
            pass instead of kept. None = by the device.

    Returns:
        (B, O, h, w), channels last in memory.
    """
    compiled = _compiled() if x.is_cuda else None
    if compiled is not None:
        out: Tensor = compiled(x, offset, weight, bias, stride, padding, dilation, mask)
        return out
    rows = _bordered(x)
    cells, shares = _corners(
        offset, mask, (x.shape[2], x.shape[3]), stride=stride, padding=padding, dilation=dilation
    )
    shares = shares.to(x.dtype)
    if x.shape[1] >= NARROWING * len(weight) and not torch.is_grad_enabled():
        sums = _weights_first(rows, cells, shares, weight) + bias
        return sums.view(x.shape[0], *mask.shape[2:], -1).permute(0, 3, 1, 2)
    kernel = weight.permute(2, 3, 1, 0).reshape(-1, len(weight))  # (9 * C, O)
    learns = torch.is_grad_enabled()
    budget = budget or (CACHE if x.device.type == "cpu" and not learns else MEMORY)
    count = max(1, budget // (x.element_size() * len(kernel)))
    parts = []
    for start in range(0, len(cells), count):
        piece = (rows, cells[start : start + count], shares[start : start + count], kernel, bias)
        if learns and count < len(cells):
            parts.append(checkpoint(_weighed, *piece, use_reentrant=False, preserve_rng_state=False))
        else:
            parts.append(_weighed(*piece))
    return torch.cat(parts).view(x.shape[0], *mask.shape[2:], -1).permute(0, 3, 1, 2)


def _weights_first(rows: Tensor, cells: Tensor, shares: Tensor, weight: Tensor) -> Tensor:
    """Output cells (n, O) without bias: sums over what each tap's weights make of the map's rows."""
    table = rows @ weight.permute(1, 2, 3, 0).reshape(weight.shape[1], -1)  # (R, 9 * O)
    index = cells * TAPS + torch.arange(TAPS, device=cells.device, dtype=cells.dtype)[:, None]
    return bag_sum(table.view(-1, len(weight)), index.flatten(1), shares.flatten(1))


def _weighed(rows: Tensor, cells: Tensor, shares: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """Output cells (n, O) from the map's rows and the corners (n, 9, 4) that their taps read."""
    samples = bag_sum(rows, cells.view(-1, 4), shares.view(-1, 4))  # (n * 9, C)
    return torch.addmm(bias, samples.view(len(cells), -1), kernel)


def bag_sum(rows: Tensor, index: Tensor, weights: Tensor) -> Tensor:
    """Weighted sums (N, C) of rows (R, C), for index and weights (N, n)."""
    if rows.device.type in ("cpu", "cuda"):
        return functional.embedding_bag(index, rows, mode="sum", per_sample_weights=weights)
    return gathered_sum(rows, index, weights)


def gathered_sum(rows: Tensor, index: Tensor, weights: Tensor) -> Tensor:
    """As ``bag_sum`` from operations that every device has."""
    total = rows.new_zeros(len(index), rows.shape[1])
    for row, share in zip(index.unbind(1), weights.unbind(1), strict=True):
        total = total + rows.index_select(0, row) * share[:, None]
    return total


def _bordered(x: Tensor) -> Tensor:
    """The map's cells as rows (B * (H + BORDER) * (W + BORDER), C), among zeros."""
    batch, channels, height, width = x.shape
    around = x.new_zeros(batch, height + BORDER, width + BORDER, channels)
    for number, image in enumerate(x.flatten(2)):
        # a matrix is transposed faster than the channels of a map are moved to its end
        cells = image.t().contiguous().view(height, width, channels)
        around[number, 1 : height + 1, 1 : width + 1] = cells
    return around.flatten(0, 2)


def _corners(
    offset: Tensor, mask: Tensor, size: tuple[int, int], *, stride: int, padding: int, dilation: int
) -> tuple[Tensor, Tensor]:
    """The four cells around each place that is read, and how much of each is taken.

    Returns:
        Rows of the bordered map, and shares, (B * h * w, 9, 4) each.
    """
    batch, _, h, w = mask.shape
    height, width = size
    moved = offset.float() if offset.dtype in (torch.float16, torch.bfloat16) else offset
    moved = moved.reshape(batch, TAPS, 2, h, w).permute(2, 0, 3, 4, 1).contiguous()  # (2, B, h, w, 9)
    tap = torch.arange(TAPS, device=mask.device)
    down = torch.arange(h, device=mask.device)[:, None, None] * stride - padding + tap // KERNEL * dilation
    across = torch.arange(w, device=mask.device)[:, None] * stride - padding + tap % KERNEL * dilation
    # Places outside are moved to the border; hardtanh, unlike clamp, gives them no slope at the edge itself.
    y = functional.hardtanh(moved[0] + down, -1, height)
    x = functional.hardtanh(moved[1] + across, -1, width)
    top, left = y.floor(), x.floor()
    image = torch.arange(batch, device=mask.device, dtype=torch.int32)[:, None, None, None]
    row = image * (height + BORDER) + 1 + top.int()
    first = row * (width + BORDER) + 1 + left.int()
    first = first.clamp_(0, batch * (height + BORDER) * (width + BORDER) - 1)  # an offset that is no number
    masked = mask.permute(0, 2, 3, 1)
    below, right = masked * (y - top), x - left
    above = masked - below
    above_right, below_right = above * right, below * right
    corners = [first, first + 1, first + (width + BORDER), first + (width + BORDER + 1)]
    shares = [above - above_right, above_right, below - below_right, below_right]
    return torch.stack(corners, -1).flatten(0, 2), torch.stack(shares, -1).flatten(0, 2)


@cache
def _compiled() -> Callable[..., Any] | None:
    """The compiled operation of torchvision, where it is installed and fits this torch."""
    try:
        from torchvision.ops import deform_conv2d as operation
    except (ImportError, RuntimeError):
        return None
    return operation  # type: ignore[no-any-return]
