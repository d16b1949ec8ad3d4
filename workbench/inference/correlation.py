"""ATOM's classifier with correlation filters for the box: nothing in it was trained beforehand.

The filters stand where ATOM has its overlap network. A translation filter in fine cells corrects what the
classifier's coarse cells leave, and DSST's scale filter follows the size; the aspect of the box stays as
drawn. The translation filter is also a second witness: the classifier only tells the target from its
surroundings, and finds something like it nearly everywhere, so a place counts as found when both say so.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from workbench.core.target import TargetState
from workbench.inference.atom.draws import Draws
from workbench.inference.atom.extraction import FeatureExtractor
from workbench.inference.atom.localization import Flag, Localization
from workbench.inference.atom.options import AtomOptions
from workbench.inference.atom.refinement import Sight, Target
from workbench.inference.atom.tracker import AtomTracker
from workbench.tracking.scale_filter import ScaleFilter, ScaleFilterOptions
from workbench.tracking.translation_filter import TranslationFilter, TranslationFilterOptions

SMALLEST = 4.0  # pixels a side; below this there is nothing left to measure


class CorrelationRefinement:
    """A ``BoxRefinement`` of two filters.

    Args:
        place: how the place is corrected.
        size: how the size is followed.
    """

    def __init__(
        self, *, place: TranslationFilterOptions | None = None, size: ScaleFilterOptions | None = None
    ) -> None:
        self._place_options = place
        self._size_options = size
        self.likeness = 1.0
        """How much the place last refined looked like the target, [0, 1]."""

    def start(self, sight: Sight, target: Target) -> None:
        """Learn the target as it looks in the first frame."""
        self._place = TranslationFilter(sight.image, target.box, options=self._place_options)
        self._size = ScaleFilter(sight.image, target.box, options=self._size_options)
        self._learned = 0
        self.likeness = 1.0

    def refine(self, sight: Sight, target: Target) -> Target:
        """The target moved to where it looks right, then grown or shrunk."""
        offset = self._place.measure(sight.image, target.box)
        self.likeness = min(max(offset.likeness, 0.0), 1.0)
        moved = Target(target.center + np.array([offset.y, offset.x]), target.size)
        factor = self._size.measure(sight.image, moved.box)
        low, high = _limits(moved, sight.image.shape[:2])
        return Target(moved.center, moved.size * min(max(factor, low), high))

    def learn(self, sight: Sight, target: Target) -> None:
        """Take the target as it looks in this frame into one filter, by turns: half the time, as good."""
        filters = (self._place, self._size)
        filters[self._learned % 2].learn(sight.image, target.box)
        self._learned += 1


def _limits(target: Target, image: tuple[int, ...]) -> tuple[float, float]:
    """Factors that keep the target above ``SMALLEST`` and below twice the image, never forcing a change."""
    low = min(1.0, SMALLEST / float(target.size.min()))
    high = max(1.0, float(np.min(2 * np.array(image) / target.size)))
    return low, high


class CorrelationTracker(AtomTracker):
    """ATOM's tracker with correlation filters, which holds its place when either witness doubts it.

    The score of a frame is the geometric mean of the classifier's peak and the filter's likeness.

    Args:
        extractor: the classifier's features.
        refinement: the filters.
        options: of ATOM; ``localization.not_found`` is for the classifier's peak alone.
        draws: every random number of the tracker.
        lost_below: scores under this report the target lost.
    """

    def __init__(
        self,
        extractor: FeatureExtractor,
        refinement: CorrelationRefinement,
        *,
        options: AtomOptions,
        draws: Draws,
        lost_below: float,
    ) -> None:
        super().__init__(extractor, refinement, options=options, draws=draws)
        self._filters = refinement
        self._lost_below = lost_below
        self._score = 1.0

    @torch.no_grad()
    def step(self, image: NDArray[np.uint8]) -> TargetState:
        """Find the target in ``image``, the next frame, and learn from it."""
        self._score = 0.0
        state = super().step(image)
        return replace(state, score=self._score, found=self._score >= self._lost_below)

    def _move(self, sight: Sight, place: Localization) -> None:
        before = self.target, self.scale
        super()._move(sight, place)
        self._score = math.sqrt(min(max(place.score, 0.0), 1.0) * self._filters.likeness)
        if self._score < self._lost_below:
            self.target, self.scale = before

    def _learn(self, sample: Tensor, sight: Sight, flag: Flag) -> None:
        super()._learn(sample, sight, flag if self._score >= self._lost_below else Flag.NOT_FOUND)
