"""Joining fragments: asked once for all of them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from workbench.services.joining import Joined, join_all
from workbench.ui.editor import Editor
from workbench.ui.join_dialog import JoinDialog
from workbench.ui.review.agenda import READING, Agenda
from workbench.ui.state import UiState
from workbench.ui.worker import Task, TaskQueue


class JoinCommands(QObject):
    """The command of the Review menu.

    Signals:
        told(sentence), refused(sentence): for the status bar and the notice.
    """

    told = Signal(str)
    refused = Signal(str)

    def __init__(
        self, state: UiState, agenda: Agenda, editor: Editor, *, compute: TaskQueue, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._state, self._agenda, self._editor = state, agenda, editor
        self._compute, self._window = compute, parent
        self._task: int | None = None
        compute.done.connect(self._on_done)
        compute.cancelled.connect(self._on_over)
        compute.failed.connect(self._on_over)

    @Slot()
    def join_fragments(self) -> None:
        """Ask how probable links must be, and make all of them; again: stop."""
        project = self._state.project
        if self._task is not None:
            self._compute.cancel(self._task)
        elif project.read_only:
            self.refused.emit("This window changes nothing: the project is open for reading only.")
        elif not self._agenda.open_items:
            nothing = "No issue is open; look for issues first (Review, Find issues)."
            self.refused.emit(READING if self._agenda.is_reading else nothing)
        else:
            dialog = JoinDialog(self._agenda.open_items, self._window)
            if dialog.exec():
                wanted = dialog.joins
                self._task = self._compute.submit(
                    Task("Joining fragments", lambda: join_all(project, wanted))
                )
            dialog.deleteLater()

    @Slot(int, object)
    def _on_done(self, task: int, outcome: object) -> None:
        if task == self._task and isinstance(outcome, Joined):
            self._task = None
            sentence = f"{outcome} Find issues again to see what is left."
            if not outcome.change:
                self.told.emit(sentence)
            else:
                self._editor.do(lambda: outcome.change, said=lambda: sentence)

    @Slot(int)
    @Slot(int, object, str)
    def _on_over(self, task: int, *_: object) -> None:
        if task == self._task:
            self._task = None
            self.told.emit("Nothing was joined")
