"""What a clip is: its options and its frames, apart from the painting so that naming them costs no torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ClipOptions:
    """What to make.

    Args:
        width, height: pixels of a frame.
        frames: length of the clip.
        targets: how many targets move through it.
        bystanders: how many things without a box move behind them.
        vanishing: share of the targets that are once out of sight, half of them behind something, half
            out of the frame, and come back; seen in the first and the last frames.
        seed: everything random comes from it.
        noise: standard deviation of the sensor noise, in grey levels.
        still: whether the camera stands still.
        alike: whether all targets are of one look and turn to wherever they go, like animals seen from above.
        size: of everything that moves, 1 = about a quarter of the frame's height.
    """

    width: int = 640
    height: int = 360
    frames: int = 240
    targets: int = 5
    bystanders: int = 2
    vanishing: float = 0.0
    seed: int = 35
    noise: float = 2.0
    still: bool = False
    alike: bool = False
    size: float = 1.0


@dataclass(frozen=True)
class ClipFrame:
    """One frame and what is true of it; row i of the arrays is always the same target.

    Args:
        image: (H, W, 3) RGB.
        boxes: (N, 4) x, y, w, h around all of each target, hidden parts included.
        visibility: (N,) share of the target's pixels that can be seen, [0, 1]; 0 outside the picture.
        owners: (H, W) the target that each pixel shows, -1 for none.
    """

    image: NDArray[np.uint8]
    boxes: Array
    visibility: Array
    owners: NDArray[np.int16]
