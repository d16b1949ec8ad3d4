"""What a drag does to a box: a small state machine without Qt.

The view feeds it source points; it answers with the box to show meanwhile and, at release, the box
that came out. Nothing here touches data: cancelling is forgetting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.core.boxes import Box

Action = Literal["draw", "move", "resize"]

MIN_SIDE = 1.0  # source pixels


@dataclass(frozen=True)
class Drag:
    """One drag from press to release.

    Args:
        action: what it does.
        origin: source point where it began.
        start: the box as it was (for "draw": an empty box at the origin).
        track_id: whose box; -1 for "draw".
        handle: key of ``hit.HANDLES`` for "resize".
        box: the box as it would be now.
    """

    action: Action
    origin: tuple[float, float]
    start: Box
    track_id: int
    handle: str
    box: Box

    @classmethod
    def drawing(cls, point: tuple[float, float]) -> Drag:
        """A new box from this corner."""
        box = (*point, 0.0, 0.0)
        return cls("draw", point, box, -1, "", box)

    @classmethod
    def editing(cls, point: tuple[float, float], box: Box, track_id: int, *, handle: str = "") -> Drag:
        """Move a box, or resize it when a handle is named."""
        return cls("resize" if handle else "move", point, box, track_id, handle, box)

    def to(self, point: tuple[float, float], *, proportional: bool = False) -> Drag:
        """The drag with the cursor at ``point``; proportional keeps the aspect (drawing: a square)."""
        dx, dy = point[0] - self.origin[0], point[1] - self.origin[1]
        if self.action == "draw":
            box = spanned(self.origin, point, square=proportional)
        elif self.action == "move":
            x, y, w, h = self.start
            box = (x + dx, y + dy, w, h)
        else:
            box = resized(self.start, self.handle, dx=dx, dy=dy, keep_aspect=proportional)
        return Drag(self.action, self.origin, self.start, self.track_id, self.handle, box)

    def changed(self) -> bool:
        """Whether releasing here would change anything."""
        return self.box != self.start


def spanned(corner: tuple[float, float], other: tuple[float, float], *, square: bool = False) -> Box:
    """The box between two opposite corners; square takes the longer side for both."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    if square:
        side = max(abs(dx), abs(dy))
        dx, dy = (side if dx >= 0 else -side), (side if dy >= 0 else -side)
    return (min(corner[0], corner[0] + dx), min(corner[1], corner[1] + dy), abs(dx), abs(dy))


def resized(box: Box, handle: str, *, dx: float, dy: float, keep_aspect: bool = False) -> Box:
    """``box`` with one handle moved by (dx, dy); the opposite side or corner stays.

    A side never passes its opposite: it stops at ``MIN_SIDE``. With keep_aspect a corner follows the
    larger change, and a side takes the other side along, about its middle.
    """
    x, y, w, h = box
    new_w, new_h = w, h
    if "e" in handle or "w" in handle:
        new_w = max(w + (dx if "e" in handle else -dx), MIN_SIDE)
    if "n" in handle or "s" in handle:
        new_h = max(h + (dy if "s" in handle else -dy), MIN_SIDE)
    if keep_aspect and w > 0 and h > 0:
        shares = [new_w / w] if handle in ("e", "w") else [new_h / h] if handle in ("n", "s") else []
        share = shares[0] if shares else max(new_w / w, new_h / h)
        share = max(share, MIN_SIDE / min(w, h))
        new_w, new_h = w * share, h * share
    return (_anchored(x, w, new_w, handle, "w", "e"), _anchored(y, h, new_h, handle, "n", "s"), new_w, new_h)


def _anchored(start: float, length: float, new: float, handle: str, low: str, high: str) -> float:
    """Where an axis of the box begins after its length became ``new``."""
    if low in handle:
        return start + length - new
    return start if high in handle else start + (length - new) / 2
