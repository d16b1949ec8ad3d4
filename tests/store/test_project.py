import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.reference import add, box, new_project, stored, track
from workbench.core.edits import ChangeSet
from workbench.core.errors import ProjectError
from workbench.core.rows import Row
from workbench.store import Project
from workbench.store.sqlite import driver

OPEN_ELSEWHERE = (
    "import sys; from workbench.store import Project; p = Project.open(sys.argv[1]); print(p.read_only)"
)


def one_edit(project: Project, number: int = 1, boxes: int = 3) -> None:
    project.apply(add("Add track", [track(number)], [box(number, frame) for frame in range(boxes)]))


def test_a_new_project_is_a_folder_with_its_places(tmp_path):
    with Project.create(tmp_path / "a.wbp") as project:
        assert (project.path, project.read_only, project.notices) == (tmp_path / "a.wbp", False, ())
        assert project.history() == []
    names = {"project.db", "weights", "jobs", "snapshots", "cache"}
    assert names <= {entry.name for entry in (tmp_path / "a.wbp").iterdir()}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.wbp"]


def test_creating_over_something_is_refused_and_leaves_it(tmp_path):
    (tmp_path / "a.wbp").mkdir()
    (tmp_path / "a.wbp" / "precious.txt").write_text("mine")
    with pytest.raises(ProjectError, match="exists already"):
        Project.create(tmp_path / "a.wbp")
    assert (tmp_path / "a.wbp" / "precious.txt").read_text() == "mine"


@pytest.mark.parametrize("file", [None, b"", b"no database at all" * 100])
def test_a_folder_that_is_no_project_is_refused(tmp_path, file):
    if file is not None:
        (tmp_path / "project.db").write_bytes(file)
    with pytest.raises(ProjectError, match=r"no (Tracking Workbench project|project file)"):
        Project.open(tmp_path)


def test_another_programs_database_is_refused(tmp_path):
    other = sqlite3.connect(tmp_path / "project.db")
    other.execute("CREATE TABLE box (x)")
    other.close()
    with pytest.raises(ProjectError, match="no Tracking Workbench project"):
        Project.open(tmp_path)


def test_a_second_window_reads_and_says_why_it_cannot_write(project):
    with Project.open(project.path) as second:
        assert second.read_only
        assert len(second.notices) == 1
        assert "another window" in second.notices[0]
        one_edit(project)
        assert stored(second) == stored(project)
        with pytest.raises(ProjectError, match="read-only"):
            second.undo()
    assert not project.read_only
    project.close()
    with Project.open(project.path) as third:
        assert not third.read_only


def test_a_window_of_another_process_counts(project):
    command = [sys.executable, "-c", OPEN_ELSEWHERE, str(project.path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "True\n"
    project.close()
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"
    with Project.open(project.path) as again:  # that process ended without closing
        assert not again.read_only


def test_reading_only_takes_no_lock(project):
    project.close()
    with Project.open(project.path, read_only=True) as reader, Project.open(project.path) as writer:
        assert (reader.read_only, reader.notices, writer.read_only) == (True, (), False)


def test_a_closed_project_says_so(project):
    project.close()
    project.close()
    with pytest.raises(ProjectError, match="closed"):
        project.videos()
    with pytest.raises(ProjectError, match="closed"):
        one_edit(project)


def test_a_newer_schema_is_refused_and_nothing_is_changed(project):
    project.close()
    file = project.path / "project.db"
    newer = sqlite3.connect(file)
    newer.execute("PRAGMA user_version = 999")
    newer.close()
    before = file.read_bytes()
    with pytest.raises(ProjectError, match=r"newer .*schema 999"):
        Project.open(project.path)
    assert file.read_bytes() == before


def test_damage_is_reported_where_it_is_read_and_the_rest_can_be_read(project):
    one_edit(project, boxes=3000)
    project.close()
    file = project.path / "project.db"
    content = bytearray(file.read_bytes())
    half = len(content) // 2
    content[half:] = b"\xff" * (len(content) - half)
    file.write_bytes(content)
    with Project.open(project.path, read_only=True) as damaged:
        with pytest.raises(ProjectError, match="damaged"):
            damaged.check()
        with pytest.raises(ProjectError, match="damaged"):
            damaged.boxes_between(1, 0, 3000)
        assert damaged.videos()


def test_a_damaged_head_is_refused(project):
    project.close()
    file = project.path / "project.db"
    file.write_bytes(b"x" * 200 + file.read_bytes()[200:])
    with pytest.raises(ProjectError, match="damaged"):
        Project.open(project.path)


def test_a_full_disk_takes_the_change_back_and_keeps_what_was_saved(project):
    one_edit(project)
    before = stored(project)
    with project._db.writing() as connection:
        raw = driver(connection)
    pages = raw.execute("PRAGMA page_count").fetchone()[0]
    raw.execute(f"PRAGMA max_page_count = {pages + 30}")
    many = [box(1, 10 + frame) for frame in range(5000)]
    with pytest.raises(ProjectError, match="disk is full"):
        project.apply(ChangeSet.of("Import", box=([], many)))
    with pytest.raises(ProjectError, match="disk is full"):
        list(project.apply_large(ChangeSet.of("Import", box=([], many))))
    assert stored(project) == before
    assert project.undo_name == "Add track"
    raw.execute("PRAGMA max_page_count = 1000000")
    list(project.apply_large(ChangeSet.of("Import", box=([], many))))
    project.check()


def test_a_folder_without_write_permission_can_be_read_only(project):
    one_edit(project)
    project.close()
    project.path.chmod(0o555)
    (project.path / "lock").chmod(0o444)
    try:
        if os.access(project.path, os.W_OK):
            pytest.skip("nothing is forbidden to this user")
        with pytest.raises(ProjectError, match="cannot be written"):
            Project.open(project.path)
        with Project.open(project.path, read_only=True) as reader:
            assert len(reader.tracks(1)) == 1
    finally:
        project.path.chmod(0o755)


def test_a_long_edit_that_a_crash_cut_off_is_taken_back_at_the_next_opening(project, tmp_path):
    one_edit(project)
    before = stored(project)
    long = ChangeSet.of("Import", box=([], [box(1, 10 + frame) for frame in range(2000)]))
    going = project.apply_large(long)
    next(going)
    shutil.copytree(project.path, tmp_path / "crashed.wbp")
    going.close()
    with Project.open(tmp_path / "crashed.wbp") as again:
        assert stored(again) == before
        assert "Import" in again.notices[0]
        assert [edit.name for edit in again.history()] == ["Add track"]


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A file system of 3 MB, where the user may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def draw_until_full(project: Project) -> dict[str, set[Row]]:
    """Add boxes until the disk takes no more; returns what was stored by then."""
    for first in range(10, 10**6, 100):
        saved = stored(project)
        try:
            project.apply(ChangeSet.of("Draw", box=([], [box(1, first + i) for i in range(100)])))
        except ProjectError as error:
            assert "disk" in str(error)  # noqa: PT017 - only the last of many calls raises
            return saved
    raise AssertionError("the disk was never full")


def test_a_really_full_disk_loses_nothing_that_was_saved(small_disk):
    with new_project(small_disk / "a.wbp") as project:
        one_edit(project)
        filler = small_disk / "filler"
        filler.write_bytes(bytes(1_500_000))
        saved = draw_until_full(project)
        assert stored(project) == saved
        with pytest.raises(ProjectError, match="disk"):
            list(
                project.apply_large(
                    ChangeSet.of("Import", box=([], [box(1, 10**6 + i) for i in range(9000)]))
                )
            )
        filler.unlink()
    with Project.open(small_disk / "a.wbp") as project:
        project.check()
        assert stored(project) == saved
        while project.undo():
            pass
        assert not any(stored(project).values())


@pytest.mark.parametrize("way", ["undo", "redo"])
def test_a_long_undo_or_redo_that_a_crash_cut_off_never_began(project, tmp_path, way):
    one_edit(project)
    list(project.apply_large(ChangeSet.of("Import", box=([], [box(1, 10 + frame) for frame in range(2000)]))))
    if way == "redo":
        project.undo()
    before, history = stored(project), project.history()
    going = project.undo_large() if way == "undo" else project.redo_large()
    next(going)
    shutil.copytree(project.path, tmp_path / "crashed.wbp")
    going.close()
    with Project.open(tmp_path / "crashed.wbp") as again:
        assert stored(again) == before
        assert again.history() == history


def test_closing_in_the_middle_of_a_long_edit_is_like_a_crash(project):
    one_edit(project)
    before = stored(project)
    going = project.apply_large(ChangeSet.of("Import", box=([], [box(1, 10 + f) for f in range(2000)])))
    next(going)
    project.close()
    going.close()
    with Project.open(project.path) as again:
        assert stored(again) == before


def test_a_backup_is_a_project_file_of_this_moment(project, tmp_path):
    one_edit(project)
    (tmp_path / "copy.wbp").mkdir()
    project.backup(tmp_path / "copy.wbp" / "project.db")
    with Project.open(tmp_path / "copy.wbp") as copy:
        assert stored(copy) == stored(project)
        assert copy.undo_name == "Add track"
    with pytest.raises(ProjectError, match="exists already"):
        project.backup(tmp_path / "copy.wbp" / "project.db")


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="cannot be made"):
        new_project(tmp_path / "file" / "a.wbp")


def test_a_project_without_one_of_its_tables_is_damaged(tmp_path):
    Project.create(tmp_path / "p.wbp").close()
    with sqlite3.connect(tmp_path / "p.wbp" / "project.db") as raw:
        raw.execute("DROP TABLE box")
    raw.close()
    with pytest.raises(ProjectError, match=r"damaged \(no box\)"):
        Project.open(tmp_path / "p.wbp")
