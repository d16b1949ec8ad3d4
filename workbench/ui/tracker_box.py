"""Which tracker follows the boxes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QWidget

from workbench.services.plugin_finding import Plugins
from workbench.services.plugins import trackers


class TrackerBox(QComboBox):
    """Lists the trackers there are.

    Signals:
        chosen(name): the user wants this one.
    """

    chosen = Signal(str)

    def __init__(self, plugins: Plugins, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        for info in trackers(plugins):
            self._add(info.title, info.name, info.description)
            if info.default:
                self.setCurrentIndex(self.count() - 1)
        self.currentIndexChanged.connect(self._on_index)
        self._on_index()

    @Slot(str)
    def use_checkpoint(self, path: str) -> None:
        """List a checkpoint and choose it."""
        row = self.findData(path)
        if row < 0:
            self._add(f"ATOM: {Path(path).name}", path, f"Published ATOM checkpoint {path}")
            row = self.count() - 1
        self.setCurrentIndex(row)

    def _add(self, title: str, name: str, description: str) -> None:
        self.addItem(title, name)
        self.setItemData(self.count() - 1, description, Qt.ItemDataRole.ToolTipRole)

    @Slot()
    def _on_index(self) -> None:
        self.setToolTip(f"Tracker: {self.currentData(Qt.ItemDataRole.ToolTipRole)}")
        self.chosen.emit(str(self.currentData()))
