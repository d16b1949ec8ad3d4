"""The bank: what many batches are painted from, made once for all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from workbench.training.synthetic.backgrounds import make_backgrounds
from workbench.training.synthetic.families import make_layouts
from workbench.training.synthetic.painting import Pyramid
from workbench.training.synthetic.patches import Patches, make_patches
from workbench.training.synthetic.sprites import Sprites, make_sprites
from workbench.training.synthetic.upload import uploaded


@dataclass(frozen=True)
class BankOptions:
    """How much a bank holds.

    Args:
        patches: filled shapes that objects and backgrounds are made of.
        objects: how many, the poses of each, and pixels of a sprite's side.
        backgrounds: how many, and pixels of a side.
        part_share: share of the objects whose box is around a part only.
    """

    patches: int = 160
    objects: int = 160
    poses: int = 3
    sprite_side: int = 72
    backgrounds: int = 32
    background_side: int = 256
    part_share: float = 0.2


@dataclass(frozen=True)
class Bank:
    """Pictures to paint with; ``noise`` holds standard normal numbers (n, 3, side, side)."""

    patches: Patches
    sprites: Sprites
    backgrounds: Pyramid
    noise: Tensor


def make_bank(
    rng: np.random.Generator, options: BankOptions, *, noise_side: int, device: torch.device
) -> Bank:
    """A bank, from nothing but the random numbers."""
    patches = make_patches(rng, options.patches, device=device)
    layout = make_layouts(rng, patches, options.objects, poses=options.poses, part_share=options.part_share)
    sprites = make_sprites(layout, patches, side=options.sprite_side)
    backgrounds = make_backgrounds(rng, patches, sprites, options.backgrounds, side=options.background_side)
    noise = rng.standard_normal((16, 3, noise_side, noise_side), dtype=np.float32)
    return Bank(patches, sprites, backgrounds, uploaded(noise, device))
