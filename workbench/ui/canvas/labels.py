"""Label pills and small marks, rendered once each into shared pixmaps and stamped from there.

Text layout costs more than everything else about a label, so a (text, colour, style) is laid out on its
first appearance; afterwards it is a copy. Sizes are device pixels, so the atlas belongs to one pixel
ratio.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

PAGE = 1024
MAX_PAGES = 8
_INK = QColor(20, 20, 22)
_PAPER = QColor(255, 255, 255)

Color = tuple[int, int, int]


Key = tuple[str, str, Color]
"""Style, text and colour of a stamp; a mark has no text."""

PILLS = ("solid", "hollow")
MARKS = ("keyframe", "verified", "predicted", "locked")


def ink_on(color: Color) -> QColor:
    """Black or white, whichever reads better on the colour (Rec. 709 luma of the sRGB values)."""
    red, green, blue = color
    return _INK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 125 else _PAPER


class LabelAtlas:
    """The pixmaps and what is where in them.

    Args:
        ratio: device pixels per widget pixel.
        font_size: of labels, in widget pixels.
    """

    def __init__(self, ratio: float = 1.0, *, font_size: float = 11.0) -> None:
        self.ratio = ratio
        self._font = QFont()
        self._font.setPixelSize(max(round(font_size * ratio), 6))
        self._metrics = QFontMetricsF(self._font)
        self.line_height = round(self._metrics.height() + 2 * ratio)
        self.mark_size = 2 * round(6.5 * ratio) + 1
        self.pages: list[QPixmap] = []
        self.places = np.zeros((256, 5))
        """(S, 5) page, x, y, width, height of each stamp, device pixels; rows beyond the last are 0."""
        self._ids: dict[Key, int] = {}
        self._x = self._y = PAGE

    def stamps(self, keys: Sequence[Key]) -> NDArray[np.int64]:
        """Rows of ``places``, rendering what is new.

        A "solid" pill is filled with the colour; a "hollow" one is dark with a coloured rim; the other
        styles are ``MARKS``.
        """
        known = list(map(self._ids.get, keys))
        if None in known:
            known = [self._ids.get(key) or self._render(key) for key in keys]
        return np.array(known, np.int64)

    def make_room(self) -> None:
        """Forget everything once the pages are full; call between two paintings, stamps become void."""
        if len(self.pages) > MAX_PAGES:
            self.pages.clear()
            self._ids.clear()
            self._x = self._y = PAGE

    def _render(self, key: Key) -> int:
        style, text, color = key
        width, height = self.mark_size, self.mark_size
        if style in PILLS:
            width = min(int(self._metrics.horizontalAdvance(text) + 9 * self.ratio), PAGE)
            height = self.line_height
        x, y = self._allocate(width)
        painter = QPainter(self.pages[-1])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = QRectF(x, y, width, height)
        if style in PILLS:
            self._paint_pill(painter, place, text, color, hollow=style == "hollow")
        else:
            self._paint_mark(painter, place, style, color)
        painter.end()
        number = self._ids[key] = len(self._ids) + 1  # 0 stands for none
        if number >= len(self.places):
            self.places = np.concatenate([self.places, np.zeros_like(self.places)])
        self.places[number] = (len(self.pages) - 1, x, y, width, height)
        return number

    def _allocate(self, width: int) -> tuple[int, int]:
        """Room for one stamp on shelves as high as a label."""
        shelf = max(self.line_height, self.mark_size) + 1
        if self._x + width > PAGE:
            self._x, self._y = 0, self._y + shelf
        if self._y + shelf > PAGE:
            page = QPixmap(PAGE, PAGE)
            page.fill(Qt.GlobalColor.transparent)
            self.pages.append(page)
            self._x = self._y = 0
        place = (self._x, self._y)
        self._x += width + 1
        return place

    def _paint_pill(self, painter: QPainter, place: QRectF, text: str, color: Color, *, hollow: bool) -> None:
        fill, rim = QColor(*color), QPen(QColor(0, 0, 0, 90), self.ratio)
        ink = ink_on(color)
        if hollow:
            fill, rim, ink = QColor(18, 18, 20, 170), QPen(QColor(*color), self.ratio), _PAPER
        half = self.ratio / 2
        painter.setPen(rim)
        painter.setBrush(fill)
        radius = 3 * self.ratio
        painter.drawRoundedRect(place.adjusted(half, half, -half, -half), radius, radius)
        painter.setFont(self._font)
        painter.setPen(ink)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_mark(self, painter: QPainter, place: QRectF, name: str, color: Color) -> None:
        painter.translate(place.center())
        painter.scale(self.ratio, self.ratio)
        {
            "keyframe": _paint_diamond,
            "verified": _paint_tick,
            "predicted": _paint_ring,
            "locked": _paint_lock,
        }[name](painter, QColor(*color))


def _paint_diamond(painter: QPainter, color: QColor) -> None:
    painter.setPen(QPen(_PAPER, 1.2))
    painter.setBrush(color)
    painter.drawPolygon(QPolygonF([QPointF(0, -5), QPointF(5, 0), QPointF(0, 5), QPointF(-5, 0)]))


def _paint_tick(painter: QPainter, _color: QColor) -> None:
    painter.setPen(QPen(_PAPER, 1))
    painter.setBrush(QColor(24, 128, 60))
    painter.drawEllipse(QPointF(0, 0), 5.5, 5.5)
    painter.setPen(QPen(_PAPER, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPolyline(QPolygonF([QPointF(-2.6, 0.2), QPointF(-0.7, 2.2), QPointF(2.7, -2.0)]))


def _paint_ring(painter: QPainter, color: QColor) -> None:
    painter.setPen(QPen(QColor(0, 0, 0, 110), 3.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(0, 0), 3.2, 3.2)
    painter.setPen(QPen(color, 1.6))
    painter.drawEllipse(QPointF(0, 0), 3.2, 3.2)


def _paint_lock(painter: QPainter, _color: QColor) -> None:
    shackle = QPainterPath()
    shackle.moveTo(-2.2, -0.5)
    shackle.lineTo(-2.2, -2.4)
    shackle.arcTo(QRectF(-2.2, -4.6, 4.4, 4.4), 180, -180)
    shackle.lineTo(2.2, -0.5)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(_INK, 3.2))
    painter.drawPath(shackle)
    painter.setPen(QPen(_PAPER, 1.4))
    painter.drawPath(shackle)
    painter.setPen(QPen(_INK, 1))
    painter.setBrush(_PAPER)
    painter.drawRect(QRectF(-3.6, -0.8, 7.2, 5.2))
