"""Stretches of lanes as a correction would leave them: in the colour that their boxes would have."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

CROSSING = QColor(255, 90, 90)


@dataclass(frozen=True)
class LaneMark:
    """One stretch.

    Args:
        track_id: whose lane.
        start, stop: frames [start, stop).
        color: RGB, 0 to 255, of the track that gets the boxes; None = they go.
    """

    track_id: int
    start: int
    stop: int
    color: tuple[int, int, int] | None


def paint_mark(painter: QPainter, bar: QRectF, color: tuple[int, int, int] | None) -> None:
    """Paint one over its lane: dashed in the new colour, or crossed out."""
    if color is None:
        painter.fillRect(bar, QColor(20, 20, 22, 170))
        painter.setPen(QPen(CROSSING, 1))
        middle = bar.center().y()
        painter.drawLine(QPointF(bar.left(), middle), QPointF(bar.right(), middle))
        return
    tone = QColor(*color)
    fill = QColor(tone)
    fill.setAlpha(150)
    painter.fillRect(bar, QColor(20, 20, 22, 190))
    painter.fillRect(bar.adjusted(0, bar.height() * 0.3, 0, -bar.height() * 0.3), fill)
    painter.setPen(QPen(tone, 1, Qt.PenStyle.DashLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(bar)
