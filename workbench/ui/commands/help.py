"""Keys, and what this program is."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

from workbench import __version__
from workbench.services.projects import demo_folder
from workbench.ui.keys import KeyMap
from workbench.ui.keys_dialog import KeysDialog
from workbench.ui.state import UiState


class HelpCommands(QObject):
    """Commands of the Help menu.

    Signals:
        keys_changed: actions have other keys now.
    """

    keys_changed = Signal()

    def __init__(self, state: UiState, keymap: KeyMap, parent: QWidget) -> None:
        super().__init__(parent)
        self._state, self._keymap, self._window = state, keymap, parent

    @Slot()
    def shortcuts(self) -> None:
        """List every action with its keys."""
        dialog = KeysDialog(self._keymap, self._window)
        dialog.changed.connect(self.keys_changed)
        dialog.exec()

    @Slot()
    def about(self) -> None:
        """Say which version this is and where things are kept."""
        QMessageBox.about(
            self._window,
            "Tracking Workbench",
            f"<b>Tracking Workbench {__version__}</b><p>Draw a box, track it, fix it, export it.</p>"
            f"<p>This project: {self._state.project.path}<br>The demo: {demo_folder()}</p>",
        )
