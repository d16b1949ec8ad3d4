"""The one place where the window changes the data.

A command hands over a function that makes a change set. Small ones are applied at once; a large one is
written in slices by the worker. Nothing is returned to the views: they hear from the store.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from workbench.core.edits import ChangeSet
from workbench.core.errors import UserError, WorkbenchError
from workbench.store import Edit, Project
from workbench.ui.worker import Task, TaskQueue

LARGE = 2000  # rows; a tenth of a second on the GUI thread


class Editor(QObject):
    """Applies, undoes and redoes edits.

    Signals:
        refused(sentence): an edit could not be made; nothing was changed.
        told(sentence): what was just done, for the status bar; of a large edit when it is written.
        idle: a large edit was written, or could not be.
    """

    refused = Signal(str)
    told = Signal(str)
    idle = Signal()

    def __init__(self, project: Project, writing: TaskQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._writing = writing
        self._said: dict[int, str] = {}  # what is told of a large edit when it is written
        writing.done.connect(self._on_done)
        writing.changed.connect(self._on_changed)

    @property
    def busy(self) -> bool:
        """Whether a large edit is being written."""
        return self._writing.busy

    def do(
        self,
        make: Callable[[], ChangeSet],
        *,
        said: Callable[[], str] | None = None,
        at_once: bool = False,
    ) -> bool:
        """Make a change set and apply it.

        Args:
            said: what is told of it, asked when it is made; None = its name.
            at_once: a large one, too, for there is no worker any more.

        Returns:
            Whether it was applied or handed to the worker.
        """
        try:
            change = make()
            if not change:
                return False
            sentence = change.name if said is None else said()
            if not at_once and sum(1 for _ in change.rows()) > LARGE:
                self._order(change.name, lambda: self._project.apply_large(change), sentence)
                return True
            self._project.apply(change)
        except WorkbenchError as error:
            self.refused.emit(str(error))
            return False
        self.told.emit(sentence)
        return True

    def undo(self) -> None:
        """Take the last edit back."""
        self._walk("Undo", self._project.next_undo, self._project.undo, self._project.undo_large)

    def redo(self) -> None:
        """Make the edit that was last taken back again."""
        self._walk("Redo", self._project.next_redo, self._project.redo, self._project.redo_large)

    def go(self, name: str, make: Callable[[], Generator[Any, None, Any]]) -> None:
        """Go through the history on the worker, by steps that undo and redo."""
        try:
            self._order(name, make)
        except WorkbenchError as error:
            self.refused.emit(str(error))

    def _walk(
        self,
        verb: str,
        edit: Edit | None,
        small: Callable[[], Any],
        large: Callable[[], Generator[Any, None, Any]],
    ) -> None:
        if edit is None:
            self.told.emit(f"Nothing to {verb.lower()}")
            return
        try:
            self._refuse_while_writing()
            if edit.row_count > LARGE:
                self._order(f"{verb}: {edit.name}", large)
                return
            small()
        except WorkbenchError as error:
            self.refused.emit(str(error))
        else:
            self.told.emit(f"{verb}: {edit.name}")

    def _order(self, name: str, make: Callable[[], Generator[Any, None, Any]], said: str = "") -> None:
        self._refuse_while_writing()
        self._said[self._writing.submit(Task(name, make))] = said or name

    def _refuse_while_writing(self) -> None:
        """What is undone is the newest edit when it begins, so nothing may be queued before it."""
        if self._writing.busy:
            raise UserError(f"“{self._writing.labels[0]}” is still being written; try again when it is done.")

    @Slot(int, object)
    def _on_done(self, task: int, _edit: object) -> None:
        self.told.emit(self._said.pop(task))

    @Slot()
    def _on_changed(self) -> None:
        if not self._writing.busy:
            self.idle.emit()
