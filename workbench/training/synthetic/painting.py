"""Painting: pictures with alpha laid over a canvas by affine maps, only where they are.

A picture covers [-1, 1] x [-1, 1]; a placement (2, 3) maps that to canvas pixels (pixel i covers
[i, i + 1)). All colours are stored times alpha, so that interpolation at edges is right.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from torch.nn import functional

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Pyramid = tuple[Tensor, ...]  # the same pictures at full, half, ... resolution
ALPHA = 3  # channel of a picture that says how much it covers
WINDOWS = (14, 24, 40, 64, 100, 160)  # pictures up to each of these sides are painted at once


def pyramid(pictures: Tensor) -> Pyramid:
    """The pictures at full, half and quarter resolution."""
    half = functional.avg_pool2d(pictures, 2)
    return pictures, half, functional.avg_pool2d(half, 2)


def paint(
    canvas: Tensor,
    pictures: Pyramid,
    which: Indices,
    placements: Array,
    rows: Indices,
    *,
    tag: ArrayLike = 1.0,
    owner: int | None = None,
) -> None:
    """Lay one picture over each of some canvases, in place.

    Args:
        canvas: (N, 5, H, W) RGB times alpha, alpha, tag.
        pictures: levels of (K, 5, h, w).
        which: (n,) the picture of each.
        placements: (n, 2, 3) picture to canvas pixels.
        rows: (n,) the canvas of each, no number twice.
        tag: factor of the tag, one or (n,); with 0 a picture only hides the tags behind it.
        owner: write this number instead of blending tags, wherever the picture covers more than half.
    """
    height, width = canvas.shape[2:]
    reach = np.abs(placements[:, :, :2]).sum(axis=2)  # (n, 2) half sides of the bounding rectangle
    low = np.floor(placements[:, :, 2] - reach).astype(np.int64)
    high = np.ceil(placements[:, :, 2] + reach).astype(np.int64)
    seen = (high > 0).all(axis=1) & (low < (width, height)).all(axis=1)
    need = np.minimum(high, (width, height)) - np.maximum(low, 0)  # (n, 2) sides of each one's window
    bucket = np.searchsorted(WINDOWS, need.max(axis=1))
    tags = np.broadcast_to(np.asarray(tag, dtype=np.float64), rows.shape)
    for number in np.unique(bucket[seen]):
        chosen = np.flatnonzero(seen & (bucket == number))
        shape = (int(need[chosen, 1].max()), int(need[chosen, 0].max()))
        corner = np.clip(low[chosen], 0, (width - shape[1], height - shape[0]))
        level = _level(pictures, float((high - low)[chosen].max()))
        over = _sample(level, which[chosen], placements[chosen], corner, shape)
        over[:, ALPHA + 1] *= _tensor(tags[chosen], canvas.device)[:, None, None]
        _blend(canvas, over, rows[chosen], corner, owner)


def _level(pictures: Pyramid, extent: float) -> Tensor:
    """The smallest level that still has a pixel for nearly every pixel of the largest painted one."""
    return next((p for p in reversed(pictures) if p.shape[-1] >= 0.8 * extent), pictures[0])


def _sample(
    pictures: Tensor, which: Indices, placements: Array, corner: Indices, shape: tuple[int, int]
) -> Tensor:
    """(n, 5, h, w): what each picture shows in its window."""
    local = placements.copy()
    local[:, :, 2] -= corner
    grid = sampling_grid(invert(local), shape, pictures.device)
    chosen = pictures.index_select(0, torch.as_tensor(which, device=pictures.device))
    return functional.grid_sample(chosen, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _blend(canvas: Tensor, over: Tensor, rows: Indices, corner: Indices, owner: int | None) -> None:
    if len(rows) == 1:  # a plain window costs a fraction of an indexed one
        left, top = corner[0].tolist()
        window = canvas[rows[0], :, top : top + over.shape[2], left : left + over.shape[3]]
        window.copy_(_mix(window[None], over, owner)[0])
        return
    windows = canvas.unfold(2, over.shape[2], 1).unfold(3, over.shape[3], 1)  # (N, 5, tops, lefts, h, w)
    row, left, top = (torch.as_tensor(v, device=canvas.device) for v in (rows, corner[:, 0], corner[:, 1]))
    windows[row, :, top, left] = _mix(windows[row, :, top, left], over, owner)


def _mix(under: Tensor, over: Tensor, owner: int | None) -> Tensor:
    mixed = torch.addcmul(over, under, 1 - over[:, ALPHA : ALPHA + 1])
    if owner is not None:
        own = torch.where(over[:, ALPHA + 1] > 0.5, float(owner), 0.0)
        mixed[:, ALPHA + 1] = torch.where(over[:, ALPHA] > 0.5, own, under[:, ALPHA + 1])
    return mixed


def _tensor(values: Array, device: torch.device) -> Tensor:
    return torch.as_tensor(values, dtype=torch.float32, device=device)


def invert(placements: Array) -> Array:
    """The inverse maps of (..., 2, 3) affine maps."""
    linear = np.linalg.inv(placements[..., :2])
    return np.concatenate([linear, -linear @ placements[..., 2:]], axis=-1)


def compose(outer: Array, inner: Array) -> Array:
    """The affine map that does ``inner`` first, then ``outer``; (..., 2, 3)."""
    linear = outer[..., :2]
    return np.concatenate([linear @ inner[..., :2], linear @ inner[..., 2:] + outer[..., 2:]], axis=-1)


def sampling_grid(maps: Array, shape: tuple[int, int], device: torch.device) -> Tensor:
    """Where each pixel's middle falls in the picture: (n, H, W, 2) for maps (n, 2, 3) from pixels."""
    m = torch.as_tensor(maps, dtype=torch.float32, device=device)
    x = torch.arange(shape[1], device=device) + 0.5
    y = torch.arange(shape[0], device=device) + 0.5
    grid = torch.empty(len(maps), *shape, 2, device=device)
    for axis in range(2):  # a row plus a column: one pass over the grid
        row = m[:, axis, :1] * x + m[:, axis, 2:]
        torch.add(row[:, None], (m[:, axis, 1:2] * y)[:, :, None], out=grid[..., axis])
    return grid
