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
        self._handed: set[int] = set()  # items whose answer the editor has
        editor.idle.connect(self._on_idle)

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
            return True
        return self._hand_over(answered, make)

    def finish(self) -> None:
        """Write what still waits, when the last large edit is written and nothing comes after."""
        while self._later:
            _, make = self._later.pop(0)
            self._editor.do(make, at_once=True)

    @Slot()
    def _on_idle(self) -> None:
        handed, self._handed = self._handed, set()
        self._agenda.settle(handed)
        while self._later and not self._editor.busy:
            self._hand_over(*self._later.pop(0))

    def _hand_over(self, answered: set[int], make: Callable[[], ChangeSet]) -> bool:
        done = False
        try:
            done = self._editor.do(make)
        finally:  # whatever happened, what is not written is to be answered again
            if done and self._editor.busy:
                self._handed |= answered
            else:
                self._agenda.settle(answered)
        return done
