"""From the painted scene to the picture a tracker gets: light, lens, sensor, codec, low resolution."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from workbench.training.synthetic import effects

Array = NDArray[np.float64]
FACTORS = (1.0, 1.5, 2.0, 3.0)  # pixels of the crop for one of the source, for targets that are small there
FACTOR_SHARES = (0.55, 0.2, 0.16, 0.09)


def look_at(grounds: Tensor, views: Array, size: int) -> Tensor:
    """What each view sees of its background, which goes on as its mirror image.

    Args:
        grounds: (B, 3, h, w).
        views: (T, B, 3, 3) from crop pixels to background pixels.
        size: pixels of a crop's side.

    Returns:
        (T, B, 3, size, size).
    """
    t, b = views.shape[:2]
    side = grounds.shape[-1]
    norm = np.array([[2 / side, 0, -1], [0, 2 / side, -1], [0, 0, 1]])
    # the frames of a pair are one tall picture, so that each background is copied once
    m = torch.as_tensor(norm @ views, dtype=torch.float32, device=grounds.device)
    m = m.transpose(0, 1)[:, :, None, None]  # (B, T, 1, 1, 3, 3)
    x = (torch.arange(size, device=grounds.device) + 0.5)[:, None]
    y = x[:, None]
    at = m[..., 0] * x + (m[..., 1] * y + m[..., 2])  # (B, T, size, size, 3)
    grid = (at[..., :2] / at[..., 2:]).reshape(b, t * size, size, 2)
    seen = functional.grid_sample(
        grounds, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )
    return seen.reshape(b, 3, t, size, size).permute(2, 0, 1, 3, 4)


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
    factor = rng.choice(len(FACTORS), shape[1], p=FACTOR_SHARES)
    sigma, step = _sensor(rng, shape)
    factors = np.broadcast_to(factor, shape).ravel()
    out = torch.empty_like(images)
    for number in np.unique(factors):
        rows = np.flatnonzero(factors == number)
        chosen = images[torch.as_tensor(rows, device=images.device)]
        shot = _record(rng, chosen, FACTORS[number], noise, sigma[rows], step[rows])
        out[torch.as_tensor(rows, device=images.device)] = shot
    return out


def _light(rng: np.random.Generator, images: Tensor, shape: tuple[int, int], strength: float) -> Tensor:
    t, b = shape
    gain = rng.normal(0, 0.2, (b, 1)) + strength * rng.normal(0, 0.1, (t, b, 1))
    cast = rng.normal(0, 0.05, (b, 3)) + strength * rng.normal(0, 0.025, (t, b, 3))
    curve = np.clip(rng.normal(0, 0.25, b) + strength * rng.normal(0, 0.12, shape), -0.7, 0.7)
    slope = rng.normal(0, 0.12, (b, 2)) + strength * rng.normal(0, 0.1, (t, b, 2))
    lit = effects.light(images, np.exp(gain + cast).reshape(-1, 3), curve.ravel(), slope.reshape(-1, 2))
    colourless = np.flatnonzero(np.broadcast_to(rng.random(b) < 0.08, shape))
    if len(colourless):
        rows = torch.as_tensor(colourless, device=images.device)
        lit[rows] = effects.grey(lit[rows])
    return lit


def _lens(rng: np.random.Generator, images: Tensor, shape: tuple[int, int]) -> Tensor:
    """Defocus or sharpening for half of the pairs, motion blur for some frames."""
    base = np.where(rng.random(shape[1]) < 0.4, rng.uniform(-0.5, 1.0, shape[1]), 0.0)
    amount = (base + np.where(rng.random(shape) < 0.15, rng.uniform(0, 0.8, shape), 0)).clip(-0.6, 1).ravel()
    rows = np.flatnonzero(amount)
    if len(rows):
        chosen = torch.as_tensor(rows, device=images.device)
        images[chosen] = effects.defocus(images[chosen], amount[rows])
    moved = np.flatnonzero(rng.random(shape) < 0.12)
    if len(moved):
        way = rng.uniform(0, np.pi, len(moved))
        length = images.shape[-1] * rng.uniform(0.012, 0.06, len(moved))
        chosen = torch.as_tensor(moved, device=images.device)
        ways = np.stack([np.cos(way), np.sin(way)], 1) * length[:, None]
        images[chosen] = effects.motion_blur(images[chosen], ways)
    return images


def _sensor(rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Array, Array]:
    """(T * B,) standard deviation of the noise and step of the quantiser (0: none), alike within a pair."""
    b = shape[1]
    sigma = np.where(rng.random(b) < 0.25, 0.0, rng.gamma(1.5, 2.2, b))
    step = np.where(rng.random(b) < 0.5, np.exp(rng.uniform(np.log(2.0), np.log(28.0), b)), 0.0)
    return np.tile(sigma, shape[0]), np.tile(step, shape[0])


def _record(
    rng: np.random.Generator, images: Tensor, factor: float, noise: Tensor, sigma: Array, step: Array
) -> Tensor:
    """Record at the source's resolution and enlarge to the crop again."""
    size = images.shape[-1]
    side = round(size / factor)
    if factor > 1:
        images = functional.interpolate(images, size=(side, side), mode="area")
    which = torch.as_tensor(rng.integers(len(noise), size=len(images)), device=images.device)
    grain = noise[which, :, :side, :side]
    images = torch.addcmul(images, grain, effects.column(sigma, images)[:, None])
    rows = np.flatnonzero(step)
    if len(rows):
        chosen = torch.as_tensor(rows, device=images.device)
        offset = (int(rng.integers(effects.BLOCK)), int(rng.integers(effects.BLOCK)))
        images[chosen] = effects.compress(images[chosen], step[rows], offset)
    images = images.clamp_(0, 255)
    if factor > 1:
        images = functional.interpolate(images, size=(size, size), mode="bilinear", align_corners=False)
    return images.round_()
