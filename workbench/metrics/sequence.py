"""Ground truth and predicted tracks of one video, prepared once for all measures of multi-object tracking.

Identities are renumbered without holes, rows are put in the order of frames, and the overlaps of true and
predicted boxes in the same frame are computed in one go. Only pairs that do overlap are kept: no
measure counts another one, and in most frames they are few.

A box with a NaN is no box, and ground truth marked as not to be counted is left out before anything is
matched, as the reference evaluator does for MOT15: no further preprocessing, classes are ignored
(Luiten and Hoffhues: TrackEval, 2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.boxes import as_boxes, xywh_to_xyxy
from workbench.core.errors import UserError
from workbench.metrics.overlapping import Array, Index, overlapping

LARGEST = 1e100  # pixels; the area of a larger box may not be a number


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
        if (np.abs(self.boxes) > LARGEST).any() or (self.boxes[:, 2:] < 0).any():
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
    rows, others, overlaps = overlapping(ours.frames, ours.corners, theirs.frames, theirs.corners)
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
