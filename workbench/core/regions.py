"""Lines and zones over the picture, where targets are counted: what they are, and which side a point is on.

A line has a direction. Whoever walks along it from its first point to its second sees one part of the picture
at the left and the other at the right; a target that goes from left to right comes in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from math import isfinite
from typing import Any, Self

import numpy as np

from workbench.core.boxes import Array
from workbench.core.errors import UserError

Point = tuple[float, float]


class Kind(StrEnum):
    """What is counted."""

    LINE = "line"  # who crosses it, and in which direction
    ZONE = "zone"  # who is inside, since when and for how long


class Anchor(StrEnum):
    """The point of a box that stands for the target."""

    FOOT = "foot"  # the middle of the bottom edge: where somebody stands
    CENTRE = "centre"


@dataclass(frozen=True)
class Region:
    """A line or a zone of one video.

    Args:
        name: what the user calls it; no other region of the video has it.
        kind: line or zone.
        points: pixels of the source frame; two of a line, at least three of a zone, which is closed.
        anchor: which point of a box is looked at.

    Raises:
        UserError: it has no name, or too few points, or a line whose points are the same.
    """

    name: str
    kind: Kind
    points: tuple[Point, ...]
    anchor: Anchor = Anchor.FOOT

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise UserError("A line or zone needs a name.")
        if not all(isfinite(value) for point in self.points for value in point):
            raise UserError(f"“{self.name}” has a point that is no place in the picture.")
        different = len(set(self.points))
        if self.kind is Kind.LINE and (len(self.points) != 2 or different != 2):
            raise UserError(f"The line “{self.name}” needs two different points.")
        if self.kind is Kind.ZONE and different < 3:
            raise UserError(f"The zone “{self.name}” needs three different points or more.")

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {**asdict(self), "kind": str(self.kind), "anchor": str(self.anchor)}

    @classmethod
    def from_json(cls, data: object) -> Self:
        """From a JSON object, which may be somebody's.

        Raises:
            UserError: it is no region.
        """
        try:
            if not isinstance(data, Mapping):
                raise TypeError
            points = tuple((float(x), float(y)) for x, y in data["points"])
            return cls(str(data["name"]), Kind(data["kind"]), points, Anchor(data.get("anchor", Anchor.FOOT)))
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"A line or zone has “name”, “kind” (line, zone) and “points”, not {data!r:.80}."
            ) from error


def anchors(boxes: Array, anchor: Anchor) -> Array:
    """The points (N, 2) of boxes (N, 4) that stand for their targets."""
    share = (0.5, 1.0) if anchor is Anchor.FOOT else (0.5, 0.5)
    return boxes[:, :2] + boxes[:, 2:] * share


def beside_line(points: Array, start: Point, end: Point) -> Array:
    """Distances (N,) of points (N, 2) from the straight line through two others; at its left below 0."""
    (x, y), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
    return np.asarray((dx * (points[:, 1] - y) - dy * (points[:, 0] - x)) / np.hypot(dx, dy))


def beside_polygon(points: Array, corners: Array) -> Array:
    """Distances (N,) of points (N, 2) from the border of a polygon (K, 2); outside of it below 0.

    Inside is decided by the rule of even and odd; an edge at the left or the top belongs to the polygon, as
    it does to a box.
    """
    x, y = points[:, 0], points[:, 1]
    nearest = np.full(len(points), np.inf)
    inside = np.zeros(len(points), np.bool_)
    for (x1, y1), (x2, y2) in zip(corners.tolist(), np.roll(corners, -1, axis=0).tolist(), strict=True):
        dx, dy = x2 - x1, y2 - y1
        share = np.clip(((x - x1) * dx + (y - y1) * dy) / max(dx * dx + dy * dy, 1e-12), 0.0, 1.0)
        nearest = np.minimum(nearest, np.hypot(x - x1 - share * dx, y - y1 - share * dy))
        if dy:
            inside ^= ((y1 <= y) != (y2 <= y)) & (x < x1 + (y - y1) / dy * dx)
    return np.where(inside, nearest, -np.maximum(nearest, 1e-12))  # -0 would count as inside
