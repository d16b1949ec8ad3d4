"""A cell of a review sheet: the question, what is to be done, and a small film strip of the place."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from workbench.ui.review.film_strip import NARROW, FilmStrip, PictureOf
from workbench.ui.review.strips import NO_STRIP, Strip

_LOOK = """
SheetCell { background: #1f2226; border: 2px solid #3a3f46; border-radius: 4px; }
SheetCell[ticked="true"] { border-color: #4f9cf0; }
#number { background: #3a3f46; border-radius: 3px; padding: 0 6px; font-weight: bold; color: #a5acb6; }
SheetCell[ticked="true"] #number { background: #2f6fb5; color: white; }
#question, #chance, #words { color: #8a9099; }
SheetCell[ticked="true"] #question, SheetCell[ticked="true"] #chance { color: #e4e6ea; font-weight: bold; }
SheetCell[ticked="true"] #words { color: #7db8ff; }
SheetCell[skipped="true"] { border: 2px dashed #c8a24a; }
SheetCell[skipped="true"] #words { color: #d8b45e; }
"""


@dataclass(frozen=True)
class CellView:
    """What a cell shows.

    Args:
        question: what is suspected, one line.
        chance: how probable it is.
        words: what will be done.
        ticked: whether a correction will be made.
        skipped: whether it will be put off.
        strip: the place, as it will be left.
    """

    question: str
    chance: str
    words: str
    ticked: bool
    skipped: bool
    strip: Strip


class SheetCell(QFrame):
    """One place; hidden where a sheet has fewer.

    Signals:
        pressed(number): it was clicked.
        cleared(number), skipped(number): it was clicked with the right, the middle button.
    """

    pressed = Signal(int)
    cleared = Signal(int)
    skipped = Signal(int)

    def __init__(self, number: int, picture_of: PictureOf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = number
        self.setStyleSheet(_LOOK)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        badge = QLabel(str(number + 1))
        badge.setObjectName("number")
        self._question, self._words = Line("question"), Line("words")
        self._chance = QLabel()
        self._chance.setObjectName("chance")
        self.strip = FilmStrip(picture_of, self, margins=NARROW)
        self.strip.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(badge)
        top.addWidget(self._question, 1)
        top.addWidget(self._chance)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 5, 6, 5)
        layout.setSpacing(3)
        layout.addLayout(top)
        layout.addWidget(self._words)
        layout.addWidget(self.strip, 1)
        layout.addStretch(0)  # where there is no strip
        self.hide()

    @property
    def text(self) -> str:
        """What will be done."""
        return self._words.toolTip()

    def show_place(self, view: CellView | None) -> None:
        """Show this, or nothing."""
        self.setVisible(view is not None)
        self.strip.show_strip(view.strip if view else NO_STRIP, dashed=view is not None and view.ticked)
        if view is None:
            return
        self._question.tell(view.question)
        self._words.tell(view.words)
        self._chance.setText(view.chance)
        if (self.property("ticked"), self.property("skipped")) != (view.ticked, view.skipped):
            self.setProperty("ticked", view.ticked)
            self.setProperty("skipped", view.skipped)
            self.strip.dim(not view.ticked)
            for widget in (self, *self.findChildren(QLabel)):
                widget.style().polish(widget)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Say that it was clicked."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit(self._number)
        elif event.button() == Qt.MouseButton.RightButton:
            self.cleared.emit(self._number)
        elif event.button() == Qt.MouseButton.MiddleButton:
            self.skipped.emit(self._number)


class Line(QLabel):
    """One line of text that ends in dots where it does not fit; a tool tip has all of it."""

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._text = ""

    def tell(self, text: str) -> None:
        """Show this text."""
        self._text = text
        self.setToolTip(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the text."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        metrics = QFontMetrics(self.font())
        self.setText(metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, self.width()))
