"""What the classifier looks at when no trained network is at hand.

``HogColour`` describes every 8 x 8 cell by its gradients (31 channels of HOG) and its colours (soft
histograms of L, a and b), after Danelljan et al., ECO (CVPR 2017), who use HOG and colour names; Lab bins
stand in for colour names, which need a table learned from photographs. ``RandomResNet`` is a residual
network of half the usual width up to its second layer, with the weights it was born with: random filters
at several scales already tell textures apart (Jarrett et al., What is the Best Multi-Stage Architecture
for Object Recognition?, ICCV 2009), and it needs nothing to download.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from workbench.tracking.hog import CHANNELS, fhog

Image = NDArray[np.uint8]

LIGHTNESS_BINS = (16, 64, 112, 160, 208, 248)
OPPONENT_BINS = (88, 108, 120, 128, 136, 148, 168)  # finer near grey (128), where most pixels are


@dataclass(frozen=True)
class HogColourOptions:
    """What goes into the features.

    Args:
        cell: side of a cell in pixels of the crop, even; the stride of the result.
        colour_weight: of the colour channels beside those of HOG.
    """

    cell: int = 8
    colour_weight: float = 0.3


class HogColour:
    """HOG and soft Lab histograms of every cell."""

    channels = CHANNELS + len(LIGHTNESS_BINS) + 2 * len(OPPONENT_BINS)

    def __init__(self, options: HogColourOptions | None = None) -> None:
        self.options = options or HogColourOptions()
        self.stride = self.options.cell

    def __call__(self, crops: Tensor) -> Tensor:
        """Features of crops.

        Args:
            crops: (B, 3, H, W) RGB in [0, 255], sides divisible by the cell.

        Returns:
            float32 (B, channels, H / cell, W / cell) on the device of the crops.
        """
        images = crops.round().clamp(0, 255).byte().permute(0, 2, 3, 1).contiguous().cpu().numpy()
        gradients = fhog(images, cell=self.options.cell)
        colours = self.options.colour_weight * _soft_lab(images, self.options.cell)
        features = np.concatenate([gradients, colours], axis=3).transpose(0, 3, 1, 2)
        return torch.from_numpy(np.ascontiguousarray(features)).to(crops.device)


def _soft_lab(images: Image, cell: int) -> NDArray[np.float32]:
    """Share of every bin of L, a and b in every cell, (B, rows, columns, bins); each channel sums to 1.

    Colours are averaged over 2 x 2 pixels first: a quarter of the work, and less noise.
    """
    batch, height, width, _ = images.shape
    small = np.stack([cv2.resize(i, (width // 2, height // 2), interpolation=cv2.INTER_AREA) for i in images])
    flat = cv2.cvtColor(small.reshape(-1, width // 2, 3), cv2.COLOR_RGB2LAB)
    bins = np.concatenate([table[flat[..., c]] for c, table in enumerate(_lab_tables())], axis=2)
    half = cell // 2
    cells = bins.reshape(batch, height // cell, half, width // cell, half, -1)
    return cells.mean(axis=(2, 4), dtype=np.float32)


def _lab_tables() -> tuple[NDArray[np.float32], ...]:
    """For L, a and b: the share of each bin in each 8-bit value, (256, bins), by linear interpolation."""
    lightness, opponent = (
        np.stack([np.interp(np.arange(256), centres, row) for row in np.eye(len(centres))], axis=1)
        for centres in (LIGHTNESS_BINS, OPPONENT_BINS)
    )
    return tuple(t.astype(np.float32) for t in (lightness, opponent, opponent))
