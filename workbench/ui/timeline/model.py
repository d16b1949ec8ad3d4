"""From box columns to what a timeline draws: runs of frames of one kind, per track.

A video has millions of boxes and far fewer runs, so lanes are drawn from runs. All tracks lie in the same
sorted arrays, because the visible part of a thousand lanes is then found by two binary searches, and one
function serves all tracks at the start and the one that an edit changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.rows import Origin

OUTSIDE = len(Origin)
"""The kind of a run where the target is not in the frame; the other kinds are ``Origin``."""

_SHIFT = 32
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class BoxColumns:
    """The columns of boxes that the timeline shows, all (N,), in any order.

    ``score`` is in [0, 1], NaN = not measured. At most one box for a (track, frame).
    """

    track_id: Ints
    frame: Ints
    origin: NDArray[Any]
    verified: NDArray[Any]
    keyframe: NDArray[Any]
    occluded: NDArray[Any]
    outside: NDArray[Any]
    score: NDArray[Any]

    @classmethod
    def of(
        cls,
        track_id: ArrayLike,
        frame: ArrayLike,
        *,
        origin: ArrayLike = Origin.HUMAN,
        verified: ArrayLike = 0,
        keyframe: ArrayLike = 0,
        occluded: ArrayLike = 0,
        outside: ArrayLike = 0,
        score: ArrayLike = np.nan,
    ) -> BoxColumns:
        """Build from arrays or from single values that hold for every box."""
        frames = np.asarray(frame, np.int64)

        def column(values: ArrayLike, dtype: type) -> NDArray[Any]:
            return np.broadcast_to(np.asarray(values, dtype), frames.shape)

        return cls(
            column(track_id, np.int64),
            frames,
            column(origin, np.uint8),
            column(verified, np.uint8),
            column(keyframe, np.uint8),
            column(occluded, np.uint8),
            column(outside, np.uint8),
            column(score, np.float32),
        )

    def ordered(self) -> BoxColumns:
        """By track and frame."""
        key = (self.track_id << _SHIFT) | self.frame
        if np.all(key[1:] > key[:-1]):
            return self
        order = np.argsort(key, kind="stable")
        arrays: dict[str, Any] = {f.name: getattr(self, f.name)[order] for f in fields(self)}
        return BoxColumns(**arrays)


@dataclass(frozen=True, eq=False)
class Spans:
    """Runs of frames [start, stop) with a kind, sorted by row and start, disjoint within a row; all (S,)."""

    row: Ints
    start: Ints
    stop: Ints
    kind: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.row)

    @cached_property
    def _start_keys(self) -> Ints:
        return (self.row << _SHIFT) | self.start

    @cached_property
    def _stop_keys(self) -> Ints:
        return (self.row << _SHIFT) | self.stop

    def bounds(self, rows: Ints, start: int, stop: int) -> tuple[Ints, Ints]:
        """For each row the index range of its runs that meet [start, stop)."""
        base = rows.astype(np.int64) << _SHIFT
        first = np.searchsorted(self._stop_keys, base + max(start, 0), side="right")
        last = np.searchsorted(self._start_keys, base + max(stop, 0), side="left")
        return first, np.maximum(last, first)

    def count(self, rows: Ints, start: int, stop: int) -> int:
        """How many runs of these rows meet [start, stop)."""
        first, last = self.bounds(rows, start, stop)
        return int((last - first).sum())

    def select(self, rows: Ints, start: int, stop: int) -> tuple[Ints, Ints]:
        """The runs of these rows that meet [start, stop).

        Returns:
            positions in ``rows`` and indices of the runs, both (M,).
        """
        first, last = self.bounds(rows, start, stop)
        counts = last - first
        lane = np.repeat(np.arange(len(rows)), counts)
        offset = np.arange(len(lane)) - np.repeat(np.cumsum(counts) - counts, counts)
        return lane, np.repeat(first, counts) + offset


def spans_of(rows: Ints, frames: Ints, kinds: NDArray[Any]) -> Spans:
    """Runs of consecutive frames with one kind; the input (N,) is sorted by row and frame."""
    if len(rows) == 0:
        nothing = np.zeros(0, np.int64)
        return Spans(nothing, nothing, nothing, np.zeros(0, np.uint8))
    broken = (np.diff(rows) != 0) | (np.diff(frames) != 1) | (np.diff(kinds.astype(np.int16)) != 0)
    first = np.concatenate([[0], np.flatnonzero(broken) + 1])
    last = np.concatenate([first[1:], [len(rows)]]) - 1
    return Spans(rows[first], frames[first], frames[last] + 1, kinds[first].astype(np.uint8))


@dataclass(frozen=True, eq=False)
class LaneData:
    """What all lanes show.

    Args:
        track_ids: (T,) sorted; a row of the spans is a position here.
        boxes: runs by kind (``Origin`` or ``OUTSIDE``).
        occluded, verified: runs of that mark.
        keyframes: one run of one frame each.
        score_key: (B,) row << 32 | frame of every measured score, sorted.
        score: (B,) float32.
    """

    track_ids: Ints
    boxes: Spans
    occluded: Spans
    verified: Spans
    keyframes: Spans
    score_key: Ints
    score: NDArray[np.float32]

    def rows_of(self, track_ids: ArrayLike) -> Ints:
        """Row of each track, -1 where it has no boxes (a row that no run has)."""
        wanted = np.asarray(track_ids, np.int64)
        if len(self.track_ids) == 0:
            return np.full(wanted.shape, -1, np.int64)
        place = np.minimum(np.searchsorted(self.track_ids, wanted), len(self.track_ids) - 1)
        return np.where(self.track_ids[place] == wanted, place, -1)

    def scores_of(self, track_id: int) -> tuple[Ints, NDArray[np.float32]]:
        """Frames and scores of one track, both (M,), by frame."""
        row = int(self.rows_of([track_id])[0])
        if row < 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        first, last = np.searchsorted(self.score_key, [row << _SHIFT, (row + 1) << _SHIFT])
        return self.score_key[first:last] & ((1 << _SHIFT) - 1), self.score[first:last]

    def kind_at(self, track_id: int, frame: int) -> int | None:
        """``Origin``, ``OUTSIDE``, or None where the track has no box."""
        _, found = self.boxes.select(self.rows_of([track_id]), frame, frame + 1)
        return int(self.boxes.kind[found[0]]) if len(found) else None


def lane_data(columns: BoxColumns) -> LaneData:
    """Everything the lanes show, from all boxes of a video (or of some tracks)."""
    c = columns.ordered()
    track_ids, rows = np.unique(c.track_id, return_inverse=True)
    kinds = np.where(c.outside != 0, OUTSIDE, c.origin)

    def marked(mask: NDArray[np.bool_]) -> Spans:
        return spans_of(rows[mask], c.frame[mask], np.zeros(int(mask.sum()), np.uint8))

    key = c.keyframe != 0
    keyframes = Spans(rows[key], c.frame[key], c.frame[key] + 1, np.zeros(int(key.sum()), np.uint8))
    here = c.outside == 0
    measured = here & np.isfinite(c.score)
    return LaneData(
        track_ids,
        spans_of(rows, c.frame, kinds),
        marked(here & (c.occluded != 0)),
        marked(here & (c.verified != 0)),
        keyframes,
        (rows[measured].astype(np.int64) << _SHIFT) | c.frame[measured],
        c.score[measured].astype(np.float32),
    )


NO_LANES = lane_data(BoxColumns.of([], []))


def replace_tracks(data: LaneData, track_ids: Iterable[int], columns: BoxColumns) -> LaneData:
    """``data`` with these tracks recomputed from ``columns`` (all of their boxes), the others untouched.

    A track without boxes in ``columns`` is left without runs.
    """
    fresh = lane_data(columns)
    everyone = np.union1d(data.track_ids, fresh.track_ids)
    changed = np.intersect1d(everyone, np.array(list(track_ids), np.int64))
    rows = np.searchsorted(everyone, changed)
    old_rows = np.searchsorted(everyone, data.track_ids)
    new_rows = np.searchsorted(everyone, fresh.track_ids)

    def merged(old: Spans, new: Spans) -> Spans:
        row, new_row = _renumbered(old.row, old_rows), _renumbered(new.row, new_rows)
        cuts = _Cuts.of(row, new_row, rows)
        names = ("start", "stop", "kind")
        return Spans(
            cuts.splice(row, new_row), *(cuts.splice(getattr(old, n), getattr(new, n)) for n in names)
        )

    key, new_key = _moved(data.score_key, old_rows), _moved(fresh.score_key, new_rows)
    cuts = _Cuts.of(key >> _SHIFT, new_key >> _SHIFT, rows)
    return LaneData(
        everyone,
        merged(data.boxes, fresh.boxes),
        merged(data.occluded, fresh.occluded),
        merged(data.verified, fresh.verified),
        merged(data.keyframes, fresh.keyframes),
        cuts.splice(key, new_key),
        cuts.splice(data.score, fresh.score),
    )


@dataclass(frozen=True, eq=False)
class _Cuts:
    """Where sorted arrays are cut open to put the rows of another in their place."""

    out: list[tuple[int, int]]
    into: list[tuple[int, int]]

    @classmethod
    def of(cls, old: Ints, new: Ints, rows: Ints) -> _Cuts:
        def ranges(sorted_rows: Ints) -> list[tuple[int, int]]:
            first = np.searchsorted(sorted_rows, rows, side="left").tolist()
            return list(zip(first, np.searchsorted(sorted_rows, rows, side="right").tolist(), strict=True))

        return cls(ranges(old), ranges(new))

    def splice(self, old: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
        parts, at = [], 0
        for (first, last), (begin, end) in zip(self.out, self.into, strict=True):
            parts += [old[at:first], new[begin:end]]
            at = last
        return np.concatenate([*parts, old[at:]])


def _renumbered(row: Ints, numbers: Ints) -> Ints:
    """Row r becomes ``numbers[r]``; nothing to do while no track is new."""
    same = len(numbers) == 0 or int(numbers[-1]) == len(numbers) - 1
    return row if same else numbers[row]


def _moved(keys: Ints, numbers: Ints) -> Ints:
    """Keys whose row r becomes ``numbers[r]``."""
    return (_renumbered(keys >> _SHIFT, numbers) << _SHIFT) | (keys & ((1 << _SHIFT) - 1))
