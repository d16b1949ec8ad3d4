"""From a score map to a displacement, and what to make of a second peak."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from workbench.inference.atom.dcf import max2d
from workbench.inference.atom.options import LocalizationOptions

Scores = NDArray[np.floating]


class Flag(Enum):
    """What the score map says about the target."""

    NONE = "none"  # one clear peak
    NOT_FOUND = "not_found"
    UNCERTAIN = "uncertain"  # a second peak as good as the first: nothing is learned
    HARD_NEGATIVE = "hard_negative"  # a distractor: learned at once


@dataclass(frozen=True)
class Localization:
    """Where the target is in the score map.

    Args:
        displacement: y, x from the middle of the map, in its points.
        scale: index of the map, where several scales were searched.
        score: height of the highest peak.
        flag: see ``Flag``.
    """

    displacement: tuple[int, int]
    scale: int
    score: float
    flag: Flag


def localize(scores: Scores, target_size: tuple[float, float], options: LocalizationOptions) -> Localization:
    """The target's displacement.

    Args:
        scores: (scales, h, w), zero displacement at h // 2, w // 2.
        target_size: h, w in points of the score map.
        options: thresholds.
    """
    values, places = max2d(scores)
    scale = int(values.argmax())
    first, place = float(values[scale]), places[scale].tolist()
    near = _displacement(place, scores)
    if not first >= options.not_found:  # so that a score that is no number counts as lost
        return Localization(near, scale, first, Flag.NOT_FOUND)
    masked = _without_target(scores[scale], place, target_size, options.neighborhood)
    second, other = max2d(masked)
    far = _displacement(other.tolist(), scores)
    flag, switch = _judge(first, float(second), near, far, scores.shape[-2:], options)
    return Localization(far if switch else near, scale, first, flag)


def _displacement(place: list[int], scores: Scores) -> tuple[int, int]:
    h, w = scores.shape[-2:]
    return place[0] - h // 2, place[1] - w // 2


def _without_target(
    scores: Scores, place: list[int], target_size: tuple[float, float], extent: float
) -> Scores:
    """The map (h, w) with the surroundings of a peak set to 0."""
    spans = []
    for at, side, limit in zip(place, target_size, scores.shape, strict=True):
        start = max(round(at - extent * side / 2), 0)
        stop = min(round(at + extent * side / 2 + 1), limit)
        spans.append(slice(start, stop))
    masked = scores.copy()
    masked[spans[0], spans[1]] = 0
    return masked


def _judge(
    first: float,
    second: float,
    near: tuple[int, int],
    far: tuple[int, int],
    shape: tuple[int, ...],
    options: LocalizationOptions,
) -> tuple[Flag, bool]:
    """The flag, and whether the second peak is taken for the target."""
    if second > options.distractor * first:
        limit = options.displacement * math.sqrt(shape[0] * shape[1]) / 2
        first_moved, second_moved = math.hypot(*near), math.hypot(*far)
        if second_moved > limit > first_moved:
            return Flag.HARD_NEGATIVE, False
        if second_moved < limit < first_moved:
            return Flag.HARD_NEGATIVE, True
        return Flag.UNCERTAIN, False
    if second > options.hard_negative * first and second > options.not_found:
        return Flag.HARD_NEGATIVE, False
    return Flag.NONE, False
