"""The history of edits, newest first, with author and time; those that were taken back are grey."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QFont, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QMenu,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.core.plurals import counted
from workbench.services.history import Entry
from workbench.store import Edit
from workbench.ui.panels.tables import choose_rows, fix_widths

Index = QModelIndex | QPersistentModelIndex
HEADS = ("Time", "What", "By")
WIDTHS = {0: 58, 2: 60}  # pixels of the columns; the other one has the rest


class HistoryModel(QAbstractTableModel):
    """Edits, newest first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self._newest = -1  # row of the edit that was done last
        self._grey = QPalette().placeholderText()

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show these."""
        self.beginResetModel()
        self.entries = list(entries)
        done = [row for row, entry in enumerate(self.entries) if entry.edit.state == "done"]
        self._newest = done[0] if done else -1
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """How many edits are shown."""
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many columns there are."""
        return 0 if parent.isValid() else len(HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Titles of the columns."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return HEADS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, looks and tool tip of a cell."""
        entry = self.entries[index.row()]
        edit = entry.edit
        undone = edit.state == "undone"
        if role == Qt.ItemDataRole.DisplayRole:
            what = f"{edit.name} (undone)" if undone else edit.name
            return (when(edit), what, edit.author)[index.column()]
        if role == Qt.ItemDataRole.ForegroundRole and undone:
            return self._grey
        if role == Qt.ItemDataRole.FontRole and index.row() == self._newest:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.ToolTipRole:
            lines = (
                edit.name + (" (undone)" if undone else ""),
                entry.touched,
                f"{edit.created_at.astimezone():%Y-%m-%d %H:%M:%S}, {counted(edit.row_count, 'row')}"
                + (f", by {edit.author}" if edit.author else ""),
                "Double click goes back (or forward) to it.",
            )
            return "\n".join(line for line in lines if line)
        return None


class HistoryPanel(QWidget):
    """Shows edits; reading only.

    Signals:
        shown: the panel came into view.
        back_to(edit): make this the last edit that is done.
        back_before(edit): undo this one and all that were done after it.
        filter_changed: edits of the selected track are wanted, or all again; see ``of_track``.
    """

    shown = Signal()
    back_to = Signal(object)
    back_before = Signal(object)
    filter_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = HistoryModel(self)
        self._of_track = QCheckBox("Of the selected track")
        self._of_track.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._of_track.toggled.connect(self.filter_changed)
        self.table = self._make_table()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 0)
        layout.addWidget(self._of_track)
        layout.addWidget(self.table, 1)

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.model)
        choose_rows(table, height=21)
        fix_widths(table, WIDTHS)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._on_menu)
        table.doubleClicked.connect(self._on_double_click)
        return table

    @property
    def of_track(self) -> bool:
        """Whether only edits of the selected track are wanted."""
        return self._of_track.isChecked()

    def want_track(self, on: bool) -> None:
        """Want edits of the selected track only, or all."""
        self._of_track.setChecked(on)

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show these edits, newest first."""
        self.model.set_entries(entries)

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what there is to show."""
        super().showEvent(event)
        self.shown.emit()

    @Slot(QModelIndex)
    def _on_double_click(self, index: QModelIndex) -> None:
        self.back_to.emit(self.model.entries[index.row()].edit)

    @Slot(QPoint)
    def _on_menu(self, position: QPoint) -> None:
        index = self.table.indexAt(position)
        if not index.isValid():
            return
        edit = self.model.entries[index.row()].edit
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if edit.state == "undone":
            menu.addAction("Redo up to here").triggered.connect(lambda: self.back_to.emit(edit))
        else:
            menu.addAction("Undo up to here").triggered.connect(lambda: self.back_to.emit(edit))
            menu.addAction("Undo this one too").triggered.connect(lambda: self.back_before.emit(edit))
        menu.popup(self.table.viewport().mapToGlobal(position))


def when(edit: Edit) -> str:
    """Time of an edit made today, else its day; of this computer's clock."""
    made = edit.created_at.astimezone()
    today = made.date() == type(made).now().astimezone().date()
    return f"{made:%H:%M}" if today else f"{made:%d %b}"
