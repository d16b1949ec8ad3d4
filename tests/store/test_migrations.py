import json
import sqlite3
from pathlib import Path

import pytest

from tests.store.reference import add, box, stored, track
from workbench.core.errors import ProjectError
from workbench.store import Project
from workbench.store.migrations import upgrade
from workbench.store.schema import VERSION
from workbench.store.sqlite import Database, marked_version


def add_column(connection) -> None:
    connection.exec_driver_sql("ALTER TABLE video ADD COLUMN place TEXT NOT NULL DEFAULT ''")


def fail(connection) -> None:
    add_column(connection)
    raise ProjectError("no")


@pytest.fixture
def file(project):
    project.apply(add("Add", [track(1)], [box(1, 1)]))
    project.close()
    return project.path / "project.db"


def columns(database: Database) -> list[str]:
    return [row[1] for row in database.read("PRAGMA table_info(video)")]


def test_each_step_is_taken_once_after_a_copy_of_the_file(file):
    database = Database(file)
    upgrade(database, steps={VERSION: add_column, VERSION + 1: lambda connection: None}, target=VERSION + 2)
    upgrade(database, steps={}, target=VERSION + 2)
    assert marked_version(database) == VERSION + 2
    assert "place" in columns(database)
    database.close()
    before = Database(file.with_name(f"project.db.v{VERSION}"), read_only=True)
    assert marked_version(before) == VERSION
    assert "place" not in columns(before)
    before.close()
    assert file.with_name(f"project.db.v{VERSION + 1}").exists()


def test_a_step_that_fails_changes_nothing(file):
    database = Database(file)
    with pytest.raises(ProjectError):
        upgrade(database, steps={VERSION: fail}, target=VERSION + 1)
    assert marked_version(database) == VERSION
    assert "place" not in columns(database)
    database.close()
    with Project.open(file.parent) as project:
        assert stored(project)["box"]


def test_a_reader_does_not_upgrade(file):
    database = Database(file, read_only=True)
    with pytest.raises(ProjectError, match="older schema"):
        upgrade(database, steps={VERSION: add_column}, target=VERSION + 1)
    database.close()


@pytest.fixture
def project_v1(tmp_path):
    """A project as version 1 left it: two tracks, two review items, one rejected, and an edit undone."""
    folder = tmp_path / "old.wbp"
    folder.mkdir()
    file = sqlite3.connect(folder / "project.db")
    file.executescript(Path(__file__).with_name("project_v1.sql").read_text())
    file.execute(f"PRAGMA application_id = {0x57425031}")
    file.execute("PRAGMA user_version = 1")
    file.close()
    return folder


def columns_of(folder: Path) -> dict[str, list[tuple[str, int, int]]]:
    """Name, whether it must be given, and place in the key, of every column."""
    file = sqlite3.connect(folder / "project.db")
    tables = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {t: [(c[1], c[3], c[5]) for c in file.execute(f"PRAGMA table_info({t})")] for t in tables}
    file.close()
    return found


def indexes_of(folder: Path) -> set[str]:
    file = sqlite3.connect(folder / "project.db")
    found = {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    file.close()
    return found


def test_a_project_of_version_1_keeps_its_items_and_its_history(project_v1, tmp_path):
    with Project.open(project_v1) as project:
        switch, gap = project.rows("review_item")
        assert (switch.kind, switch.frame, switch.start, switch.stop) == ("switch", 1, 1, 2)
        assert (json.loads(switch.tracks), json.loads(gap.tracks)) == ([1, 2], [2])
        assert [e.name for e in project.history_of_track(1)] == ["Reject", "Find", "Add tracks"]
        assert project.redo().name == "Rename"
        for _ in range(4):
            project.undo()
        assert not any(stored(project).values())
        for _ in range(4):
            project.redo()
        assert project.rows("review_item") == [switch, gap]
    with Project.create(tmp_path / "new.wbp"):
        assert columns_of(project_v1) == columns_of(tmp_path / "new.wbp")
        assert indexes_of(project_v1) == indexes_of(tmp_path / "new.wbp")


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE edit SET scope = '{'",
        "UPDATE edit SET scope = '[1]'",
        "UPDATE edit_change SET rows = x'00' WHERE table_name = 'review_item'",
        "ALTER TABLE review_item DROP COLUMN score",
        "DROP TABLE edit",
    ],
)
def test_a_damaged_project_of_version_1_is_refused_and_stays_as_it_is(project_v1, damage):
    with sqlite3.connect(project_v1 / "project.db") as file:
        file.execute(damage)
    file.close()
    with pytest.raises(ProjectError, match="cannot be brought up to date, so nothing was changed"):
        Project.open(project_v1)
    with sqlite3.connect(project_v1 / "project.db") as file:
        assert file.execute("PRAGMA user_version").fetchone() == (1,)
    file.close()


def test_an_edit_of_an_older_version_is_taken_to_touch_what_it_may_have_touched(project_v1):
    with Project.open(project_v1) as project:
        rejected = next(e for e in project.history() if e.name == "Reject")
        assert rejected.scope.boxed == rejected.scope.tracks
        assert rejected.scope.items is None
