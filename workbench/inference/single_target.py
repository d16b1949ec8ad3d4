"""What every single-target tracker can do: start from a box, then say where the target is, frame by frame.

Window, command line and batch runs know trackers only through these two names, so a tracker can be
exchanged without a change anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Box


@dataclass(frozen=True)
class TargetState:
    """Where a tracker puts its target in one frame.

    Args:
        box: x, y, w, h in pixels of the source frame; it may leave the image.
        score: confidence in [0, 1].
        found: False when the tracker reports the target lost in this frame; ``box`` is then the last
            known place.
    """

    box: Box
    score: float
    found: bool


class SingleTargetTracker(Protocol):
    """A tracker of one target through the frames of one video, in order, forward or backward."""

    def start(self, image: NDArray[np.uint8], box: Box) -> None:
        """Learn the target in ``box`` (x, y, w, h, pixels) of ``image`` (H, W, 3) RGB; forgets any other."""

    def step(self, image: NDArray[np.uint8]) -> TargetState:
        """Find the target in the next frame, (H, W, 3) RGB, and learn from what was found."""
