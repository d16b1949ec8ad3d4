"""Patches: filled shapes, the bricks that objects are made of.

A shape is a closed curve in polar form, r(angle), so that its mask and its outline are the same numbers:
superellipses, polygons, smooth stars. A patch covers [-1, 1] x [-1, 1]; its outline stays within ``REACH``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from workbench.training.synthetic.painting import Pyramid, pyramid
from workbench.training.synthetic.textures import make_textures, random_colours, random_kinds
from workbench.training.synthetic.upload import uploaded

Array = NDArray[np.float64]
ANGLES = 64
REACH = 0.85  # largest coordinate of an outline; the rest is border for the soft edge
SIDE = 48  # pixels of a patch
VARIANTS = 2  # looks of one patch: same colours, another piece of the material, a slightly other shape
ROUND, BOX, FREE, SKIN = range(4)


@dataclass(frozen=True)
class Patches:
    """Many patches.

    Args:
        pictures: (n * VARIANTS, 5, SIDE, SIDE) RGB times alpha, alpha, and alpha again as the tag, and the
            same smaller; a patch has number patch * VARIANTS + variant.
        outlines: (n * VARIANTS, ANGLES, 2) x, y within [-REACH, REACH].
        kinds: (n,) ROUND, BOX, FREE or SKIN.
    """

    pictures: Pyramid
    outlines: Array
    kinds: NDArray[np.int64]

    def of_kind(self, kind: int) -> NDArray[np.int64]:
        """Numbers of the patches of a kind, without their variants."""
        return np.flatnonzero(self.kinds == kind)


def make_patches(rng: np.random.Generator, n: int, *, device: torch.device) -> Patches:
    """``n`` patches in their variants."""
    kinds = np.sort(rng.choice(4, n, p=(0.35, 0.25, 0.3, 0.1)))
    kinds[:4] = range(4)  # none may be missing
    kinds = np.sort(kinds)
    radii = _radii(rng, kinds)  # (n, ANGLES)
    wobble = _smooth(rng, (n, VARIANTS), 0.03)
    wobble[:, 0] = 0
    radii = (radii[:, None] * (1 + wobble)).reshape(-1, ANGLES)
    angle = np.arange(ANGLES) * (2 * np.pi / ANGLES)
    outlines = radii[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    most = np.abs(outlines).max(axis=(1, 2), keepdims=True)
    outlines, radii = outlines * (REACH / most), radii * (REACH / most[..., 0])
    alpha, inside = _masks(radii, device)
    pictures = _fill(rng, kinds, device) * _shade(rng, n, inside) * alpha
    return Patches(pyramid(torch.cat([pictures, alpha, alpha], dim=1)), outlines, kinds)


def _radii(rng: np.random.Generator, kinds: NDArray[np.int64]) -> Array:
    """(n, ANGLES) distance of the outline from the middle."""
    n = len(kinds)
    angle = np.arange(ANGLES) * (2 * np.pi / ANGLES)
    power = np.select(
        [kinds == BOX, kinds == SKIN],
        [rng.uniform(4.5, 12, n), rng.uniform(1.9, 2.4, n)],
        rng.uniform(1.7, 3.2, n),
    )[:, None]
    radii = (np.abs(np.cos(angle)) ** power + np.abs(np.sin(angle)) ** power) ** (-1 / power)
    corners = rng.integers(3, 8, (n, 1))
    sector = 2 * np.pi / corners
    polygon = np.cos(sector / 2) / np.cos((angle + rng.uniform(0, 7, (n, 1))) % sector - sector / 2)
    star = 1 + _smooth(rng, (n,), 0.22)
    free = np.where(rng.random((n, 1)) < 0.4, polygon, radii * star)
    return np.where((kinds == FREE)[:, None], free, radii)


def _smooth(rng: np.random.Generator, shape: tuple[int, ...], strength: float) -> Array:
    """Random closed waves, (*shape, ANGLES), of about this standard deviation, above -0.6."""
    angle = np.arange(ANGLES) * (2 * np.pi / ANGLES)
    order = np.arange(1, 7)
    amplitude = rng.normal(0, 1, (*shape, 2, 6)) * (strength / order**0.7)
    waves = amplitude[..., 0, :] @ np.cos(order[:, None] * angle) + amplitude[..., 1, :] @ np.sin(
        order[:, None] * angle
    )
    return np.asarray(np.maximum(waves, -0.6))


def _masks(radii: Array, device: torch.device) -> tuple[Tensor, Tensor]:
    """Alpha with a soft edge one pixel wide, and the distance from the middle over that of the outline."""
    middle = (torch.arange(SIDE, device=device) + 0.5) * (2 / SIDE) - 1
    y, x = torch.meshgrid(middle, middle, indexing="ij")
    distance = torch.hypot(x, y)
    turn = torch.atan2(y, x) * (ANGLES / (2 * torch.pi)) % ANGLES
    low = turn.floor().long() % ANGLES
    share = turn - turn.floor()
    table = uploaded(radii, device)
    edge = table[:, low] * (1 - share) + table[:, (low + 1) % ANGLES] * share
    alpha = ((edge - distance) * (SIDE / 2) + 0.5).clamp(0, 1)
    return alpha[:, None], (distance / edge)[:, None]


def _fill(rng: np.random.Generator, kinds: NDArray[np.int64], device: torch.device) -> Tensor:
    n = len(kinds)
    contrast = rng.choice([0.3, 0.7, 1.1], n)
    colours = random_colours(rng, n, contrast=contrast)
    skin = np.array([225, 180, 150]) * rng.uniform(0.25, 1.05, (n, 1)) + rng.normal(0, 6, (n, 3))
    colours = np.where(
        (kinds == SKIN)[:, None, None], skin[:, None] * rng.uniform(0.8, 1.1, (n, 3, 1)), colours
    )
    looks = np.where(kinds == SKIN, 1, random_kinds(rng, n, plain=0.5))
    return make_textures(
        rng, np.repeat(colours, VARIANTS, axis=0), side=SIDE, kinds=np.repeat(looks, VARIANTS), device=device
    )


def _shade(rng: np.random.Generator, n: int, inside: Tensor) -> Tensor:
    """Light from one side and darkness towards the rim, as on round things; (n * VARIANTS, 1, SIDE, SIDE)."""
    numbers = np.stack([rng.uniform(0, 0.35, n), rng.normal(0, 0.12, n), rng.normal(0, 0.16, n)])
    rim, across, down = (
        uploaded(np.repeat(v, VARIANTS), inside.device)[:, None, None, None] for v in numbers
    )
    middle = (torch.arange(SIDE, device=inside.device) + 0.5) * (2 / SIDE) - 1
    return 1 - rim * inside.clamp(0, 1) ** 2 + across * middle + down * middle[:, None]
