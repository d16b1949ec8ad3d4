"""The score of the selected track over time, under its lanes on the same axis.

A pixel shows the lowest and the highest score of its frames, so that a single bad frame among 100 000 is
seen, and painting costs as much as there are pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.ui.canvas.qtarrays import draw_lines
from workbench.ui.timeline.axis import TimeAxis
from workbench.ui.timeline.look import Look

HEIGHT = 54
_PAD = 6


def extremes(
    frames: NDArray[np.int64], scores: NDArray[Any], axis: TimeAxis, width: int
) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[Any]]:
    """Per column the lowest and highest score.

    Args:
        frames: (M,) sorted.
        scores: (M,) in [0, 1].
        axis: what is visible, over ``width`` columns.
        width: columns.

    Returns:
        columns with a score, lowest, highest; all (C,), C <= width.
    """
    first, last = np.searchsorted(frames, axis.visible)
    seen, values = frames[first:last], scores[first:last]
    if len(seen) == 0:
        return seen, values, values
    column = np.floor((seen - axis.start) * axis.scale * width / axis.width).astype(np.int64)
    column = column.clip(0, width - 1)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(column)) + 1])
    return column[starts], np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)


class ScoreStrip(QWidget):
    """One curve with a threshold line; pressing or dragging in it seeks."""

    seek_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._axis = TimeAxis()
        self._left = 0
        self._frames = np.zeros(0, np.int64)
        self._scores = np.zeros(0, np.float32)
        self._color = QColor(120, 160, 220)
        self._threshold: float | None = None
        self._frame = 0

    def set_curve(self, frames: NDArray[np.int64], scores: NDArray[Any], color: tuple[int, int, int]) -> None:
        """Scores in [0, 1] at these frames, sorted."""
        self._frames, self._scores, self._color = frames, scores, QColor(*color)
        self.update()

    def set_threshold(self, score: float | None) -> None:
        """Where the line stands, or none."""
        self._threshold = score
        self.update()

    def set_axis(self, axis: TimeAxis, left: int) -> None:
        """Show the same time as the lanes, which begin at x = left."""
        self._axis, self._left = axis, left
        self.update()

    def set_frame(self, frame: int) -> None:
        """Move the cursor."""
        self._frame = frame
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(600, HEIGHT)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for the frame under the cursor."""
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrub while the left button is held."""
        x = event.position().x() - self._left
        if event.buttons() & Qt.MouseButton.LeftButton and self._axis.frames and x >= 0:
            frame = self._axis.nearest(x)
            if frame != self._frame:
                self.seek_requested.emit(frame)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Grid, threshold, curve, cursor, and the score at the cursor."""
        look = Look.of(self.palette())
        painter = QPainter(self)
        painter.fillRect(self.rect(), look.ground)
        painter.save()
        painter.translate(self._left, 0)
        painter.setClipRect(QRectF(0, 0, self._axis.width, self.height()))
        self._paint_grid(painter, look)
        self._paint_curve(painter, look)
        x = round(float(self._axis.x_of(self._frame + (0.5 if self._axis.scale >= 1 else 0.0))))
        painter.setPen(QPen(look.accent, 1))
        painter.drawLine(x, 0, x, self.height())
        painter.restore()
        self._paint_panel(painter, look)
        painter.end()

    def _y(self, score: Any) -> Any:
        return self.height() - _PAD - score * (self.height() - 2 * _PAD)

    def _paint_grid(self, painter: QPainter, look: Look) -> None:
        painter.setPen(QPen(look.line, 1))
        for score in (0.0, 0.5, 1.0):
            y = round(self._y(score))
            painter.drawLine(0, y, round(self._axis.width), y)
        if self._threshold is not None:
            y = round(self._y(self._threshold))
            painter.setPen(QPen(look.accent, 1, Qt.PenStyle.DashLine))
            painter.drawLine(0, y, round(self._axis.width), y)

    def _paint_curve(self, painter: QPainter, look: Look) -> None:
        """A stroke from lowest to highest in each column, and lines between neighbouring frames."""
        width = max(round(self._axis.width), 1)
        column, low, high = extremes(self._frames, self._scores, self._axis, width)
        if len(column) == 0:
            return
        half = self._axis.scale / 2 if self._axis.scale >= 1 else 0.0
        x = column + half
        strokes = np.stack([x, self._y(low), x, self._y(high) - 0.5], axis=1)
        middle = (low + high) / 2
        near = np.diff(column) <= max(1.5 * self._axis.scale, 1.0)
        joins = np.stack([x[:-1], self._y(middle[:-1]), x[1:], self._y(middle[1:])], axis=1)[near]
        painter.setPen(QPen(self._color, 1))
        draw_lines(painter, np.concatenate([strokes, joins]))

    def _paint_panel(self, painter: QPainter, look: Look) -> None:
        painter.fillRect(0, 0, self._left, self.height(), look.panel)
        painter.fillRect(self._left + round(self._axis.width), 0, self.width(), self.height(), look.panel)
        painter.setPen(QPen(look.line, 1))
        painter.drawLine(0, 0, self.width(), 0)
        painter.drawLine(self._left - 1, 0, self._left - 1, self.height())
        at = int(np.searchsorted(self._frames, self._frame))
        here = at < len(self._frames) and int(self._frames[at]) == self._frame
        painter.setPen(look.dim)
        text = f"score  {self._scores[at]:.2f}" if here else "score  –"
        painter.drawText(QRectF(8, 0, self._left - 14, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        small = painter.font()
        small.setPixelSize(9)
        painter.setFont(small)
        for score in (0.0, 1.0):
            place = QRectF(self._left - 22, self._y(score) - 6, 18, 12)
            painter.drawText(
                place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{score:.0f}"
            )
