"""What a run has found so far: provisional boxes with provisional identities, kept here only."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from workbench.services.run_detecting import RunFrame
from workbench.ui.canvas import EMPTY, BoxFlag, Overlay
from workbench.ui.colours import track_colour
from workbench.ui.findings_of import pale

TRAIL = 30  # frames that a trail reaches back


class RunPreview(QObject):
    """Frames of the run that goes on over the video shown; empty when there is none.

    Signals:
        changed: a frame came, or all went.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._frames: dict[int, RunFrame] = {}

    def add(self, frame: RunFrame) -> None:
        """Keep what a run reported of a frame."""
        self._frames[frame.frame] = frame
        self.changed.emit()

    def clear(self) -> None:
        """Forget everything: it is in the project now, or not wanted."""
        if self._frames:
            self._frames.clear()
            self.changed.emit()

    def overlay(self, frame: int, *, labels: bool = True) -> Overlay:
        """What the canvas shows of a frame: dashed boxes with their ids and where they have been."""
        found = self._frames.get(frame)
        if found is None:
            return EMPTY
        ids = found.ids.tolist()
        points, lengths = self._trails(found)
        return Overlay(
            boxes=found.boxes,
            colors=np.array([pale(track_colour(number)) for number in ids], np.uint8).reshape(-1, 3),
            labels=[str(number) for number in ids] if labels else (),
            track_ids=np.full(len(ids), -1),
            flags=np.full(len(ids), int(BoxFlag.PREDICTED), np.uint8),
            trail_points=points,
            trail_lengths=lengths,
        )

    def _trails(self, found: RunFrame) -> tuple[np.ndarray, np.ndarray]:
        """Centres (P, 2) of a frame's identities, one after the other, oldest first; how many each has."""
        if not len(found.ids):
            return np.empty((0, 2), np.float32), np.empty(0, np.int64)
        frames = range(found.frame - TRAIL, found.frame + 1)
        past = [self._frames[f] for f in frames if f in self._frames]
        ids = np.concatenate([f.ids for f in past])
        boxes = np.concatenate([f.boxes for f in past])
        order = np.argsort(found.ids)
        rank = np.minimum(np.searchsorted(found.ids[order], ids), len(order) - 1)
        here = found.ids[order[rank]] == ids
        owner = order[rank][here]
        oldest_first = np.argsort(owner, kind="stable")
        centres = (boxes[:, :2] + boxes[:, 2:] / 2)[here][oldest_first]
        return centres.astype(np.float32), np.bincount(owner, minlength=len(order))
