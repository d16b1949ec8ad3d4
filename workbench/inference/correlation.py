"""Correlation filters for the box, where there is no overlap network or beside it.

The classifier's cells are coarse: a translation filter in fine ones corrects the place, and DSST's scale
filter follows the size; the aspect of the box stays as drawn. The translation filter is also a second
witness: the classifier only tells the target from its surroundings, and finds something like it nearly
everywhere, so a place counts as found when both say so.
"""

from __future__ import annotations

import numpy as np

from workbench.inference.atom.refinement import Refined, Sight, Target
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

    def start(self, sight: Sight, target: Target) -> None:
        """Learn the target as it looks in the first frame."""
        self._place = TranslationFilter(sight.image, target.box, options=self._place_options)
        self._size = ScaleFilter(sight.image, target.box, options=self._size_options)
        self._learned = 0

    def refine(self, sight: Sight, target: Target) -> Refined:
        """The target moved to where it looks right, then grown or shrunk."""
        offset = self._place.measure(sight.image, target.box)
        moved = Target(target.center + np.array([offset.y, offset.x]), target.size)
        factor = self._size.measure(sight.image, moved.box)
        low, high = _limits(moved, sight.image.shape[:2])
        size = moved.size * min(max(factor, low), high)
        return Refined(Target(moved.center, size), min(max(offset.likeness, 0.0), 1.0))

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
