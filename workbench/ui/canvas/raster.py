"""Trails, skeletons and solid boxes, drawn by OpenCV into one transparent image.

A thousand trails as painter paths cost ten times the cv2 lines, and half-transparent painter lines
thirty times the opaque ones; here a half-transparent line is only another pixel value, blended once when
the image goes to the screen. Coordinates are device pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Pixel = tuple[int, int, int, int]

FAR = 1 << 20  # beyond this a coordinate is off every screen, and OpenCV's own clipping could overflow


def pixel(color: tuple[int, int, int], alpha: float = 1.0) -> Pixel:
    """RGB as a premultiplied B, G, R, A pixel."""
    red, green, blue = color
    return (round(blue * alpha), round(green * alpha), round(red * alpha), round(255 * alpha))


def to_ints(points: NDArray[Any]) -> Ints:
    """Rounded and kept within what OpenCV can clip."""
    ints: Ints = np.clip(np.rint(points), -FAR, FAR).astype(np.int32)
    return ints


def by_color(colors: NDArray[np.uint8]) -> Iterator[tuple[tuple[int, int, int], NDArray[np.int64]]]:
    """Each distinct colour of (N, 3) with the indices that have it."""
    if len(colors) == 0:
        return
    packed = (colors.astype(np.int64) * (1 << 16, 1 << 8, 1)).sum(axis=1)
    order = np.argsort(packed, kind="stable")
    cuts = np.flatnonzero(np.diff(packed[order])) + 1
    for indices in np.split(order, cuts):
        red, green, blue = colors[indices[0]].tolist()
        yield (red, green, blue), indices


def corners(rects: Ints) -> Ints:
    """(N, 4) left, top, right, bottom to (N, 4, 2) closed outlines."""
    return rects[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)


def outline(buffer: NDArray[np.uint8], rects: Ints, color: Pixel, *, width: int = 1) -> None:
    """Rectangles (N, 4) left, top, right, bottom, ``width`` pixels wide, growing inwards.

    Nested one-pixel outlines: OpenCV's thick lines take six times as long.
    """
    inset = np.array([1, 1, -1, -1], np.int32)
    for step in range(width if len(rects) else 0):
        cv2.polylines(buffer, list(corners(rects + step * inset)), True, color, 1)


def thin_trails(
    points: NDArray[Any], lengths: NDArray[np.integer], *, budget: int
) -> tuple[NDArray[Any], NDArray[np.integer]]:
    """Every k-th point of each trail, counted from its newest, so that about ``budget`` are left.

    Returns:
        points (P', 2) and lengths (N,); each trail keeps its newest and its oldest point.
    """
    step = -(-len(points) // max(budget, 1))
    lengths = np.asarray(lengths, np.int64)
    if step <= 1:
        return points, lengths
    ends = np.repeat(np.cumsum(lengths), lengths)
    starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    position = np.arange(len(points))
    keep = ((ends - 1 - position) % step == 0) | (position == starts)
    owner = np.repeat(np.arange(len(lengths)), lengths)
    return points[keep], np.bincount(owner[keep], minlength=len(lengths))


def draw_trails(
    buffer: NDArray[np.uint8],
    points: Ints,
    lengths: NDArray[np.integer],
    colors: NDArray[np.uint8],
    *,
    width: int,
    smooth: bool,
) -> None:
    """Trails (P, 2) with (N,) lengths; the older half is fainter and thinner."""
    stops = np.cumsum(lengths)
    starts = stops - lengths
    middles = (starts + stops) // 2
    kind = cv2.LINE_AA if smooth else cv2.LINE_8
    for color, indices in by_color(colors):
        spans = [(starts[i], middles[i], stops[i]) for i in indices if lengths[i] > 1]
        old = [points[a : m + 1] for a, m, _ in spans]
        new = [points[m:b] for _, m, b in spans]
        cv2.polylines(buffer, old, False, pixel(color, 0.45), 1, kind)
        cv2.polylines(buffer, new, False, pixel(color, 0.9), width, kind)


def draw_limbs(
    buffer: NDArray[np.uint8], limbs: Ints, color: tuple[int, int, int], *, width: int, smooth: bool
) -> None:
    """Lines (L, 2, 2) of skeletons."""
    if len(limbs):
        cv2.polylines(buffer, list(limbs), False, pixel(color), width, cv2.LINE_AA if smooth else cv2.LINE_8)


def stamp_dots(buffer: NDArray[np.uint8], centers: Ints, colors: NDArray[np.uint8], *, radius: int) -> None:
    """Filled discs with a dark rim at (M, 2), all at once."""
    height, width = buffer.shape[:2]
    span = np.arange(-radius - 1, radius + 2)
    dx, dy = (a.ravel() for a in np.meshgrid(span, span))
    distance = np.hypot(dx, dy)
    inside = (centers > radius).all(axis=1) & (centers < (width - radius - 1, height - radius - 1)).all(
        axis=1
    )
    flat = buffer.view(np.uint32).reshape(-1)
    home = centers[inside, 1].astype(np.int64) * width + centers[inside, 0]
    c = colors[inside].astype(np.uint32)
    fill = 0xFF000000 | c[:, 0] << 16 | c[:, 1] << 8 | c[:, 2]
    for ring, value in ((radius + 1.2, np.uint32(0xB4000000)), (radius + 0.3, fill)):
        for x, y in zip(dx[distance <= ring].tolist(), dy[distance <= ring].tolist(), strict=True):
            flat[home + y * width + x] = value
