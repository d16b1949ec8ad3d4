"""Ground truth and predicted tracks of one video, prepared once for all measures of multi-object tracking.

Identities are renumbered without holes, rows are put in the order of frames, and the overlap of every pair of
a true and a predicted box in the same frame is computed in one go. Only pairs that do overlap are kept: no
measure counts another one, and in most frames they are few.

A box with a NaN is no box, and ground truth marked as not to be counted is left out before anything is
matched, as the reference evaluator does for MOT15: no further preprocessing, classes are ignored
(Luiten and Hoffhues: TrackEval, 2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.boxes import as_boxes, xywh_to_xyxy
from workbench.core.errors import UserError

Array = NDArray[np.float64]
Index = NDArray[np.int64]

EPSILON = float(np.finfo(np.float64).eps)  # the reference evaluator's tolerance wherever it compares
PAIRS_AT_ONCE = 1 << 18  # of boxes compared at a time, so that the work stays in the processor's cache


@dataclass(frozen=True, eq=False)
class TrackRows:
    """Boxes with identities, one row a box, as files have them.

    Args:
        frames: (N,) int64, from 0.
        ids: (N,) int64, any numbers; one box of an identity a frame.
        boxes: (N, 4) x, y, w, h in pixels; a row with a NaN is no box.
        scores: (N,) of predicted boxes, for average precision; None = all alike.
        counted: (N,) whether a box of the ground truth counts; None = all do.

    Raises:
        UserError: columns differ in length, a frame is negative, or a box is infinite or of negative size.
    """

    frames: Index
    ids: Index
    boxes: Array
    scores: Array | None = None
    counted: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        columns = (self.frames, self.ids, self.boxes, self.scores, self.counted)
        if len({len(column) for column in columns if column is not None}) > 1:
            raise UserError("Boxes cannot be scored: their frames, identities and boxes differ in number.")
        if (self.frames < 0).any():
            raise UserError(f"Boxes cannot be scored: frame {self.frames.min()} is below 0.")
        if np.isinf(self.boxes).any() or (self.boxes[:, 2:] < 0).any():
            raise UserError("Boxes cannot be scored: one of them is infinite or of negative size.")

    @classmethod
    def of(cls, frames: ArrayLike, ids: ArrayLike, boxes: ArrayLike) -> TrackRows:
        """From anything that numpy makes arrays of."""
        return cls(np.asarray(frames, np.int64), np.asarray(ids, np.int64), as_boxes(boxes))

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True, eq=False)
class Side:
    """The boxes of one side in the order of their frames, otherwise as they were given.

    Args:
        frames: (N,) ascending.
        ids: (N,) from 0 without holes.
        corners: (N, 4) left, top, right, bottom.
        scores: (N,).
        starts: (frames + 1,) the rows of frame f are [starts[f], starts[f + 1]).
        original_ids: (identities,) what each identity was called.
    """

    frames: Index
    ids: Index
    corners: Array
    scores: Array
    starts: Index
    original_ids: Index

    def __len__(self) -> int:
        return len(self.frames)

    @cached_property
    def per_frame(self) -> Index:
        """Number of boxes in each frame, (frames,)."""
        return np.diff(self.starts)

    @cached_property
    def per_id(self) -> Index:
        """Number of boxes of each identity, (identities,)."""
        return np.bincount(self.ids, minlength=len(self.original_ids))

    @cached_property
    def areas(self) -> Array:
        """Of each box, (N,)."""
        result: Array = (self.corners[:, 2:] - self.corners[:, :2]).prod(axis=1)
        return result


@dataclass(frozen=True, eq=False)
class Sequence:
    """Both sides, and the pairs of boxes that overlap.

    Args:
        frame_count: number of frames.
        truth, predicted: the sides.
        truth_rows, predicted_rows: (P,) rows of each pair, by frame, then true box, then predicted box.
        overlaps: (P,) intersection over union of each pair, (0, 1].
    """

    frame_count: int
    truth: Side
    predicted: Side
    truth_rows: Index
    predicted_rows: Index
    overlaps: Array

    @cached_property
    def pair_frames(self) -> Index:
        """Frame of each pair, (P,)."""
        return self.truth.frames[self.truth_rows]

    @cached_property
    def id_pairs(self) -> tuple[Index, Index, Index]:
        """Which identities ever overlap: (true id (K,), predicted id (K,), index into them of each pair)."""
        others = max(1, len(self.predicted.original_ids))
        keys = self.truth.ids[self.truth_rows] * others + self.predicted.ids[self.predicted_rows]
        unique, index = np.unique(keys, return_inverse=True)
        return unique // others, unique % others, index

    def pairs_of(self, frame: int) -> slice:
        """The pairs of a frame; none of a frame below 0."""
        return slice(*self._pair_starts[frame : frame + 2].tolist()) if frame >= 0 else slice(0)

    @cached_property
    def _pair_starts(self) -> Index:
        return np.searchsorted(self.pair_frames, np.arange(self.frame_count + 1))


def prepare(truth: TrackRows, predicted: TrackRows, *, frame_count: int | None = None) -> Sequence:
    """Put both sides in order and compare their boxes.

    Args:
        truth: rows that do not count are left out.
        predicted: the tracks to be scored.
        frame_count: frames of the video; None = up to the last frame of either side.

    Raises:
        UserError: an identity has two boxes in a frame, or a box lies behind the last frame.
    """
    kept = _present(truth) if truth.counted is None else _present(truth) & truth.counted
    last = 1 + max(int(side.frames.max(initial=-1)) for side in (truth, predicted))
    count = last if frame_count is None else frame_count
    if last > count:
        raise UserError(f"There is a box in frame {last - 1}, and the video's last frame is {count - 1}.")
    ours = _side(truth, kept, count, "ground truth")
    theirs = _side(predicted, _present(predicted), count, "prediction")
    rows, others, overlaps = _overlapping(ours, theirs)
    return Sequence(count, ours, theirs, rows, others, overlaps)


def _present(rows: TrackRows) -> NDArray[np.bool_]:
    return np.asarray(~np.isnan(rows.boxes).any(axis=1))


def _side(rows: TrackRows, kept: NDArray[np.bool_], frame_count: int, what: str) -> Side:
    order = np.flatnonzero(kept)
    order = order[np.argsort(rows.frames[order], kind="stable")]
    frames, given = rows.frames[order], rows.ids[order]
    original, ids = np.unique(given, return_inverse=True)
    _check_unique(frames, given, what)
    scores = np.ones(len(order)) if rows.scores is None else rows.scores[order]
    starts = np.searchsorted(frames, np.arange(frame_count + 1))
    return Side(frames, ids, xywh_to_xyxy(rows.boxes[order]), scores, starts, original)


def _check_unique(frames: Index, ids: Index, what: str) -> None:
    order = np.lexsort((ids, frames))
    again = np.flatnonzero((np.diff(frames[order]) == 0) & (np.diff(ids[order]) == 0))
    if len(again):
        row = order[again[0]]
        raise UserError(
            f"The {what} has identity {ids[row]} twice in frame {frames[row]} (counted from 0);"
            " an identity has one box a frame."
        )


def _overlapping(truth: Side, predicted: Side) -> tuple[Index, Index, Array]:
    """Rows of the pairs that overlap, and their intersection over union."""
    per_row = predicted.per_frame[truth.frames]  # boxes that each true box is compared with
    ends = np.cumsum(per_row)
    cuts = np.searchsorted(ends, np.arange(0, ends[-1] if len(ends) else 0, PAIRS_AT_ONCE), side="right")
    bounds = [*np.unique(cuts).tolist(), len(truth)]
    parts = [_overlapping_rows(truth, predicted, np.arange(a, b)) for a, b in pairwise(bounds)]
    empty = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    rows, others, overlaps = zip(*(parts or [empty]), strict=True)
    return np.concatenate(rows), np.concatenate(others), np.concatenate(overlaps)


def _overlapping_rows(truth: Side, predicted: Side, chosen: Index) -> tuple[Index, Index, Array]:
    """Some true boxes with all predicted ones of their frames."""
    frames = truth.frames[chosen]
    counts = predicted.per_frame[frames]
    rows = np.repeat(chosen, counts)
    first = np.repeat(predicted.starts[frames] - (np.cumsum(counts) - counts), counts)
    others = first + np.arange(len(rows))
    width = _shared_length(truth, predicted, rows, others, axis=0)
    near = width > 0
    rows, others, width = rows[near], others[near], width[near]
    height = _shared_length(truth, predicted, rows, others, axis=1)
    shared = width * np.maximum(height, 0.0)
    area, other_area = truth.areas[rows], predicted.areas[others]
    union = area + other_area - shared
    real = (shared > 0) & (area > EPSILON) & (other_area > EPSILON)
    return rows[real], others[real], shared[real] / union[real]


def _shared_length(truth: Side, predicted: Side, rows: Index, others: Index, *, axis: int) -> Array:
    """Length along an axis that pairs share; negative = the gap between them."""
    a, b = truth.corners, predicted.corners
    low = np.maximum(a[:, axis][rows], b[:, axis][others])
    result: Array = np.minimum(a[:, axis + 2][rows], b[:, axis + 2][others]) - low
    return result
