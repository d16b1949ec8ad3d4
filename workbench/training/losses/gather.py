"""Reading a map at the cells of the objects."""

from __future__ import annotations

from torch import Tensor


def gather_at(maps: Tensor, index: Tensor) -> Tensor:
    """Values of ``maps`` (B, C, H, W) at the cells ``index`` (B, M) int64, counted row by row: (B, M, C)."""
    cells = maps.flatten(2).transpose(1, 2)  # (B, H*W, C)
    return cells.gather(1, index[:, :, None].expand(-1, -1, cells.shape[2]))
