"""The short list of classes: which one new boxes get, and its name and colour."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QColorDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from workbench.store import Category
from workbench.ui.colours import parse_colour
from workbench.ui.swatch import swatch

ID = Qt.ItemDataRole.UserRole
NAME = Qt.ItemDataRole.UserRole + 1


class ClassesPanel(QWidget):
    """Lists classes; the current one is the class of new boxes.

    Signals:
        chosen(category id): the user picked a class.
        added: a new class is wanted.
        renamed(category id, name), recoloured(category id, "#rrggbb"): a class shall be changed.
    """

    chosen = Signal(int)
    added = Signal()
    renamed = Signal(int, str)
    recoloured = Signal(int, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._list = QListWidget()
        self._list.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._list.itemClicked.connect(self._on_clicked)
        self._list.itemChanged.connect(self._on_changed)
        add = QPushButton("Add class")
        add.clicked.connect(self.added)
        self._colour = QPushButton("Colour…")
        self._colour.clicked.connect(self._on_colour)
        row = QHBoxLayout()
        row.addWidget(add)
        row.addWidget(self._colour)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self._list)
        layout.addLayout(row)

    def show_classes(self, categories: Sequence[Category], current: int, *, editable: bool) -> None:
        """Show these classes, with one of them current."""
        self._list.blockSignals(True)
        self._list.clear()
        for position, category in enumerate(categories):
            item = QListWidgetItem(swatch(parse_colour(category.color)), category.name)
            item.setData(ID, category.id)
            item.setData(NAME, category.name)
            key = f" or press {position + 1}" if position < 9 else ""
            item.setToolTip(
                f"Click{key}: new boxes and the selected tracks are “{category.name}”. Double click renames."
            )
            if editable:
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            self._list.addItem(item)
            if category.id == current:
                self._list.setCurrentItem(item)
        self._colour.setEnabled(editable and bool(categories))
        self._list.blockSignals(False)

    def edit(self, category_id: int) -> None:
        """Let the user type a class's name."""
        for row in range(self._list.count()):
            if self._list.item(row).data(ID) == category_id:
                self._list.editItem(self._list.item(row))

    @Slot(QListWidgetItem)
    def _on_clicked(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(ID))

    @Slot(QListWidgetItem)
    def _on_changed(self, item: QListWidgetItem) -> None:
        name = item.text().strip()
        if name and name != item.data(NAME):
            self.renamed.emit(item.data(ID), name)
        elif name != item.text() or not name:
            item.setText(item.data(NAME))

    @Slot()
    def _on_colour(self) -> None:
        item = self._list.currentItem()
        if item is None:
            return
        colour = QColorDialog.getColor(parent=self, title=f"Colour of {item.text()}")
        if colour.isValid():
            self.recoloured.emit(item.data(ID), colour.name())
