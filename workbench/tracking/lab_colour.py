"""Soft histograms of Lab colour in square cells: what a patch's colours are, learned from nothing.

They stand where ECO (Danelljan et al., CVPR 2017) and CSRT use colour names, whose table was learned from
photographs. Every pixel is shared between the two nearest bins of each channel, so a small change of
light moves the histogram a little.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8]
Features = NDArray[np.float32]

LIGHTNESS_BINS = (16, 64, 112, 160, 208, 248)
OPPONENT_BINS = (88, 108, 120, 128, 136, 148, 168)  # finer near grey (128), where most pixels are
CHANNELS = len(LIGHTNESS_BINS) + 2 * len(OPPONENT_BINS)


def soft_lab(images: Images, *, cell: int) -> Features:
    """Share of every bin of L, a and b in every cell.

    Colours are averaged over 2 x 2 pixels first: a quarter of the work, and less noise.

    Args:
        images: uint8 (B, H, W, 3), sides divisible by the cell.
        cell: side of a cell in pixels, even.

    Returns:
        float32 (B, H / cell, W / cell, 20); the 6, 7 and 7 bins sum to 1 each.
    """
    batch, height, width, _ = images.shape
    size = (width // 2, height // 2)
    small = np.stack([cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images])
    lab = cv2.cvtColor(small.reshape(-1, width // 2, 3), cv2.COLOR_RGB2LAB)
    bins = np.concatenate([table[lab[..., i]] for i, table in enumerate(_shares())], axis=2)
    half = cell // 2
    pixels = bins.reshape(batch, height // cell, half, width // cell, half, CHANNELS)
    cells: Features = pixels.mean(axis=(2, 4), dtype=np.float32)
    return cells


@lru_cache(maxsize=1)
def _shares() -> tuple[Features, Features, Features]:
    """For L, a and b: the share of each bin in each 8-bit value, (256, bins), by linear interpolation."""
    value = np.arange(256)
    lightness, opponent = (
        np.stack([np.interp(value, centres, share) for share in np.eye(len(centres))], axis=1)
        for centres in (LIGHTNESS_BINS, OPPONENT_BINS)
    )
    return lightness.astype(np.float32), opponent.astype(np.float32), opponent.astype(np.float32)
