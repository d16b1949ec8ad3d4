"""Thousands of lines into one transparent image, each in its own colour, without a call for each.

A painter wants one call per colour, and every track has a colour of its own; so lines become pixel
indices by array arithmetic, and one assignment draws them all. A half-transparent line is only another
pixel value here, blended once when the image goes to the screen. Smooth lines, for the few boxes of an
ordinary frame, are OpenCV's. Coordinates are device pixels; pixels are premultiplied ARGB.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Wide = NDArray[np.int64]
Pixels = NDArray[np.uint32]
Buffer = NDArray[np.uint8]
"""(H, W, 4) B, G, R, A."""

FAR = 1 << 20  # beyond this a coordinate is off every screen, and OpenCV's own clipping could overflow
CHUNK = 4096  # lines at a time: their pixels stay in the processor's cache
_ONE = 1 << 16  # fixed point

DASHES, DOTS = (10, 6), (5, 2)
"""Period and its drawn part, pixels."""


def pixels(colors: NDArray[np.uint8], alpha: float = 1.0) -> Pixels:
    """(N, 3) RGB as (N,) premultiplied pixels."""
    c = (colors * alpha + 0.5).astype(np.int64)
    return (round(255 * alpha) << 24 | c[:, 0] << 16 | c[:, 1] << 8 | c[:, 2]).astype(np.uint32)


def to_ints(points: NDArray[Any]) -> Ints:
    """Rounded and kept within what can be clipped."""
    ints: Ints = np.clip(np.rint(points), -FAR, FAR).astype(np.int32)
    return ints


def outlines(buffer: Buffer, rects: Ints, values: Pixels, *, pattern: tuple[int, int] | None = None) -> None:
    """Rectangles (N, 4) left, top, right, bottom, one pixel wide, solid or dashed; later ones win."""
    if len(rects) == 0:
        return
    height, width = buffer.shape[:2]
    flat = buffer.view(np.uint32).reshape(-1)
    left, top, right, bottom = np.ascontiguousarray(rects.T)
    values = np.concatenate([values, values])

    def pair(one: Ints, other: Ints) -> Ints:
        return np.concatenate([one, other])

    rows, columns = (width, height, (1, width)), (height, width, (width, 1))
    _runs(flat, pair(left, left), pair(right, right), pair(top, bottom), rows, values, pattern)
    _runs(flat, pair(top, top), pair(bottom, bottom), pair(left, right), columns, values, pattern)


def nested(rects: Ints, width: int) -> Ints:
    """Rectangles with ``width - 1`` more inside each, which together make a thicker line."""
    inset = np.array([1, 1, -1, -1], np.int32)
    return np.concatenate([rects + step * inset for step in range(width)])


def _runs(
    flat: Pixels,
    first: Ints,
    last: Ints,
    across: Ints,
    axis: tuple[int, int, tuple[int, int]],
    values: Pixels,
    pattern: tuple[int, int] | None,
) -> None:
    """Straight runs first..last along one axis at ``across`` on the other.

    ``axis`` is the length along, the length across, and the strides of both in the image.
    """
    length, breadth, (along, over) = axis
    low, high = np.maximum(first, 0), np.minimum(last, length - 1)
    seen = (across >= 0) & (across < breadth) & (high >= low)
    low, counts = low[seen], (high - low + 1)[seen]
    starts = np.cumsum(counts) - counts
    begin = low * along + across[seen] * over - starts * along
    step = np.arange(int(counts.sum()))
    index = np.repeat(begin, counts) + step * along
    colors = np.repeat(values[seen], counts)
    if pattern is not None:
        period, drawn = pattern
        shown = (step + np.repeat(low - first[seen] - starts, counts)) % period < drawn
        index, colors = index[shown], colors[shown]
    flat[index] = colors


def lines(buffer: Buffer, ends: NDArray[Any], values: Pixels) -> None:
    """Lines (M, 4) x1, y1, x2, y2, one pixel wide, later ones over earlier ones."""
    height, width = buffer.shape[:2]
    ends, kept = clipped(ends, width, height)
    if len(ends) == 0:
        return
    x1, y1, x2, y2 = np.rint(ends.T).astype(np.int64)
    way_x, way_y = x2 - x1, y2 - y1
    steps = np.maximum(np.maximum(np.abs(way_x), np.abs(way_y)), 1)
    counts = steps + 1
    # x and y as 16.16 fixed point in the two halves of one number, so that one sum moves both. What
    # overflows on the way comes back: the sum itself fits, and integers wrap.
    slope = (way_x * _ONE // steps << 32) + way_y * _ONE // steps
    origin = (x1 * _ONE + _ONE // 2 << 32) + y1 * _ONE + _ONE // 2
    values = values[kept]
    for first in range(0, len(counts), CHUNK):
        part = slice(first, first + CHUNK)
        _draw(buffer, origin[part], slope[part], counts[part], values[part])


def _draw(buffer: Buffer, origin: Wide, slope: Wide, counts: Wide, values: Pixels) -> None:
    """Lines of ``counts`` pixels from ``origin`` on, both coordinates in one fixed-point number."""
    begin = origin - (np.cumsum(counts) - counts) * slope
    place = np.repeat(slope, counts)
    place *= np.arange(len(place))
    place += np.repeat(begin, counts)
    x = place >> 48
    place >>= 16
    place &= 0xFFFF
    place *= buffer.shape[1]
    place += x
    buffer.view(np.uint32).reshape(-1)[place] = np.repeat(values, counts)


def clipped(ends: NDArray[Any], width: int, height: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Lines (M, 4) cut to the image, and which of them are left (M,). Lines with a NaN are dropped."""
    points = np.asarray(ends, np.float64)
    x1, y1, x2, y2 = np.ascontiguousarray(points.T)
    right, bottom = width - 1, height - 1
    from_inside = (x1 >= 0) & (x1 <= right) & (y1 >= 0) & (y1 <= bottom)
    to_inside = (x2 >= 0) & (x2 <= right) & (y2 >= 0) & (y2 <= bottom)
    kept = from_inside & to_inside
    doubtful = np.flatnonzero(~kept)
    if len(doubtful) == 0:
        return points, kept
    cut, left_over = _cut(points[doubtful], right, bottom)
    kept[doubtful[left_over]] = True
    points = points.copy()
    points[doubtful[left_over]] = cut
    return points[kept], kept


def _cut(points: NDArray[np.float64], right: int, bottom: int) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Liang and Barsky (1984): the share of each line at which it enters and leaves the image."""
    start, way = points[:, :2], points[:, 2:] - points[:, :2]
    limit = np.array([right, bottom], np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = -start / way, (limit - start) / way
    still = way == 0
    inside = (start >= 0) & (start <= limit)
    enter = np.where(still, np.where(inside, 0.0, 2.0), np.minimum(a, b)).max(axis=1).clip(0.0)
    leave = np.where(still, 1.0, np.maximum(a, b)).min(axis=1).clip(max=1.0)
    kept = enter <= leave
    start, way = start[kept], way[kept]
    first = start + enter[kept, None] * way
    last = start + leave[kept, None] * way
    return np.concatenate([first, last], axis=1).clip(0, [right, bottom, right, bottom]), kept


def thinned(lengths: NDArray[np.integer], *, budget: int) -> tuple[Wide, Wide]:
    """Which points of trails to keep: every k-th from the newest back, and the oldest.

    Args:
        lengths: (N,) points of each trail; its points lie one after the other, oldest first.
        budget: points in all, about.

    Returns:
        indices of the points, trail after trail, newest first, and the trail of each; both (M,).
    """
    lengths = np.asarray(lengths, np.int64)
    stops = np.cumsum(lengths)
    stride = max(-(-int(lengths.sum()) // max(budget, 1)), 1)
    counts = np.where(lengths > 0, -(-(lengths - 1) // stride) + 1, 0)
    owner = np.repeat(np.arange(len(lengths)), counts)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.maximum(stops[owner] - 1 - stride * step, stops[owner] - lengths[owner]), owner


def smooth_lines(buffer: Buffer, ends: NDArray[Any], color: tuple[int, ...], *, width: int) -> None:
    """Antialiased lines (M, 4) in one B, G, R, A colour."""
    joints = to_ints(ends).reshape(-1, 2, 2)
    if len(joints):
        cv2.polylines(buffer, list(joints), False, color, width, cv2.LINE_AA)


def smooth_path(buffer: Buffer, points: NDArray[Any], color: tuple[int, ...], *, width: int) -> None:
    """One antialiased polyline (P, 2)."""
    if len(points) > 1:
        cv2.polylines(buffer, [to_ints(points)], False, color, width, cv2.LINE_AA)


def bgra(value: int) -> tuple[int, int, int, int]:
    """A pixel as OpenCV names it in a buffer."""
    return (value & 255, value >> 8 & 255, value >> 16 & 255, value >> 24)


def dots(buffer: Buffer, centers: Ints, values: Pixels, *, radius: int) -> None:
    """Filled discs with a dark rim at (M, 2), all at once."""
    height, width = buffer.shape[:2]
    span = np.arange(-radius - 1, radius + 2)
    dx, dy = (a.ravel() for a in np.meshgrid(span, span))
    distance = np.hypot(dx, dy)
    margin = radius + 1
    inside = ((centers >= margin) & (centers < (width - margin, height - margin))).all(axis=1)
    home = centers[inside, 1].astype(np.int64) * width + centers[inside, 0]
    flat = buffer.view(np.uint32).reshape(-1)
    for reach, fill in ((radius + 1.2, np.uint32(0xB4000000)), (radius + 0.3, values[inside])):
        for x, y in zip(dx[distance <= reach].tolist(), dy[distance <= reach].tolist(), strict=True):
            flat[home + y * width + x] = fill
