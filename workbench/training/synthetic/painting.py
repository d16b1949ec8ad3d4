"""Painting: pictures with alpha laid over a canvas by affine maps, only where they are.

A picture covers [-1, 1] x [-1, 1]; a placement (2, 3) maps that to canvas pixels (pixel i covers
[i, i + 1)). All colours are stored times alpha, so that interpolation at edges is right.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from torch.nn import functional

from workbench.training.synthetic.upload import uploaded

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
    windows = _windows(canvas, placements)
    if not windows:
        return
    order = np.concatenate([window.chosen for window in windows])
    corner = np.concatenate([window.corner for window in windows])
    rows = rows[order]
    local = placements[order]
    local[:, :, 2] -= corner
    tags = np.broadcast_to(np.asarray(tag, dtype=np.float64), placements.shape[:1])[order]
    numbers = np.concatenate(
        [invert(local).transpose(1, 2, 0).reshape(6, -1), [tags, which[order], rows, *corner.T]]
    )
    on_device = uploaded(numbers, canvas.device)  # all at once: each upload costs as much as an operation
    pictured, row, left, top = on_device[7:].long()
    largest = (max(window.shape[0] for window in windows), max(window.shape[1] for window in windows))
    across, down = _axes(on_device[:6].view(2, 3, -1), largest)
    last = 0
    for window in windows:
        some = slice(last, last := last + len(window.chosen))
        height, width = window.shape
        grid = (across[:, some, None, :width] + down[:, some, :height, None]).permute(1, 2, 3, 0)
        level = _level(pictures, window.extent)
        over = _sample(level.index_select(0, pictured[some]), grid)
        over[:, ALPHA + 1].mul_(on_device[6, some, None, None])
        if len(window.chosen) == 1:  # a plain window costs a fraction of an indexed one
            x, y = window.corner[0].tolist()
            under = canvas[rows[some][0], None, :, y : y + height, x : x + width]
            under.copy_(_mix(under, over, owner))
            continue
        under = canvas.unfold(2, height, 1).unfold(3, width, 1)  # (N, 5, tops, lefts, h, w)
        place = (row[some], slice(None), top[some], left[some])
        under[place] = _mix(under[place], over, owner)


class _Window(NamedTuple):
    """Pictures that are painted at once: which of them, where each one's window begins, and its shape."""

    chosen: Indices
    corner: Indices
    shape: tuple[int, int]
    extent: float  # pixels of the largest one's bounding rectangle, seen or not


def _windows(canvas: Tensor, placements: Array) -> list[_Window]:
    """Those that are seen, in groups of about one size."""
    height, width = canvas.shape[2:]
    reach = np.abs(placements[:, :, :2]).sum(axis=2)  # (n, 2) half sides of the bounding rectangle
    low = np.floor(placements[:, :, 2] - reach).astype(np.int64)
    high = np.ceil(placements[:, :, 2] + reach).astype(np.int64)
    seen = (high > 0).all(axis=1) & (low < (width, height)).all(axis=1)
    need = np.minimum(high, (width, height)) - np.maximum(low, 0)  # (n, 2) sides of each one's window
    bucket = np.searchsorted(WINDOWS, need.max(axis=1))
    made = []
    for number in np.unique(bucket[seen]):
        chosen = np.flatnonzero(seen & (bucket == number))
        shape = (int(need[chosen, 1].max()), int(need[chosen, 0].max()))
        corner = np.clip(low[chosen], 0, (width - shape[1], height - shape[0]))
        made.append(_Window(chosen, corner, shape, float((high - low)[chosen].max())))
    return made


def _level(pictures: Pyramid, extent: float) -> Tensor:
    """The smallest level that still has a pixel for nearly every pixel of the largest painted one."""
    return next((p for p in reversed(pictures) if p.shape[-1] >= 0.8 * extent), pictures[0])


def _sample(pictures: Tensor, grid: Tensor) -> Tensor:
    """(n, 5, h, w): what each picture shows where the grid (n, h, w, 2) says."""
    return functional.grid_sample(pictures, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _mix(under: Tensor, over: Tensor, owner: int | None) -> Tensor:
    mixed = torch.addcmul(over, under, 1 - over[:, ALPHA : ALPHA + 1])
    if owner is not None:
        own = torch.where(over[:, ALPHA + 1] > 0.5, float(owner), 0.0)
        mixed[:, ALPHA + 1] = torch.where(over[:, ALPHA] > 0.5, own, under[:, ALPHA + 1])
    return mixed


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
    across, down = _axes(uploaded(maps.transpose(1, 2, 0), device), shape)
    return (across[:, :, None] + down[..., None]).permute(1, 2, 3, 0)


def _axes(maps: Tensor, shape: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """What the columns (2, n, W) and the rows (2, n, H) give to the places that maps (2, 3, n) lead to."""
    x = torch.arange(0.5, shape[1], device=maps.device)
    y = torch.arange(0.5, shape[0], device=maps.device)
    return maps[:, 0, :, None] * x + maps[:, 2, :, None], maps[:, 1, :, None] * y
