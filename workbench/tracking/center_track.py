"""CenterTrack's association: each detection points at where it was in the last frame, and takes who is there.

A detection comes with an offset to its centre in the last frame (none = it stood still). The best score
first, each takes the nearest track that is still free, if the squared distance of the centres is within the
area of both boxes and the class is the same. There is no motion model: a track stands where it was last seen.

Where detections of somebody else are given (a benchmark's public ones), only they begin tracks: each gives
birth to the nearest detection that is still free, and all others only carry on what is there.

As published; by default a track that is missed once is gone. Zhou, Koltun, Krähenbühl: Tracking Objects as
Points, 2020 (arXiv:2004.01177).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.detections import Detections
from workbench.core.errors import UserError
from workbench.tracking.assignment import Matches, greedy, solve_matrix
from workbench.tracking.tracker import (
    FURTHEST,
    Array,
    Image,
    TrackedBoxes,
    checked_motion,
    usable,
)


@dataclass(frozen=True)
class CenterTrackOptions:
    """Parameters of the association; the defaults are the published ones.

    Args:
        birth_score: detections above it become tracks, [0, 1] (.3; .4 for MOT17, .1 for nuScenes).
        longest_lost: frames a track is kept without a detection (0; published as max_age = -1; a max_age of n
            is n - 1 here).
        optimal: join by the assignment of most pairs and least distance instead of greedily (False).
    """

    birth_score: float = 0.3
    longest_lost: int = 0
    optimal: bool = False


class _Points(NamedTuple):
    """Tracks, or detections that may become some; a row each."""

    ids: NDArray[np.int64]
    centers: Array  # (N, 2)
    boxes: Array  # (N, 4)
    scores: Array
    classes: NDArray[np.int64]
    missed: NDArray[np.int64]  # frames since the last detection
    rows: NDArray[np.int64]  # detection of this frame, or -1

    def take(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> _Points:
        return _Points._make(column[chosen] for column in self)


class CenterTrack:
    """A tracker over detections with offsets; see the module."""

    def __init__(self, options: CenterTrackOptions | None = None) -> None:
        self.options = options or CenterTrackOptions()
        self._tracks = _points(np.empty((0, 2)), np.empty((0, 4)), np.empty(0), np.empty(0, np.int64))
        self._frame = -1
        self._next_id = 1

    def update(
        self,
        frame: int,
        detections: Detections,
        *,
        image: Image | None = None,
        motion: ArrayLike | None = None,
        given: ArrayLike | None = None,
    ) -> TrackedBoxes:
        """Join the detections of a frame with the tracks so far; see ``tracker.Tracker``.

        The network sees the camera's motion in its offsets, so ``motion`` is not used.

        Args:
            given: (M, 2) centres of the detections that may begin tracks, in pixels; None = all may.
        """
        if frame <= self._frame:
            raise UserError(f"Frame {frame} came after frame {self._frame}; give frames in increasing order.")
        found, before = _read(detections)
        checked_motion(motion)
        passed, self._frame = frame - self._frame, frame
        tracks = self._tracks._replace(missed=self._tracks.missed + passed)
        matches = self._match(_squared_distances(tracks, found, before))
        found.ids[matches.columns] = tracks.ids[matches.rows]
        free = found.ids < 0
        new = (
            np.flatnonzero(free)
            if given is None
            else _born(found, before, free, np.asarray(given, dtype=np.float64).reshape(-1, 2))
        )
        new = new[found.scores[new] > self.options.birth_score]
        found.ids[new] = self._next_id + np.arange(len(new))
        self._next_id += len(new)
        present = found.take(found.ids >= 0)
        waiting = np.ones(len(tracks.ids), dtype=np.bool_)
        waiting[matches.rows] = False
        waiting &= tracks.missed <= self.options.longest_lost
        kept = tracks.take(waiting)
        self._tracks = _Points._make(np.concatenate(both) for both in zip(present, kept, strict=True))
        return TrackedBoxes(present.ids, present.boxes, present.scores, present.classes, present.rows)

    def _match(self, cost: Array) -> Matches:
        if not self.options.optimal:
            return greedy(cost, np.inf)
        # A limit above any sum of costs makes the most pairs come first.
        limit = 1.0 + np.where(np.isfinite(cost), cost, 0.0).max(axis=1, initial=0.0).sum()
        return solve_matrix(cost, float(limit))


def _points(centers: Array, boxes: Array, scores: Array, classes: NDArray[np.int64]) -> _Points:
    count = len(boxes)
    ids, rows = np.full(count, -1, dtype=np.int64), np.arange(count, dtype=np.int64)
    return _Points(ids, centers, boxes, scores, classes, np.zeros(count, dtype=np.int64), rows)


def _read(detections: Detections) -> tuple[_Points, Array]:
    """The usable detections, best score first, and their centres in the last frame (N, 2)."""
    seen = usable(detections)
    order = np.argsort(-seen.scores, kind="stable")
    middle = seen.boxes[:, :2] + seen.boxes[:, 2:] / 2
    centers = middle if detections.centers is None else _of_points(detections.centers, seen.rows)
    offset = 0.0 if detections.offsets is None else _of_points(detections.offsets, seen.rows)
    found = _points(centers, seen.boxes, seen.scores, seen.classes)._replace(rows=seen.rows.astype(np.int64))
    return found.take(order), (centers + offset)[order]


def _of_points(values: ArrayLike, rows: NDArray[np.intp]) -> Array:
    points = np.asarray(values, dtype=np.float64).reshape(-1, 2)[rows]
    return np.clip(points, -FURTHEST, FURTHEST)


def _born(found: _Points, before: Array, free: NDArray[np.bool_], given: Array) -> NDArray[np.intp]:
    """The free detection that each given one (M, 2) means, in their order.

    Nearness counts from where a detection was in the last frame, as published.
    """
    area = found.boxes[:, 2:].prod(axis=1)
    apart = ((before[:, None] - given[None]) ** 2).sum(axis=2)
    apart[~free] = np.inf
    born = []
    for column in apart.T if len(found.ids) else ():
        nearest = int(column.argmin())
        if column[nearest] < area[nearest]:
            born.append(nearest)
            apart[nearest] = np.inf  # each row once; ``column`` is a view
    return np.array(born, dtype=np.intp)


def _squared_distances(tracks: _Points, found: _Points, before: Array) -> Array:
    """Squared distance of tracks from where detections were (N, M); infinite where they cannot be one."""
    apart = ((tracks.centers[:, None] - before[None]) ** 2).sum(axis=2)
    track_area, area = tracks.boxes[:, 2:].prod(axis=1), found.boxes[:, 2:].prod(axis=1)
    possible = (apart <= track_area[:, None]) & (apart <= area)  # False for NaN
    possible &= tracks.classes[:, None] == found.classes
    return np.where(possible, apart, np.inf)
