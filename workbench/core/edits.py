"""Change sets: every change of a project's data as rows before and rows after.

A change set says what it replaces, not only what it writes, so applying it can refuse when the data
has moved on, and its inverse undoes it exactly. It is one step of the user's history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from workbench.core.rows import ROW_TYPES, RULED_OUT, ReviewItemRow, Row

MOST_ITEMS = 1000
"""Review items that a scope names."""


@dataclass(frozen=True)
class Change:
    """The rows of one table that go, and those that come; a row that changes is in both.

    Args:
        table: a key of ``ROW_TYPES``.
        before: rows as they must be stored now.
        after: rows as they will be stored.
    """

    table: str
    before: tuple[Row, ...] = ()
    after: tuple[Row, ...] = ()

    def inverted(self) -> Change:
        """The change that takes this one back."""
        return Change(self.table, self.after, self.before)

    def scope(self) -> Scope:
        """What this change touches; frames and tracks that are only remembered do not count."""
        if not self.before and not self.after:
            return Scope()
        told = self if self.table != "review_item" else self._without_remembered()
        starts = told._values("start") or told._values("frame") or {0}
        stops = told._values("stop") or {frame + 1 for frame in told._values("frame")} or {0}
        tracks = told._values("id" if self.table == "track" else "track_id") | told._values("other_track_id")
        known = frozenset(tracks - {None})
        return Scope(
            frozenset({self.table}),
            frozenset(self._values("video_id")),
            min(starts),
            max(stops),
            known,
            known if self.table == "box" else frozenset(),
            _named(frozenset(self._values("id"))) if self.table == "review_item" else frozenset(),
        )

    def _without_remembered(self) -> Change:
        before, after = (
            tuple(row for row in rows if isinstance(row, ReviewItemRow) and row.verdict != RULED_OUT)
            for rows in (self.before, self.after)
        )
        return Change(self.table, before, after)

    def _values(self, field: str) -> set[Any]:
        """What a field holds in rows before and after; nothing where the table has no such field."""
        fields = ROW_TYPES[self.table]._fields
        if field not in fields:
            return set()
        return set(map(itemgetter(fields.index(field)), self.before + self.after))


@dataclass(frozen=True)
class Scope:
    """What an edit touched, for views that ask "is it mine?".

    Args:
        tables: names of changed tables, those of the catalogue included.
        videos: ids of the videos concerned.
        start, stop: frames [start, stop) that hold every changed row; 0, 0 when no row has a frame.
        tracks: ids of the tracks concerned, be it that only a review item names them.
        boxed: those of them whose boxes changed.
        items: ids of the review items that changed; None = more than are named, or not known.
    """

    tables: frozenset[str] = frozenset()
    videos: frozenset[int] = frozenset()
    start: int = 0
    stop: int = 0
    tracks: frozenset[int] = frozenset()
    boxed: frozenset[int] = frozenset()
    items: frozenset[int] | None = frozenset()

    def touches(self, *, video: int, frame: int | None = None) -> bool:
        """Whether a view of this video (at this frame, if given) has to be read again.

        A change of tracks counts for every frame: a box's label and colour are its track's.
        """
        if video not in self.videos:
            return False
        return frame is None or "track" in self.tables or self.start <= frame < self.stop

    def union(self, other: Scope) -> Scope:
        """What either touches; the frames span both."""
        spans = [s for s in (self, other) if s.start < s.stop]
        return Scope(
            self.tables | other.tables,
            self.videos | other.videos,
            min((s.start for s in spans), default=0),
            max((s.stop for s in spans), default=0),
            self.tracks | other.tracks,
            self.boxed | other.boxed,
            None if self.items is None or other.items is None else _named(self.items | other.items),
        )


def _named(items: frozenset[int]) -> frozenset[int] | None:
    """The same, unless they are so many that a view does better to read all."""
    return items if len(items) <= MOST_ITEMS else None


@dataclass(frozen=True)
class ChangeSet:
    """One undoable step.

    Args:
        name: what the history shows, as an imperative: "Move box".
        changes: at most one per table.
    """

    name: str
    changes: tuple[Change, ...]

    @classmethod
    def of(
        cls,
        name: str,
        **tables: tuple[Iterable[Row], Iterable[Row]],
    ) -> ChangeSet:
        """Build from ``table=(rows before, rows after)``; tables without rows are left out."""
        changes = []
        for table, (before, after) in tables.items():
            if table not in ROW_TYPES:
                raise ValueError(f"no undoable table is called {table!r}")
            change = Change(table, tuple(before), tuple(after))
            if change.before or change.after:
                changes.append(change)
        return cls(name, tuple(changes))

    def __bool__(self) -> bool:
        """False when nothing changes: rows before and after are the same."""
        return any(set(c.before) != set(c.after) for c in self.changes)

    def inverted(self) -> ChangeSet:
        """The change set that takes this one back."""
        return ChangeSet(self.name, tuple(c.inverted() for c in self.changes))

    def then(self, later: ChangeSet) -> ChangeSet:
        """This change and one that was made for the rows as this leaves them, as one of this one's name."""
        mine, theirs = ({c.table: c for c in changes.changes} for changes in (self, later))
        tables: dict[str, tuple[Iterable[Row], Iterable[Row]]] = {}
        for table in (*mine, *(name for name in theirs if name not in mine)):
            one, other = mine.get(table, Change(table)), theirs.get(table, Change(table))
            come, gone = set(one.after), set(other.before)
            tables[table] = (
                [*one.before, *(row for row in other.before if row not in come)],
                [*(row for row in one.after if row not in gone), *other.after],
            )
        return ChangeSet.of(self.name, **tables)

    def left_of(self, table: str, rows: Iterable[Row]) -> list[Row]:
        """Stored rows of a table without those that go."""
        gone = {row for change in self.changes if change.table == table for row in change.before}
        return [row for row in rows if row not in gone]

    def coming(self, table: str) -> list[Row]:
        """Rows of a table that come."""
        return [row for change in self.changes if change.table == table for row in change.after]

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Every (table, row) on either side."""
        for change in self.changes:
            for row in (*change.before, *change.after):
                yield change.table, row

    def scope(self) -> Scope:
        """What applying this (or its inverse) touches."""
        scope = Scope()
        for change in self.changes:
            scope = scope.union(change.scope())
        return scope
