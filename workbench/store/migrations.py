"""Bringing a project's file to the schema of this program, one numbered step after the other.

Before each step the file is copied beside itself (``project.db.v1`` and so on). A step and its new
version number are one transaction: either both are there or neither. A step is written out in SQL, for
the tables of ``schema`` are those of today.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from workbench.core.edits import Change
from workbench.core.errors import ProjectError
from workbench.core.rows import ReviewItemRow
from workbench.store import schema
from workbench.store.row_codec import decode, encode
from workbench.store.sqlite import Database, driver, mark, marked_version

Step = Callable[[Connection], None]


class _Item1(NamedTuple):
    """A review item of version 1."""

    id: int
    video_id: int
    kind: str
    start: int
    stop: int
    track_id: int
    other_track_id: int | None
    score: float
    verdict: str
    run_id: int | None


def _to_2(connection: Connection) -> None:
    """Review items get their fix, evidence, place and comment; edits are found by track."""
    raw = driver(connection)
    items = list(map(_Item1._make, raw.execute("SELECT * FROM review_item")))
    for statement in (
        "DROP TABLE review_item",
        "CREATE TABLE review_item ("
        "id INTEGER NOT NULL PRIMARY KEY, "
        "video_id INTEGER NOT NULL REFERENCES video (id) DEFERRABLE INITIALLY DEFERRED, "
        "kind VARCHAR NOT NULL, frame INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, "
        "track_id INTEGER, other_track_id INTEGER, tracks VARCHAR NOT NULL, "
        "score FLOAT NOT NULL, gain FLOAT NOT NULL, "
        "fix VARCHAR NOT NULL, evidence VARCHAR NOT NULL, place VARCHAR NOT NULL, "
        "verdict VARCHAR NOT NULL, comment VARCHAR NOT NULL, "
        "run_id INTEGER REFERENCES run (id) DEFERRABLE INITIALLY DEFERRED)",
        "CREATE INDEX review_item_by_video ON review_item (video_id, start)",
        "CREATE INDEX review_item_by_track ON review_item (track_id, start)",
        "CREATE TABLE edit_track ("
        "track_id INTEGER NOT NULL, "
        "edit_id INTEGER NOT NULL REFERENCES edit (id) DEFERRABLE INITIALLY DEFERRED, "
        "PRIMARY KEY (track_id, edit_id)) WITHOUT ROWID",
    ):
        raw.execute(statement)
    raw.executemany(f"INSERT INTO review_item VALUES ({', '.join('?' * 17)})", map(_item_2, items))
    _rewrite_journal(raw)
    for edit_id, scope in raw.execute("SELECT id, scope FROM edit").fetchall():
        tracks = json.loads(scope)[2] if json.loads(scope) else []
        raw.executemany("INSERT INTO edit_track VALUES (?, ?)", ((track, edit_id) for track in tracks))


def _item_2(old: _Item1) -> ReviewItemRow:
    tracks = [t for t in (old.track_id, old.other_track_id) if t is not None]
    return ReviewItemRow(
        id=old.id,
        video_id=old.video_id,
        kind=old.kind,
        frame=old.start,
        start=old.start,
        stop=old.stop,
        track_id=old.track_id,
        other_track_id=old.other_track_id,
        tracks=json.dumps(tracks),
        score=old.score,
        gain=0.0,
        fix="",
        evidence="[]",
        place="[]",
        verdict=old.verdict,
        comment="",
        run_id=old.run_id,
    )


def _rewrite_journal(raw: Any) -> None:
    """What edits did to review items, in the rows of version 2, so that they can still be undone."""
    found = raw.execute("SELECT edit_id, seq, rows FROM edit_change WHERE table_name = 'review_item'")
    for edit_id, seq, blob in found.fetchall():
        old = decode("review_item", blob, _Item1)
        before, after = (tuple(map(_item_2, rows)) for rows in (old.before, old.after))  # type: ignore[arg-type]
        values = encode(Change("review_item", before, after)), edit_id, seq
        raw.execute("UPDATE edit_change SET rows = ? WHERE edit_id = ? AND seq = ?", values)


def _to_3(connection: Connection) -> None:
    """Review items are found by every track that they name."""
    raw = driver(connection)
    raw.execute("CREATE INDEX review_item_by_other_track ON review_item (other_track_id)")
    raw.execute("CREATE INDEX review_item_of_many ON review_item (video_id) WHERE tracks LIKE '%,%,%'")


STEPS: dict[int, Step] = {1: _to_2, 2: _to_3}
"""From a version to the next."""


def upgrade(database: Database, *, steps: Mapping[int, Step] = STEPS, target: int = schema.VERSION) -> None:
    """Bring the file to version ``target``.

    Raises:
        ProjectError: the file is no project's, a newer program's, damaged, or too old and open read-only.
    """
    folder = database.path.parent
    version = marked_version(database)
    if version is None:
        raise ProjectError(
            f"{folder} is no Tracking Workbench project; choose a folder that was made as one."
        )
    if version > target:
        raise ProjectError(
            f"{folder} was written by a newer Tracking Workbench (schema {version}, this one knows {target});"
            " nothing was changed. Install the newer version to open it."
        )
    if version < target and database.read_only:
        raise ProjectError(f"{folder} has an older schema; open it once for writing to bring it up to date.")
    for number in range(version, target):
        copy = database.path.with_name(f"{database.path.name}.v{number}")
        copy.unlink(missing_ok=True)
        database.backup(copy)
        try:
            with database.writing() as connection:
                steps[number](connection)
                mark(connection, number + 1)
        except (ProjectError, sqlite3.Error, ValueError, TypeError, LookupError) as error:
            raise ProjectError(
                f"{folder} cannot be brought up to date, so nothing was changed ({error}); restore a copy."
            ) from error
