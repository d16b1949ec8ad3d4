"""BoT-SORT: ByteTrack with a filter of width and height, camera motion, and appearance where there is any.

A pair costs the lesser of 1 - overlap and, where boxes overlap enough and look alike enough, half the cosine
distance of their embeddings. Before the first round tracks are moved as the camera did: by the ``motion``
given, or else by what ``CameraMotion`` sees in the ``image``.

Aharon, Orfaig, Bobrovsky: BoT-SORT: Robust Associations Multi-Pedestrian Tracking, 2022 (arXiv:2206.14651).
We depart from it in ``Kalman.move``, where a turned box keeps its sides upright, and in the classes, which do
not mix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from workbench.core.detections import Detections
from workbench.tracking.assignment import solve
from workbench.tracking.camera_motion import CameraMotion
from workbench.tracking.costs import Pairs, fused_with_score, of_one_class, overlaps
from workbench.tracking.kalman import Kalman, Xywh
from workbench.tracking.life import LOST, NEW, TRACKED, Population
from workbench.tracking.tracker import Array, Image, Indices, Seen, TrackedBoxes, usable


@dataclass(frozen=True)
class BotSortOptions:
    """Parameters of the association; the defaults are the published ones.

    Args:
        sure_score: detections above it are sure, [0, 1] (.6).
        lowest_score: those above it are doubtful, the others are not looked at (.1).
        birth_score: detections from it on become tracks (.7).
        sure_limit: cost that a match with a sure detection stays below (.8).
        doubtful_limit: 1 - overlap that a match with a doubtful detection stays below (.5).
        new_limit: cost for tracks seen once (.7).
        longest_lost: frames without a detection after which a track is dropped (30 at 30 frames a second).
        twin_overlap: overlap above which a lost and a present track are one target (.85).
        appearance: use embeddings where detections have them (True).
        least_overlap_to_compare: pairs that overlap less are not compared by appearance, [0, 1] (.5).
        appearance_limit: half the cosine distance above which appearance says nothing (.25).
        keep_feature: share of the old appearance after a detection, [0, 1] (.9).
        camera_motion: estimate the camera's motion from the image where it is not given (True).
    """

    sure_score: float = 0.6
    lowest_score: float = 0.1
    birth_score: float = 0.7
    sure_limit: float = 0.8
    doubtful_limit: float = 0.5
    new_limit: float = 0.7
    longest_lost: int = 30
    twin_overlap: float = 0.85
    appearance: bool = True
    least_overlap_to_compare: float = 0.5
    appearance_limit: float = 0.25
    keep_feature: float = 0.9
    camera_motion: bool = True


class BotSort:
    """A tracker over scored detections, with or without embeddings; see the module."""

    def __init__(self, options: BotSortOptions | None = None) -> None:
        self.options = options or BotSortOptions()
        self._people = Population(Kalman(Xywh()))
        self._camera = CameraMotion()

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
        seen = usable(detections, appearance=options.appearance)
        if motion is None and image is not None and options.camera_motion:
            motion = self._camera.step(image, seen.boxes)
        seen = people.advance(frame, seen, motion=motion, still=(2, 3), predict_new=False)
        sure = seen.scores > options.sure_score
        doubtful = np.flatnonzero(~sure & (seen.scores > options.lowest_score))
        rest = np.flatnonzero(sure)
        rest = self._join(seen, rest, people.free(TRACKED, LOST), options.sure_limit)
        self._join(seen, doubtful, people.free(TRACKED), options.doubtful_limit, doubtful=True)
        rest = self._join(seen, rest, people.free(NEW), options.new_limit)
        people.revise(seen, keep_feature=options.keep_feature)
        people.confirm()
        people.lose(longest=options.longest_lost)
        rest = rest[seen.scores[rest] >= options.birth_score]
        people.bear(seen, rest, life=TRACKED if people.at_start else NEW)
        people.drop_twins(options.twin_overlap)
        return people.shown(seen, people.tracks.life == TRACKED)

    def _join(
        self, seen: Seen, detections: Indices, rows: Indices, limit: float, *, doubtful: bool = False
    ) -> Indices:
        """Join some tracks with some detections; the detections left."""
        people = self._people
        pairs = overlaps(people.tracks.boxes[rows], seen.boxes[detections])
        pairs = of_one_class(pairs, people.tracks.classes[rows], seen.classes[detections])
        weights = np.ones(len(detections)) if doubtful else seen.scores[detections]
        costs = fused_with_score(pairs, weights)
        if not doubtful and seen.features.shape[1]:
            looks = self._by_appearance(seen, pairs, rows, detections)
            costs = costs._replace(values=np.minimum(costs.values, looks))
        return people.join(rows, detections, solve(costs, limit))

    def _by_appearance(self, seen: Seen, pairs: Pairs, rows: Indices, detections: Indices) -> Array:
        """Half the cosine distance of each pair, or 1 where it is not to be believed."""
        a = self._people.tracks.features[rows[pairs.rows]]
        b = seen.features[detections[pairs.columns]]
        distance = (1.0 - (a * b).sum(axis=1)) / 2
        believed = distance <= self.options.appearance_limit
        believed &= pairs.values >= self.options.least_overlap_to_compare
        return np.where(believed, np.maximum(distance, 0.0), 1.0)
