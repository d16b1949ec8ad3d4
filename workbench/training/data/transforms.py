"""How frames are altered, so that the look of a target is learned and not its light.

As in the training of ATOM (Danelljan et al. 2019, arXiv:1811.07628): sometimes all frames of a sample lose
their colour together, and the brightness of each frame is changed on its own. Values stay in [0, 255];
mean and deviation are the network's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from workbench.training.data.draws import Draws
from workbench.training.data.sequences import Image


@dataclass(frozen=True)
class TransformOptions:
    """What is altered.

    Args:
        grayscale: how probably a sample loses its colour, [0, 1].
        brightness: a frame's values are multiplied by 1 plus or minus at most this.
    """

    grayscale: float = 0.05
    brightness: float = 0.2


def joint(frames: Sequence[Image], *, options: TransformOptions, draws: Draws) -> list[Image]:
    """All frames of a sample, each (H, W, 3), altered alike."""
    if draws.python.random() < options.grayscale:
        return [without_colour(frame) for frame in frames]
    return list(frames)


def each(crops: Sequence[Image], *, options: TransformOptions, draws: Draws) -> Tensor:
    """Crops (S, S, 3), each altered on its own, as (N, 3, S, S) float32 in [0, 255]."""
    low, high = max(0.0, 1 - options.brightness), 1 + options.brightness
    return torch.stack([brightened(crop, draws.numpy.uniform(low, high)) for crop in crops])


def without_colour(image: Image) -> Image:
    """The luma of an RGB image in all three channels."""
    return np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)


def brightened(image: Image, factor: float) -> Tensor:
    """An image (H, W, 3) times a factor, as (3, H, W) float32 in [0, 255]."""
    channels = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
    return channels.float().mul_(factor).clamp_(0.0, 255.0)
