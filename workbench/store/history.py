"""Changing a project: apply, undo and redo, each one step of the history.

A change set is applied in one transaction: every row it replaces must be stored exactly as it says,
else nothing is changed. A long one is applied part by part, in short transactions, and is valid with
its last part; until then its rows are reserved, and whatever stops it takes all of it back. Undo and
redo move an edit's parts the other way, by the same code, so they too cross sessions and crashes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from datetime import datetime

from workbench.core.edits import Change, ChangeSet, Scope
from workbench.core.errors import EditConflictError, ProjectError
from workbench.core.progress import Progress
from workbench.core.rows import ROW_TYPES
from workbench.store import journal
from workbench.store.journal import PART_ROWS, Edit
from workbench.store.reservation import Reservation
from workbench.store.row_codec import encode
from workbench.store.sqlite import Database, delete_sql, driver, insert_sql

Listener = Callable[[Scope], None]


class History:
    """The writing side of a project."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._listeners: list[Listener] = []
        self._long: Reservation | None = None  # the long edit that is being written; set in a turn

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have ``listener`` called after each commit, in the thread that wrote; returns how to stop it.

        A long edit is announced once, when it is complete or has been taken back.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def apply(self, change: ChangeSet, *, author: str | None = None) -> Edit:
        """Make one change in one transaction; it is on disk when this returns.

        Args:
            change: what is done.
            author: who does it; None = whoever is logged in, "" = nobody to name.

        Raises:
            ValueError: the change set is empty.
            EditConflictError: stored rows are not as ``before`` says, or are held by a long edit, or
                something would be left without its track, category or run. Nothing was changed.
            ProjectError: it could not be written.
        """
        _refuse_empty(change)
        parts = list(change.changes) if _size(change.changes) <= PART_ROWS else journal.parts_of(change)
        blobs = list(map(encode, parts))
        with self._db.writing() as connection:
            raw = driver(connection)
            self._refuse_reserved(parts)
            edit_id = journal.begin(raw, change.name, author, parts=len(parts))
            _write_new(raw, edit_id, 0, parts, blobs)
            journal.drop_undone(raw, besides=self._long_id)
            edit = journal.complete(raw, edit_id, _size(parts), change.scope())
        self._tell(edit.scope)
        return edit

    def apply_large(self, change: ChangeSet, *, author: str | None = None) -> Generator[Progress, None, Edit]:
        """Make one change of any size in short transactions, one an item; returns its edit.

        Its rows can be read as they come. Corrections by others go on between them, but for the rows of
        this change. Closing the generator takes everything back, as does an error, or after a crash the
        next opening. The edit's place in the history is where it ends, not where it began.

        Raises:
            As ``apply``; also ProjectError while another long edit is being written.
        """
        _refuse_empty(change)
        parts = journal.parts_of(change)
        hold = Reservation(change.name, parts)
        with self._db.writing(durable=False, then=lambda: self._set_long(hold)) as connection:
            self._refuse_second_long()
            hold.edit_id = journal.begin(driver(connection), change.name, author, parts=len(parts))
        edit_id = hold.edit_id
        done, total = 0, _size(parts)
        try:
            for group in journal.transactions(map(_rows, parts)):
                chosen = parts[group.start : group.stop]
                last = group.stop == len(parts)
                blobs = list(map(encode, chosen))  # before its turn, which is to be short
                then = self._end_long if last else None
                with self._db.writing(bulk=True, durable=last, then=then) as connection:
                    _write_new(driver(connection), edit_id, group.start, chosen, blobs)
                    if last:
                        journal.drop_undone(driver(connection))
                        journal.complete(driver(connection), edit_id, total, hold.scope)
                done += _size(chosen)
                if not last:
                    self._db.slice_done()
                    yield Progress(done, total, change.name)
        except BaseException:
            self._take_back(edit_id, hold.scope)
            raise
        self._tell(hold.scope)
        return self._edit(edit_id)

    def undo(self) -> Edit | None:
        """Take the newest edit back; None when there is none. A large one goes in slices."""
        return _finish(self.undo_large())

    def redo(self) -> Edit | None:
        """Do the edit again that was undone last; None when there is none. A large one goes in slices."""
        return _finish(self.redo_large())

    def undo_large(self) -> Generator[Progress, None, Edit | None]:
        """``undo`` for a worker: one item a transaction; closing it leaves the edit done."""
        return self._turn(forward=False)

    def redo_large(self) -> Generator[Progress, None, Edit | None]:
        """``redo`` for a worker: one item a transaction; closing it leaves the edit undone."""
        return self._turn(forward=True)

    @property
    def next_undo(self) -> Edit | None:
        """The edit that ``undo`` would take back."""
        return self._next(forward=False)

    @property
    def next_redo(self) -> Edit | None:
        """The edit that ``redo`` would do again."""
        return self._next(forward=True)

    @property
    def undo_name(self) -> str | None:
        """Name of the edit that ``undo`` would take back."""
        return edit.name if (edit := self.next_undo) else None

    @property
    def redo_name(self) -> str | None:
        """Name of the edit that ``redo`` would do again."""
        return edit.name if (edit := self.next_redo) else None

    def history(self, limit: int = 100) -> list[Edit]:
        """Edits that are done or can be redone, newest first."""
        with self._db.reading() as connection:
            return journal.newest(driver(connection), limit)

    def history_of_track(self, track_id: int, limit: int = 100) -> list[Edit]:
        """Edits that touched a track, done or such as can be redone, newest first."""
        with self._db.reading() as connection:
            return journal.newest_of_track(driver(connection), track_id, limit)

    def edit(self, edit_id: int) -> Edit | None:
        """One edit as it is now, whatever its state; None when it was taken back while it was written."""
        with self._db.reading() as connection:
            found = journal.edits(driver(connection), [edit_id])
        return found[0] if found else None

    def edits_after(self, moment: datetime) -> list[Edit]:
        """Done edits that began at a moment (with its time zone) or later, oldest first."""
        with self._db.reading() as connection:
            return journal.done_after(driver(connection), moment)

    def changes_of(self, edit: Edit) -> ChangeSet:
        """The rows of an edit before and after it."""
        return ChangeSet(edit.name, tuple(_joined(self._parts(edit))))

    def journal(self, since: int = 0) -> Iterator[tuple[Edit, ChangeSet]]:
        """Every done edit behind position ``since`` with its rows before and after, oldest first."""
        with self._db.reading() as connection:
            edits = journal.done_since(driver(connection), since)
        for edit in edits:
            yield edit, self.changes_of(edit)

    def new_ids(self, table: str, count: int) -> range:
        """Ids for ``count`` new rows of a table, never given to anybody before."""
        if table not in ROW_TYPES or "id" not in ROW_TYPES[table]._fields:
            raise ValueError(f"rows of {table!r} have no id of their own")
        with self._db.writing(durable=False) as connection:
            stop = journal.advance(driver(connection), table, count)
        return range(stop - count, stop)

    # -- the long edit -----------------------------------------------------------------------------

    @property
    def _long_id(self) -> int | None:
        return self._long.edit_id if self._long else None

    def _set_long(self, hold: Reservation | None) -> None:
        self._long = hold

    def _end_long(self) -> None:
        self._long = None

    def _refuse_second_long(self) -> None:
        if self._long is not None:
            raise ProjectError(
                f"“{self._long.name}” is still being written; repeat this when it has finished."
            )

    def _refuse_reserved(self, parts: Iterable[Change]) -> None:
        if self._long is not None:
            self._long.refuse(parts)

    def _take_back(self, edit_id: int, scope: Scope) -> None:
        """Bring a long edit that was stopped to rest; when the disk refuses, the next opening does."""
        if self._db.closed:
            return
        self._rest(self._edit(edit_id))
        self._long = None
        self._tell(scope)

    def _recover(self) -> list[Edit]:
        """Bring edits that a crash left half-way to rest; for the opening of a project."""
        with self._db.reading() as connection:
            edits = journal.unrested(driver(connection))
        for edit in edits:
            self._rest(edit)
        return edits

    def _rest(self, edit: Edit) -> None:
        """Move what is left of an edit to where its state says: all of it when done, else none."""
        forward = edit.state == "done"
        for group in self._groups(edit, forward=forward):
            if group.start < edit.applied if forward else group.stop > edit.applied:
                continue  # is there already
            with self._db.writing(bulk=True, durable=False) as connection:
                self._move(driver(connection), edit.id, group, forward=forward)
                if edit.state == "writing":
                    journal.forget(driver(connection), edit.id, group)
        with self._db.writing() as connection:
            journal.rested(driver(connection), edit)

    # -- undo and redo -----------------------------------------------------------------------------

    def _turn(self, *, forward: bool) -> Generator[Progress, None, Edit | None]:
        """Move the next edit; one that another thread has meanwhile made the next is taken instead."""
        while (edit := self._next(forward=forward)) is not None:
            turned = self._turn_small(edit, forward=forward)
            if edit.large and (turned := self._begin_turn(edit, forward=forward)):
                yield from self._turn_large(edit, forward=forward)
            if turned:
                self._tell(edit.scope)
                return self._edit(edit.id)
        return None

    def _turn_small(self, edit: Edit, *, forward: bool) -> bool:
        """Move all of an edit in one transaction; False when it is large, or not the next any more."""
        if edit.large:
            return False
        parts = list(self._parts(edit))
        with self._db.writing() as connection:
            raw = driver(connection)
            if self._next_in(raw, forward=forward) != edit:
                return False
            self._refuse_reserved(parts)
            self._move(raw, edit.id, range(edit.parts), forward=forward)
            journal.turned(raw, edit, forward=forward)
        return True

    def _begin_turn(self, edit: Edit, *, forward: bool) -> bool:
        """Reserve a large edit's rows for moving it; False when it is not the next any more."""
        hold = Reservation(edit.name, self._parts(edit))
        hold.edit_id = edit.id
        with self._db.writing(durable=False) as connection:
            self._refuse_second_long()
            if self._next_in(driver(connection), forward=forward) != edit:
                return False
            self._set_long(hold)
        return True

    def _turn_large(self, edit: Edit, *, forward: bool) -> Generator[Progress, None, None]:
        done = 0
        try:
            groups = self._groups(edit, forward=forward)
            for i, group in enumerate(groups, start=1):
                last = i == len(groups)
                then = self._end_long if last else None
                with self._db.writing(bulk=True, durable=last, then=then) as connection:
                    done += self._move(driver(connection), edit.id, group, forward=forward)
                    if last:
                        journal.turned(driver(connection), edit, forward=forward)
                if not last:
                    self._db.slice_done()
                    yield Progress(done, edit.row_count, edit.name)
        except BaseException:
            self._take_back(edit.id, edit.scope)
            raise

    def _move(self, raw: sqlite3.Connection, edit_id: int, group: range, *, forward: bool) -> int:
        """Write some parts of an edit, or take them back; returns the rows moved."""
        rows = 0
        for seq in group if forward else reversed(group):
            part = journal.part(raw, edit_id, seq)
            _write(raw, part if forward else part.inverted())
            rows += _rows(part)
        journal.moved(raw, edit_id, group.stop if forward else group.start)
        return rows

    # -- reading -----------------------------------------------------------------------------------

    def _next(self, *, forward: bool) -> Edit | None:
        with self._db.reading() as connection:
            return self._next_in(driver(connection), forward=forward)

    def _next_in(self, raw: sqlite3.Connection, *, forward: bool) -> Edit | None:
        choose = journal.next_to_redo if forward else journal.next_to_undo
        return choose(raw, besides=self._long_id)

    def _edit(self, edit_id: int) -> Edit:
        with self._db.reading() as connection:
            return journal.edit(driver(connection), edit_id)

    def _parts(self, edit: Edit) -> Iterator[Change]:
        for seq in range(edit.parts):
            with self._db.reading() as connection:
                part = journal.part(driver(connection), edit.id, seq)
            yield part

    def _groups(self, edit: Edit, *, forward: bool) -> list[range]:
        """An edit's parts as transactions, in the order of moving them."""
        with self._db.reading() as connection:
            groups = journal.transactions(journal.sizes(driver(connection), edit.id))
        return groups if forward else groups[::-1]

    def _tell(self, scope: Scope) -> None:
        for listener in tuple(self._listeners):
            listener(scope)


def _write_new(
    raw: sqlite3.Connection, edit_id: int, seq: int, parts: Sequence[Change], blobs: Sequence[bytes]
) -> None:
    """Write parts of a new edit, the first of them number ``seq``, and enter them in the journal."""
    for i, (part, blob) in enumerate(zip(parts, blobs, strict=True), start=seq):
        journal.record(raw, edit_id, i, part, blob)
        _write(raw, part)
    journal.moved(raw, edit_id, seq + len(parts))


def _write(raw: sqlite3.Connection, change: Change) -> None:
    """Replace the rows before, which must be stored exactly so, by those after.

    As plain tuples, which the driver binds in two thirds of the time.
    """
    if change.before:
        found = raw.executemany(delete_sql(change.table), map(tuple, change.before)).rowcount
        if found != len(change.before):
            raise EditConflictError(
                f"Rows of {change.table} have changed since this edit was prepared, so nothing was written;"
                " look at them again and repeat it."
            )
    if change.after:
        raw.executemany(insert_sql(change.table), map(tuple, change.after))


def _refuse_empty(change: ChangeSet) -> None:
    if not any(part.before or part.after for part in change.changes):
        raise ValueError(f"the change set “{change.name}” is empty")


def _rows(part: Change) -> int:
    return len(part.before) + len(part.after)


def _size(parts: Iterable[Change]) -> int:
    return sum(map(_rows, parts))


def _joined(parts: Iterable[Change]) -> Iterator[Change]:
    """The parts of an edit as one change for each table."""
    tables: dict[str, list[Change]] = {}
    for part in parts:
        tables.setdefault(part.table, []).append(part)
    for table, own in tables.items():
        before = tuple(row for part in own for row in part.before)
        yield Change(table, before, tuple(row for part in own for row in part.after))


def _finish(turn: Generator[Progress, None, Edit | None]) -> Edit | None:
    while True:
        try:
            next(turn)
        except StopIteration as stop:
            result: Edit | None = stop.value
            return result
