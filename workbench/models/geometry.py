"""Between image pixels and the grid of a heatmap: the affine map of a crop, gaussian peaks, the letterbox.

What the pre-processing, the decoding and the training targets of CenterNet, FairMOT and CenterTrack share.
The gaussian and its radius come from CornerNet (Law and Deng 2018, arXiv:1808.01244), the crop's map from
simple baselines for pose (Xiao et al. 2018, arXiv:1804.06208), as CenterNet (Zhou et al. 2019,
arXiv:1904.07850) uses them; the letterbox is FairMOT's (Zhang et al. 2020, arXiv:2004.01888). Their
departures from the textbook change the values and are kept; each is named where it happens.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Map = NDArray[np.float32]
Image = NDArray[np.uint8]
Region = tuple[slice, slice]
Point = Sequence[float] | NDArray[np.floating] | NDArray[np.integer]


def affine_transform(
    center: ArrayLike,
    scale: float | ArrayLike,
    rotation: float,
    output_size: Sequence[float],
    *,
    shift: Sequence[float] = (0.0, 0.0),
    inverse: bool = False,
) -> Array:
    """The map that takes a square crop of the image to an output of another size, about its centre.

    Args:
        center: x, y of the crop's centre, pixels of the image.
        scale: side of the crop in pixels. Of a pair (width, height) the published code uses the width alone
            (the height matters only to ``shift``), so the crop keeps its aspect whatever is given.
        rotation: degrees.
        output_size: width, height of the output in pixels; the crop's side becomes its width.
        shift: moves the centre by these shares of ``scale``.
        inverse: from the output to the image instead.

    Returns:
        (2, 3) float64. The scale and the three points it rests on are rounded to float32, as published.
    """
    side = np.broadcast_to(np.asarray(scale, np.float32), (2,))
    middle = np.asarray(center, np.float64) + side * np.asarray(shift, np.float32)
    angle = math.pi * rotation / 180
    up = np.array([math.sin(angle), -math.cos(angle)]) * float(side[0]) * 0.5
    source = _three_points(middle, up)
    target = _three_points(np.asarray(output_size, np.float64) * 0.5, np.array([0.0, -0.5 * output_size[0]]))
    if inverse:
        source, target = target, source
    corners = np.concatenate([source.astype(np.float64), np.ones((3, 1))], axis=1)
    return np.linalg.solve(corners, target.astype(np.float64)).T


def _three_points(middle: Array, up: Array) -> NDArray[np.float32]:
    """Centre, top and the corner beside the top, (3, 2): two sides of a square and the angle between."""
    first, second = middle.astype(np.float32), (middle + up).astype(np.float32)
    down = first - second
    return np.stack([first, second, second + np.array([-down[1], down[0]], np.float32)])


def apply_affine(points: ArrayLike, matrix: ArrayLike) -> Array:
    """Points (..., 2) through a (2, 3) map, float64; they are rounded to float32 first, as published."""
    exact = np.asarray(points, np.float32).astype(np.float64)
    m = np.asarray(matrix, np.float64)
    return np.asarray(exact @ m[:, :2].T + m[:, 2])


def gaussian_radius(height: float, width: float, *, min_overlap: float = 0.7) -> float:
    """How far the corners of a box may move while it still overlaps the true one by ``min_overlap``, pixels.

    Published behaviour: the roots of the three quadratics are divided by 2, not by twice their leading
    coefficient, which makes the radius larger than that text says; trained weights expect it.
    """
    total, area = height + width, height * width
    quadratics = (
        (1.0, total, area * (1 - min_overlap) / (1 + min_overlap)),
        (4.0, 2 * total, (1 - min_overlap) * area),
        (4.0 * min_overlap, -2 * min_overlap * total, (min_overlap - 1) * area),
    )
    return min((b + math.sqrt(b * b - 4 * a * c)) / 2 for a, b, c in quadratics)


def peak_radius(height: float, width: float) -> int:
    """Whole radius of the peak of a box of this size (as given; most callers round it up first), >= 0."""
    return max(0, int(gaussian_radius(height, width)))


def gaussian(diameter: int, sigma: float) -> Array:
    """A peak of height 1 in the middle of a square of odd side, (diameter, diameter)."""
    at = np.arange(diameter) - (diameter - 1) / 2
    peak = np.exp(-(at[None, :] ** 2 + at[:, None] ** 2) / (2 * sigma * sigma))
    peak[peak < np.finfo(peak.dtype).eps * peak.max()] = 0
    return np.asarray(peak)


def window(center: Point, radius: int, shape: Sequence[int]) -> tuple[Region, Region]:
    """Where a square of ``radius`` about a truncated centre lies on a map of ``shape`` (H, W).

    Returns:
        The part of the map it covers and the part of the square that is on the map, rows before columns;
        both are empty where it lies outside.
    """
    on_map, on_square = [], []
    for middle, size in zip((int(center[1]), int(center[0])), shape, strict=True):
        low = min(max(middle - radius, 0), size)
        high = max(min(middle + radius + 1, size), low)
        on_map.append(slice(low, high))
        on_square.append(slice(low - middle + radius, high - middle + radius))
    return (on_map[0], on_map[1]), (on_square[0], on_square[1])


def draw_umich_gaussian(heatmap: Map, center: Point, radius: int, *, peak: float = 1.0) -> None:
    """Draw a peak into ``heatmap`` (H, W), in place, keeping the larger value; sigma is a sixth of its width.

    Args:
        heatmap: float32, values in [0, 1].
        center: x, y in its pixels, truncated.
        radius: in its pixels.
        peak: height.
    """
    diameter = 2 * radius + 1
    on_map, on_square = window(center, radius, heatmap.shape)
    drawn = gaussian(diameter, diameter / 6)[on_square] * peak
    heatmap[on_map] = np.maximum(heatmap[on_map], drawn)


def draw_msra_gaussian(heatmap: Map, center: Point, sigma: int) -> None:
    """Draw a peak of three ``sigma`` to each side into ``heatmap`` (H, W), in place; the centre rounds."""
    radius = int(sigma * 3)
    middle = (int(center[0] + 0.5), int(center[1] + 0.5))
    at = np.arange(2 * radius + 1, dtype=np.float32) - radius
    drawn = np.exp(-(at[None, :] ** 2 + at[:, None] ** 2) / (2 * sigma**2))
    on_map, on_square = window(middle, radius, heatmap.shape)
    heatmap[on_map] = np.maximum(heatmap[on_map], drawn[on_square])


@dataclass(frozen=True)
class Letterbox:
    """An image shrunk or grown into a frame with its aspect kept, and the borders around it.

    Args:
        ratio: size in the frame over size in the image.
        size: width, height of the image in the frame, pixels.
        offset: exact left and upper border (dw, dh), pixels; may end in .5.
        borders: top, bottom, left, right, whole pixels.
    """

    ratio: float
    size: tuple[int, int]
    offset: tuple[float, float]
    borders: tuple[int, int, int, int]


LETTERBOX_GREY = (127.5, 127.5, 127.5)


def letterbox(image_size: tuple[int, int], frame_size: tuple[int, int]) -> Letterbox:
    """How an image of (width, height) lies in a frame of (width, height)."""
    (width, height), (frame_width, frame_height) = image_size, frame_size
    ratio = min(frame_height / height, frame_width / width)
    size = (max(round(width * ratio), 1), max(round(height * ratio), 1))  # of a thin line, too
    dw, dh = (frame_width - size[0]) / 2, (frame_height - size[1]) / 2
    borders = (round(dh - 0.1), round(dh + 0.1), round(dw - 0.1), round(dw + 0.1))
    return Letterbox(ratio, size, (dw, dh), borders)


def letterbox_image(image: Image, frame_size: tuple[int, int]) -> Image:
    """``image`` (H, W, 3) in a grey frame of (width, height), uint8; the grey of 127.5 becomes 128."""
    plan = letterbox((image.shape[1], image.shape[0]), frame_size)
    resized = cv2.resize(image, plan.size, interpolation=cv2.INTER_AREA)
    framed = cv2.copyMakeBorder(resized, *plan.borders, cv2.BORDER_CONSTANT, value=LETTERBOX_GREY)
    return np.asarray(framed, np.uint8)
