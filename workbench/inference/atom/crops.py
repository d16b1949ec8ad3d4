"""Cutting the search crop out of a frame.

The published sampler truncates the position to whole pixels, thins large crops out by a whole factor
first, repeats the image's border, and resizes the rest bilinearly. It was written when dividing whole
numbers rounded down; since that changed, even-sized crops come out one pixel larger. Both readings
are here: "intdiv" is what the authors ran, "literal" what their code does on a current torch.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from workbench.inference.atom.options import CropRule

Border = Literal["replicate", "inside", "inside_major"]
Vector = NDArray[np.float64]


def sample_patch(
    image: NDArray[np.uint8],
    center: Vector,
    *,
    size: float | Vector,
    output: int | tuple[int, int] | None = None,
    rule: CropRule = "intdiv",
    border: Border = "replicate",
) -> tuple[Tensor, Vector]:
    """A square or oblong crop of an image.

    Args:
        image: (H, W, 3) uint8.
        center: y, x in pixel indices.
        size: height and width in source pixels.
        output: height and width of the result; None = as cut.
        rule: see the module.
        border: repeat the image's border, or shrink and shift the crop until it is wholly inside
            ("inside") or does not exceed the image in the better-fitting direction ("inside_major").

    Returns:
        The crop, (1, 3, h, w) float32 in [0, 255], and its top, left, bottom, right in source pixels.
    """
    extent = np.broadcast_to(np.asarray(size, dtype=np.float64), (2,))
    pixels = np.array(image.shape[:2])
    if border != "replicate":
        extent = _shrunk(extent, pixels, border)
    factor = _thinning(extent, output)
    whole = np.trunc(np.asarray(center)).astype(np.int64)
    offset = whole % factor
    image = image[offset[0] :: factor, offset[1] :: factor]
    low, high = _corners((whole - offset) // factor, extent / factor, rule)
    if border != "replicate":
        low, high = _shifted_inside(low, high, np.array(image.shape[:2]))
    patch = _to_tensor(_cut(image, np.trunc(low).astype(int), np.trunc(high).astype(int)))
    if output is not None:
        shape = (output, output) if isinstance(output, int) else output
        if tuple(patch.shape[-2:]) != shape:
            patch = functional.interpolate(patch, shape, mode="bilinear", align_corners=False)
    return patch, factor * np.concatenate([low, high]).astype(np.float64)


def _shrunk(extent: Vector, pixels: NDArray[np.int64], border: Border) -> Vector:
    """The crop's size, whole pixels, made to fit the image."""
    excess = extent / pixels
    factor = max(float(excess.max() if border == "inside" else excess.min()), 1.0)
    whole: Vector = np.trunc(extent / factor)
    return whole


def _thinning(extent: Vector, output: int | tuple[int, int] | None) -> int:
    """Every how many-th pixel is read."""
    if output is None:
        return 1
    return max(int(float(np.min(extent / np.asarray(output))) - 0.1), 1)


def _corners(center: NDArray[np.int64], size: Vector, rule: CropRule) -> tuple[Vector, Vector]:
    """First pixel, and the one after the last, (y, x) each; halves only by the literal rule."""
    whole = np.maximum(np.round(size), 2).astype(np.int64)
    if rule == "intdiv":
        return (center - (whole - 1) // 2).astype(float), (center + whole // 2 + 1).astype(float)
    return center - (whole - 1) / 2, center + whole / 2 + 1


def _shifted_inside(low: Vector, high: Vector, pixels: NDArray[np.int64]) -> tuple[Vector, Vector]:
    """The crop moved into the image; one that is too large sticks out evenly on both sides."""
    shift = np.maximum(-low, 0) - np.maximum(high - pixels, 0)
    low, high = low + shift, high + shift
    outside = (np.maximum(-low, 0) + np.maximum(high - pixels, 0)) // 2
    shift = np.where(outside > 0, -low - outside, 0)
    return low + shift, high + shift


def _cut(image: NDArray[np.uint8], low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Pixels [low, high) of an image that goes on beyond its border with the border's pixels."""
    if (low >= 0).all() and (high <= image.shape[:2]).all():
        return image[low[0] : high[0], low[1] : high[1]]
    rows, columns = (
        np.clip(np.arange(a, b), 0, n - 1) for a, b, n in zip(low, high, image.shape[:2], strict=True)
    )
    cut: NDArray[np.uint8] = image[rows[:, None], columns]
    return cut


def _to_tensor(patch: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(patch)).permute(2, 0, 1)[None].float()


def even_side(side: float, stride: int) -> int:
    """The crop's side made an even number of feature cells, so that an even filter has a centre."""
    whole = round(side)
    return whole + stride - (whole + stride) % (2 * stride)


def search_scale(target_size: Vector, search_area: float, side: int) -> float:
    """Source pixels per crop pixel that give a target (h, w) its search area."""
    return math.sqrt(float(np.prod(target_size))) * search_area / side
