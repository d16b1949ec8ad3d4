"""What moves with the mouse: handles, the dragged box with its size, the crosshair. Widget pixels."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from workbench.core.boxes import Box
from workbench.ui.canvas.hit import HANDLES, shown_handles
from workbench.ui.canvas.qtarrays import draw_lines, draw_rects
from workbench.ui.canvas.transform import ViewTransform

HANDLE_SIDE = 7.0
_DARK = QColor(0, 0, 0, 170)
_LIGHT = QColor(255, 255, 255)
_ACCENT = QColor(0, 170, 255)


def paint_handles(painter: QPainter, box: Box, transform: ViewTransform) -> None:
    """White squares on the corners and, where there is room, on the sides."""
    x, y, w, h = transform.box_to_widget(box)
    half = HANDLE_SIDE / 2
    squares = [
        (round(x + share_x * w - half), round(y + share_y * h - half), HANDLE_SIDE, HANDLE_SIDE)
        for share_x, share_y in (HANDLES[name] for name in shown_handles(box, transform.zoom))
    ]
    painter.setPen(QPen(QColor(20, 20, 22), 1))
    painter.setBrush(_LIGHT)
    draw_rects(painter, squares)


def paint_dragged(painter: QPainter, box: Box, transform: ViewTransform) -> None:
    """The box as it would be at release, and its size in source pixels."""
    x, y, w, h = transform.box_to_widget(box)
    place = QRectF(round(x), round(y), round(w), round(h))
    painter.setBrush(QColor(0, 170, 255, 28))
    painter.setPen(QPen(_DARK, 3))
    painter.drawRect(place)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(_LIGHT, 1))
    painter.drawRect(place)
    _paint_size(painter, place, f"{box[2]:.0f} × {box[3]:.0f}")


def _paint_size(painter: QPainter, place: QRectF, text: str) -> None:
    metrics = painter.fontMetrics()
    width, height = metrics.horizontalAdvance(text) + 10, metrics.height() + 4
    below = place.bottom() + 6
    if below + height > painter.viewport().bottom():
        below = max(place.top() - height - 6, 4.0)
    pill = QRectF(place.center().x() - width / 2, below, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_DARK)
    painter.drawRoundedRect(pill, 4, 4)
    painter.setPen(_LIGHT)
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_crosshair(painter: QPainter, at: QPointF, area: QRect) -> None:
    """Lines through the cursor across the whole widget: dark beneath, light dashes above."""
    x, y = round(at.x()), round(at.y())
    lines = [(x, area.top(), x, area.bottom()), (area.left(), y, area.right(), y)]
    painter.setPen(QPen(QColor(0, 0, 0), 1))
    draw_lines(painter, lines)
    pen = QPen(_ACCENT, 1)
    pen.setDashPattern([4.0, 4.0])
    painter.setPen(pen)
    draw_lines(painter, lines)
