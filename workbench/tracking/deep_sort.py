"""DeepSORT: a gallery of appearances for each track, the tracks seen most recently choosing first.

Confirmed tracks are joined by the least cosine distance between a detection and anything in the track's
gallery, where the detection lies within the filter's gate, in a cascade: tracks missed for one frame first,
then for two, and so on. Tracks not confirmed, and confirmed ones missing for this frame only, are then joined
by overlap.

Wojke, Bewley, Paulus: Simple Online and Realtime Tracking with a Deep Association Metric, 2017
(arXiv:1703.07402). Without embeddings the cascade is skipped, and what is left is a SORT.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from workbench.core.detections import Detections
from workbench.tracking.assignment import solve, solve_matrix
from workbench.tracking.costs import of_one_class, overlaps
from workbench.tracking.kalman import GATE_95, Kalman, Xyah
from workbench.tracking.life import LOST, NEW, TRACKED, Population
from workbench.tracking.tracker import Array, Image, Indices, Seen, TrackedBoxes, usable


@dataclass(frozen=True)
class DeepSortOptions:
    """Parameters of the association; the published defaults in brackets.

    Args:
        lowest_score: detections above it take part, [0, 1] (.3).
        appearance_limit: cosine distance that a match of the cascade stays below (.2).
        gallery: embeddings kept of each track (100).
        overlap_limit: 1 - overlap that a match by overlap stays below (.7).
        hits_to_confirm: frames in a row, its first included, in which a track has to be found (3).
        longest_lost: frames without a detection after which a track is dropped (30).
    """

    lowest_score: float = 0.3
    appearance_limit: float = 0.2
    gallery: int = 100
    overlap_limit: float = 0.7
    hits_to_confirm: int = 3
    longest_lost: int = 30


class DeepSort:
    """A tracker over detections with embeddings; see the module."""

    def __init__(self, options: DeepSortOptions | None = None) -> None:
        self.options = options or DeepSortOptions()
        self._people = Population(Kalman(Xyah()))
        self._galleries: dict[int, Array] = {}

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
        seen = people.advance(frame, usable(detections, appearance=True), motion=motion)
        rest = np.flatnonzero(seen.scores > options.lowest_score)
        if seen.features.shape[1]:
            rest = self._cascade(seen, rest)
        rest = self._by_overlap(seen, rest)
        people.revise(seen)
        tracks = people.tracks
        tracks.life[(tracks.detection >= 0) & (tracks.hits + 1 >= options.hits_to_confirm)] = TRACKED
        tracks.life[(tracks.detection >= 0) & (tracks.life == LOST)] = TRACKED
        people.lose(longest=options.longest_lost)
        people.bear(seen, rest, life=TRACKED if options.hits_to_confirm <= 1 else NEW)
        self._remember(seen)
        return people.shown(seen, people.tracks.life == TRACKED)

    def _cascade(self, seen: Seen, detections: Indices) -> Indices:
        """Join confirmed tracks by appearance, those missed shortest first; the detections left."""
        people = self._people
        missed = people.frame - people.tracks.last
        confirmed = people.free(TRACKED, LOST)
        for age in np.unique(missed[confirmed]):
            rows = confirmed[missed[confirmed] == age]
            cost = self._distances(seen, rows, detections)
            detections = people.join(rows, detections, solve_matrix(cost, self.options.appearance_limit))
        return detections

    def _distances(self, seen: Seen, rows: Indices, detections: Indices) -> Array:
        """Least cosine distance of each detection to a track's gallery; infinite out of the gate (N, M)."""
        people, tracks = self._people, self._people.tracks
        features = seen.features[detections].T
        cost = np.ones((len(rows), len(detections)))
        for i, row in enumerate(rows):
            gallery = self._galleries.get(int(tracks.ids[row]))
            if gallery is not None:
                cost[i] = 1.0 - (gallery @ features).max(axis=0)
        measured = people.kalman.form.measure(seen.boxes[detections])
        cost[people.kalman.gating(tracks.motion[rows], measured) > GATE_95[4]] = np.inf
        cost[tracks.classes[rows][:, None] != seen.classes[detections]] = np.inf
        return cost

    def _by_overlap(self, seen: Seen, detections: Indices) -> Indices:
        """Join tracks that are new, or were found in the last frame, by overlap; the detections left."""
        people = self._people
        rows = people.free(NEW, TRACKED)
        pairs = overlaps(people.tracks.boxes[rows], seen.boxes[detections])
        pairs = of_one_class(pairs, people.tracks.classes[rows], seen.classes[detections])
        matches = solve(pairs._replace(values=1.0 - pairs.values), self.options.overlap_limit)
        return people.join(rows, detections, matches)

    def _remember(self, seen: Seen) -> None:
        """Add this frame's embeddings to the galleries; forget those of tracks that are gone."""
        tracks = self._people.tracks
        alive = set(tracks.ids.tolist())
        self._galleries = {name: gallery for name, gallery in self._galleries.items() if name in alive}
        for row in np.flatnonzero(tracks.detection >= 0):
            name, new = int(tracks.ids[row]), seen.features[tracks.detection[row], None]
            if new.any():
                known = self._galleries.get(name, new[:0])
                self._galleries[name] = np.concatenate([known, new])[-self.options.gallery :]
