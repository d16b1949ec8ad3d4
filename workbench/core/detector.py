"""What a detector is: shown one frame after another, it says what is in each."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from workbench.core.detections import Detections

Image = NDArray[np.uint8]


class Detector(Protocol):
    """Finds objects; a fresh one is made for each run, and used by one thread at a time."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names that ``Detections.classes`` counts."""
        ...

    @property
    def warm_up(self) -> int:
        """Frames before one that it has to be shown, so that it finds what it would in an unbroken run.

        0 = it looks at each frame by itself, in any order. Others are shown frames in increasing order, and a
        run that begins or goes on at frame f shows [f - warm_up, f) first and forgets what is found there.
        """
        ...

    def detect(self, frame: int, image: Image) -> Detections:
        """What is in a frame.

        Args:
            frame: its number, 0-based.
            image: (H, W, 3) RGB.
        """
        ...


@runtime_checkable
class LearnsFirst(Protocol):
    """A detector that wants to see some of the video before the first frame, like an empty background."""

    @property
    def samples(self) -> int:
        """How many frames, spread evenly over the whole video, whatever part of it the run is for."""
        ...

    def learn(self, frame: int, image: Image) -> None:
        """Look at one of them, (H, W, 3) RGB; they come in increasing order, all before the first ``detect``.

        Without them the detector works all the same, as for a camera.
        """
        ...
