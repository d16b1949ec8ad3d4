"""What a detector found and nobody has accepted yet: provisional boxes, shown dashed, kept here only."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from workbench.core.detections import Detections
from workbench.services.detecting import DetectedFrame

USUAL = 0.3  # score from which detections are shown at first


class Found(QObject):
    """Detections of the video shown, by frame, and the score from which they are shown and accepted.

    Signals:
        changed: other ones, or another threshold.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.threshold = USUAL
        self._frames: dict[int, DetectedFrame] = {}
        self._shown: dict[int, int] = {}  # how many of a frame are high enough; counting all anew takes long
        self._totals = (0, 0)

    @property
    def frames(self) -> tuple[DetectedFrame, ...]:
        """All that was found, by frame."""
        return tuple(self._frames[frame] for frame in sorted(self._frames))

    @property
    def counts(self) -> tuple[int, int]:
        """How many are high enough, and how many there are in all."""
        return self._totals

    def add(self, found: DetectedFrame) -> None:
        """Keep what was found in a frame in place of what was there; another model's findings go."""
        if any(f.model != found.model for f in list(self._frames.values())[:1]):
            self._forget()
        self._drop(found.frame)
        self._frames[found.frame] = found
        self._count(found)
        self.changed.emit()

    def clear(self) -> None:
        """Forget everything."""
        if self._frames:
            self._forget()
            self.changed.emit()

    @Slot(float)
    def set_threshold(self, threshold: float) -> None:
        """Show and accept detections from this score on."""
        self.threshold = threshold
        self._totals = (0, 0)
        for found in self._frames.values():
            self._count(found)
        self.changed.emit()

    def _forget(self) -> None:
        self._frames.clear()
        self._shown.clear()
        self._totals = (0, 0)

    def _count(self, found: DetectedFrame) -> None:
        high = self._shown[found.frame] = len(self.shown_of(found))
        shown, every = self._totals
        self._totals = (shown + high, every + len(found.detections))

    def _drop(self, frame: int) -> None:
        old = self._frames.pop(frame, None)
        if old is not None:
            shown, every = self._totals
            self._totals = (shown - self._shown.pop(frame), every - len(old.detections))

    def at(self, frame: int) -> DetectedFrame | None:
        """What was found in a frame."""
        return self._frames.get(frame)

    def shown_of(self, found: DetectedFrame) -> Detections:
        """Those of a frame that are high enough."""
        return found.detections[found.detections.scores >= self.threshold]
