"""OC-SORT: SORT that trusts what was observed more than what its filter made up while a target was hidden.

Three additions. Momentum: a pair gains when the target would keep its heading. Recovery: what is left is
joined by overlap with the place where a track was last observed. Re-update: when a target is found again, its
filter is taken back to the last observation and led along a straight line to the new one.

Cao et al., Observation-Centric SORT: Rethinking SORT for Robust Multi-Object Tracking, 2022
(arXiv:2203.14360). We depart from the published code in three things: pairs that overlap too little are
taken out before the assignment, not after it; the new observation at the end of that line is taken in once,
not twice; and the boxes returned are the filter's, which are nearer to the targets than the detections.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.detections import Detections
from workbench.tracking.assignment import solve
from workbench.tracking.costs import Pairs, of_one_class, overlaps
from workbench.tracking.kalman import Kalman, Xysr, Xywh
from workbench.tracking.life import LOST, MOST_STEPS, TRACKED, Population
from workbench.tracking.tracker import (
    Array,
    Image,
    Indices,
    Seen,
    TrackedBoxes,
    checked_motion,
    usable,
)


@dataclass(frozen=True)
class OcSortOptions:
    """Parameters of the association; the defaults are the published ones.

    Args:
        lowest_score: detections above it take part, [0, 1] (.6).
        least_overlap: of a track's box and a detection, [0, 1] (.3).
        hits_to_show: frames in a row a track has to be found in, after its first, to be shown; in as many
            frames from the start all are shown (3).
        longest_lost: frames without a detection after which a track is dropped (30).
        heading_frames: over how many frames a heading is measured (3).
        heading_weight: what keeping the heading is worth beside an overlap of 1 (.2).
    """

    lowest_score: float = 0.6
    least_overlap: float = 0.3
    hits_to_show: int = 3
    longest_lost: int = 30
    heading_frames: int = 3
    heading_weight: float = 0.2


class _Observed(NamedTuple):
    """What each track was seen as; a row a track, in the order of ids."""

    ids: NDArray[np.int64]
    frames: NDArray[np.int64]  # (N, K) of the last K observations, oldest first; -1 = none
    boxes: Array  # (N, K, 4)
    heading: Array  # (N, 2) of length 1, or 0 where it is not known
    motion: Array  # (N, 5, 4) states of the filter after the last observation


class OcSort:
    """A tracker over scored detections; see the module."""

    def __init__(self, options: OcSortOptions | None = None) -> None:
        self.options = options or OcSortOptions()
        self._people = Population(Kalman(Xysr()))
        self._observed = self._new(0)

    def update(
        self,
        frame: int,
        detections: Detections,
        *,
        image: Image | None = None,
        motion: ArrayLike | None = None,
    ) -> TrackedBoxes:
        """Join the detections of a frame with the tracks so far; see ``tracker.Tracker``."""
        options, people = self.options, self._people
        seen = people.advance(frame, usable(detections), motion=motion)
        self._forget()
        self._move(checked_motion(motion))
        rest = np.flatnonzero(seen.scores > options.lowest_score)
        rest = self._join(seen, rest, people.tracks.boxes, with_heading=True)
        rest = self._join(seen, rest, self._observed.boxes[:, -1], with_heading=False)
        self._lead_back(seen)
        people.revise(seen)
        people.confirm()
        people.lose(longest=options.longest_lost)
        people.bear(seen, rest, life=TRACKED)
        self._remember(seen)
        chosen = people.in_a_row(options.hits_to_show)
        return people.shown(seen, chosen)

    def _join(self, seen: Seen, detections: Indices, boxes: Array, *, with_heading: bool) -> Indices:
        """Join free tracks, standing at ``boxes``, with some detections; the detections left."""
        people = self._people
        rows = people.free(TRACKED, LOST)
        pairs = overlaps(boxes[rows], seen.boxes[detections])
        pairs = of_one_class(pairs, people.tracks.classes[rows], seen.classes[detections])
        enough = pairs.values > self.options.least_overlap
        pairs = Pairs._make(part[enough] for part in pairs)
        gains = pairs.values
        if with_heading:
            gains = gains + self._worth_of_heading(seen, rows[pairs.rows], detections[pairs.columns])
        return people.join(rows, detections, solve(pairs._replace(values=-gains), 0.0))

    def _worth_of_heading(self, seen: Seen, rows: Indices, detections: Indices) -> Array:
        """For pairs of a track and a detection: weight times [-1/2, 1/2] times the score."""
        start = self._reference(self._people.frame)[rows]
        direction = _direction(start, seen.boxes[detections])
        cosine = np.clip((self._observed.heading[rows] * direction).sum(axis=1), -1.0, 1.0)
        agreement = 0.5 - np.arccos(cosine) / np.pi
        return np.asarray(self.options.heading_weight * agreement * seen.scores[detections])

    def _reference(self, frame: int) -> Array:
        """Of each track the oldest observation among the last few frames, or its last one (N, 4)."""
        recent = self._observed.frames >= max(frame - self.options.heading_frames, 0)
        place = np.where(recent.any(axis=1), recent.argmax(axis=1), -1)
        return self._observed.boxes[np.arange(len(place)), place]

    def _lead_back(self, seen: Seen) -> None:
        """Lead the filters of tracks found again along a straight line from where they were last observed."""
        tracks, kalman, observed = self._people.tracks, self._people.kalman, self._observed
        gaps = np.minimum(self._people.frame - tracks.last, MOST_STEPS)
        rows = np.flatnonzero((tracks.detection >= 0) & (gaps > 1))
        if not len(rows):
            return
        gaps, states = gaps[rows], kalman.predict(observed.motion[rows])
        start, end = observed.boxes[rows, -1], seen.boxes[tracks.detection[rows]]
        for step in range(1, int(gaps.max())):
            on = step < gaps
            share = (step / gaps[on])[:, None]
            measured = kalman.form.measure(start[on] * (1.0 - share) + end[on] * share)
            states[on] = kalman.predict(kalman.update(states[on], measured))
        tracks.motion[rows] = states

    def _remember(self, seen: Seen) -> None:
        """Note what the tracks were seen as in this frame."""
        self._forget()
        tracks = self._people.tracks
        new = self._new(len(tracks) - len(self._observed.ids))
        observed = _Observed._make(np.concatenate(both) for both in zip(self._observed, new, strict=True))
        rows = np.flatnonzero(tracks.detection >= 0)
        boxes = seen.boxes[tracks.detection[rows]]
        self._observed = observed = observed._replace(ids=tracks.ids.copy())
        again = observed.frames[rows, -1] >= 0
        start = self._reference(self._people.frame)[rows[again]]
        observed.heading[rows[again]] = _direction(start, boxes[again])
        observed.frames[rows] = np.roll(observed.frames[rows], -1, axis=1)
        observed.boxes[rows] = np.roll(observed.boxes[rows], -1, axis=1)
        observed.frames[rows, -1] = self._people.frame
        observed.boxes[rows, -1] = boxes
        observed.motion[rows] = tracks.motion[rows]

    def _forget(self) -> None:
        """Drop what is known of tracks that are gone."""
        known = np.isin(self._observed.ids, self._people.tracks.ids)
        if not known.all():
            self._observed = _Observed._make(part[known] for part in self._observed)

    def _move(self, motion: Array | None) -> None:
        """Move what was observed as the camera did."""
        if motion is not None and len(self._observed.ids):
            flat, plain = self._observed.boxes.reshape(-1, 4), Kalman(Xywh())
            boxes = plain.boxes(plain.move(plain.start(flat), motion)).reshape(self._observed.boxes.shape)
            states = self._people.kalman.move(self._observed.motion, motion)
            heading = _unit(self._observed.heading @ motion[:, :2].T)
            self._observed = self._observed._replace(boxes=boxes, motion=states, heading=heading)

    def _new(self, count: int) -> _Observed:
        depth = self.options.heading_frames
        return _Observed(
            ids=np.zeros(count, dtype=np.int64),
            frames=np.full((count, depth), -1, dtype=np.int64),
            boxes=np.zeros((count, depth, 4)),
            heading=np.zeros((count, 2)),
            motion=np.zeros((count, 5, 4)),
        )


def _direction(start: Array, end: Array) -> Array:
    """Unit vectors (N, 2) from the centres of boxes to those of others; 0 where they agree."""
    apart = (end[:, :2] + end[:, 2:] / 2) - (start[:, :2] + start[:, 2:] / 2)
    return _unit(apart)


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / (np.hypot(vectors[:, 0], vectors[:, 1])[:, None] + 1e-6))
