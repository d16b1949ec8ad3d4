"""A panel of a plot in the window: the same curves and bars that are written as SVG."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.services.plots import COLOURS, Bars, Curves, bin_edges
from workbench.ui.theme import ACCENT

LEFT, RIGHT, BOTTOM, GAP = 38, 8, 20, 4  # pixels round the plot
LEAST = 84  # pixels of height
TICKS = 4  # at most, on the upright axis
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


class Chart(QWidget):
    """Shows one panel; where x is a frame, a click goes there.

    Signals:
        picked(frame): the frame that was clicked on; of a bar, one in which something was counted.
    """

    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, height: int = 130) -> None:
        super().__init__(parent)
        self._panel: Curves | Bars | None = None
        self._frame: int | None = None
        self._hover: float | None = None
        self._height = height
        self.setMinimumHeight(min(height, LEAST))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_panel(self, panel: Curves | Bars | None) -> None:
        """Show other data, or none."""
        self._panel = panel
        self.update()

    def show_frame(self, frame: int) -> None:
        """Mark the frame that the window is at."""
        if frame != self._frame:
            self._frame = frame
            self.update()

    def sizeHint(self) -> QSize:
        """As high as it was asked to be."""
        return QSize(300, self._height)

    @property
    def _by_frame(self) -> bool:
        return isinstance(self._panel, Bars) or (self._panel is not None and self._panel.x == "frame")

    # Places

    @property
    def _area(self) -> QRectF:
        head = (1 + self._legend_rows()) * self.fontMetrics().height() + 2 * GAP
        return QRectF(LEFT, head, max(self.width() - LEFT - RIGHT, 1), max(self.height() - head - BOTTOM, 1))

    def _last(self) -> float:
        if isinstance(self._panel, Curves):
            return self._panel.last
        return max(1.0, len(self._panel.counts)) if self._panel else 1.0

    def _top(self) -> float:
        if isinstance(self._panel, Curves):
            return self._panel.top
        return max(1.0, float(self._sums().max(initial=0.0)))

    def _sums(self) -> np.ndarray:
        assert isinstance(self._panel, Bars)
        counts = self._panel.counts
        return np.add.reduceat(counts, bin_edges(len(counts))[:-1]) if len(counts) else np.zeros(0)

    def _value_at(self, x: float) -> float:
        area = self._area
        return float(np.clip((x - area.left()) / area.width(), 0.0, 1.0)) * self._last()

    # Mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show the frame under the cursor."""
        self._hover = event.position().x() if self._by_frame else None
        if self._by_frame:
            frame = self._frame_at(event.position().x())
            self.setToolTip(f"frame {frame}; click to go there")
        self.setCursor(Qt.CursorShape.PointingHandCursor if self._by_frame else Qt.CursorShape.ArrowCursor)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the cursor."""
        self._hover = None
        self.update()
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the frame."""
        if event.button() == Qt.MouseButton.LeftButton and self._by_frame:
            self.picked.emit(self._frame_at(event.position().x()))

    def _frame_at(self, x: float) -> int:
        """The frame at a place; on a bar, the next one after the current frame that was counted there."""
        frame = min(int(self._value_at(x)), max(int(self._last()) - 1, 0))
        if not isinstance(self._panel, Bars) or not len(self._panel.counts):
            return frame
        edges = bin_edges(len(self._panel.counts))
        start, stop = edges[np.searchsorted(edges, frame, "right") - 1 :][:2]
        counted = start + np.flatnonzero(self._panel.counts[start:stop])
        later = counted[counted > (-1 if self._frame is None else self._frame)]
        return int((later if len(later) else counted)[0]) if len(counted) else frame

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Title, legend, grid, and what there is to see."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        if self._panel is None:
            return
        self._paint_head(painter)
        self._paint_grid(painter)
        area = self._area
        painter.save()
        painter.setClipRect(area.adjusted(-1, -1, 1, 1))
        if isinstance(self._panel, Curves):
            self._paint_curves(painter, area, self._panel)
        else:
            self._paint_bars(painter, area, self._panel)
        if self._by_frame:
            self._paint_marks(painter, area)
        painter.restore()

    def _paint_head(self, painter: QPainter) -> None:
        metrics, palette = self.fontMetrics(), self.palette()
        assert self._panel is not None
        title = self._panel.title
        if isinstance(self._panel, Bars):
            title += f": {self._panel.counts.sum():g}"
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        room = self.width() - 2 * GAP
        text = metrics.elidedText(title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(GAP, GAP + metrics.ascent(), text)
        for row, entries in enumerate(self._legend()):
            x, y = float(LEFT), GAP + metrics.ascent() + (row + 1) * metrics.height()
            for number, name in entries:
                painter.setPen(colour_of(number))
                painter.drawText(QPointF(x, y), f"● {name}")
                x += metrics.horizontalAdvance(f"● {name}  ")

    def _legend(self) -> list[list[tuple[int, str]]]:
        """Rows of (number of the curve, its name) as wide as the widget."""
        if not isinstance(self._panel, Curves):
            return []
        rows: list[list[tuple[int, str]]] = [[]]
        x = LEFT
        for number, name in enumerate(self._panel.curves):
            width = self.fontMetrics().horizontalAdvance(f"● {name}  ")
            if rows[-1] and x + width > self.width():
                rows.append([])
                x = LEFT
            rows[-1].append((number, name))
            x += width
        return rows

    def _legend_rows(self) -> int:
        return len(self._legend())

    def _paint_grid(self, painter: QPainter) -> None:
        area, metrics = self._area, self.fontMetrics()
        faint = self.palette().color(QPalette.ColorRole.Midlight)
        text = self.palette().color(QPalette.ColorRole.PlaceholderText)
        top, last = self._top(), self._last()
        whole = isinstance(self._panel, Bars) or self._by_frame
        for value in ticks(top, most=TICKS, whole=whole):
            y = area.bottom() - value / top * area.height()
            painter.setPen(faint)
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(text)
            label = f"{value:g}"
            painter.drawText(
                QPointF(LEFT - 5 - metrics.horizontalAdvance(label), y + metrics.ascent() / 3), label
            )
        for value in ticks(last, most=max(int(area.width() // 60), 2), whole=whole):
            x = area.left() + value / last * area.width()
            painter.setPen(faint)
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(text)
            label = f"{value:g}"
            place = min(
                x - metrics.horizontalAdvance(label) / 2, self.width() - metrics.horizontalAdvance(label)
            )
            painter.drawText(QPointF(place, area.bottom() + 2 + metrics.ascent()), label)

    def _paint_curves(self, painter: QPainter, area: QRectF, panel: Curves) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, (xs, ys) in enumerate(panel.curves.values()):
            across = area.left() + xs / panel.last * area.width()
            down = area.bottom() - ys / panel.top * area.height()
            points = [QPointF(x, y) for x, y in zip(across.tolist(), down.tolist(), strict=True)]
            painter.setPen(QPen(colour_of(number), 1.6))
            painter.drawPolyline(QPolygonF(points))

    def _paint_bars(self, painter: QPainter, area: QRectF, panel: Bars) -> None:
        edges, sums = bin_edges(len(panel.counts)), self._sums()
        across = area.left() + edges / self._last() * area.width()
        heights = sums / self._top() * area.height()
        colour = QColor(panel.colour).lighter(125)
        for left, right, height in zip(
            across[:-1].tolist(), across[1:].tolist(), heights.tolist(), strict=True
        ):
            painter.fillRect(QRectF(left, area.bottom() - height, max(right - left - 1, 1), height), colour)

    def _paint_marks(self, painter: QPainter, area: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if self._frame is not None:
            x = area.left() + (self._frame + 0.5) / self._last() * area.width()
            painter.setPen(QPen(QColor("#ff5b4d"), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        if self._hover is not None:
            painter.setPen(QPen(ACCENT, 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(self._hover, area.top()), QPointF(self._hover, area.bottom()))


def colour_of(number: int) -> QColor:
    """Of a curve, as in the file but bright enough for a dark window."""
    return QColor(COLOURS[number % len(COLOURS)]).lighter(140)


def ticks(top: float, *, most: int, whole: bool) -> list[float]:
    """Round values from 0 to at most ``top``, at most ``most`` and one of them."""
    rough = top / max(most, 1)
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    step = next(power * s for s in STEPS if power * s >= rough * (1 - 1e-9))
    if whole:
        step = max(1.0, math.ceil(step))
    return [step * i for i in range(int(top / step + 1e-9) + 1)]
