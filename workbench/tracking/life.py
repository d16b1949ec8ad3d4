"""The life of tracks: born from a detection, confirmed, lost, found again, dropped.

One column a property and one row a track, so that a frame costs a fixed number of array operations however
many tracks there are. Within a frame a tracker lets its tracks ``advance``, joins them with detections in one
or more rounds of ``join``, then takes in what was joined (``revise``), sets the others aside (``lose``), and
makes tracks of detections that nobody took (``bear``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.errors import UserError
from workbench.tracking.assignment import Matches
from workbench.tracking.costs import of_one_class, overlaps, unit
from workbench.tracking.kalman import SPEED, Kalman
from workbench.tracking.tracker import FURTHEST, Array, Indices, Seen, TrackedBoxes, checked_motion

MOST_STEPS = 1000  # frames a filter looks ahead at most, where many were left out


NEW, TRACKED, LOST = range(3)
"""Where a track is in its life; new = not confirmed: seen too few times to be shown."""


@dataclass
class Tracks:
    """Columns of the live tracks, oldest row first; ids grow with the row."""

    ids: NDArray[np.int64]
    classes: NDArray[np.int64]
    life: NDArray[np.int8]  # NEW, TRACKED or LOST
    born: NDArray[np.int64]  # frame
    last: NDArray[np.int64]  # last frame with a detection
    hits: NDArray[np.int64]  # detections in a row behind the first, or since the last miss
    scores: Array  # of the last detection
    detection: Indices  # row among the frame's usable detections; -1 = not joined
    motion: Array  # (N, 5, 4) states of the filter
    boxes: Array  # (N, 4) x, y, w, h as the filter sees them now
    features: Array  # (N, D) appearance of length 1; 0 = not known

    def __len__(self) -> int:
        return len(self.ids)

    def keep(self, chosen: NDArray[np.bool_]) -> None:
        """Drop the rows that are False in ``chosen`` (N,)."""
        if not chosen.all():
            for name, column in vars(self).items():
                setattr(self, name, column[chosen])

    def add(self, new: Self) -> None:
        """Put the rows of ``new`` behind these."""
        for name, column in vars(self).items():
            setattr(self, name, np.concatenate([column, getattr(new, name)]))


def new_tracks(seen: Seen, rows: Indices, kalman: Kalman, *, first_id: int, frame: int, life: int) -> Tracks:
    """Tracks born in ``frame`` of the detections ``rows``, with ids from ``first_id`` on."""
    count = len(rows)
    return Tracks(
        ids=np.arange(first_id, first_id + count, dtype=np.int64),
        classes=seen.classes[rows],
        life=np.full(count, life, dtype=np.int8),
        born=np.full(count, frame, dtype=np.int64),
        last=np.full(count, frame, dtype=np.int64),
        hits=np.zeros(count, dtype=np.int64),
        scores=seen.scores[rows],
        detection=rows.astype(np.intp),
        motion=kalman.start(seen.boxes[rows]),
        boxes=seen.boxes[rows],
        features=seen.features[rows],
    )


class Population:
    """The tracks of one tracker, and the steps of their life in a frame.

    Args:
        kalman: how boxes move.
    """

    def __init__(self, kalman: Kalman) -> None:
        self.kalman = kalman
        self.frame = -1
        self.frames = 0  # how many were given
        self._next_id = 1
        nothing = Seen(np.empty((0, 4)), np.empty(0), np.empty(0, np.int64), np.empty((0, 0)), _NONE)
        self.tracks = new_tracks(nothing, _NONE, kalman, first_id=1, frame=0, life=NEW)

    @property
    def at_start(self) -> bool:
        """The current frame is the first this tracker was given."""
        return self.frames == 1

    def advance(
        self,
        frame: int,
        seen: Seen,
        *,
        motion: ArrayLike | None = None,
        still: Iterable[int] = (),
        predict_new: bool = True,
    ) -> Seen:
        """Bring all tracks to ``frame``, joined with nothing yet; drop those that are out of any picture.

        Args:
            frame: after the last one.
            seen: its detections.
            motion: of the camera, (2, 3).
            still: which of the filter's four numbers stop changing while a track is lost.
            predict_new: move tracks that are not confirmed as well.

        Returns:
            The detections, with features of as many numbers as the tracks have.
        """
        if frame <= self.frame:
            raise UserError(
                f"Frame {frame} came after frame {self.frame}; give frames in increasing order from 0, "
                "or begin with a new tracker."
            )
        steps = min(frame - self.frame, MOST_STEPS)
        self.frame = frame
        self.frames += 1
        tracks = self.tracks
        tracks.detection[:] = -1
        for number in still:
            tracks.motion[tracks.life == LOST, SPEED, number] = 0.0
        rows = slice(None) if predict_new else tracks.life != NEW
        for _ in range(steps if len(tracks) else 0):
            tracks.motion[rows] = self.kalman.predict(tracks.motion[rows])
        affine = checked_motion(motion)
        if affine is not None:
            tracks.motion = self.kalman.move(tracks.motion, affine)
        tracks.boxes = self.kalman.boxes(tracks.motion)
        tracks.keep(np.asarray((np.abs(tracks.boxes) <= FURTHEST).all(axis=1)))
        return self._with_features(seen)

    def _with_features(self, seen: Seen) -> Seen:
        """Give tracks or detections without appearance that of the others, all unknown."""
        here, there = self.tracks.features.shape[1], seen.features.shape[1]
        if here == there:
            return seen
        if here == 0:
            self.tracks.features = np.zeros((len(self.tracks), there))
            return seen
        if there == 0:
            return seen._replace(features=np.zeros((len(seen.rows), here)))
        raise UserError(f"Embeddings of {there} numbers came after embeddings of {here}; use one network.")

    def free(self, *lives: int) -> Indices:
        """Rows of tracks of these lives that are not joined in this frame."""
        tracks = self.tracks
        alive = tracks.life == lives[0]
        for life in lives[1:]:
            alive |= tracks.life == life
        return np.flatnonzero(alive & (tracks.detection < 0))

    def join(self, rows: Indices, detections: Indices, matches: Matches) -> Indices:
        """Note matches between some tracks and some detections; the detections nobody took."""
        self.tracks.detection[rows[matches.rows]] = detections[matches.columns]
        rest = np.ones(len(detections), dtype=np.bool_)
        rest[matches.columns] = False
        return detections[rest]

    def revise(self, seen: Seen, *, keep_feature: float = 0.0) -> None:
        """Take in the detections that tracks were joined with: they are tracked now.

        Args:
            seen: the frame's detections.
            keep_feature: share of the old appearance in the new, [0, 1].
        """
        tracks = self.tracks
        rows = np.flatnonzero(tracks.detection >= 0)
        if not len(rows):
            return
        taken = tracks.detection[rows]
        measured = self.kalman.form.measure(seen.boxes[taken])
        tracks.motion[rows] = self.kalman.update(tracks.motion[rows], measured)
        tracks.boxes[rows] = self.kalman.boxes(tracks.motion[rows])
        tracks.hits[rows] += 1
        tracks.last[rows] = self.frame
        tracks.scores[rows] = seen.scores[taken]
        if tracks.features.shape[1]:
            tracks.features[rows] = _blended(tracks.features[rows], seen.features[taken], keep_feature)

    def confirm(self) -> None:
        """Every track joined in this frame is tracked."""
        self.tracks.life[self.tracks.detection >= 0] = TRACKED

    def lose(self, *, longest: int) -> None:
        """Set tracks aside that were not joined; drop the new among them, and those lost for too long.

        Args:
            longest: frames since the last detection after which a track is dropped.
        """
        tracks = self.tracks
        missed = tracks.detection < 0
        if missed.any():
            tracks.hits[missed] = 0
            gone = missed & ((tracks.life == NEW) | (self.frame - tracks.last > longest))
            tracks.life[missed & (tracks.life == TRACKED)] = LOST
            tracks.keep(~gone)

    def bear(self, seen: Seen, rows: Indices, *, life: int) -> None:
        """Make a track of each of the detections ``rows``."""
        if len(rows):
            born = new_tracks(
                seen, rows, self.kalman, first_id=self._next_id, frame=self.frame, life=life
            )  # fmt: skip
            self._next_id += len(rows)
            self.tracks.add(born)

    def in_a_row(self, hits: int) -> NDArray[np.bool_]:
        """Tracks joined now and in as many frames in a row as asked after their first; all at the start."""
        return (self.tracks.detection >= 0) & ((self.tracks.hits >= hits) | (self.frames <= hits))

    def drop_twins(self, closest: float, *, wider: float = 0.0) -> None:
        """Of a lost and a present track in one place, drop the one seen for a shorter time.

        Args:
            closest: overlap above which two tracks are in one place, [0, 1].
            wider: pixels added to widths and heights before measuring it.
        """
        tracks = self.tracks
        lost = np.flatnonzero(tracks.life == LOST)
        if not len(lost):
            return
        present = np.flatnonzero(tracks.life != LOST)
        grow = (0.0, 0.0, wider, wider)
        pairs = overlaps(tracks.boxes[present] + grow, tracks.boxes[lost] + grow)
        pairs = of_one_class(pairs, tracks.classes[present], tracks.classes[lost])
        twins = pairs.values > closest
        here, there = present[pairs.rows[twins]], lost[pairs.columns[twins]]
        seen_for = tracks.last - tracks.born
        keep_here = seen_for[here] > seen_for[there]
        keep = np.ones(len(tracks), dtype=np.bool_)
        keep[np.where(keep_here, there, here)] = False
        tracks.keep(keep)

    def shown(self, seen: Seen, chosen: NDArray[np.bool_], boxes: Array | None = None) -> TrackedBoxes:
        """Some of the tracks as a result.

        Args:
            seen: the frame's detections.
            chosen: which tracks, (N,).
            boxes: of the chosen; None = the filter's.
        """
        tracks = self.tracks
        rows = np.flatnonzero(chosen)
        joined = tracks.detection[rows]
        places = np.append(seen.rows, -1)  # -1 stays -1
        return TrackedBoxes(
            ids=tracks.ids[rows],
            boxes=tracks.boxes[rows] if boxes is None else boxes,
            scores=tracks.scores[rows],
            classes=tracks.classes[rows],
            detections=places[joined].astype(np.int64),
        )


_NONE: Indices = np.empty(0, dtype=np.intp)


def _blended(old: Array, new: Array, keep: float) -> Array:
    """Old and new appearance mixed; where only one of them is known, that one."""
    known = np.logical_and(old.any(axis=1), new.any(axis=1))
    return unit(np.where(known[:, None], keep * old + (1.0 - keep) * new, old + new))
