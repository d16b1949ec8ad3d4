"""The one place where the window changes the data.

A command hands over a function that makes a change set. Small ones are applied at once; a large one is
written in slices by the worker. Nothing is returned to the views: they hear from the store.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from PySide6.QtCore import QObject, Signal

from workbench.core.edits import ChangeSet
from workbench.core.errors import WorkbenchError
from workbench.store import Edit, Project
from workbench.ui.worker import Task, TaskQueue

LARGE = 2000  # rows; a tenth of a second on the GUI thread


class Editor(QObject):
    """Applies, undoes and redoes edits.

    Signals:
        refused(sentence): an edit could not be made; nothing was changed.
        told(sentence): what was just done, for the status bar.
    """

    refused = Signal(str)
    told = Signal(str)

    def __init__(self, project: Project, jobs: TaskQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._jobs = jobs

    def do(self, make: Callable[[], ChangeSet]) -> bool:
        """Make a change set and apply it.

        Returns:
            Whether it was applied or handed to the worker.
        """
        try:
            change = make()
            if not change:
                return False
            if sum(1 for _ in change.rows()) > LARGE:
                self._jobs.submit(Task(change.name, lambda: self._project.apply_large(change)))
            else:
                self._project.apply(change)
        except WorkbenchError as error:
            self.refused.emit(str(error))
            return False
        self.told.emit(change.name)
        return True

    def undo(self) -> None:
        """Take the last edit back."""
        self._walk("Undo", self._project.next_undo, self._project.undo_large)

    def redo(self) -> None:
        """Make the edit that was last taken back again."""
        self._walk("Redo", self._project.next_redo, self._project.redo_large)

    def _walk(self, verb: str, edit: Edit | None, large: Callable[[], Generator[Any, None, Any]]) -> None:
        if edit is None:
            self.told.emit(f"Nothing to {verb.lower()}")
            return
        try:
            if edit.row_count > LARGE:
                self._jobs.submit(Task(f"{verb} {edit.name}", large))
            elif verb == "Undo":
                self._project.undo()
            else:
                self._project.redo()
        except WorkbenchError as error:
            self.refused.emit(str(error))
        else:
            self.told.emit(f"{verb}: {edit.name}")
