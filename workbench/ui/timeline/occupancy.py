"""A picture of who is where, for times when there are more runs in view than can be drawn one by one.

Each cell holds the most important kind among its frames (a maximum), at bins that double from level to
level, so that drawing costs as much as there are pixels, whatever the data. A single corrected frame in
100 000 stays visible at any zoom.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.rows import Origin
from workbench.ui.timeline.axis import TimeAxis
from workbench.ui.timeline.model import OUTSIDE, LaneData, Spans

MAX_CELLS = 16_000_000  # of the finest level
BLOCK = 64  # rows rendered at a time, which bounds the memory for indices

RANKED = (Origin.MODEL, Origin.INTERPOLATED, Origin.IMPORTED, Origin.HUMAN)
"""Kinds from the least important to the most; rank 0 is nothing, so the first has rank 1."""

_RANK = np.zeros(OUTSIDE + 1, np.uint8)
_RANK[list(RANKED)] = np.arange(1, len(RANKED) + 1)

Cells = NDArray[np.uint8]


def paint_cells(
    shape: tuple[int, int], row: NDArray[Any], first: NDArray[Any], last: NDArray[Any], rank: NDArray[Any]
) -> Cells:
    """A (rows, columns) picture with columns first..last (inclusive) of each run set to its rank.

    Where runs meet in a cell the highest rank wins.
    """
    cells = np.zeros(shape, np.uint8)
    flat = cells.reshape(-1)
    for value in range(1, len(RANKED) + 1):
        mine = rank == value
        counts = last[mine] - first[mine] + 1
        begin = row[mine] * shape[1] + first[mine]
        offset = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
        flat[np.repeat(begin, counts) + offset] = value
    return cells


def _halved(cells: Cells) -> Cells:
    """Half as many columns, each the maximum of two."""
    if cells.shape[1] % 2:
        cells = np.pad(cells, ((0, 0), (0, 1)))
    return np.maximum(cells[:, 0::2], cells[:, 1::2])


class Occupancy:
    """The levels, built when first needed.

    Args:
        data: the lanes.
        frames: length of the video.
    """

    def __init__(self, data: LaneData, frames: int) -> None:
        self._data = data
        self._frames = max(frames, int(data.boxes.stop.max(initial=1)))
        rows = max(len(data.track_ids), 1)
        self.base = 1 << max(math.ceil(math.log2(max(self._frames * rows / MAX_CELLS, 1.0))), 0)
        self._levels: list[Cells] = []

    def updated(self, data: LaneData, track_ids: Iterable[int]) -> Occupancy:
        """The levels for ``data``, in which only these tracks differ; only their rows are made again."""
        fresh = Occupancy(data, self._frames)
        same = np.array_equal(data.track_ids, self._data.track_ids) and fresh._frames == self._frames
        if not same or not self._levels:
            return fresh
        fresh._levels = self._levels
        for row in data.rows_of(list(track_ids)).tolist():
            if row >= 0:
                fresh._replace_row(row)
        return fresh

    def _replace_row(self, row: int) -> None:
        cells = self._block(self._data.boxes, row, row + 1)
        for level in self._levels:
            level[row] = cells[0, : level.shape[1]]
            cells = _halved(cells)

    def picture(self, rows: NDArray[Any], axis: TimeAxis, width: int) -> Cells:
        """(lanes, width) ranks of the visible frames.

        Args:
            rows: (lanes,) row of each lane, -1 = empty.
            axis: what is visible, over ``width`` columns.
            width: in device pixels.
        """
        per_column = axis.width / axis.scale / width  # frames
        if per_column < self.base:
            return self._exact(rows, axis, width)
        level = int(math.log2(per_column / self.base))
        cells = self._level(level)
        size = self.base << level
        edges = (axis.start + per_column * np.arange(width + 1)) / size
        left = np.floor(edges[:-1]).astype(np.int64)
        right = np.ceil(edges[1:]).astype(np.int64) - 1
        inside = (right >= 0) & (left < cells.shape[1])
        left, right = (np.clip(side, 0, cells.shape[1] - 1) for side in (left, right))
        low, high = int(left.min()), int(right.max()) + 1
        part = np.take(cells[:, low:high], np.maximum(rows, 0), axis=0)
        # A column is one or two bins wide, at most three with the fractions at its borders.
        out = np.take(part, left - low, axis=1)
        for column in ((left + 1).clip(max=right), right):
            np.maximum(out, np.take(part, column - low, axis=1), out=out)
        out[:, ~inside] = 0
        out[rows < 0] = 0
        return out

    def _exact(self, rows: NDArray[Any], axis: TimeAxis, width: int) -> Cells:
        """From the runs themselves, when a bin would be wider than a column."""
        spans = self._data.boxes
        lane, found = spans.select(rows, *axis.visible)
        columns_a_frame = axis.scale * width / axis.width
        first = np.floor((spans.start[found] - axis.start) * columns_a_frame).astype(np.int64)
        last = np.ceil((spans.stop[found] - axis.start) * columns_a_frame).astype(np.int64) - 1
        first, last = first.clip(0, width - 1), last.clip(0, width - 1)
        return paint_cells((len(rows), width), lane, first, np.maximum(last, first), _RANK[spans.kind[found]])

    def _level(self, number: int) -> Cells:
        if not self._levels:
            self._levels.append(self._finest())
        while len(self._levels) <= number:
            self._levels.append(_halved(self._levels[-1]))
        return self._levels[number]

    def _finest(self) -> Cells:
        rows = max(len(self._data.track_ids), 1)
        blocks = [self._block(self._data.boxes, low, min(low + BLOCK, rows)) for low in range(0, rows, BLOCK)]
        return np.concatenate(blocks)

    def _block(self, spans: Spans, low: int, high: int) -> Cells:
        columns = -(-self._frames // self.base)
        a, b = np.searchsorted(spans.row, [low, high])
        first, last = spans.start[a:b] // self.base, (spans.stop[a:b] - 1) // self.base
        return paint_cells((high - low, columns), spans.row[a:b] - low, first, last, _RANK[spans.kind[a:b]])
