"""Which pieces of which frames a film strip shows: tracks side by side before, at and after a place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from workbench.core.boxes import Box
from workbench.ui.colours import Rgb
from workbench.ui.review.crops import Crop

COLUMNS = 7
MOST_ROWS = 3
STEP = 6  # frames by which a column is further from the place than the last
ROOM = 1.15  # side of a piece, in sides of the largest box
WIDEST = 1.6  # width of a piece, in its heights
SMALLEST = 12  # pixels of a piece's side


@dataclass(frozen=True)
class Layout:
    """How much of a video a strip shows.

    Args:
        columns: frames at most.
        slimmest: least width of a piece, in its heights.
        by_rows: the same for each row that there is: a single row may be as high as two are together.
    """

    columns: int = COLUMNS
    slimmest: float = 1.25
    by_rows: float = 0.0


USUAL, SMALL = Layout(), Layout(5, 0.0, 0.45)

BoxOf = Callable[[int, int], Box | None]
"""The box of a track in a frame, if it has one there."""


@dataclass(frozen=True)
class Cell:
    """One track in one frame.

    Args:
        frame: where.
        crop: the piece to show; None where nothing tells where the target is.
        box: the track's box; None where it has none, and the piece shows where it would be.
    """

    frame: int
    crop: Crop | None
    box: Box | None


@dataclass(frozen=True)
class StripRow:
    """One track over all columns."""

    track_id: int
    title: str
    colour: Rgb
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Strip:
    """What a film strip shows.

    Args:
        frames: of the columns, ascending.
        at: the frame that is looked at; one of them.
        start, stop: frames [start, stop) in question.
        rows: the tracks.
        size: width and height of every piece in source pixels.
        left_out: tracks for which there was no row.
    """

    frames: tuple[int, ...] = ()
    at: int = 0
    start: int = 0
    stop: int = 0
    rows: tuple[StripRow, ...] = ()
    size: tuple[int, int] = (1, 1)
    left_out: int = 0

    @property
    def crops(self) -> tuple[Crop, ...]:
        """All pieces, each once."""
        return tuple(dict.fromkeys(c.crop for row in self.rows for c in row.cells if c.crop is not None))


NO_STRIP = Strip()


@dataclass(frozen=True)
class Place:
    """What a strip is about.

    Args:
        tracks: ids, the most important ones first.
        frame: where to look.
        start, stop: frames [start, stop) in question.
        frames: those that are to be seen before all others.
    """

    tracks: tuple[int, ...]
    frame: int
    start: int
    stop: int
    frames: tuple[int, ...] = ()


@dataclass(frozen=True)
class Names:
    """How tracks are called and painted."""

    titles: Mapping[int, str] = field(default_factory=dict)
    colours: Mapping[int, Rgb] = field(default_factory=dict)


def strip_of(place: Place, box_of: BoxOf, names: Names, *, frame_count: int, layout: Layout = USUAL) -> Strip:
    """Plan a strip.

    Args:
        place: what it is about.
        box_of: asked for every track in every column.
        names: of the tracks.
        frame_count: of the video.
        layout: of the strip.
    """
    frames = columns(place, frame_count, layout.columns)
    shown = place.tracks[:MOST_ROWS]
    found = {track: [box_of(track, frame) for frame in frames] for track in shown}
    known = [box for boxes in found.values() for box in boxes if box is not None]
    if not known or not frames:
        return NO_STRIP
    count = sum(any(boxes) for boxes in found.values())
    size = piece_size(known, max(layout.slimmest, layout.by_rows * count))
    rows = tuple(
        StripRow(
            track,
            names.titles.get(track, "?"),
            names.colours.get(track, (160, 160, 160)),
            tuple(_cells(frames, boxes, size)),
        )
        for track, boxes in found.items()
        if any(box is not None for box in boxes)
    )
    at = int(np.clip(place.frame, frames[0], frames[-1]))
    return Strip(frames, at, place.start, place.stop, rows, size, len(place.tracks) - len(shown))


def columns(place: Place, frame_count: int, most: int = COLUMNS) -> tuple[int, ...]:
    """That many frames, fewer in a short video: of the span its middle and ends, and some on both sides."""
    start, end = place.start, max(place.stop - 1, place.start)
    middle = int(np.clip(place.frame, start, end))
    wanted = [
        *place.frames,
        middle,
        start - STEP,
        end + STEP,
        start,
        end,
        (start + middle) // 2,
        (middle + end + 1) // 2,
    ]
    wanted += [f for k in range(2, COLUMNS) for f in (start - k * STEP, end + k * STEP)]
    there = dict.fromkeys(frame for frame in wanted if 0 <= frame < frame_count)
    return tuple(sorted(list(there)[:most]))


def piece_size(boxes: Sequence[Box], slimmest: float = USUAL.slimmest) -> tuple[int, int]:
    """Width and height that hold every box with some room, neither slim nor flat: one scale for all."""
    sides = np.array(boxes, np.float64)[:, 2:].max(axis=0) * ROOM
    width, height = np.maximum(sides, SMALLEST)
    width, height = max(width, height * slimmest), max(height, width / WIDEST)
    return int(np.ceil(width)), int(np.ceil(height))


def _cells(frames: Sequence[int], boxes: Sequence[Box | None], size: tuple[int, int]) -> list[Cell]:
    known = [i for i, box in enumerate(boxes) if box is not None]
    cells = []
    for i, (frame, box) in enumerate(zip(frames, boxes, strict=True)):
        nearest = min(known, key=lambda k: abs(frames[k] - frames[i]), default=None)
        there = box if nearest is None else boxes[nearest]
        cells.append(Cell(frame, None if there is None else _crop(frame, there, size), box))
    return cells


def _crop(frame: int, box: Box, size: tuple[int, int]) -> Crop:
    x, y, w, h = box
    return Crop(frame, round(x + w / 2 - size[0] / 2), round(y + h / 2 - size[1] / 2), *size)
