"""The list of a video's tracks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from workbench.core.plurals import counted
from workbench.ui.colours import Rgb
from workbench.ui.panels.tables import choose_rows
from workbench.ui.swatch import swatch

Index = QModelIndex | QPersistentModelIndex
SAMPLE = 50  # rows whose contents say how wide a column is; all of a thousand take too long
EMPTY = "No tracks here yet: draw a box, let a detector find them (Run), or import them (File)."
HEADS = ("№", "Class", "Name", "Boxes", "Frames")


@dataclass(frozen=True)
class TrackLine:
    """What one row of the list says; ``boxes`` is None while they have not been read."""

    track_id: int
    number: int
    category: str
    name: str
    boxes: int | None
    first: int
    last: int
    colour: Rgb
    queued: bool


class TracksModel(QAbstractTableModel):
    """Lines of the list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: list[TrackLine] = []

    def set_lines(self, lines: Sequence[TrackLine]) -> None:
        """Show other lines; where only the content of some differs, the view keeps its place."""
        lines = list(lines)
        if [line.track_id for line in lines] == [line.track_id for line in self.lines]:
            self.replace(lines)
            return
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()

    def replace(self, lines: Iterable[TrackLine]) -> None:
        """Show these in place of those of the same tracks; one that has none is left out."""
        fresh = {line.track_id: line for line in lines}
        changed = [r for r, line in enumerate(self.lines) if fresh.get(line.track_id, line) != line]
        for row in changed:
            self.lines[row] = fresh[self.lines[row].track_id]
        if changed:  # one word about all: a word about each of ten thousand takes 0.1 s
            self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], len(HEADS) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """How many tracks there are."""
        return 0 if parent.isValid() else len(self.lines)

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
        """Text, colour and tool tip of a cell."""
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            frames = f"{line.first}-{line.last}" if line.boxes else "-" if line.boxes == 0 else ""
            mark = " ⏳" if line.queued else ""
            return (f"{line.number}{mark}", line.category, line.name, line.boxes, frames)[index.column()]
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            return swatch(line.colour)
        if role == Qt.ItemDataRole.ToolTipRole:
            waits = " Waits for the next tracking pass." if line.queued else ""
            start = "Double click goes to its start."
            boxes = "its boxes are being read" if line.boxes is None else counted(line.boxes, "box")
            return f"Track {line.number}, {line.category}: {boxes}.{waits} {start}"
        return None


class TracksPanel(QTableView):
    """Shows the tracks; choosing one selects it.

    Signals:
        chosen(tuple of track ids): the user selected these.
        activated_track(track id): double click.
    """

    chosen = Signal(object)
    activated_track = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._selecting = False
        self._model = TracksModel(self)
        self.setModel(self._model)
        choose_rows(self, height=22, several=True)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setResizeContentsPrecision(SAMPLE)
        self.horizontalHeader().setStretchLastSection(True)
        self.doubleClicked.connect(self._on_double_click)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows; where there are none, what makes some."""
        super().paintEvent(event)
        if self._model.lines:
            return
        painter = QPainter(self.viewport())
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        place = self.viewport().rect().adjusted(12, 12, -12, -12)
        painter.drawText(place, Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, EMPTY)

    def show_lines(self, lines: Sequence[TrackLine], selection: Sequence[int]) -> None:
        """Show these tracks with these selected."""
        self._selecting = True
        self._model.set_lines(lines)
        self._selecting = False
        self.show_selection(selection)

    def replace_lines(self, lines: Iterable[TrackLine]) -> None:
        """Show these in place of those of the same tracks; one that has none is left out."""
        self._model.replace(lines)

    def show_selection(self, selection: Sequence[int]) -> None:
        """Select these tracks without saying so."""
        self._selecting = True
        model = self.selectionModel()
        model.clearSelection()
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for row, line in enumerate(self._model.lines):
            if line.track_id in selection:
                model.select(self._model.index(row, 0), flags)
                self.scrollTo(self._model.index(row, 0))
        self._selecting = False

    def selectionChanged(self, selected: object, deselected: object) -> None:
        """Tell what the user selected."""
        super().selectionChanged(selected, deselected)  # type: ignore[arg-type]
        if not self._selecting:
            rows = self.selectionModel().selectedRows()
            self.chosen.emit(tuple(self._model.lines[i.row()].track_id for i in rows))

    @Slot(QModelIndex)
    def _on_double_click(self, index: QModelIndex) -> None:
        self.activated_track.emit(self._model.lines[index.row()].track_id)
