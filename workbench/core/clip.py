"""What an exporter is handed: the annotations of a video and, if wanted, its pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.core.annotations import Annotations

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Clip:
    """One video for export.

    Args:
        annotations: its boxes.
        pictures: (frame, image (H, W, 3) RGB) for every frame of the annotations, frame 0 being their
            first; None = write no pictures.
    """

    annotations: Annotations
    pictures: Iterable[tuple[int, Image]] | None = None
