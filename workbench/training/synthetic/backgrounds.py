"""Backgrounds: a material, leaves of other materials and things that stand about, and a light over it all."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from workbench.training.synthetic.painting import Pyramid, compose, paint, pyramid
from workbench.training.synthetic.patches import Patches
from workbench.training.synthetic.sprites import Sprites
from workbench.training.synthetic.textures import make_textures, random_colours, random_kinds

Array = NDArray[np.float64]


def make_backgrounds(
    rng: np.random.Generator, patches: Patches, sprites: Sprites, n: int, *, side: int
) -> Pyramid:
    """(n, 3, side, side) RGB, 0 to 255, and the same smaller.

    Some are bare, some crowded; sizes of leaves follow a power law, so that there is detail at every scale.
    """
    device = patches.pictures[0].device
    contrast = rng.choice([0.2, 0.5, 1.0], n)
    kinds = random_kinds(rng, n, plain=0.5)
    ground = make_textures(
        rng, random_colours(rng, n, contrast=contrast), side=side, kinds=kinds, device=device
    )
    canvas = torch.cat([ground, torch.zeros(n, 2, side, side, device=device)], dim=1)
    leaves = np.minimum(rng.geometric(1 / 14, n), 40) * (rng.random(n) < 0.8)
    for i in range(int(leaves.max(initial=0))):
        rows = np.flatnonzero(leaves > i)
        size = side * np.exp(-rng.exponential(0.7, len(rows))) * 0.35 + 4
        which = rng.integers(len(patches.pictures[0]), size=len(rows))
        paint(canvas, patches.pictures, which, scatter(rng, size, side), rows)
    things = rng.poisson(2.0, n)
    for i in range(int(things.max(initial=0))):
        rows = np.flatnonzero(things > i)
        size = side * rng.uniform(0.06, 0.2, len(rows))
        which = rng.integers(len(sprites.pictures[0]), size=len(rows))
        paint(canvas, sprites.pictures, which, scatter(rng, size, side, upright=True), rows)
    return pyramid(canvas[:, :3])


def scatter(rng: np.random.Generator, size: Array, side: int, *, upright: bool = False) -> Array:
    """(n, 2, 3) placements of these half sides anywhere on a canvas."""
    n = len(size)
    angle = rng.normal(0, 0.1, n) if upright else rng.uniform(0, 2 * np.pi, n)
    stretch = np.exp(rng.normal(0, 0.0 if upright else 0.5, n))
    maps = affine(angle, size * stretch, size / stretch)
    maps[:, :, 2] = rng.uniform(0, side, (n, 2))
    return maps


def affine(angle: Array, width: Array, height: Array, *, shear: Array | float = 0.0) -> Array:
    """(n, 2, 3) maps that shear, scale to these half sides, then turn; around the origin."""
    n = len(angle)
    scale = np.zeros((n, 2, 3))
    scale[:, 0, 0], scale[:, 1, 1], scale[:, 0, 1] = width, height, np.asarray(shear) * height
    turn = np.zeros((n, 2, 3))
    turn[:, 0, 0] = turn[:, 1, 1] = np.cos(angle)
    turn[:, 0, 1], turn[:, 1, 0] = -np.sin(angle), np.sin(angle)
    return compose(turn, scale)
