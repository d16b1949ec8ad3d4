"""The review queue as rows of a table: read as they come into view, so that ten thousand open at once.

Items stand in one order, that of their worth, in which a place is found by bisection. So an answer
costs a few steps, however long the queue is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping

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
    """Items in the order of the queue."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.items: list[ReviewItem] = []
        self._titles: Mapping[int, str] = {}
        self._grey = QPalette().placeholderText()

    def set_items(self, items: Iterable[ReviewItem]) -> None:
        """List these, which are in order, in place of those before."""
        self.beginResetModel()
        self.items = list(items)
        self.endResetModel()

    def set_titles(self, titles: Mapping[int, str]) -> None:
        """How tracks are called."""
        if titles != self._titles:
            self._titles = titles
            self._changed(0, len(self.items) - 1)

    def replace(self, pairs: Iterable[tuple[ReviewItem | None, ReviewItem | None]]) -> None:
        """List items as they are now.

        Args:
            pairs: each as it was and as it is; None = it was not listed, or shall not be.
        """
        moved, rows = [], []
        for before, after in pairs:
            row = self.row_of(before)
            if row >= 0 and before and after and before.order == after.order:
                self.items[row] = after
                rows.append(row)
            else:
                moved.append((before, after))
        if rows:
            self._changed(min(rows), max(rows))
        for before, after in moved:
            self._remove(before)
            self._insert(after)

    def _remove(self, item: ReviewItem | None) -> None:
        row = self.row_of(item)
        if row >= 0:
            self.beginRemoveRows(QModelIndex(), row, row)
            del self.items[row]
            self.endRemoveRows()

    def _insert(self, item: ReviewItem | None) -> None:
        if item is not None:
            row = self.row_at(item.order)
            self.beginInsertRows(QModelIndex(), row, row)
            self.items.insert(row, item)
            self.endInsertRows()

    def row_at(self, place: tuple[float, int]) -> int:
        """Where the item of this place stands, or would stand."""
        return bisect_left(self.items, place, key=lambda item: item.order)

    def row_of(self, item: ReviewItem | None) -> int:
        """Where an item stands, -1 when it is not listed."""
        row = len(self.items) if item is None else self.row_at(item.order)
        return row if item and row < len(self.items) and self.items[row].id == item.id else -1

    def _changed(self, first: int, last: int) -> None:
        if first <= last:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(HEADS) - 1))

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
