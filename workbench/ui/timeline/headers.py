"""What stands left of the lanes: swatch, number, name and class of each track."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from workbench.ui.timeline.look import Look

SMALLEST_TEXT = 11  # pixels of lane height


@dataclass(frozen=True)
class Lane:
    """One track's lane.

    Args:
        track_id: what signals report.
        number: the identity the user sees.
        name: may be empty.
        category: class name.
        color: RGB, 0 to 255.
    """

    track_id: int
    number: int
    name: str = ""
    category: str = ""
    color: tuple[int, int, int] = (120, 160, 220)

    @property
    def title(self) -> str:
        """Number, name and class in one line."""
        return " ".join(part for part in (f"#{self.number}", self.name, self.category) if part)


def paint_headers(
    painter: QPainter, lanes: Sequence[Lane], *, top: float, height: int, width: float, look: Look
) -> None:
    """Paint the headers of consecutive lanes from y = top; texts that do not fit end in an ellipsis."""
    painter.save()
    font = QFont(painter.font())
    font.setPixelSize(max(min(height - 4, 12), 7))
    bold = QFont(font)
    bold.setBold(True)
    fonts = (bold, font)
    metrics = (QFontMetricsF(bold), QFontMetricsF(font))
    for index, lane in enumerate(lanes):
        y = top + index * height
        side = min(height - 2, 12)
        swatch = QRectF(6, y + (height - side) / 2, 5 if side > 4 else 8, max(side, 1))
        painter.fillRect(swatch, QColor(*lane.color))
        if height >= SMALLEST_TEXT:
            _paint_texts(painter, lane, QRectF(17, y, width - 22, height), fonts, metrics, look)
    painter.restore()


def _paint_texts(
    painter: QPainter,
    lane: Lane,
    place: QRectF,
    fonts: tuple[QFont, QFont],
    metrics: tuple[QFontMetricsF, QFontMetricsF],
    look: Look,
) -> None:
    x = place.left()
    parts = ((f"{lane.number}", 0, look.text), (lane.name, 1, look.text), (lane.category, 1, look.dim))
    for text, which, color in parts:
        room = place.right() - x
        if not text or room < 8:
            continue
        shown = metrics[which].elidedText(text, Qt.TextElideMode.ElideRight, room)
        painter.setFont(fonts[which])
        painter.setPen(color)
        painter.drawText(QRectF(x, place.top(), room, place.height()), Qt.AlignmentFlag.AlignVCenter, shown)
        x += metrics[which].horizontalAdvance(shown) + 7
