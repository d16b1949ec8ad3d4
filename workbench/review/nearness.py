"""Which boxes of one frame are near each other, and which lie near a place, for all frames at once.

Boxes are put in order of frame and then left edge, so that a box is compared only with those that begin
before its right edge; never all pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.core.boxes import Array
from workbench.review.view import Index, View

REACH = 0.1  # of its sides that a box is widened by on each side, so that boxes near each other touch


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of rows in one frame, the track of ``first`` before that of ``second``; (P,) each.

    Args:
        overlaps: intersection over union, [0, 1]; 0 = near without touching.
    """

    first: Index
    second: Index
    overlaps: Array


def near_pairs(view: View) -> Pairs:
    """All pairs of boxes of one class that touch once they are widened by ``REACH``."""
    corners = _widened(view)
    frames = view.boxes.frames
    order = np.lexsort((corners[:, 0], frames))
    here = np.arange(len(order))
    found = [(here[:0], here[:0])]
    step = 1
    while True:
        here = here[here + step < len(order)]
        row, other = order[here], order[here + step]
        reached = (frames[row] == frames[other]) & (corners[other, 0] < corners[row, 2])
        here, row, other = here[reached], row[reached], other[reached]
        if not len(here):
            break
        meet = (corners[other, 1] < corners[row, 3]) & (corners[row, 1] < corners[other, 3])
        meet &= view.boxes.classes[row] == view.boxes.classes[other]
        found.append((row[meet], other[meet]))
        step += 1
    row, other = (np.concatenate(part) for part in zip(*found, strict=True))
    first, second = np.minimum(row, other), np.maximum(row, other)
    return Pairs(first, second, overlaps(view.boxes.boxes[first], view.boxes.boxes[second]))


def overlaps(a: Array, b: Array) -> Array:
    """Intersection over union of each box with its partner, (P,)."""
    sides = np.minimum(a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    shared = np.clip(sides, 0, None).prod(axis=1)
    union = a[:, 2:].prod(axis=1) + b[:, 2:].prod(axis=1) - shared
    return np.asarray(shared / union)


@dataclass(frozen=True, eq=False)
class Shelf:
    """Boxes by frame and then centre, to look up those near a place."""

    rows: Index  # (N,) in that order
    keys: Array  # (N,) ascending
    stretch: float  # what a frame takes of the line of keys
    low: float  # least centre

    @classmethod
    def of(cls, view: View, rows: Index) -> Shelf:
        """Some rows of a view."""
        x = view.place[rows, 0]
        low = float(x.min(initial=0.0))
        stretch = float(x.max(initial=0.0)) - low + 1.0
        key = view.boxes.frames[rows] * stretch + (x - low)
        order = np.argsort(key, kind="stable")
        return cls(rows[order], key[order], stretch, low)

    def near(self, frame: Index, place: Array, reach: Array) -> tuple[Index, Index]:
        """Which rows have their centre within a square about each place.

        Args:
            frame: (K,) where it is looked.
            place: (K, 2) centre of the square.
            reach: (K,) half its side, pixels; from 0.

        Returns:
            Number of the place (M,) and row (M,); only x was looked at.
        """
        x = np.clip(place[:, 0] - self.low, -1e7, self.stretch + 1e7)
        base = frame * self.stretch
        first = np.searchsorted(self.keys, base + np.clip(x - reach, 0, self.stretch), side="left")
        stop = np.searchsorted(self.keys, base + np.clip(x + reach, 0, self.stretch), side="left")
        count = np.maximum(stop - first, 0)
        asked = np.repeat(np.arange(len(frame)), count)
        at = np.arange(len(asked)) - np.repeat(np.cumsum(count) - count - first, count)
        return asked, self.rows[at]


def touched(view: View, pairs: Pairs) -> Array:
    """The greatest overlap of each box with another one of its frame, (N,)."""
    most = np.zeros(len(view))
    np.maximum.at(most, pairs.first, pairs.overlaps)
    np.maximum.at(most, pairs.second, pairs.overlaps)
    return most


def _widened(view: View) -> Array:
    """Left, top, right, bottom, (N, 4)."""
    boxes = view.boxes.boxes
    margin = REACH * boxes[:, 2:]
    return np.concatenate([boxes[:, :2] - margin, boxes[:, :2] + boxes[:, 2:] + margin], axis=1)
