"""Materials: one formula of noise and waves whose weights give plain, striped, checked, dotted, marbled.

Many octaves of smooth noise with a random spectral slope are what natural surfaces look like at first
sight; thresholds and waves add the hard edges that made things have.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from workbench.training.synthetic.upload import uploaded

Array = NDArray[np.float64]
OCTAVES = (3, 6, 12, 24, 48, 96)  # grid cells over the picture
PLAIN, CLOUDED, BLOTCHED, STRIPED, CHECKED, DOTTED, MARBLED = range(7)


def make_textures(
    rng: np.random.Generator, colours: Array, *, side: int, kinds: NDArray[np.int64], device: torch.device
) -> Tensor:
    """Pictures of materials.

    Args:
        rng: where every random number comes from.
        colours: (n, 3, 3) three RGB colours of each material, 0 to 255.
        side: pixels of each side.
        kinds: (n,) one of the kinds of this module.

    Returns:
        (n, 3, side, side) RGB, 0 to 255.
    """
    n = len(kinds)
    noise = _noise(rng, n, side, device)  # (n, 2, side, side), about unit variance
    wave, product = _waves(rng, n, side, noise[:, :1], kinds, device)
    weights, gain = _weights(rng, kinds)
    w = uploaded(weights, device)[:, :, None, None, None]
    field = w[:, 0] * noise[:, :1] + w[:, 1] * wave + w[:, 2] * product
    share = (0.5 + uploaded(gain, device)[:, None, None, None] * field).clamp(0, 1)
    c = uploaded(colours, device)[..., None, None]
    picture = c[:, 0] + (c[:, 1] - c[:, 0]) * share
    return picture + (c[:, 2] - picture) * (0.25 * noise[:, 1:]).clamp(0, 1)


def random_kinds(rng: np.random.Generator, n: int, *, plain: float) -> NDArray[np.int64]:
    """Kinds of ``n`` materials, a share ``plain`` of them plain or clouded."""
    quiet = rng.integers(PLAIN, CLOUDED + 1, n)
    return np.where(rng.random(n) < plain, quiet, rng.integers(CLOUDED, MARBLED + 1, n))


def random_colours(
    rng: np.random.Generator, n: int, *, contrast: Array | float = 1.0, saturation: float = 18.0
) -> Array:
    """(n, 3, 3) three colours each, mostly dull as the world is.

    ``contrast`` scales their differences, ``saturation`` (grey levels) their distance from grey.
    """
    light = rng.beta(1.6, 1.8, (n, 3, 1)) * 255
    tint = rng.normal(0, 0.8, (n, 1, 3)) + rng.normal(0, 0.5, (n, 3, 3))
    tint -= tint.mean(axis=2, keepdims=True)
    colours = light + tint * rng.gamma(0.9, saturation, (n, 3, 1))
    base = colours[:, :1]
    spread = np.broadcast_to(np.asarray(contrast, dtype=np.float64), (n,))[:, None, None]
    return np.clip(base + (colours - base) * spread, 0, 255)


def _noise(rng: np.random.Generator, n: int, side: int, device: torch.device) -> Tensor:
    slope = rng.uniform(0.0, 0.9, (n, 1, 1, 1))
    total = torch.zeros(n, 2, side, side, device=device)
    energy = np.zeros((n, 1, 1, 1))
    for cells in (c for c in OCTAVES if c <= side // 2):
        weight = (OCTAVES[0] / cells) ** slope
        grid = rng.standard_normal((n, 2, cells, cells), dtype=np.float32) * weight
        small = uploaded(grid, device)
        total += functional.interpolate(small, size=(side, side), mode="bicubic", align_corners=False)
        energy += weight**2 * 0.6
    return total / uploaded(np.sqrt(energy), device)


def _waves(
    rng: np.random.Generator, n: int, side: int, bend: Tensor, kinds: NDArray[np.int64], device: torch.device
) -> tuple[Tensor, Tensor]:
    angle = rng.uniform(0, np.pi, (n, 1))
    pace = 2 * np.pi * np.exp(rng.uniform(np.log(1.5), np.log(side / 7), (n, 1)))  # radians over the picture
    phase = rng.uniform(0, 2 * np.pi, (n, 2))
    bent = np.where(kinds == MARBLED, rng.uniform(0.5, 2.5, n), rng.uniform(0, 0.15, n))
    numbers = np.concatenate([np.cos(angle) * pace, np.sin(angle) * pace, phase, bent[:, None]], axis=1)
    fx, fy, p, q, b = (uploaded(v, device)[:, None, None, None] for v in numbers.T)
    x = (torch.arange(side, device=device) + 0.5) / side
    y = x[:, None]
    first = torch.sin(fx * x + fy * y + p + b * bend)
    return first, first * torch.sin(fx * y - fy * x + q + b * bend)


def _weights(rng: np.random.Generator, kinds: NDArray[np.int64]) -> tuple[Array, Array]:
    """Weights (n, 3) of noise, wave and product, and the gain (n,) that makes edges soft or hard."""
    n = len(kinds)
    noise = np.where(kinds <= BLOTCHED, 1.0, rng.uniform(0, 0.25, n))
    wave = np.isin(kinds, (STRIPED, MARBLED)).astype(np.float64)
    product = np.isin(kinds, (CHECKED, DOTTED)).astype(np.float64)
    soft = rng.uniform(0.2, 0.5, n)
    hard = np.exp(rng.uniform(np.log(0.6), np.log(5.0), n))
    gain = np.where(kinds == PLAIN, rng.uniform(0.02, 0.15, n), np.where(kinds == CLOUDED, soft, hard))
    gain = np.where(kinds == DOTTED, 2.0, gain)
    return np.stack([noise, wave, product], axis=1), gain
