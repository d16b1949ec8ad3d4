"""Telling the target from what looks like it by where each was before.

A classifier that learns one target answers on its neighbours, too, and now and then higher: when the target
turns, and a neighbour looks as it did. So every peak of the score map is a candidate that is followed from
frame to frame, and one that was followed as something else does not become the target. The idea is that of
Mayer, Danelljan, Paudel, Van Gool: Learning Target Candidate Association to Keep Track of What Not to Track
(KeepTrack), ICCV 2021, section 3; distances take the place of the association that is learned there.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from workbench.inference.atom.localization import Flag, Localization, Scores
from workbench.inference.atom.options import CandidateOptions
from workbench.inference.atom.refinement import Target

Vector = NDArray[np.float64]
NONE = np.zeros((0, 2))


class Peak(NamedTuple):
    """A local maximum of a score map.

    Args:
        place: y, x in points of the map.
        score: its height.
    """

    place: tuple[int, int]
    score: float


class Candidates:
    """What was seen in the frames before beside the target.

    Args:
        options: see ``CandidateOptions``.
    """

    def __init__(self, options: CandidateOptions) -> None:
        self._options = options
        self._others = NONE  # y, x in the frame
        self._ages = np.zeros(0, np.int64)  # frames in which each was seen beside the target

    def tell_apart(
        self, found: Localization, scores: Scores, target: Target, *, origin: Vector, step: Vector, sure: bool
    ) -> Localization:
        """The place that was found, another one where that is known as something else, or none.

        Args:
            found: where the highest peak is.
            scores: the map (h, w) in which it was found.
            target: as it was before.
            origin: y, x in the frame of the map's middle, h // 2 and w // 2.
            step: y, x pixels of the frame between two points of the map.
            sure: whether the target was surely found in the frame before; where it was not, one of the others
                may be the target, and nothing new becomes known as something else.
        """
        options, middle = self._options, np.array(scores.shape) // 2
        height, width = (options.spacing * target.size / step).tolist()
        seen = peaks(scores, above=options.above, spacing=(height, width), most=options.most)
        moves = np.array([peak.place for peak in seen]).reshape(-1, 2) - middle
        side = math.sqrt(float(np.prod(target.size)))
        before = np.concatenate([target.center[None], self._others])
        pairs = associate(before, origin + moves * step, limit=options.reach * side)
        chosen = self._chosen(seen, pairs)
        self._remember(origin + moves * step, pairs, chosen, sure)
        if chosen is None:
            return replace(found, score=0.0, flag=Flag.NOT_FOUND)
        if chosen == 0:
            return found
        y, x = moves[chosen].tolist()
        return replace(found, displacement=(y, x), score=seen[chosen].score, flag=Flag.HARD_NEGATIVE)

    def _chosen(self, seen: list[Peak], pairs: dict[int, int]) -> int | None:
        """Which peak is the target: the highest, unless that is one of the others; then its own, if any."""
        highest = pairs.get(0, 0)
        if highest == 0 or self._ages[highest - 1] < self._options.age:
            return 0
        own = next((new for new, old in pairs.items() if old == 0), None)
        if own is None or seen[own].score < self._options.share * seen[0].score:
            return None
        return own

    def _remember(self, places: Vector, pairs: dict[int, int], chosen: int | None, sure: bool) -> None:
        others = [i for i in range(len(places)) if i != chosen]
        olds = [pairs.get(i, 0) for i in others]  # 0 is the target, or nothing
        ages = [sure + (self._ages[old - 1] if old > 0 else 0) for old in olds]
        self._others, self._ages = places[others], np.array(ages, np.int64)


def peaks(scores: Scores, *, above: float, spacing: tuple[float, float], most: int) -> list[Peak]:
    """The local maxima of a map (h, w), the highest first.

    Args:
        scores: the map.
        above: lower ones are left out.
        spacing: y, x points to either side within which only the highest one counts.
        most: so many at most.
    """
    rows, columns = (2 * max(1, round(points)) + 1 for points in spacing)
    values = np.ascontiguousarray(scores, dtype=np.float32)
    tops = (values == cv2.dilate(values, np.ones((rows, columns), np.uint8))) & (values >= above)
    places = np.argwhere(tops)
    heights = values[tops]
    order = np.argsort(-heights, kind="stable")[:most]
    return [Peak((int(places[i, 0]), int(places[i, 1])), float(heights[i])) for i in order]


def associate(before: Vector, now: Vector, *, limit: float) -> dict[int, int]:
    """Of points (N, 2) that are seen now those that are one of (M, 2) before, as ``{now: before}``.

    The sum of distances is the smallest, a point without a counterpart counting as ``limit``, which is also
    how far apart two are at most.
    """
    distance = np.linalg.norm(before[:, None] - now[None], axis=2)
    rows, columns = linear_sum_assignment(np.minimum(distance, limit))
    return {int(c): int(r) for r, c in zip(rows, columns, strict=True) if distance[r, c] < limit}
