"""What was counted: in the picture, over each line and in each zone, up to now and in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.core.regions import Anchor
from workbench.services.plots import Bars, Curves
from workbench.ui.chart import Chart
from workbench.ui.colours import Rgb
from workbench.ui.panels.buttons import add_buttons
from workbench.ui.panels.tables import choose_rows
from workbench.ui.swatch import swatch

HEADS = ("Where", "Up to here", "In all")
PICTURE = "The picture"
ANCHORS = {Anchor.FOOT: "by foot", Anchor.CENTRE: "by centre"}


@dataclass(frozen=True)
class CountLine:
    """One row of the list.

    Args:
        name: of a line or zone; "" = the whole picture.
        color: as on the canvas.
        now, total: what was counted up to the current frame, and in all.
        tip: more of it.
        anchor: which point of a box counts; None of the picture.
        has_direction: it is a line.
    """

    name: str
    color: Rgb
    now: str
    total: str
    tip: str = ""
    anchor: Anchor | None = None
    has_direction: bool = False


class StatisticsPanel(QWidget):
    """Lists lines and zones with their counts, and shows those of the chosen one over time; knows no project.

    Signals:
        shown: it can be seen now.
        chosen(name): another row; "" = the picture.
        renamed(name, new name), turned(name), anchored(name, anchor), deleted(name): of a line or zone.
        picked(frame): a place in the plot.
    """

    shown = Signal()
    chosen = Signal(str)
    renamed = Signal(str, str)
    turned = Signal(str)
    anchored = Signal(str, object)
    deleted = Signal(str)
    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[CountLine, ...] = ()
        self._buttons = QHBoxLayout()
        self._table = self._make_table()
        self._anchor = QComboBox()
        for anchor, text in ANCHORS.items():
            self._anchor.addItem(text, anchor)
        self._anchor.setToolTip(
            "The point of a box that counts: the middle of its bottom edge, or its centre"
        )
        self._anchor.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._anchor.activated.connect(self._on_anchor)
        self._turn = QPushButton("Turn round")
        self._turn.setToolTip("Let the other direction be the one that comes in")
        self._turn.clicked.connect(self._on_turn)
        self._delete = QPushButton("Delete")
        self._delete.setToolTip("Delete the chosen line or zone")
        self._delete.clicked.connect(self._on_delete)
        self.chart = Chart()
        self.chart.picked.connect(self.picked)
        tools = QHBoxLayout()
        for widget in (self._anchor, self._turn, self._delete):
            tools.addWidget(widget)
        upper = QWidget()
        layout = QVBoxLayout(upper)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._table, 1)
        layout.addLayout(tools)
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.addWidget(upper)
        halves.addWidget(self.chart)
        halves.setSizes([200, 160])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(4, 4, 4, 4)
        whole.addLayout(self._buttons)
        whole.addWidget(halves, 1)
        self._show_tools()

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, len(HEADS))
        table.setHorizontalHeaderLabels(HEADS)
        choose_rows(table, height=22)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        table.setEditTriggers(QTableWidget.EditTrigger.DoubleClicked)
        table.setMinimumHeight(52)
        table.itemSelectionChanged.connect(self._on_row)
        table.itemChanged.connect(self._on_item)
        table.installEventFilter(self)
        return table

    def add_actions(self, actions: Sequence[QAction]) -> None:
        """Buttons for what draws and what exports."""
        add_buttons(self._buttons, actions)

    @property
    def current(self) -> str:
        """Name of the chosen line or zone, "" = the picture."""
        row = self._table.currentRow()
        return self._lines[row].name if 0 <= row < len(self._lines) else ""

    def show_counts(self, lines: Sequence[CountLine], chosen: str) -> None:
        """Show these rows, the picture first."""
        with QSignalBlocker(self._table):
            if [line.name for line in lines] != [line.name for line in self._lines]:
                self._table.setRowCount(len(lines))
            self._lines = tuple(lines)
            for row, line in enumerate(lines):
                self._fill(row, line)
            names = [line.name for line in lines]
            self._table.selectRow(names.index(chosen) if chosen in names else 0)
        self._show_tools()

    def _fill(self, row: int, line: CountLine) -> None:
        for column, text in enumerate((line.name or PICTURE, line.now, line.total)):
            item = self._table.item(row, column)
            if item is None:
                item = QTableWidgetItem()
                self._table.setItem(row, column, item)
            flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
            item.setFlags(flags | Qt.ItemFlag.ItemIsEditable if line.name and column == 0 else flags)
            if item.text() != text:
                item.setText(text)
            item.setToolTip(line.tip)
            if column == 0:
                item.setIcon(swatch(line.color))

    def show_panel(self, panel: Curves | Bars | None) -> None:
        """Show the counts of the chosen row over time."""
        self.chart.show_panel(panel)

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that counts are wanted."""
        super().showEvent(event)
        self.shown.emit()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Del in the list deletes a line or zone, not a box."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Delete and self.current:
            if event.type() == QEvent.Type.KeyPress:
                self._on_delete()
            event.accept()
            return event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
        return super().eventFilter(watched, event)  # type: ignore[arg-type]

    def _show_tools(self) -> None:
        line = next((line for line in self._lines if line.name == self.current), None)
        is_region = line is not None and line.anchor is not None
        for widget in (self._anchor, self._delete):
            widget.setEnabled(is_region)
        self._turn.setEnabled(line is not None and line.has_direction)
        if line is not None and line.anchor is not None:
            self._anchor.setCurrentIndex(list(ANCHORS).index(line.anchor))

    @Slot()
    def _on_row(self) -> None:
        self._show_tools()
        self.chosen.emit(self.current)

    @Slot(QTableWidgetItem)
    def _on_item(self, item: QTableWidgetItem) -> None:
        old = self._lines[item.row()].name
        if item.column() == 0 and old and item.text() != old:
            self.renamed.emit(old, item.text().strip())

    @Slot()
    def _on_anchor(self) -> None:
        self.anchored.emit(self.current, self._anchor.currentData())

    @Slot()
    def _on_turn(self) -> None:
        self.turned.emit(self.current)

    @Slot()
    def _on_delete(self) -> None:
        self.deleted.emit(self.current)
