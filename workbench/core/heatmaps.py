"""Heat maps of a network over the image they were made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Heatmap:
    """What one head of a network says of every place.

    Args:
        head: the head's name, e.g. "hm", "hm_hp".
        names: of its channels: classes, joints.
        values: (C, h, w) float32 in [0, 1].
        to_source: (2, 3) float64: from a place x, y on the map, where cell i covers [i, i + 1), to pixels of
            the source image.
    """

    head: str
    names: tuple[str, ...]
    values: NDArray[np.float32]
    to_source: NDArray[np.float64]
