"""The journal: every edit with the rows it replaced and the rows it wrote.

An edit is kept in parts of at most ``PART_ROWS`` rows, each the change of one table, in an order in
which every prefix leaves the data consistent (``parts_of``). So an edit of any size can be written,
undone and redone in short transactions: ``edit.applied`` counts the parts that the tables hold now. An
edit is *at rest* when that is all of them (done) or none (undone); one that a crash left in between
goes back to the rest its state names.

States: ``writing`` (a long edit before its last part), ``done``, ``undone`` (can be redone), ``dropped``
(undone, and then something else was done). ``position`` orders done and undone edits as the user sees
them; it is given when an edit is complete, not when it begins.
"""

from __future__ import annotations

import getpass
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from operator import itemgetter
from typing import Any

from workbench.core.edits import Change, ChangeSet, Scope
from workbench.core.errors import ProjectError
from workbench.core.rows import KEYS, ROW_TYPES, Row
from workbench.store.row_codec import decode

PART_ROWS = 500
"""Rows of one part of an edit, and of one transaction of a long one: about 5 ms of writing."""

_COLUMNS = "id, name, author, created_at, state, position, parts, applied, row_count, scope"
_TURNING = "WHERE state = ? AND id IS NOT ? ORDER BY position"


@dataclass(frozen=True)
class Edit:
    """One step of the history.

    Args:
        id: never issued twice.
        name: what was done, as an imperative: "Move box".
        author: who did it, as the operating system calls them; "" = not said.
        created_at: when it began, UTC.
        state: writing, done, undone or dropped.
        position: place in the history, None until the edit is complete.
        parts: number of its parts.
        applied: how many of them the tables hold now.
        row_count: rows before and rows after, together.
        scope: what it touched.
    """

    id: int
    name: str
    author: str
    created_at: datetime
    state: str
    position: int | None
    parts: int
    applied: int
    row_count: int
    scope: Scope

    @property
    def large(self) -> bool:
        """Whether undoing it takes more than one transaction; then do it in a worker."""
        return self.row_count > PART_ROWS


def parts_of(change: ChangeSet) -> list[Change]:
    """A change set in pieces of at most ``PART_ROWS`` rows, valid after each.

    A row that changes is before and after in the same piece, so that no key is ever taken twice.
    Children go before their tracks do, and come after them.

    Raises:
        ValueError: a row before is named twice.
    """
    gone: list[Change] = []
    kept: list[Change] = []
    tracks: list[Change] = []
    tracks_gone: list[Change] = []
    for part in change.changes:
        replaced, removed = _matched(part)
        is_track = part.table == "track"
        (tracks_gone if is_track else gone).extend(_removals(part.table, removed))
        (tracks if is_track else kept).extend(_writes(part, replaced))
    return [*gone, *tracks, *kept, *tracks_gone]


def _matched(change: Change) -> tuple[dict[Any, Row], list[Row]]:
    """The rows before, by key, that a row after replaces, and those that only go."""
    key = key_of(change.table)
    going = {key(row): row for row in change.before}
    if len(going) < len(change.before):
        raise ValueError(f"a row of {change.table} is named twice among those before")
    stay = {k for row in change.after if (k := key(row)) in going} if going else set()
    return {k: going[k] for k in stay}, [row for k, row in going.items() if k not in stay]


def _removals(table: str, rows: Sequence[Row]) -> Iterator[Change]:
    for i in range(0, len(rows), PART_ROWS):
        yield Change(table, before=tuple(rows[i : i + PART_ROWS]))


def _writes(change: Change, replaced: dict[Any, Row]) -> Iterator[Change]:
    key = key_of(change.table)
    step = PART_ROWS // 2 if replaced else PART_ROWS
    for i in range(0, len(change.after), step):
        after = change.after[i : i + step]
        before = (replaced.pop(key(row), None) for row in after) if replaced else ()
        yield Change(change.table, tuple(row for row in before if row is not None), after)


def key_of(table: str) -> itemgetter[Any]:
    """A function from a row to what tells it from the others of its table."""
    fields = ROW_TYPES[table]._fields
    return itemgetter(*(fields.index(f) for f in KEYS[table]))


# The tables edit and edit_change; ``raw`` is the writing connection inside its transaction ---------


@cache
def user_name() -> str:
    """Who uses this program, as the operating system calls them; "" where it does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no entry for this account, nor a variable that names one
        return ""


def begin(raw: sqlite3.Connection, name: str, author: str | None, *, parts: int) -> int:
    """Enter an edit as being written, by the user of the program when ``author`` is None; returns its id."""
    author = user_name() if author is None else author
    now = datetime.now(UTC).isoformat()
    sql = (
        "INSERT INTO edit (name, author, created_at, state, parts, applied, row_count, scope)"
        " VALUES (?, ?, ?, 'writing', ?, 0, 0, '{}')"
    )
    return int(raw.execute(sql, (name, author, now, parts)).lastrowid or 0)


def record(raw: sqlite3.Connection, edit_id: int, seq: int, part: Change, rows: bytes) -> None:
    """Add a part to an edit, with its rows encoded."""
    values = (edit_id, seq, part.table, len(part.before) + len(part.after), rows)
    raw.execute("INSERT INTO edit_change VALUES (?, ?, ?, ?, ?)", values)


def moved(raw: sqlite3.Connection, edit_id: int, applied: int) -> None:
    """Note how many parts of the edit the tables hold now."""
    raw.execute("UPDATE edit SET applied = ? WHERE id = ?", (applied, edit_id))


def complete(raw: sqlite3.Connection, edit_id: int, row_count: int, scope: Scope) -> Edit:
    """The edit becomes the newest of the history."""
    position = max(_newest_position(raw, "done"), _newest_position(raw, "undone")) + 1
    raw.execute(
        "UPDATE edit SET state = 'done', position = ?, row_count = ?, scope = ? WHERE id = ?",
        (position, row_count, _scope_text(scope), edit_id),
    )
    raw.executemany("INSERT INTO edit_track VALUES (?, ?)", ((i, edit_id) for i in sorted(scope.tracks)))
    return edit(raw, edit_id)


def drop_undone(raw: sqlite3.Connection, *, besides: int | None = None) -> None:
    """What could be redone no longer can, but for the edit that is just being redone."""
    raw.execute("UPDATE edit SET state = 'dropped' WHERE state = 'undone' AND id IS NOT ?", (besides,))


def turned(raw: sqlite3.Connection, edit: Edit, *, forward: bool) -> None:
    """The edit was redone (forward) or undone completely.

    Where others were completed while it moved, it takes its place behind them.
    """
    newest = _newest_position(raw, "done")
    position = edit.position if newest <= (edit.position or 0) else newest + 1
    state = "done" if forward else "undone"
    raw.execute("UPDATE edit SET state = ?, position = ? WHERE id = ?", (state, position, edit.id))


def rested(raw: sqlite3.Connection, edit: Edit) -> None:
    """The edit was brought back to where it came from: nowhere, when it was being written.

    One that was being redone while another was completed can be redone no more.
    """
    if edit.state == "writing":
        raw.execute("DELETE FROM edit WHERE id = ?", (edit.id,))
    elif edit.state == "undone" and _newest_position(raw, "done") > (edit.position or 0):
        raw.execute("UPDATE edit SET state = 'dropped' WHERE id = ?", (edit.id,))


def forget(raw: sqlite3.Connection, edit_id: int, parts: range) -> None:
    """Remove parts of an edit that is being taken back."""
    sql = "DELETE FROM edit_change WHERE edit_id = ? AND seq >= ? AND seq < ?"
    raw.execute(sql, (edit_id, parts.start, parts.stop))


def advance(raw: sqlite3.Connection, table: str, count: int) -> int:
    """Set ``count`` ids of a table aside; returns the one behind the last of them."""
    sql = "INSERT INTO sequence VALUES (?, 1 + ?) ON CONFLICT DO UPDATE SET next = next + ? RETURNING next"
    return int(raw.execute(sql, (table, count, count)).fetchall()[0][0])


def edit(raw: sqlite3.Connection, edit_id: int) -> Edit:
    """The edit as it is now."""
    return edits(raw, [edit_id])[0]


def edits(raw: sqlite3.Connection, ids: Iterable[int]) -> list[Edit]:
    """Those of these edits that there are, as they are now."""
    sql = f"SELECT {_COLUMNS} FROM edit WHERE id = ?"
    return [_edit(row) for i in ids for row in raw.execute(sql, (i,))]


def next_to_undo(raw: sqlite3.Connection, *, besides: int | None = None) -> Edit | None:
    """The newest done edit."""
    row = raw.execute(f"SELECT {_COLUMNS} FROM edit {_TURNING} DESC LIMIT 1", ("done", besides)).fetchone()
    return _edit(row) if row else None


def next_to_redo(raw: sqlite3.Connection, *, besides: int | None = None) -> Edit | None:
    """The undone edit that was undone last."""
    row = raw.execute(f"SELECT {_COLUMNS} FROM edit {_TURNING} LIMIT 1", ("undone", besides)).fetchone()
    return _edit(row) if row else None


def unrested(raw: sqlite3.Connection) -> list[Edit]:
    """Edits that a crash left half-way."""
    where = "state = 'writing' OR (state = 'done' AND applied < parts) OR (state = 'undone' AND applied > 0)"
    return [_edit(row) for row in raw.execute(f"SELECT {_COLUMNS} FROM edit WHERE {where} ORDER BY id DESC")]


def newest(raw: sqlite3.Connection, limit: int) -> list[Edit]:
    """Done and undone edits, newest first."""
    where = "state IN ('done', 'undone') ORDER BY position DESC LIMIT ?"
    return [_edit(row) for row in raw.execute(f"SELECT {_COLUMNS} FROM edit WHERE {where}", (limit,))]


def newest_of_track(raw: sqlite3.Connection, track_id: int, limit: int) -> list[Edit]:
    """Done and undone edits that touched a track, newest first."""
    where = (
        "id IN (SELECT edit_id FROM edit_track WHERE track_id = ?) AND state IN ('done', 'undone')"
        " ORDER BY position DESC LIMIT ?"
    )
    return [
        _edit(row) for row in raw.execute(f"SELECT {_COLUMNS} FROM edit WHERE {where}", (track_id, limit))
    ]


def done_after(raw: sqlite3.Connection, moment: datetime) -> list[Edit]:
    """Done edits that began at a moment or later, oldest first; the moment has a time zone."""
    where = "state = 'done' AND created_at >= ? ORDER BY position"
    since = moment.astimezone(UTC).isoformat()
    return [_edit(row) for row in raw.execute(f"SELECT {_COLUMNS} FROM edit WHERE {where}", (since,))]


def done_since(raw: sqlite3.Connection, position: int) -> list[Edit]:
    """Done edits behind a position, oldest first."""
    where = "state = 'done' AND position > ? ORDER BY position"
    return [_edit(row) for row in raw.execute(f"SELECT {_COLUMNS} FROM edit WHERE {where}", (position,))]


def sizes(raw: sqlite3.Connection, edit_id: int) -> list[int]:
    """Rows of each recorded part, in order."""
    sql = "SELECT row_count FROM edit_change WHERE edit_id = ? ORDER BY seq"
    return [count for (count,) in raw.execute(sql, (edit_id,))]


def part(raw: sqlite3.Connection, edit_id: int, seq: int) -> Change:
    """One part of an edit."""
    sql = "SELECT table_name, rows FROM edit_change WHERE edit_id = ? AND seq = ?"
    found = raw.execute(sql, (edit_id, seq)).fetchone()
    if found is None:
        raise _damaged(edit_id)
    return decode(*found)


def transactions(sizes: Iterable[int]) -> list[range]:
    """Parts of these sizes grouped into transactions of at most ``PART_ROWS`` rows, as ranges of seq."""
    groups: list[range] = []
    start, stop, rows = 0, 0, 0
    for size in sizes:
        if rows and rows + size > PART_ROWS:
            groups.append(range(start, stop))
            start, rows = stop, 0
        stop, rows = stop + 1, rows + size
    return [*groups, range(start, stop)] if stop > start else groups


def _newest_position(raw: sqlite3.Connection, state: str) -> int:
    row = raw.execute("SELECT max(position) FROM edit WHERE state = ?", (state,)).fetchone()
    return int(row[0] or 0)


def _edit(row: Sequence[Any]) -> Edit:
    values = dict(zip(Edit.__dataclass_fields__, row, strict=True))
    try:
        values["created_at"] = datetime.fromisoformat(values["created_at"])
        values["scope"] = _scope(values["scope"])
    except (ValueError, TypeError, RecursionError) as error:
        raise _damaged(values["id"]) from error
    return Edit(**values)


def _damaged(edit_id: int) -> ProjectError:
    return ProjectError(f"The history is damaged at edit {edit_id}; restore a copy of the project.")


def _scope_text(scope: Scope) -> str:
    sets = (sorted(scope.tables), sorted(scope.videos), sorted(scope.tracks))
    items = None if scope.items is None else sorted(scope.items)
    values = [*sets, scope.start, scope.stop, sorted(scope.boxed), items]
    return json.dumps(values, separators=(",", ":"))


def _scope(text: str) -> Scope:
    loaded = json.loads(text)
    if not loaded:
        return Scope()
    tables, videos, tracks, start, stop, *more = loaded
    boxed, items = more or (tracks, None)  # of an edit made when they were not kept: whatever it may be
    if not all(isinstance(number, int) for number in (*videos, *tracks, start, stop, *boxed, *(items or ()))):
        raise ValueError
    return Scope(
        frozenset(tables),
        frozenset(videos),
        start,
        stop,
        frozenset(tracks),
        frozenset(boxed),
        None if items is None else frozenset(items),
    )
