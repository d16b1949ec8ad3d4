"""From the painted scene to the picture a tracker gets: light, lens, sensor, codec, low resolution."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from workbench.training.synthetic import effects
from workbench.training.synthetic.painting import Pyramid, sampling_grid
from workbench.training.synthetic.upload import uploaded

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


def look_at(
    grounds: Pyramid, views: Array, shape: tuple[int, int], *, which: Indices | None = None
) -> Tensor:
    """What each view sees of its background, which goes on as its mirror image.

    Args:
        grounds: levels of (n, 3, h, w).
        views: (T, B, 3, 3) from crop pixels to background pixels of the first level.
        shape: rows and columns of the picture.
        which: (B,) the background of each; None for all, in order.

    Returns:
        (T, B, 3, *shape).
    """
    t, b = views.shape[:2]
    step = np.sqrt(np.abs(np.linalg.det(views[..., :2, :2]))).min()
    level = min(max(int(np.log2(step * 1.3)), 0), len(grounds) - 1)
    side = grounds[0].shape[-1]
    chosen = grounds[level]
    if which is not None:
        chosen = chosen.index_select(0, uploaded(which, chosen.device))
    norm = np.array([[2 / side, 0, -1], [0, 2 / side, -1], [0, 0, 1]])
    # the frames of a pair are one tall picture, so that each background is copied once
    maps = (norm @ views).transpose(1, 0, 2, 3).reshape(-1, 3, 3)
    grid = sampling_grid(maps[:, :2], shape, chosen.device)
    if views[..., 2, :2].any():
        grid = grid.div_(sampling_grid(maps[:, 2:].repeat(2, axis=1), shape, chosen.device))
    grid = grid.reshape(b, t * shape[0], shape[1], 2)
    seen = functional.grid_sample(
        chosen, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )
    return seen.reshape(b, 3, t, *shape).permute(2, 0, 1, 3, 4)


def photograph(
    rng: np.random.Generator, images: Tensor, frames: int, noise: Tensor, strength: float
) -> Tensor:
    """Photograph painted crops.

    Args:
        rng: where every random number comes from.
        images: (T * B, 3, S, S) RGB, 0 to 255, frame by frame.
        frames: T.
        noise: (n, 3, S, S) standard normal numbers.
        strength: how much the frames of a pair differ, [0, 1].

    Returns:
        (T * B, 3, S, S) whole numbers from 0 to 255, float32.
    """
    shape = (frames, len(images) // frames)
    images = _lens(rng, _light(rng, images, shape, strength), shape)
    sigma, step = _sensor(rng, shape)
    side = images.shape[-1]
    which = uploaded(rng.integers(len(noise), size=len(images)), images.device)
    grain = noise[:, :, :side, :side].index_select(0, which)
    images = torch.addcmul(images, grain, effects.column(sigma, images)[:, None])
    rows = np.flatnonzero(step)
    if len(rows):
        chosen = uploaded(rows, images.device)
        offset = (int(rng.integers(effects.BLOCK)), int(rng.integers(effects.BLOCK)))
        images[chosen] = effects.compress(images.index_select(0, chosen), step[rows], offset)
    return images.clamp_(0, 255).round_()


def _light(rng: np.random.Generator, images: Tensor, shape: tuple[int, int], strength: float) -> Tensor:
    t, b = shape
    gain = rng.normal(0, 0.2, (b, 1)) + strength * rng.normal(0, 0.1, (t, b, 1))
    cast = rng.normal(0, 0.05, (b, 3)) + strength * rng.normal(0, 0.025, (t, b, 3))
    curve = np.clip(rng.normal(0, 0.25, b) + strength * rng.normal(0, 0.12, shape), -0.7, 0.7)
    slope = rng.normal(0, 0.12, (b, 2)) + strength * rng.normal(0, 0.1, (t, b, 2))
    hazy = np.flatnonzero(np.tile(rng.random(b) < 0.15, t))
    amount, level = np.tile(rng.uniform(0.1, 0.6, b), t), np.tile(rng.uniform(40, 230, b), t)
    if len(hazy):
        rows = uploaded(hazy, images.device)
        images[rows] = effects.haze(images.index_select(0, rows), amount[hazy], level[hazy])
    punch = np.tile(np.exp(rng.normal(0.15, 0.2, b)), t)
    factor = np.exp(gain + cast).reshape(-1, 3)
    lit = effects.light(images, factor, punch, curve.ravel(), slope.reshape(-1, 2))
    colourless = np.flatnonzero(np.tile(rng.random(b) < 0.08, t))
    if len(colourless):
        rows = uploaded(colourless, images.device)
        lit[rows] = effects.grey(lit.index_select(0, rows))
    return lit


def _lens(rng: np.random.Generator, images: Tensor, shape: tuple[int, int]) -> Tensor:
    """Defocus or sharpening for half of the pairs, motion blur for some frames."""
    base = np.where(rng.random(shape[1]) < 0.4, rng.uniform(-0.8, 0.8, shape[1]), 0.0)
    amount = (base + np.where(rng.random(shape) < 0.15, rng.uniform(0, 0.8, shape), 0)).clip(-0.8, 1).ravel()
    rows = np.flatnonzero(amount)
    if len(rows):
        chosen = uploaded(rows, images.device)
        images[chosen] = effects.defocus(images.index_select(0, chosen), amount[rows])
    moved = np.flatnonzero(rng.random(shape) < 0.12)
    if len(moved):
        way = rng.uniform(0, np.pi, len(moved))
        length = images.shape[-1] * rng.uniform(0.012, 0.06, len(moved))
        chosen = uploaded(moved, images.device)
        ways = np.stack([np.cos(way), np.sin(way)], 1) * length[:, None]
        images[chosen] = effects.motion_blur(images.index_select(0, chosen), ways)
    return images


def _sensor(rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Array, Array]:
    """(T * B,) standard deviation of the noise and step of the quantiser (0: none), alike within a pair."""
    b = shape[1]
    sigma = np.where(rng.random(b) < 0.3, 0.0, rng.gamma(1.3, 1.9, b))
    step = np.where(rng.random(b) < 0.5, np.exp(rng.uniform(np.log(2.0), np.log(24.0), b)), 0.0)
    return np.tile(sigma, shape[0]), np.tile(step, shape[0])
