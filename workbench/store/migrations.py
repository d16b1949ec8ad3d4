"""Bringing a project's file to the schema of this program, one numbered step after the other.

Before each step the file is copied beside itself (``project.db.v1`` and so on). A step and its new
version number are one transaction: either both are there or neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from workbench.core.errors import ProjectError
from workbench.store import schema
from workbench.store.sqlite import Database, mark, marked_version

Step = Callable[[Connection], None]

STEPS: dict[int, Step] = {}
"""From a version to the next. The first change of the schema adds ``{1: its function}`` here."""


def upgrade(database: Database, *, steps: Mapping[int, Step] = STEPS, target: int = schema.VERSION) -> None:
    """Bring the file to version ``target``.

    Raises:
        ProjectError: the file is no project's, or a newer program's, or too old and open read-only.
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
        with database.writing() as connection:
            steps[number](connection)
            mark(connection, number + 1)
