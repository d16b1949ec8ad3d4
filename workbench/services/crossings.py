"""Who crossed a line and who was in a zone, from tracks: robust against boxes that tremble.

A target has changed sides when it is farther than a margin on the other one, and the change is dated to when
it last passed the border before. So somebody who stands on a line and whose box trembles crosses it at most
once, and nothing is counted late. The margin is a share of the box, since boxes tremble with their size.

Where a track begins and where it ends it is taken at its word: of a track that is cut in two at the line,
exactly one part crosses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Array
from workbench.core.regions import Kind, Region, anchors, beside_line, beside_polygon
from workbench.core.track_boxes import TrackBoxes

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

MARGIN = 0.1  # of the square root of a box's area


@dataclass(frozen=True, eq=False)
class Crossings:
    """Crossings of a line by frame, then track: (N,) each.

    Args:
        frames: the first frame on the other side.
        tracks: who.
        classes: of what class.
        inwards: from the left of the line to its right.
        places: (N, 2) where, pixels.
    """

    frames: Ints
    tracks: Ints
    classes: Ints
    inwards: Mask
    places: Array

    def so_far(self, frame: int | None = None) -> tuple[int, int]:
        """How many came in and went out up to this frame, it included; None = in all."""
        stop = len(self.frames) if frame is None else int(np.searchsorted(self.frames, frame, "right"))
        came = int(self.inwards[:stop].sum())
        return came, stop - came


@dataclass(frozen=True, eq=False)
class Visits:
    """Stays in a zone by their start, then track: (N,) each. Frames without a box between two inside count.

    Args:
        tracks, classes: who, and of what class.
        starts, stops: frames [start, stop) inside.
        entered: it came from outside; False = its track begins inside.
        left: it went outside; False = its track ends inside.
    """

    tracks: Ints
    classes: Ints
    starts: Ints
    stops: Ints
    entered: Mask
    left: Mask

    def occupancy(self, frame_count: int) -> Ints:
        """How many are inside in each frame, (frames,)."""
        change = np.zeros(frame_count + 1, np.int64)
        np.add.at(change, self.starts, 1)
        np.add.at(change, self.stops, -1)
        return np.cumsum(change)[:-1]

    def entries(self, frame: int | None = None) -> int:
        """How many came in up to this frame, it included; None = in all."""
        return int((self.entered & (frame is None or self.starts <= frame)).sum())

    def exits(self, frame: int | None = None) -> int:
        """How many had gone out by this frame; None = in all."""
        return int((self.left & (frame is None or self.stops <= frame)).sum())

    def inside(self, frame: int) -> int:
        """How many are inside in this frame."""
        return int(((self.starts <= frame) & (frame < self.stops)).sum())


def crossings(boxes: TrackBoxes, line: Region, *, margin: float = MARGIN) -> Crossings:
    """Who crossed a line between its two points.

    Args:
        boxes: the tracks; between two boxes of a track its path is straight.
        margin: how far on the other side a target must be, in square roots of its box's area.
    """
    assert line.kind is Kind.LINE
    points = anchors(boxes.boxes, line.anchor)
    start, end = line.points
    beside = beside_line(points, start, end)
    rows = changes(boxes.tracks, beside, margin * _sizes(boxes))
    before, after = beside[rows - 1], beside[rows]
    share = before / (before - after)
    places = points[rows - 1] + share[:, None] * (points[rows] - points[rows - 1])
    along = (places - start) @ np.subtract(end, start) / np.hypot(*np.subtract(end, start)) ** 2
    met = (along >= 0) & (along <= 1)
    rows, places = rows[met], places[met]
    order = np.lexsort((boxes.tracks[rows], boxes.frames[rows]))
    rows = rows[order]
    inwards = beside[rows] >= 0
    return Crossings(boxes.frames[rows], boxes.tracks[rows], boxes.classes[rows], inwards, places[order])


def visits(boxes: TrackBoxes, zone: Region, *, margin: float = MARGIN) -> Visits:
    """Who was in a zone, from when to when.

    Args:
        boxes: the tracks.
        margin: how far inside or outside a target must be to have changed, in square roots of its area.
    """
    assert zone.kind is Kind.ZONE
    beside = beside_polygon(anchors(boxes.boxes, zone.anchor), np.array(zone.points))
    changed = np.zeros(len(boxes), np.bool_)
    changed[changes(boxes.tracks, beside, margin * _sizes(boxes))] = True
    begins = np.zeros(len(boxes), np.bool_)
    begins[boxes.bounds[:-1]] = True
    # Rows between two changes are on one side: that of the row where the run begins.
    firsts = np.flatnonzero(begins | changed)
    lasts = np.append(firsts, len(boxes))[1:] - 1
    stays = beside[firsts] >= 0
    firsts, lasts = firsts[stays], lasts[stays]
    left = np.append(changed, False)[lasts + 1]
    starts, stops = boxes.frames[firsts], boxes.frames[lasts] + 1
    order = np.lexsort((boxes.tracks[firsts], starts))
    firsts = firsts[order]
    return Visits(
        boxes.tracks[firsts], boxes.classes[firsts], starts[order], stops[order], changed[firsts], left[order]
    )


def changes(tracks: Ints, beside: Array, margins: Array) -> Ints:
    """Rows where a track has changed sides for good: the first on the new side.

    Args:
        tracks: (N,) sorted by track, then frame.
        beside: (N,) distance from the border; 0 or above = one side, below 0 = the other.
        margins: (N,) from which distance on a side is believed.
    """
    if not len(tracks):
        return np.zeros(0, np.int64)
    side = beside >= 0
    new = np.append(True, np.diff(tracks) != 0)
    last = np.append(new[1:], True)
    runs = np.flatnonzero(new | np.append(True, side[1:] != side[:-1]))
    run_starts = np.repeat(runs, np.diff(np.append(runs, len(tracks))))
    sure = np.flatnonzero((np.abs(beside) >= margins) | new | last)
    one, other = sure[:-1], sure[1:]
    changed = (tracks[one] == tracks[other]) & (side[one] != side[other])
    return np.asarray(run_starts[other[changed]])


def _sizes(boxes: TrackBoxes) -> Array:
    return np.asarray(np.sqrt(np.maximum(boxes.boxes[:, 2] * boxes.boxes[:, 3], 0.0)))
