"""FairMOT's association: appearance with motion first, then overlap.

Three rounds a frame. Confirmed and lost tracks are joined by embedding, mixed with how far a detection lies
from the predicted place; tracks still free that were there in the last frame, by overlap; tracks seen once,
by overlap. What is left of the detections becomes tracks, which are shown from their second detection on
(those of the first frame at once).

As published, with its habits: overlaps are measured with the +1 pixel convention, tracks seen once are not
moved, and a track lost for too long can still be found in the one frame after that; if it is, it is dropped
as soon as it is lost again. We depart from it in the score of a track found again, which is that of its new
detection, and in the classes, which do not mix.

Wang et al., Towards Real-Time Multi-Object Tracking, 2019 (arXiv:1909.12605); Zhang et al., FairMOT, 2020
(arXiv:2004.01888).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.detections import Detections
from workbench.tracking.assignment import solve, solve_matrix
from workbench.tracking.costs import cosine, fused_with_motion, of_one_class, overlaps, widened
from workbench.tracking.kalman import GATE_95, Kalman, Xyah
from workbench.tracking.life import LOST, NEW, TRACKED, Population
from workbench.tracking.tracker import Image, Indices, Seen, TrackedBoxes, usable


@dataclass(frozen=True)
class JdeOptions:
    """Parameters of the association; the defaults are the published ones.

    Args:
        lowest_score: detections above it take part, [0, 1] (.4).
        birth_score: detections from it on become tracks, [0, 1] (.4).
        appearance_limit: cost of appearance and motion that a match stays below (.4).
        appearance_share: of the appearance in that cost, [0, 1] (.98).
        overlap_limit: 1 - overlap that a match of the second round stays below (.5).
        new_limit: the same for tracks seen once (.7).
        keep_feature: share of the old appearance after a detection, [0, 1] (.9).
        longest_lost: frames without a detection after which a track is dropped (30 at 30 frames a second).
        twin_overlap: overlap above which a lost and a present track are one target (.85).
    """

    lowest_score: float = 0.4
    birth_score: float = 0.4
    appearance_limit: float = 0.4
    appearance_share: float = 0.98
    overlap_limit: float = 0.5
    new_limit: float = 0.7
    keep_feature: float = 0.9
    longest_lost: int = 30
    twin_overlap: float = 0.85


class Jde:
    """A tracker over detections with embeddings; see the module."""

    def __init__(self, options: JdeOptions | None = None) -> None:
        self.options = options or JdeOptions()
        self._people = Population(Kalman(Xyah()))
        self._expired: NDArray[np.int64] = np.empty(0, dtype=np.int64)

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
        seen = people.advance(
            frame, usable(detections, appearance=True), motion=motion, still=(3,), predict_new=False
        )
        rest = np.flatnonzero(seen.scores > options.lowest_score)
        rest = self._by_appearance(seen, rest)
        rest = self._by_overlap(seen, rest, people.free(TRACKED), options.overlap_limit)
        rest = self._by_overlap(seen, rest, people.free(NEW), options.new_limit)
        people.revise(seen, keep_feature=options.keep_feature)
        people.confirm()
        self._lose()
        rest = rest[seen.scores[rest] >= options.birth_score]
        people.bear(seen, rest, life=TRACKED if people.at_start else NEW)
        people.drop_twins(options.twin_overlap, wider=1.0)
        return people.shown(seen, people.tracks.life == TRACKED)

    def _by_appearance(self, seen: Seen, detections: Indices) -> Indices:
        """Join confirmed and lost tracks by embedding and motion; the detections left."""
        people, tracks = self._people, self._people.tracks
        rows = people.free(TRACKED, LOST)
        measured = people.kalman.form.measure(seen.boxes[detections])
        cost = fused_with_motion(
            cosine(tracks.features[rows], seen.features[detections]),
            people.kalman.gating(tracks.motion[rows], measured),
            limit=GATE_95[4],
            share=self.options.appearance_share,
        )
        cost[tracks.classes[rows][:, None] != seen.classes[detections]] = np.inf
        return people.join(rows, detections, solve_matrix(cost, self.options.appearance_limit))

    def _by_overlap(self, seen: Seen, detections: Indices, rows: Indices, limit: float) -> Indices:
        """Join some tracks by overlap; the detections left."""
        people = self._people
        pairs = overlaps(widened(people.tracks.boxes[rows]), widened(seen.boxes[detections]))
        pairs = of_one_class(pairs, people.tracks.classes[rows], seen.classes[detections])
        matches = solve(pairs._replace(values=1.0 - pairs.values), limit)
        return people.join(rows, detections, matches)

    def _lose(self) -> None:
        """Set tracks aside; drop those that had expired before this frame, note those that expire now."""
        people, tracks = self._people, self._people.tracks
        people.lose(longest=_NEVER)
        lost = tracks.life == LOST
        tracks.keep(~(lost & np.isin(tracks.ids, self._expired)))
        late = (tracks.life == LOST) & (people.frame - tracks.last > self.options.longest_lost)
        self._expired = tracks.ids[late | np.isin(tracks.ids, self._expired)]


_NEVER = np.iinfo(np.int64).max
