"""ByteTrack: sure detections first, then the doubtful ones for tracks that are still free.

Three rounds a frame, all by overlap: confirmed and lost tracks with the sure detections; tracks still free
that were there in the last frame with the doubtful ones, which a target in the shadow of another often is;
tracks seen once with the sure detections still free. What is left of these becomes tracks, which are shown
from their second detection on (those of the first frame at once).

Zhang et al., ByteTrack: Multi-Object Tracking by Associating Every Detection Box, 2021 (arXiv:2110.06864). We
depart from it in the "+1 pixel" of its overlaps, which we do not add.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from workbench.core.detections import Detections
from workbench.tracking.assignment import solve
from workbench.tracking.costs import fused_with_score, of_one_class, overlaps
from workbench.tracking.kalman import Kalman, Xyah
from workbench.tracking.life import LOST, NEW, TRACKED, Population
from workbench.tracking.tracker import Image, Indices, Seen, TrackedBoxes, usable


@dataclass(frozen=True)
class ByteTrackOptions:
    """Parameters of the association; the published defaults in brackets.

    Args:
        sure_score: detections above it are sure, [0, 1] (.5).
        lowest_score: those above it are doubtful, the others are not looked at (.1).
        birth_score: detections from it on become tracks (.6; .5 here, so that every sure one does).
        sure_limit: 1 - overlap * score that a match with a sure detection stays below (.8).
        doubtful_limit: 1 - overlap that a match with a doubtful detection stays below (.5).
        new_limit: 1 - overlap * score for tracks seen once (.7).
        longest_lost: frames without a detection after which a track is dropped (30 at 30 frames a second).
        twin_overlap: overlap above which a lost and a present track are one target (.85).
    """

    sure_score: float = 0.5
    lowest_score: float = 0.1
    birth_score: float = 0.5
    sure_limit: float = 0.8
    doubtful_limit: float = 0.5
    new_limit: float = 0.7
    longest_lost: int = 30
    twin_overlap: float = 0.85


class ByteTrack:
    """A tracker over scored detections; see the module."""

    def __init__(self, options: ByteTrackOptions | None = None) -> None:
        self.options = options or ByteTrackOptions()
        self._people = Population(Kalman(Xyah()))

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
        seen = people.advance(frame, usable(detections), motion=motion, still=(3,), predict_new=False)
        sure = seen.scores > options.sure_score
        doubtful = np.flatnonzero(~sure & (seen.scores > options.lowest_score))
        rest = np.flatnonzero(sure)
        rest = self._join(seen, rest, people.free(TRACKED, LOST), options.sure_limit)
        self._join(seen, doubtful, people.free(TRACKED), options.doubtful_limit, by_score=False)
        rest = self._join(seen, rest, people.free(NEW), options.new_limit)
        people.revise(seen)
        people.confirm()
        people.lose(longest=options.longest_lost)
        rest = rest[seen.scores[rest] >= options.birth_score]
        people.bear(seen, rest, life=TRACKED if people.at_start else NEW)
        people.drop_twins(options.twin_overlap)
        return people.shown(seen, people.tracks.life == TRACKED)

    def _join(
        self, seen: Seen, detections: Indices, rows: Indices, limit: float, *, by_score: bool = True
    ) -> Indices:
        """Join some tracks with some detections by overlap; the detections left."""
        people = self._people
        if not len(rows) or not len(detections):
            return detections
        pairs = overlaps(people.tracks.boxes[rows], seen.boxes[detections])
        pairs = of_one_class(pairs, people.tracks.classes[rows], seen.classes[detections])
        weights = seen.scores[detections] if by_score else np.ones(len(detections))
        return people.join(rows, detections, solve(fused_with_score(pairs, weights), limit))
