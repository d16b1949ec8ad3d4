"""Going back to an edit, and seeing what was done to a track."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from workbench.services import history
from workbench.store import Edit
from workbench.ui.editor import Editor
from workbench.ui.panels.history import HistoryPanel
from workbench.ui.state import UiState


class HistoryCommands(QObject):
    """Commands about the history.

    Signals:
        panel_wanted: the history shall be seen.
    """

    panel_wanted = Signal()

    def __init__(self, state: UiState, editor: Editor, panel: HistoryPanel) -> None:
        super().__init__(panel)
        self._state, self._editor, self._panel = state, editor, panel
        panel.back_to.connect(self.back_to)
        panel.back_before.connect(self.back_before)

    @Slot()
    def track_history(self) -> None:
        """List what was done to the selected track, or everything again."""
        self._panel.want_track(not self._panel.of_track)
        self.panel_wanted.emit()

    @Slot(object)
    def back_to(self, edit: Edit) -> None:
        """Undo or redo until this edit is the last that is done."""
        self._editor.go(f"Back to “{edit.name}”", lambda: history.go_to(self._state.project, edit))

    @Slot(object)
    def back_before(self, edit: Edit) -> None:
        """Undo this edit and all that were done after it."""
        edits = self._state.project.history(limit=2**31)
        older = [e for e in edits if (e.position or 0) < (edit.position or 0)]
        goal = older[0] if older else None
        self._editor.go(f"Undo “{edit.name}”", lambda: history.go_to(self._state.project, goal))
