"""Backgrounds: one or two materials, rows and heaps of leaves, and things that stand about."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from workbench.training.synthetic.painting import Pyramid, compose, paint, pyramid
from workbench.training.synthetic.patches import Patches
from workbench.training.synthetic.sprites import Sprites
from workbench.training.synthetic.textures import make_textures, random_colours, random_kinds
from workbench.training.synthetic.upload import uploaded

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
RUNS = 8  # rows or heaps in a background at most
MOST = 70  # leaves in a background at most


def make_backgrounds(
    rng: np.random.Generator, patches: Patches, sprites: Sprites, n: int, *, side: int
) -> Pyramid:
    """(n, 3, side, side) RGB, 0 to 255, and the same smaller.

    Some are bare, some crowded; sizes of leaves follow a power law, so that there is detail at every scale.
    """
    device = patches.pictures[0].device
    canvas = torch.zeros(n, 5, side, side, device=device)
    canvas[:, :3] = _ground(rng, n, side, device)
    leaves = np.minimum(rng.geometric(1 / 36, n), MOST) * (rng.random(n) < 0.85)
    _strew(rng, canvas, patches.pictures, leaves, size=(0.02, 0.35), upright=0.3)
    things = np.where(rng.random(n) < 0.3, rng.integers(6, 20, n), rng.poisson(2.0, n))
    _strew(rng, canvas, sprites.pictures, things, size=(0.05, 0.2), upright=0.95)
    return pyramid(canvas[:, :3])


def _ground(rng: np.random.Generator, n: int, side: int, device: torch.device) -> Tensor:
    """A material, and for some another one below an uneven horizon."""
    contrast = np.repeat(rng.choice([0.25, 0.6, 1.1], n), 2)
    kinds = random_kinds(rng, 2 * n, plain=0.5)
    colours = random_colours(rng, 2 * n, contrast=contrast, saturation=11.0)
    above, below = make_textures(rng, colours, side=side, kinds=kinds, device=device).chunk(2)
    level = np.where(rng.random(n) < 0.5, rng.uniform(0.2, 0.8, n), 2.0)
    slope = rng.normal(0, 0.1, n)
    sharp = np.exp(rng.uniform(np.log(15), np.log(side / 2), n))
    numbers = uploaded(np.stack([level, slope, sharp]), device)
    line, tilt, steep = numbers[..., None, None, None]
    x = (torch.arange(side, device=device) + 0.5) / side
    uneven = (above.mean(dim=1, keepdim=True) - 128) * 0.0004
    return torch.lerp(above, below, ((x[:, None] - line - tilt * x + uneven) * steep + 0.5).clamp(0, 1))


def _strew(
    rng: np.random.Generator,
    canvas: Tensor,
    pictures: Pyramid,
    counts: Indices,
    *,
    size: tuple[float, float],
    upright: float,
) -> None:
    """Lay ``counts`` (n,) pictures over each canvas in runs: the same thing in a row or a heap.

    Args:
        rng: where every random number comes from.
        canvas: (n, 5, side, side), painted in place.
        pictures: what may lie about.
        counts: (n,) how many.
        size: least and largest half side, as shares of the canvas.
        upright: share of the runs that stand upright.
    """
    n, side = len(counts), canvas.shape[-1]
    table = rng.integers(len(pictures[0]), size=(n, RUNS))
    half = side * size[0] * np.minimum((size[1] / size[0]), (1 - rng.random((n, RUNS))) ** -0.9)
    angle = np.where(rng.random((n, RUNS)) < upright, 0.0, rng.uniform(0, 2 * np.pi, (n, RUNS)))
    stretch = np.where(angle == 0, 0.0, rng.normal(0, 0.5, (n, RUNS)))
    anchor = rng.uniform(0, side, (n, RUNS, 2))
    step = rng.normal(0, 1, (n, RUNS, 2)) * half[..., None] * (2.5, 1.0)
    spread = rng.choice([0.02, 0.1, 0.3], (n, RUNS), p=(0.3, 0.3, 0.4)) * side
    length = rng.integers(1, 12, n)
    for i in range(int(counts.max(initial=0))):
        rows = np.flatnonzero(counts > i)
        run = (rows, i // length[rows] % RUNS)
        scale, wide = half[run] * np.exp(rng.normal(0, 0.12, len(rows))), np.exp(stretch[run])
        maps = affine(angle[run] + rng.normal(0, 0.08, len(rows)), scale * wide, scale / wide)
        place = (i % length[rows])[:, None] * step[run] + rng.normal(0, 1, (len(rows), 2)) * spread[run][
            :, None
        ]
        maps[:, :, 2] = (anchor[run] + place) % side
        paint(canvas, pictures, table[run], maps, rows, tag=0.0)


def affine(angle: Array, width: Array, height: Array, *, shear: Array | float = 0.0) -> Array:
    """(n, 2, 3) maps that shear, scale to these half sides, then turn; around the origin."""
    n = len(angle)
    scale = np.zeros((n, 2, 3))
    scale[:, 0, 0], scale[:, 1, 1], scale[:, 0, 1] = width, height, np.asarray(shear) * height
    turn = np.zeros((n, 2, 3))
    turn[:, 0, 0] = turn[:, 1, 1] = np.cos(angle)
    turn[:, 0, 1], turn[:, 1, 0] = -np.sin(angle), np.sin(angle)
    return compose(turn, scale)
