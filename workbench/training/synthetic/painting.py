"""Painting: pictures with alpha laid over a canvas by affine maps, only where they are.

A picture covers [-1, 1] x [-1, 1]; a placement (2, 3) maps that to canvas pixels (pixel i covers
[i, i + 1)). All colours are stored times alpha, so that interpolation at edges is right.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Array = NDArray[np.float64]
ALPHA = 3  # channel of a picture that says how much it covers


def paint(
    canvas: Tensor,
    pictures: Tensor,
    which: NDArray[np.int64],
    placements: Array,
    rows: NDArray[np.int64],
    *,
    tagged: bool = True,
) -> None:
    """Lay one picture over each of some canvases, in place.

    Args:
        canvas: (N, C, H, W), C <= 5: RGB times alpha, alpha, tag.
        pictures: (K, C, h, w).
        which: (n,) the picture of each.
        placements: (n, 2, 3) picture to canvas pixels.
        rows: (n,) the canvas of each, no number twice.
        tagged: whether the tag is laid down too; else the picture only hides the tag behind it.
    """
    height, width = canvas.shape[2:]
    reach = np.abs(placements[:, :, :2]).sum(axis=2)  # (n, 2) half sides of the bounding rectangle
    low = np.floor(placements[:, :, 2] - reach).astype(np.int64)
    high = np.ceil(placements[:, :, 2] + reach).astype(np.int64)
    seen = (high > 0).all(axis=1) & (low < (width, height)).all(axis=1)
    need = (np.minimum(high, (width, height)) - np.maximum(low, 0)).max(axis=1)
    limits = _windows(min(height, width))
    bucket = np.searchsorted(limits, np.clip(need, 1, limits[-1]))
    for number in np.unique(bucket[seen]):
        chosen = np.flatnonzero(seen & (bucket == number))
        shape = (min(int(limits[number]), height), min(int(limits[number]), width))
        if number == len(limits) - 1:
            shape = (height, width)
        corner = np.clip(low[chosen], 0, (width - shape[1], height - shape[0]))
        over = _sample(pictures, which[chosen], placements[chosen], corner, shape)
        if not tagged:
            over[:, ALPHA + 1 :] = 0
        _blend(canvas, over, rows[chosen], corner)


def _windows(side: int) -> NDArray[np.int64]:
    """Sides of the windows that are painted at once; the last stands for the whole canvas."""
    sides = [s for s in (16, 32, 48, 72, 104, 160, 240) if s < side]
    return np.array([*sides, 1 << 30])


def _sample(
    pictures: Tensor,
    which: NDArray[np.int64],
    placements: Array,
    corner: NDArray[np.int64],
    shape: tuple[int, int],
) -> Tensor:
    """(n, C, h, w): what each picture shows in its window."""
    local = placements.copy()
    local[:, :, 2] -= corner
    grid = sampling_grid(invert(local), shape, pictures.device)
    chosen = pictures[torch.as_tensor(which, device=pictures.device)]
    return functional.grid_sample(chosen, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _blend(canvas: Tensor, over: Tensor, rows: NDArray[np.int64], corner: NDArray[np.int64]) -> None:
    windows = canvas.unfold(2, over.shape[2], 1).unfold(3, over.shape[3], 1)  # (N, C, tops, lefts, h, w)
    row, left, top = (torch.as_tensor(v, device=canvas.device) for v in (rows, corner[:, 0], corner[:, 1]))
    under = windows[row, :, top, left]
    windows[row, :, top, left] = torch.addcmul(over, under, 1 - over[:, ALPHA : ALPHA + 1])


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
    m = torch.as_tensor(maps, dtype=torch.float32, device=device)[:, None, None]  # (n, 1, 1, 2, 3)
    x = (torch.arange(shape[1], device=device) + 0.5)[:, None]
    y = (torch.arange(shape[0], device=device) + 0.5)[:, None, None]
    return m[..., 0] * x + (m[..., 1] * y + m[..., 2])
