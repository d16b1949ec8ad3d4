"""What the canvas draws over one frame, as plain arrays.

The canvas knows no project: whoever shows a frame packs its boxes into an :class:`Overlay`, and the
canvas answers with signals. Arrays instead of one object a box, because 1000 boxes with trails are
then drawn in a few calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Box

Floats = NDArray[np.float64]


class BoxFlag(IntFlag):
    """How a box is drawn; flags combine."""

    PREDICTED = 1  # not confirmed by a person: dashed, thin, behind the others, hollow label with "?"
    INTERPOLATED = 2  # thin and faded
    KEYFRAME = 4  # filled diamond at the bottom-left corner
    VERIFIED = 8  # tick at the bottom-right corner
    OCCLUDED = 16  # dotted
    SELECTED = 32  # white outline; handles when it is the only one
    LOCKED = 64  # can be selected, not dragged
    PROPOSED = 128  # what a correction would leave: bold dashes, drawn on top of all others


def _empty(*shape: int, dtype: type) -> NDArray[Any]:
    return np.zeros(shape, dtype)


@dataclass(frozen=True, eq=False)
class Overlay:
    """Boxes of one frame and what belongs to them.

    Args:
        boxes: (N, 4) x, y, w, h in pixels of the source frame.
        colors: (N, 3) uint8 RGB.
        labels: N texts; "" draws no label. Empty = no labels at all. In a crowd the first word stands alone.
        track_ids: (N,) what the signals report.
        flags: (N,) sums of :class:`BoxFlag`.
        trail_points: (P, 2) source pixels of all trails, box after box, oldest point first.
        trail_lengths: (N,) how many of the points belong to each box; empty = no trails.
        joints: (N, K, 3) x, y, score; NaN = not marked. (0, 0, 3) = no skeletons.
        edges: (E, 2) pairs of joints that a line connects.

    Raises:
        ValueError: when the lengths contradict each other.
    """

    boxes: Floats = field(default_factory=lambda: _empty(0, 4, dtype=np.float64))
    colors: NDArray[np.uint8] = field(default_factory=lambda: _empty(0, 3, dtype=np.uint8))
    labels: Sequence[str] = ()
    track_ids: NDArray[np.int64] = field(default_factory=lambda: _empty(0, dtype=np.int64))
    flags: NDArray[np.integer] = field(default_factory=lambda: _empty(0, dtype=np.uint8))
    trail_points: NDArray[Any] = field(default_factory=lambda: _empty(0, 2, dtype=np.float32))
    trail_lengths: NDArray[np.integer] = field(default_factory=lambda: _empty(0, dtype=np.int64))
    joints: NDArray[Any] = field(default_factory=lambda: _empty(0, 0, 3, dtype=np.float32))
    edges: NDArray[np.integer] = field(default_factory=lambda: _empty(0, 2, dtype=np.int64))

    def __post_init__(self) -> None:
        count = len(self.boxes)
        for name in ("colors", "track_ids", "flags"):
            if len(getattr(self, name)) != count:
                raise ValueError(f"Overlay.{name} has {len(getattr(self, name))} entries for {count} boxes")
        for name in ("labels", "trail_lengths", "joints"):
            if len(getattr(self, name)) not in (0, count):
                raise ValueError(f"Overlay.{name} has {len(getattr(self, name))} entries for {count} boxes")
        if int(np.sum(self.trail_lengths)) != len(self.trail_points):
            raise ValueError("Overlay.trail_lengths does not add up to the number of trail_points")

    def __len__(self) -> int:
        return len(self.boxes)

    def having(self, flag: BoxFlag) -> NDArray[np.bool_]:
        """(N,) which boxes carry any of these flags."""
        carried: NDArray[np.bool_] = (np.asarray(self.flags) & int(flag)) != 0
        return carried

    def sole_selected(self) -> int:
        """Index of the selected box when exactly one is selected, else -1."""
        chosen = np.flatnonzero(self.having(BoxFlag.SELECTED))
        return int(chosen[0]) if len(chosen) == 1 else -1

    def box(self, index: int) -> Box:
        """One box as plain numbers."""
        x, y, w, h = self.boxes[index].tolist()
        return (x, y, w, h)


EMPTY = Overlay()
"""A frame without boxes."""
