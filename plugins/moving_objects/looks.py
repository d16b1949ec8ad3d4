"""What an object looks like: the colours of its own pixels, so that a tracker knows it again."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .blobs import Region

Image = NDArray[np.uint8]

BINS = (4, 6, 6)  # of lightness and of the two opponent colours
FAR = 48  # from grey; opponent colours further away, which are rare, count as there
LENGTH = BINS[0] * BINS[1] * BINS[2]


def looks(image: Image, found: Sequence[Region]) -> NDArray[np.float32]:
    """The look of each region, (N, LENGTH) float32 of unit length.

    It is the root of a histogram, so that the cosine of two looks is the overlap of two distributions
    (Bhattacharyya, 1943).

    Args:
        image: (H, W, 3) RGB.
        found: regions, all inside the image and not empty.
    """
    low, high = 128 - FAR, 128 + FAR
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    lab[..., 1:] = np.clip(lab[..., 1:], low, high - 1)
    result = np.empty((len(found), LENGTH), np.float32)
    for row, region in enumerate(found):
        counts = cv2.calcHist(
            [lab[region.place]], [0, 1, 2], region.mask, BINS, [0, 256, low, high, low, high]
        )
        result[row] = np.sqrt(counts.ravel() / region.area)
    return result
