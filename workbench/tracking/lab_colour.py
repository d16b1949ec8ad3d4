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
    half, rows, columns = cell // 2, height // cell, width // cell
    size = (width // 2, height // 2)
    small = np.stack([cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images])
    lab = cv2.cvtColor(small.reshape(-1, width // 2, 3), cv2.COLOR_RGB2LAB)  # images one below the other
    value = lab + np.array([0, 256, 512])
    first, nearness = _bins()
    cells = np.arange(len(lab))[:, None] // half * columns + np.arange(width // 2) // half
    bins = (first[value] + cells[..., None] * CHANNELS).ravel()
    share = nearness[value].ravel()
    count = batch * rows * columns * CHANNELS
    total = np.bincount(bins, weights=share, minlength=count)
    total += np.bincount(bins + 1, weights=1.0 - share, minlength=count)[:count]
    return (total / half**2).reshape(batch, rows, columns, CHANNELS).astype(np.float32)


@lru_cache(maxsize=1)
def _bins() -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """For the 256 values of L, then of a, then of b: the lower of its two bins, and the share it gets."""
    first, nearness, offset = [], [], 0
    value = np.arange(256)
    for centres in (LIGHTNESS_BINS, OPPONENT_BINS, OPPONENT_BINS):
        place = np.interp(value, centres, np.arange(len(centres)))
        lower = np.minimum(place.astype(np.intp), len(centres) - 2)
        first.append(lower + offset)
        nearness.append(1.0 - (place - lower))
        offset += len(centres)
    return np.concatenate(first), np.concatenate(nearness)
