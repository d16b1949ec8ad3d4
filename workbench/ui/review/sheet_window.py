"""The window of a review sheet: up to nine places in a grid, answered by keys 1 to 9 and applied by Return.

It stands over the main window and not in it, so that its keys are its own, and the pictures have all room.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from workbench.services.sheets import MOST
from workbench.ui.review.film_strip import PictureOf
from workbench.ui.review.sheet_cell import CellView, Line, SheetCell

LEAST = 300, 170  # pixels of a cell in which its pictures can be judged
SIDE = math.isqrt(MOST)
HINT = (
    "1 to 9 or a click: correction, next, not wrong (Ctrl: at once; Alt: skip). Return applies, Esc leaves."
)


class SheetWindow(QDialog):
    """Shows a sheet; knows no project.

    Signals:
        turned(number): another answer is wanted for this cell.
        cleared(number): nothing is wrong there.
        skipped(number): nobody can tell now.
        applied: the answers are to be carried out.
        left: it was closed.
    """

    turned = Signal(int)
    cleared = Signal(int)
    skipped = Signal(int)
    applied = Signal()
    left = Signal()

    def __init__(self, picture_of: PictureOf, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Review sheet")
        self.cells = [SheetCell(number, picture_of, self) for number in range(MOST)]
        for cell in self.cells:
            cell.pressed.connect(self.turned)
            cell.cleared.connect(self.cleared)
            cell.skipped.connect(self.skipped)
        self._grid = QGridLayout()
        self._grid.setSpacing(6)
        self._empty = QLabel()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._said, hint = Line(), Line()
        hint.setStyleSheet("color: #8a9099;")
        hint.tell(HINT)
        foot = QHBoxLayout()
        foot.addWidget(self._said, 3)
        foot.addWidget(hint, 4)
        for text, act in (("Apply", self.applied.emit), ("Leave", self.reject)):
            button = QPushButton(text)
            button.setAutoDefault(False)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(act)
            foot.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 6)
        layout.addWidget(self._empty, 1)
        layout.addLayout(self._grid, 1)
        layout.addLayout(foot)

    def open_over(self, window: QWidget, actions: Iterable[QAction]) -> None:
        """Stand over a window; these actions have their keys here, too."""
        self.addActions(list(actions))
        if self.isHidden():
            self.setGeometry(window.geometry())
        self.show()
        self.activateWindow()

    @property
    def room(self) -> int:
        """How many places can be judged at this size."""
        columns, rows = self._fitting()
        return columns * rows

    @property
    def is_complete(self) -> bool:
        """Whether every piece of its strips has its picture."""
        return all(cell.strip.is_complete for cell in self.cells if not cell.isHidden())

    def show_place(self, number: int, view: CellView) -> None:
        """Show this in place of what the cell shows."""
        self.cells[number].show_place(view)

    def show_places(self, views: Sequence[CellView], *, otherwise: str) -> None:
        """Show these in a grid as square as there is room for; without any, a sentence."""
        self._empty.setText(otherwise)
        self._empty.setVisible(not views)
        columns = min(math.ceil(math.sqrt(len(views))), self._fitting()[0]) if views else 1
        for number, cell in enumerate(self.cells):
            self._grid.removeWidget(cell)
            if number < len(views):
                self._grid.addWidget(cell, number // columns, number % columns)
            cell.show_place(views[number] if number < len(views) else None)
        rows = math.ceil(len(views) / columns)
        for i in range(SIDE * SIDE):  # a place of the grid that is empty now has no room
            self._grid.setColumnStretch(i, int(i < columns))
            self._grid.setRowStretch(i, int(i < rows))

    @property
    def said(self) -> str:
        """What stands under the places."""
        return self._said.toolTip()

    def say(self, sentence: str) -> None:
        """Say something under the places."""
        self._said.tell(sentence)

    @Slot()
    def look_again(self) -> None:
        """More pictures are there."""
        for cell in self.cells:
            cell.strip.look_again()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """1 to 9, Return and Esc."""
        number = event.key() - Qt.Key.Key_1
        if 0 <= number < MOST and not self.cells[number].isHidden():
            with_key = event.modifiers()
            if with_key & Qt.KeyboardModifier.AltModifier:
                self.skipped.emit(number)
            else:
                control = with_key & Qt.KeyboardModifier.ControlModifier
                (self.cleared if control else self.turned).emit(number)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.applied.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.reject()
        else:
            event.ignore()

    def done(self, result: int) -> None:
        """Leave."""
        super().done(result)
        self.left.emit()

    def _fitting(self) -> tuple[int, int]:
        """Columns and rows of cells that are large enough."""
        columns, rows = (
            min(max(have // least, 1), SIDE)
            for have, least in zip((self.width(), self.height()), LEAST, strict=True)
        )
        return columns, rows
