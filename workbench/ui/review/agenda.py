"""Which review items there are, which one is shown, and which come next: who reads the queue."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from workbench.services import reviewing
from workbench.services.review_items import OPEN, VERDICTS, ReviewItem
from workbench.services.reviewing import Filters, ReviewProgress
from workbench.ui.review.panel import STATES, Wanted
from workbench.ui.state import UiState

EVERY = Filters(verdicts=frozenset(VERDICTS))


class Agenda(QObject):
    """The queue of the video shown.

    Signals:
        listed: other items, or others are wanted.
        current_changed: another item is shown, or none.
    """

    listed = Signal()
    current_changed = Signal()

    def __init__(self, state: UiState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._wanted = Wanted()
        self._every: dict[int, ReviewItem] = {}
        self._row = 0  # where in the list the item that is shown stands, or stood
        self.items: list[ReviewItem] = []
        self.current: ReviewItem | None = None
        self.progress = ReviewProgress(0, 0, 0.0)
        self.under_way: set[int] = set()  # items whose answer is being written

    @property
    def current_id(self) -> int:
        """Id of the item that is shown, -1 when none is."""
        return -1 if self.current is None else self.current.id

    @property
    def kinds(self) -> set[str]:
        """Kinds of all items."""
        return {item.kind for item in self._every.values()}

    def read(self) -> None:
        """Read the queue again; the item that is shown stays, unless one was opened again by an undo."""
        video, answered = self._state.video, self.current_id in self.under_way
        items = [] if video is None else reviewing.queue(self._state.project, video.id, EVERY)
        reopened = self._reopened(items)
        self._every = {item.id: item for item in items}
        if video is not None:
            self.progress = reviewing.progress(self._state.project, video.id)
        self.under_way &= {item.id for item in items if item.verdict == OPEN}
        self._choose()
        if reopened is not None:
            self.show(reopened)
        elif self.current is not None and not answered:  # else the next one is shown in a moment
            self.show(self.current.id)

    def _reopened(self, items: list[ReviewItem]) -> int | None:
        """The one item that had an answer and has none any more."""
        found = [
            item.id
            for item in items
            if item.verdict == OPEN and (old := self._every.get(item.id)) is not None and old.verdict != OPEN
        ]
        return found[0] if len(found) == 1 else None

    def want(self, wanted: Wanted) -> None:
        """List other items."""
        self._wanted = wanted
        self._choose()

    def narrow(self) -> None:
        """Another selection: list anew if only items of selected tracks are wanted."""
        if self._wanted.selected_only:
            self._choose()

    def show(self, item_id: int) -> None:
        """Show an item; one that is not there, as -1, shows none."""
        item = self._every.get(item_id)
        ids = [listed.id for listed in self.items]
        if item_id in ids:
            self._row = ids.index(item_id)
        if item != self.current:
            self.current = item
            self.current_changed.emit()

    def around(self, step: int) -> int:
        """Id of the item that many further in the list, -1 behind its ends; the first when none is shown."""
        ids = [item.id for item in self.items]
        if self.current_id not in ids:
            return ids[min(self._row, len(ids) - 1)] if ids else -1
        row = ids.index(self.current_id) + step
        return ids[row] if 0 <= row < len(ids) else -1

    def following(self, count: int) -> list[ReviewItem]:
        """Open items behind the one that is shown, then those before it; at most that many."""
        ids = [item.id for item in self.items]
        row = ids.index(self.current_id) + 1 if self.current_id in ids else self._row
        found: list[ReviewItem] = []
        for item in (*self.items[row:], *self.items[:row]):
            if len(found) == count:
                break
            if item.verdict == OPEN and item.id not in self.under_way and item.id != self.current_id:
                found.append(item)
        return found

    def _choose(self) -> None:
        wanted, selected = self._wanted, set(self._state.selection)
        verdicts = STATES[wanted.state]
        self.items = [
            item
            for item in self._every.values()
            if item.verdict in verdicts
            and item.probability >= wanted.least
            and (not wanted.kind or item.kind == wanted.kind)
            and (not wanted.selected_only or not selected.isdisjoint(item.tracks))
        ]
        self.listed.emit()
