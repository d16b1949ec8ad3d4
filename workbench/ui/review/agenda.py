"""Which review items there are, which one is shown, and which come next: who reads the queue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain, islice

from PySide6.QtCore import QObject, Signal

from workbench.services import reviewing
from workbench.services.review_items import JUDGEMENTS, OPEN, VERDICTS, ReviewItem
from workbench.services.reviewing import Filters, ReviewProgress
from workbench.ui.review.panel import STATES, Wanted
from workbench.ui.state import UiState

MANY = 50  # tracks of an edit beyond which the whole queue is read again
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
        self._rows: dict[int, int] = {}
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
        """Read the whole queue."""
        video = self._state.video
        items = [] if video is None else reviewing.queue(self._state.project, video.id, EVERY)
        self._keep(items, changed=items)

    def read_again(self, tracks: Collection[int]) -> None:
        """Read again what may have changed with an edit of these tracks."""
        video = self._state.video
        if video is None or len(tracks) > MANY:
            self.read()
            return
        rows = self._state.project.review_items(video.id, tracks=tracks)
        fresh = {row.id: ReviewItem(row) for row in rows if row.kind not in JUDGEMENTS}
        changed = list(fresh.values())
        kept = [
            fresh.pop(item_id, item)
            for item_id, item in self._every.items()
            if item_id in fresh or not _may_concern(item, tracks)
        ]
        if fresh:  # such as an undo has brought back
            kept = sorted((*kept, *fresh.values()), key=lambda item: (-item.expected_gain, item.id))
        self._keep(kept, changed=changed)

    def _keep(self, items: Sequence[ReviewItem], *, changed: Sequence[ReviewItem]) -> None:
        """Take the items read; the one that is shown stays, unless an undo has opened another again."""
        video, answered = self._state.video, self.current_id in self.under_way
        before, self._every = self._every, {item.id: item for item in items}
        reopened = [i.id for i in changed if i.verdict == OPEN and before.get(i.id, i).verdict != OPEN]
        if video is not None:
            self.progress = reviewing.progress(self._state.project, video.id)
        self.under_way = {i for i in self.under_way if i in self._every and self._every[i].verdict == OPEN}
        self._choose()
        if len(reopened) == 1:
            self.show(reopened[0])
        elif self.current is not None and not answered:  # else the next one is shown in a moment
            self.show(self.current.id)

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
        self._row = self._rows.get(item_id, self._row)
        if item != self.current:
            self.current = item
            self.current_changed.emit()

    def around(self, step: int) -> int:
        """Id of the item that many further in the list, -1 behind its ends; the first when none is shown."""
        row = self._rows.get(self.current_id)
        row = min(self._row, len(self.items) - 1) if row is None else row + step
        return self.items[row].id if 0 <= row < len(self.items) else -1

    def following(self, count: int) -> list[ReviewItem]:
        """Open items behind the one that is shown, then those before it; at most that many."""
        row = self._rows.get(self.current_id)
        first = self._row if row is None else row + 1
        order = chain(range(first, len(self.items)), range(min(first, len(self.items))))
        open_ones = (item for item in map(self.items.__getitem__, order) if self._is_open(item))
        return list(islice(open_ones, count))

    def _is_open(self, item: ReviewItem) -> bool:
        """Whether it is still to be asked, and not the one that is shown."""
        return item.verdict == OPEN and item.id not in self.under_way and item.id != self.current_id

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
        self._rows = {item.id: row for row, item in enumerate(self.items)}
        self.listed.emit()


def _may_concern(item: ReviewItem, tracks: Collection[int]) -> bool:
    row = item.row
    return row.track_id in tracks or row.other_track_id in tracks or row.tracks.count(",") > 1
