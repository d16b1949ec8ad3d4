"""Whether a file has the tables, columns and kinds of values that reading relies on.

SQLite keeps whatever is written into a column, and the file may be somebody else's. So its values are looked
at when a project is opened, before anything is shown of it. Of boxes and poses there may be millions: theirs
are compared with what they may be, four tenths of a second a million. A box without area or of negative size
is no reason to refuse a file: exports and searches leave it out, no tracker starts from it, and it can be
drawn anew in the window.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Float, Integer, LargeBinary, String, Table

from workbench.core.errors import ProjectError
from workbench.core.rows import Origin
from workbench.store import schema
from workbench.store.sqlite import Database

SMALL = (
    *(schema.video, schema.category, schema.skeleton, schema.model, schema.run, schema.job, schema.snapshot),
    *(schema.setting, schema.track, schema.action, schema.review_item, schema.edit, schema.sequence),
)

LARGE = (schema.box, schema.pose)

# What SQLite calls the values of a column; one of numbers it keeps as it likes, so JSON may be one.
_KINDS: dict[type, tuple[str, ...]] = {
    Integer: ("integer",),
    Boolean: ("integer",),
    Float: ("real",),
    String: ("text",),
    JSON: ("text", "integer", "real"),
}


def check_tables(database: Database) -> None:
    """Refuse a file without a table or column, with other columns, or with values of another kind.

    Raises:
        ProjectError: the message names the first that is wrong.
    """
    found = {name for (name,) in database.read("SELECT name FROM sqlite_master WHERE type = 'table'")}
    missing = sorted(set(schema.metadata.tables) - found)
    if missing:
        raise _damaged(database, f"no {', '.join(missing)}")
    for table in schema.metadata.tables.values():
        columns = [row[0] for row in database.read("SELECT name FROM pragma_table_info(?)", (table.name,))]
        if columns != [column.name for column in table.columns]:
            raise _damaged(database, f"{table.name} has the columns {', '.join(columns)}")
    for (name,) in database.read("SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view')"):
        raise _damaged(database, f"{name!r:.60} would change what is written")
    for table in (*SMALL, *LARGE):
        wrong: list[str] = []
        lost: list[Any] = []
        with suppress(ProjectError):  # a part that cannot be read is named where it is wanted
            wrong = _wrong_columns(database, table)
            lost = database.read(f"PRAGMA foreign_key_check({table.name})") if table in SMALL else []
        if wrong:
            raise _damaged(database, f"{table.name} has values of a wrong kind as {', '.join(wrong)}")
        if lost:
            raise _damaged(database, f"{table.name} names a {lost[0][2]} that is not there")


def _wrong_columns(database: Database, table: Table) -> list[str]:
    """Columns with a value of a kind that is none of theirs."""
    is_wrong = _is_outside if table in LARGE else _is_wrong
    terms = {column.name: is_wrong(column) + _or_none(column) for column in table.columns}
    if not database.read(f"SELECT 1 FROM {table.name} WHERE {' OR '.join(terms.values())} LIMIT 1"):
        return []
    one = f"SELECT 1 FROM {table.name} WHERE {{}} LIMIT 1"
    return [name for name, term in terms.items() if database.read(one.format(term))]


def _is_wrong(column: Column[Any]) -> str:
    """The SQL that is true of a value of a wrong kind."""
    kinds = next(kinds for kind, kinds in _KINDS.items() if isinstance(column.type, kind))
    named = [f"typeof({column.name}) <> '{kind}'" for kind in kinds]
    named += [f"{column.name} IS NOT NULL"] if column.nullable else []
    infinite = f" OR abs({column.name}) > 1e308" if isinstance(column.type, Float) else ""
    return f"({' AND '.join(named)}{infinite})"


def _or_none(column: Column[Any]) -> str:
    """What else is wrong where a value is needed; SQLite leaves it out where the table itself says so."""
    return "" if column.nullable else f" OR {column.name} IS NULL"


# SQLite sorts numbers before texts and texts before bytes, so that a comparison tells the kinds apart, too,
# in half the time that it takes to ask for them; only whether a number is whole has to be asked.
_ONE_OF: dict[str, tuple[int, ...]] = {
    "origin": tuple(Origin),
    **dict.fromkeys(("verified", "keyframe", "occluded", "outside"), (0, 1)),
}
_JOINTS = "SELECT 12 * json_array_length(joints) FROM skeleton WHERE id = skeleton_id AND json_valid(joints)"


def _is_outside(column: Column[Any]) -> str:
    """The SQL that is true of a value that is not between those it may be."""
    if isinstance(column.type, LargeBinary):
        return f"({column.name} < x'' OR length({column.name}) <> ({_JOINTS}))"
    if column.name in _ONE_OF:
        return "(" + " AND ".join(f"{column.name} <> {value:d}" for value in _ONE_OF[column.name]) + ")"
    if isinstance(column.type, Float):
        return f"NOT {column.name} BETWEEN -1e308 AND 1e308"
    return _is_wrong(column)


def _damaged(database: Database, what: str) -> ProjectError:
    return ProjectError(f"{database.path} is damaged ({what}); restore a copy of it.")
