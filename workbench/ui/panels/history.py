"""The history of edits, newest first; those that were taken back are grey."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from workbench.store import Edit


class HistoryPanel(QListWidget):
    """Shows edits; reading only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def show_edits(self, edits: Sequence[Edit]) -> None:
        """Show these edits, newest first."""
        self.clear()
        for edit in edits:
            item = QListWidgetItem(edit.name)
            item.setToolTip(
                f"{edit.created_at:%Y-%m-%d %H:%M:%S} UTC, {edit.row_count} rows"
                + (f" by {edit.author}" if edit.author else "")
            )
            if edit.state == "undone":
                item.setForeground(QBrush(self.palette().placeholderText()))
                item.setText(f"{edit.name} (undone)")
            self.addItem(item)
