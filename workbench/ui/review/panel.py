"""The list of review items with its filters, and how far the review is; it knows no project."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.plurals import counted
from workbench.services.review_items import ACCEPTED, FIXED, OPEN, REJECTED, SKIPPED, VERDICTS, ReviewItem
from workbench.services.reviewing import ReviewProgress
from workbench.ui.panels.tables import choose_rows, fix_widths
from workbench.ui.review.queue_model import QueueModel
from workbench.ui.review.words import kind_words

STATES: dict[str, frozenset[str]] = {
    "Open": frozenset({OPEN}),
    "Skipped": frozenset({SKIPPED}),
    "Answered": frozenset({ACCEPTED, REJECTED, FIXED}),
    "All": frozenset(VERDICTS),
}
WIDTHS = {0: 20, 2: 108, 3: 54, 4: 34}  # pixels of the columns; the other one has the rest
NOTHING = "Nothing was looked for yet: press “Find issues”."


@dataclass(frozen=True)
class Wanted:
    """Which items the user wants to see.

    Args:
        kind: of issue, "" = all.
        least: probability from which on.
        state: one of ``STATES``.
        selected_only: only those of the selected tracks.
    """

    kind: str = ""
    least: float = 0.0
    state: str = "Open"
    selected_only: bool = False


class ReviewPanel(QWidget):
    """Shows the queue.

    Signals:
        item_chosen(item id): show this one.
        wanted_changed: other items are wanted; see ``wanted``.
    """

    item_chosen = Signal(int)
    wanted_changed = Signal()

    def __init__(self, model: QueueModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wanted = Wanted()
        self.model = model
        self._find, self._sheet = QToolButton(), QToolButton()
        self._progress = QLabel(NOTHING)
        self._progress.setWordWrap(True)
        self._kinds = _list()
        self._kinds.setToolTip("Show items of one kind of error")
        self._kinds.addItem("All kinds", "")
        self._kinds.currentIndexChanged.connect(self._on_filter)
        self._states = _list()
        self._states.setToolTip("Show items that are open, or what was decided")
        self._states.addItems(list(STATES))
        self._states.currentIndexChanged.connect(self._on_filter)
        self._least = QSpinBox()
        self._least.setRange(0, 99)
        self._least.setPrefix("from ")
        self._least.setSuffix(" %")
        self._least.setToolTip("Show items that are at least this probable")
        self._least.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._least.valueChanged.connect(self._on_filter)
        self._selected = QCheckBox("Of selected tracks")
        self._selected.setToolTip("Show items about the tracks that are selected")
        self._selected.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._selected.toggled.connect(self._on_filter)
        self._table = self._make_table()
        self._lay_out()

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.model)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.horizontalHeader().setMinimumSectionSize(16)
        choose_rows(table, height=21)
        fix_widths(table, WIDTHS)
        table.clicked.connect(self._on_clicked)
        return table

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        for button in (self._find, self._sheet):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            top.addWidget(button)
        top.addWidget(self._progress, 1)
        filters = QHBoxLayout()
        filters.addWidget(self._kinds, 2)
        filters.addWidget(self._states, 1)
        filters.addWidget(self._least)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 4)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addLayout(filters)
        layout.addWidget(self._selected)
        layout.addWidget(self._table, 1)

    def add_actions(self, find: QAction, sheet: QAction) -> None:
        """Put the actions that look for issues and show many at once on their buttons."""
        self._find.setDefaultAction(find)
        self._sheet.setDefaultAction(sheet)

    def show_kinds(self, kinds: Collection[str]) -> None:
        """Offer these kinds; the chosen one stays chosen."""
        names = sorted({*kinds, *([self.wanted.kind] if self.wanted.kind else [])})
        if names == [self._kinds.itemData(i) for i in range(1, self._kinds.count())]:
            return
        with QSignalBlocker(self._kinds):
            while self._kinds.count() > 1:
                self._kinds.removeItem(1)
            for name in names:
                self._kinds.addItem(kind_words(name), name)
            self._kinds.setCurrentIndex(max(self._kinds.findData(self.wanted.kind), 0))

    def show_current(self, item: ReviewItem | None) -> None:
        """Mark an item as the one that is shown, and scroll to it."""
        row = self.model.row_of(item)
        if row < 0:
            self._table.clearSelection()
        else:
            self._table.selectRow(row)
            self._table.scrollTo(self.model.index(row, 0))

    def show_progress(self, progress: ReviewProgress, nothing: str) -> None:
        """Say how far the review is; ``nothing`` when there is no issue."""
        if not progress.reviewed + progress.remaining:
            self._progress.setText(nothing)
            return
        self._progress.setText(
            f"{progress.reviewed} reviewed, {progress.remaining} left;"
            f" about {counted(round(progress.expected_errors), 'error')} among them"
        )

    @Slot()
    def _on_filter(self) -> None:
        self.wanted = replace(
            self.wanted,
            kind=str(self._kinds.currentData() or ""),
            least=self._least.value() / 100,
            state=self._states.currentText(),
            selected_only=self._selected.isChecked(),
        )
        self.wanted_changed.emit()

    @Slot(QModelIndex)
    def _on_clicked(self, index: QModelIndex) -> None:
        self.item_chosen.emit(self.model.items[index.row()].id)


def _list() -> QComboBox:
    box = QComboBox()
    box.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(6)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return box
