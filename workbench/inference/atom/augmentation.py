"""The views of the first frame that the classifier starts from.

Every view is made from one crop twice the size of the search crop, and cut back to its size with a shift
of whole pixels. The shift moves the target, so it moves the label, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from workbench.inference.atom.draws import Draws
from workbench.inference.atom.options import AugmentationOptions

Shift = tuple[int, int]
Transform = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class View:
    """One way to look at the first frame.

    Args:
        transform: what is done to the large crop (1, C, h, w).
        shift: y, x by which the target moves in the view, whole pixels.
    """

    transform: Transform
    shift: Shift = (0, 0)

    def __call__(self, crop: Tensor, *, side: int | None = None) -> Tensor:
        """The view of a large crop, (1, C, side, side)."""
        size = None if side is None else (side, side)
        return crop_to(self.transform(crop), size, self.shift)


def crop_to(crop: Tensor, size: tuple[int, int] | None, shift: Shift = (0, 0)) -> Tensor:
    """The middle of a crop (1, C, h, w) after moving its content by ``shift``, border repeated."""
    h, w = crop.shape[-2:]
    grow_y, grow_x = (0.0, 0.0) if size is None else ((size[0] - h) / 2, (size[1] - w) / 2)
    left, right = math.floor(grow_x) + shift[1], math.ceil(grow_x) - shift[1]
    top, bottom = math.floor(grow_y) + shift[0], math.ceil(grow_y) - shift[0]
    return functional.pad(crop, (left, right, top, bottom), mode="replicate")


def identity(crop: Tensor) -> Tensor:
    """The crop itself."""
    return crop


def mirror(crop: Tensor) -> Tensor:
    """Left and right exchanged."""
    return crop.flip(-1)


def flip_vertical(crop: Tensor) -> Tensor:
    """Top and bottom exchanged."""
    return crop.flip(-2)


def scale(crop: Tensor, *, factor: float) -> Tensor:
    """The content ``factor`` times smaller; the size keeps its parity."""
    size = []
    for side in crop.shape[-2:]:
        new = round(side / factor)
        size.append(new + (new - side) % 2)
    return functional.interpolate(crop, size, mode="bilinear", align_corners=False)


def blur(crop: Tensor, *, sigma: tuple[float, float]) -> Tensor:
    """Smoothed by a Gaussian of ``sigma`` (y, x) pixels, cut at two sigma; zero outside the crop."""
    n, channels, h, w = crop.shape
    flat = crop.reshape(n * channels, 1, h, w)
    for taps, shape in ((_gauss_taps(sigma[0]), (-1, 1)), (_gauss_taps(sigma[1]), (1, -1))):
        kernel = taps.to(crop).view(1, 1, *shape)
        flat = functional.conv2d(flat, kernel, padding=(kernel.shape[2] // 2, kernel.shape[3] // 2))
    return flat.view(n, channels, h, w)


def _gauss_taps(sigma: float) -> Tensor:
    reach = math.ceil(2 * sigma)
    taps = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    return taps / taps.sum()


def rotate(crop: Tensor, *, angle: float) -> Tensor:
    """Turned by ``angle`` degrees about the middle of a square crop, border repeated."""
    radians = math.radians(angle)
    turn = np.array([[math.cos(radians), math.sin(radians)], [-math.sin(radians), math.cos(radians)]])
    middle = (np.array(crop.shape[-2:])[:, None] - 1) / 2
    matrix = np.concatenate([turn, middle - turn @ middle], axis=1)
    pixels = crop[0].permute(1, 2, 0).cpu().numpy()
    turned = cv2.warpAffine(pixels, matrix, pixels.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    return torch.from_numpy(turned).permute(2, 0, 1)[None].to(crop)


def first_views(options: AugmentationOptions, *, side: int, draws: Draws) -> list[View]:
    """The views in the published order, with their random shifts drawn.

    Args:
        options: which ones.
        side: of the search crop, in pixels.
        draws: one shift is drawn for every mirrored, blurred or turned view.
    """
    extent = side * options.random_shift
    views = [View(identity)]
    for y, x in options.relative_shifts:
        views.append(View(identity, (int(y * side / 2), int(x * side / 2))))
    if options.mirror:
        views.append(View(mirror, draws.shift(extent)))
    for sigma in options.blurs:
        views.append(View(partial(blur, sigma=sigma), draws.shift(extent)))
    for angle in options.rotations:
        views.append(View(partial(rotate, angle=angle), draws.shift(extent)))
    return views


def expanded_side(side: int, expansion: float) -> int:
    """Side of the crop the views are made from: whole, and of the same parity as ``side``."""
    expanded = int(side * expansion)
    return expanded + (expanded - side) % 2


def drop_channels(sample: Tensor, *, copies: int, probability: float, draws: Draws) -> Tensor:
    """Copies of one sample (1, C, h, w) with whole channels set to 0, the rest made up for it."""
    kept = draws.kept(copies, sample.shape[1], probability) / (1 - probability)
    return sample * kept[:, :, None, None].to(sample)
