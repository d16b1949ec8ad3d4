"""The ruler: frame numbers above, time of day of the video below, and what is already loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen, QPolygonF

from workbench.ui.timeline.axis import TimeAxis, clock
from workbench.ui.timeline.look import Look

HEIGHT = 34
LOADED_HEIGHT = 3
LABEL_ROOM = 74.0  # pixels between labels


def paint_ruler(
    painter: QPainter,
    axis: TimeAxis,
    *,
    seconds_of: Callable[[int], float] | None,
    loaded: Sequence[tuple[int, int]],
    look: Look,
) -> None:
    """Paint into (0, 0) to (axis.width, HEIGHT).

    Args:
        painter: x = 0 is the left border of the axis.
        axis: what is visible.
        seconds_of: time of a frame, or None where it is not known.
        loaded: frames [start, stop) that can be shown at once.
        look: colours.
    """
    painter.fillRect(QRectF(0, 0, axis.width, HEIGHT), look.panel)
    font = QFont(painter.font())
    font.setPixelSize(10)
    painter.setFont(font)
    step, ticks = axis.ticks(LABEL_ROOM)
    minor, small_ticks = axis.ticks(LABEL_ROOM / 10)
    painter.setPen(QPen(look.line, 1))
    for frame in small_ticks if minor < step else ():
        x = round(float(axis.x_of(frame)))
        painter.drawLine(x, HEIGHT - 7, x, HEIGHT - 4)
    fine = seconds_of is not None and step > 0 and seconds_of(min(step, axis.frames - 1)) < 1.0
    for frame in ticks:
        x = round(float(axis.x_of(frame)))
        painter.setPen(QPen(look.dim, 1))
        painter.drawLine(x, 4, x, HEIGHT - 4)
        texts = [(13, look.text, f"{frame}")]
        if seconds_of is not None:
            texts.append((26, look.dim, clock(seconds_of(frame), fine=fine)))
        for y, colour, text in texts:
            if x + 4 + painter.fontMetrics().horizontalAdvance(text) <= axis.width:  # whole, or not at all
                painter.setPen(colour)
                painter.drawText(QPointF(x + 4, y), text)
    _paint_loaded(painter, axis, loaded, look)


def _paint_loaded(painter: QPainter, axis: TimeAxis, loaded: Sequence[tuple[int, int]], look: Look) -> None:
    y = HEIGHT - LOADED_HEIGHT
    painter.fillRect(QRectF(0, y, axis.width, LOADED_HEIGHT), look.line)
    for start, stop in loaded:
        left, right = max(float(axis.x_of(start)), 0.0), min(float(axis.x_of(stop)), axis.width)
        if right > left:
            painter.fillRect(QRectF(left, y, right - left, LOADED_HEIGHT), look.verified)


def paint_cursor(painter: QPainter, axis: TimeAxis, frame: int, *, bottom: float, look: Look) -> None:
    """The current frame: a line through all lanes, as wide as the frame when frames are wide, and a flag."""
    left = float(axis.x_of(frame))
    middle = round(left + axis.scale / 2) if axis.scale >= 1 else round(left)
    if axis.scale >= 4:
        tint = look.accent.lighter(100)
        tint.setAlpha(50)
        painter.fillRect(QRectF(left, HEIGHT, axis.scale, bottom - HEIGHT), tint)
    painter.setPen(QPen(look.accent, 1))
    painter.drawLine(middle, HEIGHT - 12, middle, round(bottom))
    _paint_flag(painter, f"{frame}", middle, look, axis.width)


def _paint_flag(painter: QPainter, text: str, x: int, look: Look, limit: float) -> None:
    font = QFont(painter.font())
    font.setPixelSize(10)
    font.setBold(True)
    painter.setFont(font)
    width = painter.fontMetrics().horizontalAdvance(text) + 10
    left = min(max(x - width / 2, 0.0), max(limit - width, 0.0))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.accent)
    painter.drawRoundedRect(QRectF(left, 2, width, 15), 3, 3)
    painter.drawPolygon(QPolygonF([QPointF(x - 4, 16.5), QPointF(x + 4.5, 16.5), QPointF(x + 0.5, 22)]))
    painter.setPen(Qt.GlobalColor.white)
    painter.drawText(QRectF(left, 2, width, 15), Qt.AlignmentFlag.AlignCenter, text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
