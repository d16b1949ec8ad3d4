"""What a multi-object tracker is: handed the detections of one frame after another, it says who is who."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.boxes import Array
from workbench.core.detections import Detections


@dataclass(frozen=True)
class TrackedBoxes:
    """The targets a tracker sees in one frame, by id.

    Args:
        ids: (M,) int64, from 1 in the order in which this tracker met them, each at most once.
        boxes: (M, 4) x, y, w, h, float64 pixels, as the tracker's filter sees them.
        scores: (M,) of the detection each was joined with.
        classes: (M,) int64.
        detections: (M,) row of the detection each was joined with; -1 = none in this frame.
    """

    ids: NDArray[np.int64]
    boxes: Array
    scores: Array
    classes: NDArray[np.int64]
    detections: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)


class Tracker(Protocol):
    """Follows many targets; frames come in increasing order, from 0, and some may be left out."""

    def update(
        self,
        frame: int,
        detections: Detections,
        *,
        image: NDArray[np.uint8] | None = None,
        motion: ArrayLike | None = None,
    ) -> TrackedBoxes:
        """Join the detections of a frame with the tracks so far.

        Args:
            frame: 0-based; more than the last one.
            detections: in pixels of the frame; may be empty.
            image: (H, W, 3) RGB, for trackers that look at it.
            motion: (2, 3) affine map from the pixels of the last frame given to those of this one, where the
                camera's motion is known.

        Raises:
            UserError: the frame is not after the last one.
        """
        ...
