"""Lines and zones over the picture: how they are drawn. Widget pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from workbench.ui.canvas.qtarrays import draw_rects
from workbench.ui.canvas.transform import ViewTransform
from workbench.ui.colours import Rgb

Point = tuple[float, float]

ARROW = 22.0  # length of the arrow that shows which way is in
POINT_SIDE, MIDDLE_SIDE = 8.0, 6.0
_DARK = QColor(0, 0, 0, 150)
_PILL = QColor(18, 18, 20, 205)
_LIGHT = QColor(255, 255, 255)


@dataclass(frozen=True)
class Shape:
    """A line of two points, whose arrow points from its left to its right, or a closed zone.

    Args:
        key: what the signals report.
        points: source pixels.
        label: drawn beside it; "" = none.
        chosen: its points are shown and can be dragged.
    """

    key: str
    points: tuple[Point, ...]
    closed: bool
    color: Rgb
    label: str = ""
    chosen: bool = False


def middles(points: Sequence[Point], *, closed: bool) -> list[Point]:
    """The middle of each edge of a zone, where a point can be pulled out; none of a line."""
    if not closed:
        return []
    following = [*points[1:], points[0]]
    return [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in zip(points, following, strict=True)]


def paint_shapes(painter: QPainter, shapes: Iterable[Shape], transform: ViewTransform) -> None:
    """Draw shapes, the chosen one with its points."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for shape in shapes:
        points = [QPointF(*point) for point in transform.to_widget(shape.points).tolist()]
        _paint_body(painter, points, shape)
        if shape.label:
            _paint_label(painter, _label_place(points, shape.closed), shape)
        if shape.chosen:
            _paint_points(painter, transform, shape)
    painter.restore()


def paint_sketch(
    painter: QPainter, points: Sequence[Point], transform: ViewTransform, *, closed: bool
) -> None:
    """A shape that is being drawn: its points so far, the last of them under the cursor."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    corners = [QPointF(*point) for point in transform.to_widget(points).tolist()]
    for pen in (QPen(_DARK, 4), QPen(_LIGHT, 1.5)):
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(corners))
    if closed and len(points) > 2:
        painter.setPen(QPen(_LIGHT, 1, Qt.PenStyle.DashLine))
        painter.drawLine(corners[-1], corners[0])
    _paint_squares(painter, transform, points[:-1], POINT_SIDE, filled=True)
    painter.restore()


def _paint_body(painter: QPainter, points: list[QPointF], shape: Shape) -> None:
    color = QColor(*shape.color)
    outlines = (QPen(_DARK, 4.5), QPen(color, 2.5 if shape.chosen else 2))
    if not shape.closed:
        lines = [(points[0], points[1]), *_arrow(*points)]
        for pen in outlines:
            painter.setPen(pen)
            for start, end in lines:
                painter.drawLine(start, end)
        return
    fill = QColor(color)
    fill.setAlpha(48 if shape.chosen else 26)
    painter.setBrush(fill)
    for pen in outlines:
        painter.setPen(pen)
        painter.drawPolygon(QPolygonF(points))
        painter.setBrush(Qt.BrushStyle.NoBrush)


def _arrow(start: QPointF, end: QPointF) -> list[tuple[QPointF, QPointF]]:
    """From the middle of a line to its right: what goes this way comes in."""
    along = end - start
    length = max(np.hypot(along.x(), along.y()), 1e-6)
    along = along / length
    right = QPointF(-along.y(), along.x())
    foot = (start + end) / 2
    tip = foot + right * ARROW
    return [(foot, tip)] + [(tip - right * 8 + along * side, tip) for side in (-6, 6)]


def _label_place(points: list[QPointF], closed: bool) -> QPointF:
    """Centre of the label: over a zone's top, or beside a line on the side without the arrow."""
    if closed:
        top = min(points, key=lambda p: (p.y(), p.x()))
        return QPointF(top.x(), top.y() - 14)
    start, end = points
    along = end - start
    length = max(np.hypot(along.x(), along.y()), 1e-6)
    left = QPointF(along.y(), -along.x()) / length
    return (start + end) / 2 + QPointF(left.x() * 52, left.y() * 18)


def _paint_label(painter: QPainter, centre: QPointF, shape: Shape) -> None:
    metrics, area = painter.fontMetrics(), painter.viewport()
    width, height = metrics.horizontalAdvance(shape.label) + 12, metrics.height() + 4
    ratio = painter.device().devicePixelRatioF()
    x = min(max(centre.x() - width / 2, 2), area.width() / ratio - width - 2)
    y = min(max(centre.y() - height / 2, 2), area.height() / ratio - height - 2)
    pill = QRectF(x, y, width, height)
    painter.setPen(QPen(QColor(*shape.color), 1.2))
    painter.setBrush(_PILL)
    painter.drawRoundedRect(pill, 4, 4)
    painter.setPen(_LIGHT)
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, shape.label)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_points(painter: QPainter, transform: ViewTransform, shape: Shape) -> None:
    _paint_squares(painter, transform, middles(shape.points, closed=shape.closed), MIDDLE_SIDE, filled=False)
    _paint_squares(painter, transform, shape.points, POINT_SIDE, filled=True)


def _paint_squares(
    painter: QPainter, transform: ViewTransform, points: Sequence[Point], side: float, *, filled: bool
) -> None:
    if not points:
        return
    places = np.round(transform.to_widget(points) - side / 2)
    painter.setPen(QPen(QColor(20, 20, 22) if filled else _LIGHT, 1))
    painter.setBrush(_LIGHT if filled else _DARK)
    draw_rects(painter, np.column_stack([places, np.full((len(places), 2), side)]))
