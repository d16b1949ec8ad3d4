"""Which review items there are, which one is shown, and which come next: who reads the queue.

The whole of it is read on a thread of its own; after an edit only the items are that it changed, and at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain, islice

from PySide6.QtCore import QObject, Signal, Slot

from workbench.services import reviewing
from workbench.services.review_items import OPEN, VERDICTS, ReviewItem
from workbench.services.reviewing import Filters, ReviewProgress
from workbench.ui.review.panel import STATES, Wanted
from workbench.ui.review.queue_model import QueueModel
from workbench.ui.state import UiState
from workbench.ui.worker import Task, TaskQueue, once

EVERY = Filters(verdicts=frozenset(VERDICTS))
FIRST = (-float("inf"), 0)  # before every item
READING = "The issues are still being read."


class Agenda(QObject):
    """The queue of the video shown.

    Signals:
        changed: items have other answers, or there are others.
        was_read: the whole queue has been read.
        current_changed: another item is shown, or none.
        reopened(items): an undo has opened these again.
    """

    changed = Signal()
    was_read = Signal()
    current_changed = Signal()
    reopened = Signal(object)

    def __init__(self, state: UiState, reading: TaskQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._reading = state, reading
        self._task: int | None = None
        self._edited: set[int] = set()  # items that changed since the reading began
        self._wanted = Wanted()
        self._every: dict[int, ReviewItem] = {}
        self._place = FIRST  # of the item that is shown, or was
        self.listed = QueueModel(self)  # those of them that are wanted
        self.current: ReviewItem | None = None
        self._together: list[ReviewItem] | None = None  # until it is asked for
        self.under_way: set[int] = set()  # items whose answer is being written
        reading.done.connect(self._on_done)
        reading.failed.connect(self._on_failed)

    @property
    def current_id(self) -> int:
        """Id of the item that is shown, -1 when none is."""
        return -1 if self.current is None else self.current.id

    @property
    def items(self) -> Sequence[ReviewItem]:
        """Those that are wanted, in order."""
        return self.listed.items

    @property
    def open_items(self) -> list[ReviewItem]:
        """Those that nobody has answered, be they wanted or not."""
        return [item for item in self._every.values() if self.still_open(item)]

    @property
    def kinds(self) -> set[str]:
        """Kinds of all items."""
        return {item.row.kind for item in self._every.values()}

    @property
    def progress(self) -> ReviewProgress:
        """How far the review is."""
        return reviewing.progress_of(self._every.values())

    @property
    def is_reading(self) -> bool:
        """Whether the whole queue is being read; what it has is what was there before."""
        return self._task is not None

    def show_video(self) -> None:
        """Another video is shown, and none of its items until they are read."""
        self._every = {}
        self.listed.set_items(())
        self.show(-1)
        self.changed.emit()
        self.read()

    def read(self) -> None:
        """Have the whole queue read; what was being read is not wanted any more."""
        video, project = self._state.video, self._state.project
        if self._task is not None:
            self._reading.cancel(self._task)
        self._task, self._edited = None, set()
        if video is not None:
            video_id = video.id
            read = once(lambda: reviewing.queue(project, video_id, EVERY))
            self._task = self._reading.submit(Task("Reading the issues", read))

    @Slot(int, object)
    def _on_done(self, task: int, items: list[ReviewItem]) -> None:
        if task != self._task:
            return
        self._task = None
        if self._edited:
            untouched = (item for item in items if item.id not in self._edited)
            items = [*untouched, *self._stored(self._edited).values()]
            items.sort(key=lambda item: item.order)
        before, self._every = self._every, {item.row.id: item for item in items}
        self.listed.set_items(filter(self._is_wanted, items))
        self._go_on(before, items)
        self.was_read.emit()

    @Slot(int, object, str)
    def _on_failed(self, task: int, error: BaseException, _label: str) -> None:
        if task == self._task:
            self._task = None
            self.changed.emit()
            raise error

    def read_again(self, ids: Collection[int]) -> None:
        """Read again these items, which an edit changed, made or took away."""
        if self._task is not None:
            self._edited.update(ids)
        fresh = self._stored(ids)
        before = {i: self._every[i] for i in ids if i in self._every}
        self._every.update(fresh)
        for gone in before.keys() - fresh.keys():
            del self._every[gone]
        wanted = {i: item for i, item in fresh.items() if self._is_wanted(item)}
        self.listed.replace((before.get(i), wanted.get(i)) for i in before | fresh)
        self._go_on(before, list(fresh.values()))

    def settle(self, ids: set[int]) -> None:
        """The answers to these items are written, or could not be."""
        if self.is_reading:
            self.read_again(ids)
        self.under_way -= ids

    def _stored(self, ids: Collection[int]) -> dict[int, ReviewItem]:
        """Those of these items that are of the video and listed, as they are stored now."""
        video, project = self._state.video, self._state.project
        rows = [] if video is None else project.review_items_by_id(ids)
        mine = (row for row in rows if video and row.video_id == video.id and reviewing.is_listed(row))
        return {row.id: ReviewItem(row) for row in mine}

    def _go_on(self, before: Mapping[int, ReviewItem], items: Sequence[ReviewItem]) -> None:
        """The item that is shown stays, as it is now, unless an undo has opened another again.

        Args:
            before: items as they were.
            items: those that may be otherwise now.
        """
        answered = self.current_id in self.under_way
        self.under_way = {i for i in self.under_way if i in self._every and self._every[i].verdict == OPEN}
        self._together = None
        self.changed.emit()
        had_answers = {i for i, item in before.items() if item.row.verdict != OPEN}
        reopened = [item for item in items if item.row.id in had_answers and item.row.verdict == OPEN]
        if reopened:
            self.reopened.emit(reopened)
        if 0 < len(reopened) <= reviewing.AT_ONCE:
            self.show(min(reopened, key=lambda item: item.order).id)
        elif self.current is not None and not answered:  # else the next one is shown in a moment
            self.show(self.current.id)

    def want(self, wanted: Wanted) -> None:
        """List other items."""
        self._wanted = wanted
        self.listed.set_items(
            sorted(filter(self._is_wanted, self._every.values()), key=lambda item: item.order)
        )
        self.changed.emit()

    def narrow(self) -> None:
        """Another selection: list anew if only items of selected tracks are wanted."""
        if self._wanted.selected_only:
            self.want(self._wanted)

    def show(self, item_id: int) -> None:
        """Show an item; one that is not there, as -1, shows none."""
        item = self._every.get(item_id)
        if item is not None:
            self._place = item.order
        if item != self.current:
            self.current, self._together = item, None
            self.current_changed.emit()

    @property
    def together(self) -> list[ReviewItem]:
        """The item that is shown, and the few open ones about the same place, those worth most first."""
        if self._together is None:
            self._together = [] if self.current is None else self.together_with(self.current)
        return list(self._together)

    def together_with(self, item: ReviewItem) -> list[ReviewItem]:
        """The same for any item."""
        if item.verdict != OPEN:
            return [item]
        rows = self._state.project.review_items(item.row.video_id, tracks=item.tracks)
        near = [self._every[i] for i in {row.id for row in rows} - self.under_way if i in self._every]
        return [item, *reviewing.alternatives(item, near)]

    def still_open(self, item: ReviewItem) -> ReviewItem | None:
        """An item as it is now; None when it is gone, or answered."""
        now = self._every.get(item.id)
        return None if now is None or now.verdict != OPEN or now.id in self.under_way else now

    @property
    def under_way_tracks(self) -> frozenset[int]:
        """Ids of the tracks of items whose answer is being written."""
        items = (self._every[i] for i in self.under_way if i in self._every)
        return frozenset(track for item in items for track in item.tracks)

    def around(self, step: int) -> int:
        """Id of the item that many further in the list, -1 behind its ends; the first when none is shown."""
        row = self.listed.row_of(self.current)
        row = min(self.listed.row_at(self._place), len(self.items) - 1) if row < 0 else row + step
        return self.items[row].id if 0 <= row < len(self.items) else -1

    def following(self, count: int) -> list[ReviewItem]:
        """Open items behind the one that is shown, then those before it; at most that many."""
        first = self.listed.row_at(self._place)
        order = chain(range(first, len(self.items)), range(first))
        open_ones = (item for item in map(self.items.__getitem__, order) if self._is_open(item))
        return list(islice(open_ones, count))

    def _is_open(self, item: ReviewItem) -> bool:
        """Whether it is still to be asked, and not the one that is shown."""
        return item.verdict == OPEN and item.id not in self.under_way and item.id != self.current_id

    def _is_wanted(self, item: ReviewItem) -> bool:
        wanted, row = self._wanted, item.row
        return (
            row.verdict in STATES[wanted.state]
            and row.score >= wanted.least
            and (not wanted.kind or row.kind == wanted.kind)
            and (not wanted.selected_only or not set(self._state.selection).isdisjoint(item.tracks))
        )
