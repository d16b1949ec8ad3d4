"""Writing what was answered: at once, or when the large edit before it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Slot

from workbench.core.edits import ChangeSet
from workbench.services.review_items import ReviewItem
from workbench.ui.editor import Editor
from workbench.ui.review.agenda import Agenda


class Answers(QObject):
    """Hands answers to the editor, in the order in which they were given."""

    def __init__(self, agenda: Agenda, editor: Editor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._agenda, self._editor = agenda, editor
        self._later: list[tuple[set[int], Callable[[], ChangeSet]]] = []
        editor.idle.connect(self._write_next)

    def write(self, items: Iterable[ReviewItem], make: Callable[[], ChangeSet]) -> bool:
        """Write the answer to some items, which are under way until then.

        Args:
            make: called when it is their turn.

        Returns:
            False when it could not be made; nothing was changed.
        """
        answered = {item.id for item in items}
        self._agenda.under_way |= answered
        if self._editor.busy:
            self._later.append((answered, make))
        elif not self._editor.do(make):
            self._agenda.under_way -= answered
            return False
        return True

    @Slot()
    def _write_next(self) -> None:
        while self._later and not self._editor.busy:
            answered, make = self._later.pop(0)
            if not self._editor.do(make):
                self._agenda.under_way -= answered
