"""What a single-target tracker is: shown a box once, it says where the target is in each later frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Box
from workbench.core.heatmaps import Heatmap


@dataclass(frozen=True)
class TargetState:
    """Where a tracker sees its target in one frame.

    Args:
        box: x, y, w, h in pixels of the frame; the last known place when lost.
        score: confidence in [0, 1].
        found: False when the tracker reports the target as lost in this frame.
    """

    box: Box
    score: float
    found: bool


class SingleTargetTracker(Protocol):
    """Follows one target; frames are handed over in order, forward or backward."""

    def start(self, image: NDArray[np.uint8], box: Box) -> None:
        """Learn the target from its box in one frame.

        Args:
            image: (H, W, 3) RGB.
            box: x, y, w, h in pixels, w and h positive.
        """

    def step(self, image: NDArray[np.uint8]) -> TargetState:
        """Find the target in the next frame, (H, W, 3) RGB."""
        ...


@runtime_checkable
class ShowsScores(Protocol):
    """A tracker that can show where it looked and what it thought of every place there."""

    def score_map(self) -> Heatmap | None:
        """Its scores over the part of the last frame that it searched; None before the first step."""
        ...
