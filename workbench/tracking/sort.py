"""SORT: predict, join by overlap, update.

Bewley et al., Simple Online and Realtime Tracking, 2016 (arXiv:1602.00763). We depart from it in one thing:
pairs that overlap too little are taken out before the assignment, not after it, so that they cannot push good
pairs aside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from workbench.core.detections import Detections
from workbench.tracking.assignment import solve
from workbench.tracking.costs import of_one_class, overlaps
from workbench.tracking.kalman import Kalman, Xysr
from workbench.tracking.life import LOST, TRACKED, Population
from workbench.tracking.tracker import Image, TrackedBoxes, usable


@dataclass(frozen=True)
class SortOptions:
    """Parameters of the association; the published defaults in brackets.

    Args:
        lowest_score: detections above it take part, [0, 1] (the paper takes all it is given).
        least_overlap: of a track's predicted box and a detection, [0, 1] (.3).
        hits_to_show: frames in a row a track has to be found in, after its first, to be shown; in as many
            frames from the start all are shown (3).
        longest_lost: frames without a detection after which a track is dropped (1).
    """

    lowest_score: float = 0.25
    least_overlap: float = 0.3
    hits_to_show: int = 3
    longest_lost: int = 1


class Sort:
    """A tracker over scored detections; see the module."""

    def __init__(self, options: SortOptions | None = None) -> None:
        self.options = options or SortOptions()
        self._people = Population(Kalman(Xysr()))

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
        rest = np.flatnonzero(seen.scores > options.lowest_score)
        rows = people.free(TRACKED, LOST)
        pairs = overlaps(people.tracks.boxes[rows], seen.boxes[rest])
        pairs = of_one_class(pairs, people.tracks.classes[rows], seen.classes[rest])
        matches = solve(pairs._replace(values=1.0 - pairs.values), 1.0 - options.least_overlap)
        rest = people.join(rows, rest, matches)
        people.revise(seen)
        people.confirm()
        people.lose(longest=options.longest_lost)
        people.bear(seen, rest, life=TRACKED)
        return people.shown(seen, people.in_a_row(options.hits_to_show))
