"""What a detector found in one image, as columns: boxes, scores, classes, and what some detectors add."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.boxes3d import Boxes3D

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Detections:
    """Objects of one image, best first as detectors give them; all columns have N rows.

    Args:
        boxes: (N, 4) x, y, w, h, float64 pixels of the source image, see core.boxes; may leave it.
        scores: (N,) float64 in [0, 1].
        classes: (N,) int64, 0-based number in the network's list of classes.
        embeddings: (N, E) float32 of unit length: how they look.
        poses: (N, K, 3) float64 x, y in pixels and score of each joint; NaN = not marked.
        boxes3d: in space.
        extremes: (N, 4, 2) float64 pixels: the topmost, leftmost, lowest and rightmost point.
        centers: (N, 2) float64 pixels, by which CenterTrack tells tracks apart.
        offsets: (N, 2) float64 pixels, from the centre to where it was in the previous image.

    Raises:
        ValueError: columns have different lengths.
    """

    boxes: Array
    scores: Array
    classes: NDArray[np.int64]
    embeddings: NDArray[np.float32] | None = None
    poses: Array | None = None
    boxes3d: Boxes3D | None = None
    extremes: Array | None = None
    centers: Array | None = None
    offsets: Array | None = None

    def __post_init__(self) -> None:
        lengths = {name: len(column) for name, column in self.columns().items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of different lengths: {lengths}")

    @classmethod
    def none(cls) -> Detections:
        """No objects."""
        return cls(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))

    @classmethod
    def joined(cls, parts: Sequence[Detections]) -> Detections:
        """All rows in order; a column that one part lacks is dropped. At least one part."""
        names = set(parts[0].columns()).intersection(*(part.columns() for part in parts[1:]))
        return cls(**{name: _joined([getattr(part, name) for part in parts]) for name in names})

    def columns(self) -> dict[str, Any]:
        """The columns that are there, by name."""
        every = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: column for name, column in every.items() if column is not None}

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, chosen: ArrayLike | slice) -> Detections:
        """Some of them, by mask (N,), indices (M,) or slice."""
        index: Any = chosen if isinstance(chosen, slice) else np.asarray(chosen)
        return Detections(**{name: column[index] for name, column in self.columns().items()})


def _joined(columns: list[Any]) -> Any:
    return Boxes3D.joined(columns) if isinstance(columns[0], Boxes3D) else np.concatenate(columns)
