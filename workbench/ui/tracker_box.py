"""Which tracker follows the boxes, also in the next window."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QSettings, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QWidget

from workbench.services.plugin_finding import Plugins
from workbench.services.plugins import trackers

CHOSEN = "track/tracker"  # in the settings


class TrackerBox(QComboBox):
    """Lists the trackers there are.

    Args:
        settings: where the one that the user chose is kept.

    Signals:
        chosen(name): the user wants this one.
    """

    chosen = Signal(str)

    def __init__(self, plugins: Plugins, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        for info in trackers(plugins):
            self._add(info.title, info.name, info.description)
            if info.default:
                self.setCurrentIndex(self.count() - 1)
        self._show_tip()
        self.currentIndexChanged.connect(self._on_index)

    def recall(self) -> None:
        """Choose what was chosen in the last window, if it is still there."""
        name = str(self._settings.value(CHOSEN, ""))
        row = self.findData(name)
        if row >= 0:
            self.setCurrentIndex(row)
        elif os.path.isfile(name):  # says no, too, where the path may not be looked at
            self.use_checkpoint(name)

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
        self._show_tip()
        self._settings.setValue(CHOSEN, self.currentData())
        self.chosen.emit(str(self.currentData()))

    def _show_tip(self) -> None:
        self.setToolTip(f"Tracker: {self.currentData(Qt.ItemDataRole.ToolTipRole)}")
