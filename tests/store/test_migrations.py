import pytest

from tests.store.reference import add, box, stored, track
from workbench.core.errors import ProjectError
from workbench.store import Project
from workbench.store.migrations import upgrade
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
    upgrade(database, steps={1: add_column, 2: lambda connection: None}, target=3)
    upgrade(database, steps={}, target=3)
    assert marked_version(database) == 3
    assert "place" in columns(database)
    database.close()
    before = Database(file.with_name("project.db.v1"), read_only=True)
    assert marked_version(before) == 1
    assert "place" not in columns(before)
    before.close()
    assert file.with_name("project.db.v2").exists()


def test_a_step_that_fails_changes_nothing(file):
    database = Database(file)
    with pytest.raises(ProjectError):
        upgrade(database, steps={1: fail}, target=2)
    assert marked_version(database) == 1
    assert "place" not in columns(database)
    database.close()
    with Project.open(file.parent) as project:
        assert stored(project)["box"]


def test_a_reader_does_not_upgrade(file):
    database = Database(file, read_only=True)
    with pytest.raises(ProjectError, match="older schema"):
        upgrade(database, steps={1: add_column}, target=2)
    database.close()
