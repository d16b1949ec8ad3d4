"""Adjusting the box with correlation filters: first the place, then the size.

Stands where ATOM has its overlap network, and needs no training: a translation filter in fine cells
corrects what the classifier's coarse cells leave, and DSST's scale filter follows the size. The aspect
of the box stays as drawn.
"""

from __future__ import annotations

import numpy as np

from workbench.inference.atom.refinement import Sight, Target
from workbench.tracking.scale_filter import ScaleFilter, ScaleFilterOptions
from workbench.tracking.translation_filter import TranslationFilter, TranslationFilterOptions

SMALLEST = 4.0  # pixels a side; below this there is nothing left to measure


class CorrelationRefinement:
    """A ``BoxRefinement`` for one target.

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

    def refine(self, sight: Sight, target: Target) -> Target:
        """The target moved to where it looks right, then grown or shrunk."""
        right, down = self._place.measure(sight.image, target.box)
        moved = Target(target.center + np.array([down, right]), target.size)
        factor = self._size.measure(sight.image, moved.box)
        low, high = _limits(moved, sight.image.shape[:2])
        return Target(moved.center, moved.size * min(max(factor, low), high))

    def learn(self, sight: Sight, target: Target) -> None:
        """Take the target as it looks in this frame into both filters."""
        self._place.learn(sight.image, target.box)
        self._size.learn(sight.image, target.box)


def _limits(target: Target, image: tuple[int, ...]) -> tuple[float, float]:
    """Factors that keep the target above ``SMALLEST`` and below twice the image, never forcing a change."""
    low = min(1.0, SMALLEST / float(target.size.min()))
    high = max(1.0, float(np.min(2 * np.array(image) / target.size)))
    return low, high
