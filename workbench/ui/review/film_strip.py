"""The film strip: tracks side by side before, at and after a place, all pieces on one scale.

The frame of a piece has the colour of the track that the box belongs to; where the track has no box it is
dotted, and the piece shows where its target would be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from workbench.core.boxes import Box
from workbench.ui.colours import Rgb
from workbench.ui.review.crops import Crop
from workbench.ui.review.strips import NO_STRIP, Cell, Strip, StripRow
from workbench.ui.theme import ACCENT

HIGHEST, LOWEST = 98, 66  # pixels of a row, where there are up to two and more
LEAST = 40  # of a row in the smallest window
GAP = 3
DIMMED = 70  # of 255, how much of the ground lies over one that stands back
FRAME = 2.5  # line of the track's colour


@dataclass(frozen=True)
class Margins:
    """What stands beside the pieces.

    Args:
        title: pixels left of them.
        head: pixels above them.
        font: its size as a share of the usual one.
    """

    title: int = 84
    head: int = 18
    font: float = 1.0


USUAL, NARROW = Margins(), Margins(title=38, head=15, font=0.85)

PictureOf = Callable[[Crop], QImage | None]


class FilmStrip(QWidget):
    """Shows a strip; hidden while there is none.

    Signals:
        seek_requested(frame): a piece was clicked.
        track_requested(track id): a title was clicked.
    """

    seek_requested = Signal(int)
    track_requested = Signal(int)

    def __init__(
        self, picture_of: PictureOf, parent: QWidget | None = None, *, margins: Margins = USUAL
    ) -> None:
        super().__init__(parent)
        self._picture_of, self._margins = picture_of, margins
        self._strip = NO_STRIP
        self._most = 2 * HIGHEST + 3 * LOWEST  # more than any strip
        self._frame = -1
        self._dashed = self._dimmed = False
        self._waits = False  # for pictures that were not there when it was painted
        self.setMouseTracking(True)
        self.hide()

    @property
    def strip(self) -> Strip:
        """What was set last."""
        return self._strip

    @property
    def is_complete(self) -> bool:
        """Whether every piece has its picture."""
        return all(self._picture_of(crop) is not None for crop in self._strip.crops)

    def show_strip(self, strip: Strip, *, dashed: bool = False) -> None:
        """Show this one; dashed = it shows what would be, not what is."""
        self._strip, self._dashed = strip, dashed
        self._fit()
        self.setVisible(len(strip.rows) > 0)
        self.update()

    def limit(self, height: int) -> None:
        """Be at most so high, in pixels, as long as the pieces can be made out."""
        self._most = height
        self._fit()

    def _fit(self) -> None:
        if self._margins is USUAL:
            least = self._margins.head + len(self._strip.rows) * (LEAST + GAP) + 2
            self.setFixedHeight(max(min(self.sizeHint().height(), self._most), least))

    def dim(self, dimmed: bool) -> None:
        """Whether it is to stand back behind others."""
        self._dimmed = dimmed
        self.update()

    @Slot()
    def look_again(self) -> None:
        """More pictures are there."""
        if self._waits:
            self.update()

    def set_frame(self, frame: int) -> None:
        """Mark the column of the frame that the window shows."""
        self._frame = frame
        self.update()

    def sizeHint(self) -> QSize:
        """All rows at their height."""
        return QSize(self._margins.title + 7 * HIGHEST, self._height(len(self._strip.rows)))

    def _height(self, rows: int) -> int:
        each = HIGHEST if rows <= 2 else LOWEST
        return self._margins.head + rows * (each + GAP) + 2

    def cell_place(self, row: int, column: int) -> QRectF:
        """Where a piece is, widget pixels."""
        left, top = self._margins.title, self._margins.head
        width = (self.width() - left - GAP) / max(len(self._strip.frames), 1)
        height = (self.height() - top - 2) / max(len(self._strip.rows), 1)
        return QRectF(left + column * width, top + row * height, width - GAP, height - GAP)

    def _cell_at(self, point: QPointF) -> tuple[int, int] | None:
        for row in range(len(self._strip.rows)):
            for column in range(len(self._strip.frames)):
                if self.cell_place(row, column).contains(point):
                    return row, column
        return None

    # Mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A hand over what can be clicked."""
        over = self._cell_at(event.position()) is not None or self._row_at(event.position()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the frame of a piece, or choose the track of a title."""
        cell = self._cell_at(event.position())
        row = self._row_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if cell is not None:
            self.seek_requested.emit(self._strip.frames[cell[1]])
        elif row is not None:
            self.track_requested.emit(row.track_id)

    def _row_at(self, point: QPointF) -> StripRow | None:
        for i, row in enumerate(self._strip.rows):
            place = self.cell_place(i, 0)
            if point.x() < self._margins.title and place.top() <= point.y() <= place.bottom():
                return row
        return None

    def event(self, event: QEvent) -> bool:
        """Say what a piece shows."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip_at(event.pos()), self)
            return True
        return super().event(event)

    def _tip_at(self, point: QPoint) -> str:
        found = self._cell_at(QPointF(point))
        if found is None:
            return ""
        row = self._strip.rows[found[0]]
        cell = row.cells[found[1]]
        return f"{row.title}, frame {cell.frame}" + ("" if cell.box else ": no box here")

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Heads, titles and pieces."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), self.palette().base())
        font = QFont(painter.font())
        font.setPointSizeF(font.pointSizeF() * self._margins.font)
        painter.setFont(font)
        self._paint_heads(painter)
        for i, row in enumerate(self._strip.rows):
            self._paint_title(painter, self.cell_place(i, 0), row)
            for j, cell in enumerate(row.cells):
                self._paint_cell(painter, self.cell_place(i, j), cell, row.colour)
        if self._dimmed:
            veil = QColor(self.palette().base().color())
            veil.setAlpha(DIMMED)
            painter.fillRect(self.rect(), veil)
        painter.end()
        self._waits = not self.is_complete

    def _paint_heads(self, painter: QPainter) -> None:
        strip = self._strip
        for j, frame in enumerate(strip.frames):
            place = self.cell_place(0, j)
            head = QRectF(place.left(), 0, place.width(), self._margins.head)
            inside = strip.start <= frame < strip.stop
            if frame == self._frame:
                painter.fillRect(head.adjusted(0, 1, 0, -1), ACCENT)
            elif frame == strip.at:
                painter.fillRect(head.adjusted(0, 1, 0, -1), self.palette().light())
            font = QFont(painter.font())
            font.setBold(frame == strip.at)
            painter.save()
            painter.setFont(font)
            painter.setPen(
                self.palette().text().color() if inside else self.palette().placeholderText().color()
            )
            painter.drawText(head, Qt.AlignmentFlag.AlignCenter, _head(strip, frame))
            painter.restore()

    def _paint_title(self, painter: QPainter, first: QRectF, row: StripRow) -> None:
        painter.fillRect(QRectF(4, first.top(), 5, first.height()), QColor(*row.colour))
        painter.setPen(self.palette().text().color())
        place = QRectF(14, first.top(), self._margins.title - 18, first.height())
        wrap = int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextWordWrap)
        painter.drawText(place, wrap, row.title)

    def _paint_cell(self, painter: QPainter, place: QRectF, cell: Cell, colour: Rgb) -> None:
        painter.fillRect(place, self.palette().window())
        image = None if cell.crop is None else self._picture_of(cell.crop)
        inner = place.adjusted(FRAME, FRAME, -FRAME, -FRAME)
        if image is not None and not image.isNull():
            painter.save()
            painter.setOpacity(1.0 if cell.box else 0.4)
            shown = fitted(inner, image)
            painter.drawImage(shown, image)
            if cell.box is not None and cell.crop is not None:
                painter.setOpacity(0.9)
                painter.setPen(QPen(QColor(*colour), 1))
                painter.drawRect(placed(cell.box, cell.crop, shown))
            painter.restore()
        elif cell.crop is not None:
            painter.setPen(self.palette().placeholderText().color())
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "…" if image is None else "damaged")
        pen = QPen(QColor(*colour), FRAME if cell.box else 1)
        pen.setStyle(_style(here=cell.box is not None, dashed=self._dashed))
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        half = FRAME / 2
        painter.drawRect(place.adjusted(half, half, -half, -half))


def fitted(place: QRectF, image: QImage) -> QRectF:
    """Where an image is in a place that shows all of it."""
    scale = min(place.width() / image.width(), place.height() / image.height())
    width, height = image.width() * scale, image.height() * scale
    return QRectF(place.center().x() - width / 2, place.center().y() - height / 2, width, height)


def placed(box: Box, crop: Crop, shown: QRectF) -> QRectF:
    """Where a box of the source is in its piece, which is shown there."""
    x, y, w, h = box
    scale = shown.width() / crop.w
    return QRectF(
        shown.left() + (x - crop.x) * scale, shown.top() + (y - crop.y) * scale, w * scale, h * scale
    )


def _style(*, here: bool, dashed: bool) -> Qt.PenStyle:
    if not here:
        return Qt.PenStyle.DotLine
    return Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine


def _head(strip: Strip, frame: int) -> str:
    side = "" if frame == strip.at else f" ({frame - strip.at:+d})"
    return f"{frame}{side}"
