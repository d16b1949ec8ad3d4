"""Which review items there are, which one is shown, and which come next: who reads the queue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import chain, islice

from PySide6.QtCore import QObject, Signal

from workbench.services import reviewing
from workbench.services.review_items import JUDGEMENTS, OPEN, VERDICTS, ReviewItem
from workbench.services.reviewing import Filters, ReviewProgress
from workbench.ui.review.panel import STATES, Wanted
from workbench.ui.state import UiState

AT_ONCE = 3  # items that one answer decides at most
MANY = 200  # tracks of an edit beyond which the whole queue is read again
NO_PROGRESS = ReviewProgress(0, 0, 0.0)
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
        self._by_track: dict[int, list[int]] = {}
        self.current: ReviewItem | None = None
        self.under_way: set[int] = set()  # items whose answer is being written

    @property
    def current_id(self) -> int:
        """Id of the item that is shown, -1 when none is."""
        return -1 if self.current is None else self.current.id

    @property
    def kinds(self) -> set[str]:
        """Kinds of all items."""
        return {item.row.kind for item in self._every.values()}

    @property
    def progress(self) -> ReviewProgress:
        """How far the review is."""
        video = self._state.video
        return NO_PROGRESS if video is None else reviewing.progress(self._state.project, video.id)

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
        known = {i for t in tracks for i in self._by_track.get(t, ())}
        gone, new = known - fresh.keys(), fresh.keys() - self._every.keys()
        if gone or new:
            kept = [item for item_id, item in (self._every | fresh).items() if item_id not in gone]
            self._keep(sorted(kept, key=_order) if new else kept, changed=list(fresh.values()))
        else:
            self._keep(None, changed=list(fresh.values()))

    def _keep(self, items: Sequence[ReviewItem] | None, *, changed: Sequence[ReviewItem]) -> None:
        """Take the items read; the one that is shown stays, unless an undo has opened another again.

        Args:
            items: all of them; None = the same ones as before.
            changed: those that may be otherwise now.
        """
        answered, before = self.current_id in self.under_way, self._every
        reopened = [i.id for i in changed if i.verdict == OPEN and before.get(i.id, i).verdict != OPEN]
        if items is None:
            before.update((item.id, item) for item in changed)
        else:
            self._every = {item.row.id: item for item in items}
            self._by_track = _by_track(items)
        self.under_way = {i for i in self.under_way if i in self._every and self._every[i].verdict == OPEN}
        self._choose()
        if 0 < len(reopened) <= AT_ONCE:
            self.show(min(map(self._every.__getitem__, reopened), key=_order).id)
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

    @property
    def together(self) -> list[ReviewItem]:
        """The item that is shown, and the few open ones about the same place, those worth most first."""
        item = self.current
        if item is None or item.verdict != OPEN:
            return [] if item is None else [item]
        near = {i for track in item.tracks for i in self._by_track.get(track, ())} - self.under_way
        return [item, *reviewing.alternatives(item, [self._every[i] for i in near if i in self._every])]

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
        verdicts, kind, least = STATES[wanted.state], wanted.kind, wanted.least
        rows = ((item.row, item) for item in self._every.values())
        items = [
            item
            for row, item in rows
            if row.verdict in verdicts and row.score >= least and (not kind or row.kind == kind)
        ]
        if wanted.selected_only:
            items = [item for item in items if not selected.isdisjoint(item.tracks)]
        self.items = items
        self._rows = {item.row.id: row for row, item in enumerate(items)}
        self.listed.emit()


def _order(item: ReviewItem) -> tuple[float, int]:
    return -item.worth, item.id


def _by_track(items: Iterable[ReviewItem]) -> dict[int, list[int]]:
    """Ids of the items that are about each track."""
    found: dict[int, list[int]] = defaultdict(list)
    for item in items:
        row = item.row
        if row.tracks.count(",") > 1:
            for track in item.tracks:
                found[track].append(row.id)
            continue
        if row.track_id is not None:
            found[row.track_id].append(row.id)
        if row.other_track_id is not None:
            found[row.other_track_id].append(row.id)
    return found
