"""The review queue as rows of a table: read as they come into view, so that ten thousand open at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QPalette

from workbench.services.review_items import OPEN, SKIPPED, ReviewItem
from workbench.ui.review.words import MARKS, VERDICT_WORDS, evidence, kind_words, question

Index = QModelIndex | QPersistentModelIndex
HEADS = ("", "What", "Tracks", "Frame", "%")
TIPS = (
    "Verdict",
    "What is suspected; the list is sorted by the boxes that a look is expected to put right",
    "Identities concerned",
    "Where to look",
    "Probability that it is an error",
)


class QueueModel(QAbstractTableModel):
    """Items in the order of the queue; replaced as a whole."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.items: list[ReviewItem] = []
        self._rows: dict[int, int] = {}
        self._titles: Mapping[int, str] = {}
        self._grey = QPalette().placeholderText()

    def set_items(self, items: Sequence[ReviewItem], titles: Mapping[int, str]) -> None:
        """Show other items; where only their content differs, the view keeps its place."""
        items = list(items)
        same = [item.row.id for item in items] == [item.row.id for item in self.items]
        self._titles = titles
        if same:
            self.items = items
            if items:
                self.dataChanged.emit(self.index(0, 0), self.index(len(items) - 1, len(HEADS) - 1))
            return
        self.beginResetModel()
        self.items = items
        self._rows = {item.row.id: row for row, item in enumerate(items)}
        self.endResetModel()

    def row_of(self, item_id: int) -> int:
        """Where an item stands, -1 when it is not listed."""
        return self._rows.get(item_id, -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """How many items there are."""
        return 0 if parent.isValid() else len(self.items)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many columns there are."""
        return 0 if parent.isValid() else len(HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Titles of the columns, and what they mean."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return HEADS[section]
            if role == Qt.ItemDataRole.ToolTipRole:
                return TIPS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, colour and tool tip of a cell."""
        item = self.items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(item, index.column())
        if role == Qt.ItemDataRole.ForegroundRole and item.verdict not in (OPEN, SKIPPED):
            return self._grey
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() >= 3:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole:
            lines = [question(item, self._titles), evidence(item), f"Verdict: {VERDICT_WORDS[item.verdict]}"]
            return "\n".join(line for line in [*lines, item.row.comment] if line)
        return None

    def _text(self, item: ReviewItem, column: int) -> str:
        if column == 0:
            return MARKS[item.verdict]
        if column == 1:
            return kind_words(item.kind)
        if column == 2:
            return ", ".join(self._titles.get(track, "?") for track in item.tracks)
        return str(item.frame) if column == 3 else f"{100 * item.probability:.0f}"
