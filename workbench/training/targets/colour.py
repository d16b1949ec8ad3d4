"""Colour augmentation of CenterNet and CenterTrack.

Brightness, contrast and saturation in random order, then a shift along the principal colours of ImageNet
(Krizhevsky et al. 2012, "ImageNet classification with deep convolutional neural networks").
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import cv2
import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

Picture = NDArray[np.float32]

PRINCIPAL_VALUES = np.array([0.2141788, 0.01817699, 0.00341571], np.float32)
PRINCIPAL_COLOURS = np.array(
    [
        [-0.58752847, -0.69563484, 0.41340352],
        [-0.5832747, 0.00994535, -0.81221408],
        [-0.56089297, 0.71832671, 0.41158938],
    ],
    np.float32,
)


@dataclass(frozen=True)
class ColourJitter:
    """Where the randomness of colours comes from, and how much of it there is.

    Args:
        order: draws the order of the steps.
        amounts: draws how much.
        spread: brightness, contrast and saturation change by up to this share.
        lighting: standard deviation along a principal colour, in units of its own.
    """

    order: Random
    amounts: RandomState
    spread: float = 0.4
    lighting: float = 0.1

    def __call__(self, image: Picture) -> Picture:
        """A changed copy of ``image`` (H, W, 3) float32 BGR in [0, 1]; may leave [0, 1].

        Published behaviour: grey and its mean are those of the image before the first step.
        """
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[:, :, None]
        towards = [np.zeros(1), np.full(1, grey.mean()), grey]  # brightness, contrast, saturation
        self.order.shuffle(towards)
        changed = image.copy()
        for other in towards:
            share = 1.0 + self.amounts.uniform(-self.spread, self.spread)
            changed *= share
            changed += np.asarray(other, np.float32) * np.float32(1 - share)
        shift = self.amounts.normal(scale=self.lighting, size=3)
        changed += np.dot(PRINCIPAL_COLOURS, PRINCIPAL_VALUES * shift)
        return changed
