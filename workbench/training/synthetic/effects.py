"""What light, lens, sensor and codec do to a picture, for a batch of pictures at once.

All functions take (N, 3, H, W) RGB, 0 to 255, and one number or more for each picture; cheap effects touch
all pictures, costly ones are called with those that need them.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from workbench.training.synthetic.upload import uploaded

Array = NDArray[np.float64]
BLOCK = 8  # pixels of a codec's block
TAPS = 7  # pictures that a motion blur is the mean of
LUMA = (0.299, 0.587, 0.114)


def column(values: Array, like: Tensor) -> Tensor:
    """(N, ...) numbers as a float32 tensor (N, ..., 1, 1) beside a picture."""
    return uploaded(values, like.device)[..., None, None]


def light(images: Tensor, gain: Array, punch: Array, curve: Array, slope: Array) -> Tensor:
    """Exposure and colour cast, contrast, and a light that changes across the picture.

    Args:
        images: (N, 3, H, W).
        gain: (N, 3) factor of each channel.
        punch: (N,) factor of the distance from the middle grey.
        curve: (N,) in [-0.7, 0.7], brightens (above 0) or darkens the middle grey, as a gamma does.
        slope: (N, 2) change of the factor over the width and the height.
    """
    height, width = images.shape[2:]
    x = torch.linspace(-0.5, 0.5, width, device=images.device)
    y = torch.linspace(-0.5, 0.5, height, device=images.device)[:, None]
    s = column(slope, images)
    p = column(punch, images)[:, None]
    lit = torch.addcmul((1 - p) * 0.45, images, column(gain, images) * p * (1 / 255))
    lit = lit.mul_(1 + s[:, :1] * x + s[:, 1:] * y).clamp_(0, 1)
    return torch.addcmul(lit, column(curve, images)[:, None] * lit, 1 - lit).mul_(255)


def haze(images: Tensor, amount: Array, level: Array) -> Tensor:
    """Blend with one grey; amount (N,) in [0, 1], level (N,) grey level."""
    share = column(amount, images)[:, None]
    return torch.addcmul(share * column(level, images)[:, None], images, 1 - share)


def grey(images: Tensor) -> Tensor:
    """The luma in all three channels."""
    return (images * _luma(images.device)).sum(dim=1, keepdim=True).expand_as(images)


def motion_blur(images: Tensor, way: Array) -> Tensor:
    """Mean along a straight way: (N, 2) x and y in pixels."""
    height, width = images.shape[2:]
    steps = np.rint(way[:, None] * np.linspace(-0.5, 0.5, TAPS)[:, None]).astype(np.int64)  # (N, TAPS, 2)
    border = int(np.abs(steps).max(initial=0))
    padded = functional.pad(images, [border] * 4, mode="replicate")
    shifted = padded.unfold(2, height, 1).unfold(3, width, 1)  # (N, 3, tops, lefts, H, W)
    row = torch.arange(len(images), device=images.device)
    left, top = uploaded(steps + border, images.device).unbind(2)
    total = torch.zeros_like(images)
    for tap in range(TAPS):
        total += shifted[row, :, top[:, tap], left[:, tap]]
    return total / TAPS


def defocus(images: Tensor, amount: Array) -> Tensor:
    """Blend with the picture blurred by a binomial kernel of 5 pixels.

    Args:
        images: (N, 3, H, W).
        amount: (N,) in [-1, 1]; below 0 what blurring takes away is put on top, as cameras do.
    """
    soft = functional.pad(images, [2] * 4, mode="replicate")
    for _ in range(4):
        soft = soft[..., 1:] + soft[..., :-1]
    for _ in range(4):
        soft = soft[..., 1:, :] + soft[..., :-1, :]
    return torch.lerp(images, soft.mul_(1 / 256), column(amount, images)[:, None])


def compress(images: Tensor, step: Array, offset: tuple[int, int]) -> Tensor:
    """What JPEG and the intra pictures of video leave: coarse cosines of 8 x 8 blocks, coarser colour.

    The luma's transform is quantised; of the colour, the mean of each half block is kept.

    Args:
        images: (N, 3, H, W).
        step: (N,) quantiser step of the lowest frequencies in grey levels; the highest get six times that.
        offset: where the grid of blocks starts, rows and columns in [0, 8).
    """
    height, width = images.shape[2:]
    top, left = offset
    bottom, right = -(height + top) % BLOCK, -(width + left) % BLOCK
    padded = functional.pad(images, (left, right, top, bottom), mode="replicate")
    luma = grey(padded)[:, :1]
    n, _, tall, wide = luma.shape
    blocks = (
        luma.reshape(n, tall // BLOCK, BLOCK, wide // BLOCK, BLOCK).transpose(2, 3).reshape(n, -1, BLOCK**2)
    )
    cosine = _cosines(images.device)
    q = _steps(images.device) * column(step, images)
    blocks = ((blocks @ cosine.T).div_(q).round_().mul_(q)) @ cosine
    coarse = blocks.reshape(n, tall // BLOCK, wide // BLOCK, BLOCK, BLOCK).transpose(2, 3)
    colour = functional.avg_pool2d(padded - luma, BLOCK // 2)
    colour = functional.interpolate(colour, size=(tall, wide), mode="nearest")
    return (colour + coarse.reshape(n, 1, tall, wide))[:, :, top : top + height, left : left + width]


@cache
def _luma(device: torch.device) -> Tensor:
    return torch.tensor(LUMA, device=device)[:, None, None]


@cache
def _cosines(device: torch.device) -> Tensor:
    """(64, 64) the orthonormal cosine transform of a block, row by row."""
    k = torch.arange(BLOCK)
    basis = torch.cos(torch.pi * k[:, None] * (2 * k + 1) / (2 * BLOCK)) / 2
    basis[0] /= 2**0.5
    return torch.kron(basis, basis).to(device)


@cache
def _steps(device: torch.device) -> Tensor:
    """(64,) factors on the step, coarser for high frequencies."""
    k = torch.arange(BLOCK)
    return (1 + 5 * (k + k[:, None]) / (2 * BLOCK - 2)).flatten().to(device)
