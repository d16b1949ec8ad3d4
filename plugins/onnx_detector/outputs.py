"""The outputs of YOLO-style detectors, told apart by their shape.

==============================  ===================================================================
shape, without the batch        rows
==============================  ===================================================================
(places, 5 + classes)           cx, cy, w, h, objectness, a score a class (YOLOv5, v7)
(4 + classes, places)           the same without objectness (YOLOv8, v9, 11, 12), and transposed
(few, 6)                        x1, y1, x2, y2, score, class; nothing is left to suppress (v10)
(few, 7)                        batch, x1, y1, x2, y2, class, score (v7 with its suppression)
==============================  ===================================================================

Each may be transposed, and may have 32 more columns for masks, which are not looked at. Coordinates are
pixels of the input, or shares of it.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STRIDES = (8, 16, 32)  # of the grids of places
ANCHORS = 3  # boxes at each place of a grid, where there is objectness
MASKS = 32  # columns for masks
FEW = 1000  # rows that a network without suppression has more of


class Layout(StrEnum):
    """What the columns are."""

    AUTO = "auto"
    OBJECTNESS = "with objectness"
    CLASSES = "without objectness"
    END = "end to end"


def decoded(
    output: NDArray[np.float32], size: tuple[int, int], *, classes: int, layout: Layout = Layout.AUTO
) -> tuple[Array, Array, NDArray[np.int64], Layout]:
    """The boxes of an output.

    Args:
        output: (1, R, C) or (R, C).
        size: (width, height) of the input.
        classes: how many there are; 0 = not known.
        layout: AUTO = told by the shape.

    Returns:
        (N, 4) x1, y1, x2, y2 in pixels of the input, (N,) scores, (N,) classes, and which layout it was.

    Raises:
        ValueError: the shape is none of these.
    """
    rows = np.asarray(output, np.float64)
    rows = rows[0] if rows.ndim == 3 and len(rows) == 1 else rows
    if rows.ndim != 2:
        raise ValueError(f"an output of shape {output.shape} is not that of a YOLO detector")
    found = _layout(rows.shape, size, classes) if layout is Layout.AUTO else layout
    rows = _upright(rows, size, found, classes)
    if found is Layout.END:
        return (*_ended(rows, size), found)
    first = 5 if found is Layout.OBJECTNESS else 4
    scores = rows[:, first : first + classes] if classes else rows[:, first:]
    if scores.shape[1] == 0:
        raise ValueError(f"an output of shape {output.shape} has no scores of classes")
    if found is Layout.OBJECTNESS:
        scores = scores * rows[:, 4:5]
    best = scores.argmax(axis=1)
    centre, half = rows[:, :2], rows[:, 2:4] / 2
    boxes = _in_pixels(np.concatenate([centre - half, centre + half], 1), size)
    return boxes, scores[np.arange(len(rows)), best], best.astype(np.int64), found


def _layout(shape: tuple[int, int], size: tuple[int, int], classes: int) -> Layout:
    cells = _cells(size)
    places, columns = _places(shape, cells)
    if places not in (cells, ANCHORS * cells) and min(shape) in (6, 7) and places <= FEW:
        return Layout.END
    if classes:
        more = columns - classes
        if more in (5, 5 + MASKS):
            return Layout.OBJECTNESS
        if more in (4, 4 + MASKS):
            return Layout.CLASSES
        raise ValueError(f"an output of shape {shape} does not fit {classes} classes; name others")
    if places in (cells, ANCHORS * cells):
        return Layout.CLASSES if places == cells else Layout.OBJECTNESS
    return Layout.CLASSES if shape[0] < shape[1] else Layout.OBJECTNESS


def _places(shape: tuple[int, int], cells: int) -> tuple[int, int]:
    """(places, columns) of an output, whichever way round it is."""
    for places, columns in (shape, shape[::-1]):
        if places in (cells, ANCHORS * cells):
            return places, columns
    return max(shape), min(shape)


def _cells(size: tuple[int, int]) -> int:
    return sum(-(-size[0] // stride) * -(-size[1] // stride) for stride in STRIDES)


def _upright(rows: Array, size: tuple[int, int], layout: Layout, classes: int) -> Array:
    """One place a row."""
    if layout is Layout.END:
        return rows if rows.shape[1] in (6, 7) else rows.T
    places, _ = _places(rows.shape, _cells(size))
    return rows if rows.shape[0] == places else rows.T


def _ended(rows: Array, size: tuple[int, int]) -> tuple[Array, Array, NDArray[np.int64]]:
    if rows.shape[1] == 7:
        boxes, numbers, scores = rows[:, 1:5], rows[:, 5], rows[:, 6]
    else:
        boxes, scores, numbers = rows[:, :4], rows[:, 4], rows[:, 5]
    return _in_pixels(boxes, size), scores, np.rint(numbers).astype(np.int64)


def _in_pixels(boxes: Array, size: tuple[int, int]) -> Array:
    """Boxes x1, y1, x2, y2, also where they were given as shares of the input."""
    if len(boxes) and np.abs(boxes).max() <= 2.0:
        return boxes * (size * 2)
    return boxes
