"""Shadows: a shadow darkens the background evenly and leaves its colour."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Array = NDArray[np.float32]

DARKEST, LIGHTEST = 0.5, 0.97  # share of its light that a place in a shadow keeps
RIM = 1.1  # share at the rim of a shadow, at most
COLOUR = 0.06  # by which the shares of the three channels may differ
EVEN = 0.15  # of a shadow, at least: at its rim it is not
UNEVEN = 0.05  # standard deviation of the share about a place
AROUND = 5  # pixels about a place
OBJECT = 0.15  # of a region, which has to be left when its shadow is taken away


def without_shadows(foreground: Image, image: Image, background: Image, *, noise: float) -> Image:
    """The foreground without the shadows that objects cast.

    A region that would be nearly all shadow is left as it is: it is a dark object, since what casts the
    shadow is not there.

    Args:
        foreground: (H, W) of 0 and 1.
        image: (H, W, 3) the frame.
        background: (H, W, 3) in the light of the frame.
        noise: difference, of 255, up to which a place may differ by noise.
    """
    kept = foreground.copy()
    count, labels, stats, _ = cv2.connectedComponentsWithStats(foreground)
    for number in range(1, count):
        x, y, w, h, area = stats[number]
        if area < AROUND * AROUND:
            continue
        place = np.s_[max(y - 2, 0) : y + h + 2, max(x - 2, 0) : x + w + 2]
        region = (labels[place] == number).astype(np.uint8)
        left = region & ~_shadow(region, image[place], background[place], noise) & 1
        left = cv2.morphologyEx(left, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        if left.sum() >= OBJECT * area:
            kept[place][region > left] = 0
    return kept


def _shadow(region: Image, image: Image, background: Image, noise: float) -> Image:
    """Where a region is shadow."""
    slack = noise / 8 / max(float(background.mean()), 1.0)  # deviation of a share by noise
    share = (cv2.blur(image, (3, 3)) + np.float32(1)) / (cv2.blur(background, (3, 3)) + np.float32(1))
    first, second, third = cv2.split(share)
    mean = (first + second + third) / 3
    colour = cv2.max(cv2.max(first, second), third) - cv2.min(cv2.min(first, second), third)
    darker = (region > 0) & (mean > DARKEST) & (mean < LIGHTEST)
    plain = darker & (colour < COLOUR + 2 * slack)
    even = plain & (_deviation(mean, plain) < UNEVEN + slack)
    core = cv2.morphologyEx(even.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    rim = (mean > DARKEST) & (mean < RIM) & (colour < 2 * COLOUR + 2 * slack)
    rim = rim & (region > 0)
    count, labels = cv2.connectedComponents(rim.astype(np.uint8), connectivity=4)
    whole = np.maximum(np.bincount(labels.ravel(), minlength=count), 1)
    even_share = np.bincount(labels.ravel(), core.ravel(), count) / whole
    return (rim & (even_share >= EVEN)[labels]).astype(np.uint8)


def _deviation(share: Array, inside: NDArray[np.bool_]) -> Array:
    """Standard deviation about each place, of the places inside."""
    weight, size = inside.astype(np.float32), (AROUND, AROUND)
    count = np.maximum(cv2.blur(weight, size), 1e-6)
    mean = cv2.blur(share * weight, size) / count
    square = cv2.blur(share * share * weight, size) / count
    return np.asarray(np.sqrt(np.maximum(square - mean * mean, 0)), np.float32)
