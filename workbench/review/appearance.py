"""What a box looks like, as a short vector that nothing had to be trained for.

The box is cut out and shrunk to one small shape. In four stripes from top to bottom it gets soft histograms
of Lab colour, whose pixels count less towards the sides, where the background is, and histograms of the
directions of its edges. The square root of a histogram makes the cosine of two vectors the overlap of two
distributions (Bhattacharyya 1943). It stands where embeddings of a network for re-identification stand, if
there are none.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Array, as_boxes

Image = NDArray[np.uint8]
Looks = NDArray[np.float32]

HEIGHT, WIDTH, STRIPES = 32, 16, 4  # of a shrunken box
LIGHTNESS = (16, 80, 128, 176, 232)
OPPONENT = (88, 108, 120, 128, 136, 148, 168)  # finer near grey (128), where most pixels are
DIRECTIONS = 8
EDGES = 0.5  # what the edges weigh beside the colours
FLAT = 6.0  # grey levels; weaker edges are noise
AT_ONCE = 256  # boxes
NARROWEST = 1.0  # pixels of a box that shows in the picture
COLOURS = len(LIGHTNESS) + 2 * len(OPPONENT)
LENGTH = STRIPES * (COLOURS + DIRECTIONS)


def describe(image: Image, boxes: Array) -> Looks:
    """What each box shows.

    Args:
        image: uint8 (H, W, 3) RGB.
        boxes: (N, 4) x, y, w, h in pixels; what lies outside of the picture is cut off.

    Returns:
        float32 (N, 108) of length one, all from 0; a row of zeros where a box shows nothing or is no box.
    """
    boxes = as_boxes(boxes)
    looks = np.zeros((len(boxes), LENGTH), np.float32)
    corners = _corners(boxes, image.shape)
    seen = np.flatnonzero((corners[:, 2:] - corners[:, :2] >= NARROWEST).all(axis=1))
    for begin in range(0, len(seen), AT_ONCE):
        rows = seen[begin : begin + AT_ONCE]
        looks[rows] = _described(np.stack([_cut(image, corner) for corner in corners[rows].tolist()]))
    return looks


def _corners(boxes: Array, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Left, top, right, bottom in whole pixels inside the picture, (N, 4); all 0 for what is no box."""
    sides = np.array([shape[1], shape[0], shape[1], shape[0]], np.float64)
    corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    finite = np.isfinite(corners).all(axis=1, keepdims=True)
    return np.asarray(np.rint(np.clip(np.where(finite, corners, 0.0), 0, sides)), np.int64)


def _cut(image: Image, corner: list[int]) -> Image:
    left, top, right, bottom = corner
    return np.asarray(
        cv2.resize(image[top:bottom, left:right], (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8
    )


def _described(crops: Image) -> Looks:
    """Vectors of crops (B, HEIGHT, WIDTH, 3)."""
    lab = np.asarray(cv2.cvtColor(crops.reshape(-1, WIDTH, 3), cv2.COLOR_RGB2LAB), np.uint8)
    lab = lab.reshape(crops.shape)
    parts = [_colours(lab, len(crops)), np.sqrt(EDGES) * _edges(lab[..., 0])]
    looks = np.concatenate(parts, axis=1)
    return np.asarray(looks / np.linalg.norm(looks, axis=1, keepdims=True), np.float32)


def _colours(lab: Image, count: int) -> Array:
    """Square roots of the histograms of all stripes, (B, STRIPES * COLOURS), of length 1."""
    first, share = _bins()
    value = lab.astype(np.intp) + np.array([0, 256, 512])
    weight = np.broadcast_to(_centre()[None, None, :, None], lab.shape)
    bins = first[value] + (_stripe(count) * COLOURS)[..., None]
    total = _counted(bins, weight * share[value], count * STRIPES * COLOURS)
    total += _counted(bins + 1, weight * (1 - share[value]), count * STRIPES * COLOURS)
    return np.asarray(np.sqrt(total.reshape(count, -1) / (3 * HEIGHT * _centre().sum())))


def _edges(lightness: Image) -> Array:
    """Square roots of the histograms of edges, (B, STRIPES * DIRECTIONS), of length 1, or 0 without edges."""
    count = len(lightness)
    grey = np.pad(lightness.astype(np.float32), ((0, 0), (1, 1), (1, 1)), mode="edge")
    right = grey[:, 1:-1, 2:] - grey[:, 1:-1, :-2]
    down = grey[:, 2:, 1:-1] - grey[:, :-2, 1:-1]
    strength = np.sqrt(right * right + down * down)
    strength = np.maximum(strength - FLAT, 0) * _centre()
    direction = np.arctan2(down, right) % np.pi * (DIRECTIONS / np.pi)  # an edge has no sign
    lower = np.floor(direction).astype(np.intp)
    share = direction - lower
    bins = _stripe(count) * DIRECTIONS
    total = _counted(bins + lower % DIRECTIONS, strength * (1 - share), count * STRIPES * DIRECTIONS)
    total += _counted(bins + (lower + 1) % DIRECTIONS, strength * share, count * STRIPES * DIRECTIONS)
    total = total.reshape(count, -1)
    return np.asarray(np.sqrt(total / np.maximum(total.sum(axis=1, keepdims=True), 1e-6)))


def _counted(bins: NDArray[np.intp], weight: NDArray[np.floating], length: int) -> Array:
    total = np.bincount(bins.ravel(), weights=weight.ravel(), minlength=length)
    return np.asarray(total[:length], np.float64)


def _stripe(count: int) -> NDArray[np.intp]:
    """Number of each pixel's stripe among those of all crops, (B, HEIGHT, 1)."""
    return (np.arange(count)[:, None] * STRIPES + np.arange(HEIGHT) * STRIPES // HEIGHT)[..., None]


@lru_cache(maxsize=1)
def _centre() -> Array:
    """Weight of the columns, (WIDTH,)."""
    return np.asarray(np.exp(-(((np.arange(WIDTH) + 0.5) / WIDTH - 0.5) ** 2) / (2 * 0.22**2)))


@lru_cache(maxsize=1)
def _bins() -> tuple[NDArray[np.intp], Array]:
    """For the 256 values of L, then of a, then of b: the lower of its two bins, and its share."""
    first, share, offset = [], [], 0
    for centres in (LIGHTNESS, OPPONENT, OPPONENT):
        place = np.interp(np.arange(256), centres, np.arange(len(centres)))
        lower = np.minimum(place.astype(np.intp), len(centres) - 2)
        first.append(lower + offset)
        share.append(1.0 - (place - lower))
        offset += len(centres)
    return np.concatenate(first), np.concatenate(share)
