"""Which box, edge or handle is under the cursor. Pure functions over the boxes of a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Box

Kind = Literal["none", "inside", "edge", "handle"]

HANDLES: dict[str, tuple[float, float]] = {
    "nw": (0.0, 0.0),
    "n": (0.5, 0.0),
    "ne": (1.0, 0.0),
    "e": (1.0, 0.5),
    "se": (1.0, 1.0),
    "s": (0.5, 1.0),
    "sw": (0.0, 1.0),
    "w": (0.0, 0.5),
}
"""The eight handles and their place in the box, as shares of its width and height."""

HANDLE_REACH = 7.0  # widget pixels
EDGE_REACH = 4.0
ROOM_FOR_SIDES = 30.0  # a box smaller than this on the screen shows corner handles only


@dataclass(frozen=True)
class HitTarget:
    """What a point meets.

    Args:
        kind: "handle" and "edge" name the side or corner of the selected box in ``handle``; "edge" of
            another box has no handle.
        index: of the box, or -1.
        handle: a key of ``HANDLES`` or "".
    """

    kind: Kind = "none"
    index: int = -1
    handle: str = ""


NOTHING = HitTarget()


def shown_handles(box: Box, zoom: float) -> list[str]:
    """Names of the handles that have room at this zoom (widget pixels per source pixel)."""
    _, _, w, h = box
    names = []
    for name, (at_x, at_y) in HANDLES.items():
        if at_x == 0.5 and w * zoom < ROOM_FOR_SIDES:
            continue
        if at_y == 0.5 and h * zoom < ROOM_FOR_SIDES:
            continue
        names.append(name)
    return names


def handle_at(box: Box, x: float, y: float, *, zoom: float) -> str:
    """The nearest handle of ``box`` within reach of the source point (x, y), or "".

    In a small box the reach shrinks inwards, so that the middle can still be taken to move it.
    """
    left, top, w, h = box
    best, nearest = "", HANDLE_REACH
    for name in shown_handles(box, zoom):
        at_x, at_y = HANDLES[name]
        dx, dy = (x - left - at_x * w) * zoom, (y - top - at_y * h) * zoom
        inwards = left < x < left + w and top < y < top + h
        reach = min(HANDLE_REACH, min(w, h) * zoom / 4) if inwards else HANDLE_REACH
        distance = max(abs(dx), abs(dy))
        if distance <= reach and distance <= nearest:
            best, nearest = name, distance
    return best


def side_at(box: Box, x: float, y: float, *, zoom: float) -> str:
    """The side ("n", "e", "s", "w") of ``box`` that the source point touches, or ""."""
    left, top, w, h = box
    reach = EDGE_REACH / zoom
    if not (left - reach <= x <= left + w + reach and top - reach <= y <= top + h + reach):
        return ""
    inner = min(reach, min(w, h) / 6)
    for name, outside in (("n", top - y), ("s", y - top - h), ("w", left - x), ("e", x - left - w)):
        if -inner <= outside <= reach:
            return name
    return ""


def boxes_at(boxes: NDArray[np.float64], x: float, y: float, *, zoom: float) -> NDArray[np.int64]:
    """Indices of the boxes that hold the source point or touch it with an edge, smallest area first."""
    reach = EDGE_REACH / zoom
    low, high = boxes[:, :2] - reach, boxes[:, :2] + boxes[:, 2:] + reach
    found = np.flatnonzero(((low <= (x, y)) & (high >= (x, y))).all(axis=1))
    return found[np.argsort(boxes[found, 2] * boxes[found, 3], kind="stable")]


def hit_test(
    boxes: NDArray[np.float64],
    point: tuple[float, float],
    *,
    zoom: float,
    selected: int = -1,
    locked: bool = False,
) -> HitTarget:
    """What the cursor is on.

    Args:
        boxes: (N, 4) source pixels.
        point: source pixels.
        zoom: widget pixels per source pixel; reaches are in widget pixels.
        selected: index of the box that shows handles, or -1; it is taken before smaller ones, for where
            targets cross somebody who drags it means it.
        locked: the selected box cannot be dragged, so it has no handles.

    Returns:
        handle or edge of the selected box, else its inside, else the smallest box under the cursor.
    """
    x, y = point
    if 0 <= selected < len(boxes) and not locked:
        left, top, w, h = boxes[selected].tolist()
        handle = handle_at((left, top, w, h), x, y, zoom=zoom)
        if handle:
            return HitTarget("handle", selected, handle)
        side = side_at((left, top, w, h), x, y, zoom=zoom)
        if side:
            return HitTarget("edge", selected, side)
    under = boxes_at(boxes, x, y, zoom=zoom)
    if len(under) == 0:
        return NOTHING
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    inside = np.asarray(((low <= point) & (point <= high)).all(axis=1))
    index = selected if selected in under and inside[selected] else int(under[0])
    return HitTarget("inside" if inside[index] else "edge", index)


def next_under(boxes: NDArray[np.float64], point: tuple[float, float], *, zoom: float, current: int) -> int:
    """The box after ``current`` among those under the point, by area, starting over at the largest.

    Returns -1 when no box is there, and the smallest when ``current`` is not among them.
    """
    under: list[int] = boxes_at(boxes, *point, zoom=zoom).tolist()
    if not under:
        return -1
    return under[(under.index(current) + 1) % len(under)] if current in under else under[0]
