"""Files that somebody else has written, or damaged: refused or read, in a sentence, and never changed."""

import sqlite3

import pytest

from tests.store.reference import add, box, stored, track
from workbench.core.errors import ProjectError
from workbench.services.projects import open_path
from workbench.store import Project

ITEM = (
    "INSERT INTO review_item VALUES"
    " (1, 1, 'jump', 3, 2, 4, 1, NULL, '[1]', 0.5, 9.0, '', '[]', '[]', '', '', NULL)"
)
POSE = "INSERT INTO pose VALUES (1, 2, 1, 1, {}, NULL, 1, NULL, 0)"


@pytest.fixture
def damage(project):
    """Close the project, with two edits in it, and run statements on its file."""
    project.apply(add("Add track", [track(1)], [box(1, frame) for frame in range(3)]))
    project.apply(add("Add another", [track(2)], [box(2, frame) for frame in range(3)]))
    project.close()

    def damaging(*statements):
        raw = sqlite3.connect(project.path / "project.db", isolation_level=None)
        for statement, *values in statements:
            raw.execute(statement, *values)
        raw.close()
        return project.path

    return damaging


@pytest.mark.parametrize(
    ("statements", "what"),
    [
        (["ALTER TABLE review_item DROP COLUMN comment"], "review_item has the columns id, video_id"),
        (["ALTER TABLE box ADD COLUMN z"], "box has the columns"),
        ([ITEM, "UPDATE review_item SET score = 'high', kind = x'ff'"], "review_item has .* as kind, score"),
        ([ITEM, "UPDATE review_item SET frame = 3.5"], "review_item has .* as frame"),
        (["UPDATE edit SET name = x'00'"], "edit has .* as name"),
        (["UPDATE box SET x = 'left', run_id = x'ff' WHERE frame = 2"], "box has .* as x, run_id"),
        (["UPDATE box SET frame = 'last' WHERE frame = 2"], "box has .* as frame"),
        (["UPDATE box SET frame = 5.5, run_id = 0.5 WHERE frame = 2"], "box has .* as frame, run_id"),
        (["UPDATE box SET origin = 0.5, verified = 0.5"], "box has .* as origin, verified"),
        (["UPDATE box SET w = 9e999 WHERE frame = 2"], "box has .* as w"),
        (["UPDATE box SET score = 'high'"], "box has .* as score"),
        (["UPDATE box SET origin = 4, outside = 2"], "box has .* as origin, outside"),
        ([POSE.format("x'00112233'")], "pose has .* as points"),
        ([POSE.format("'joints'")], "pose has .* as points"),
        (["UPDATE video SET width = 'wide'"], "video has .* as width"),
        (["UPDATE track SET category_id = 77"], "track names a category that is not there"),
        (["CREATE TRIGGER t AFTER INSERT ON box BEGIN DELETE FROM box; END"], "'t' would change"),
    ],
)
def test_other_columns_and_values_of_another_kind_are_refused_and_nothing_is_changed(
    damage, statements, what
):
    path = damage(*((statement,) for statement in statements))
    before = (path / "project.db").read_bytes()
    with pytest.raises(ProjectError, match=f"is damaged .{what}.*restore a copy"):
        Project.open(path)
    assert (path / "project.db").read_bytes() == before


def test_a_box_without_area_or_of_negative_size_keeps_nobody_from_opening(damage):
    with Project.open(damage(("UPDATE box SET w = 0, h = -5 WHERE frame = 2",))) as project:
        assert [row.box[2:] for row in project.boxes_at(1, 2)] == [(0.0, -5.0)] * 2


def test_a_pose_with_as_many_joints_as_its_skeleton_is_read(damage):
    with Project.open(damage(("UPDATE box SET score = NULL",), (POSE.format("zeroblob(24)"),))) as project:
        assert [len(row.points) for row in project.rows("pose")] == [24]


@pytest.mark.parametrize("text", ["{", "[1, 2]", "null", "[" * 100_000])
def test_json_that_is_none_is_said_before_anything_is_shown(damage, text):
    path = damage(("UPDATE run SET parameters = ?", [text]))
    with pytest.raises(ProjectError, match=r"is damaged \(JSON in run\)"):
        open_path(path)
    with Project.open(path) as project:
        assert len(project.boxes_of_track(1)) == 3, "the rest can be read"


def test_a_text_that_is_none_is_said(damage):
    path = damage(("UPDATE track SET name = CAST(x'ff' AS TEXT)",))
    with Project.open(path) as project, pytest.raises(ProjectError, match="damaged"):
        project.tracks(1)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE edit_change SET rows = x''",
        "UPDATE edit_change SET rows = substr(rows, 1, length(rows) - 9)",
        "UPDATE edit_change SET rows = substr(rows, 1, 12) || x'0102030405'",
        "UPDATE edit_change SET rows = 'text'",
        "UPDATE edit_change SET table_name = 'sqlite_master'",
        "DELETE FROM edit_change",
    ],
)
def test_an_edit_whose_record_is_damaged_is_not_undone_and_editing_goes_on(damage, statement):
    with Project.open(damage((statement,))) as project:
        before = stored(project)
        with pytest.raises(ProjectError, match="history"):
            project.undo()
        assert stored(project) == before
        project.apply(add("Add track", [track(3)], [box(3, 0)]))
        assert project.undo().name == "Add track"
        assert stored(project) == before


@pytest.mark.parametrize("change", ["scope = '[1, 2]'", "scope = '{'", "created_at = 'yesterday'"])
def test_a_damaged_entry_of_the_history_is_named(damage, change):
    path = damage((f"UPDATE edit SET {change} WHERE id = 2",))
    with Project.open(path) as project:
        with pytest.raises(ProjectError, match="damaged at edit 2") as kept:
            project.history()
        project.apply(add("Add track", [track(3)], [box(3, 0)]))
        assert len(project.tracks(1)) == 3, "a query that was broken off does not hold what was there before"
        assert kept.value


@pytest.mark.parametrize(
    "left", ["state = 'writing'", "state = 'done', applied = 0", "state = 'undone', applied = parts"]
)
def test_an_unfinished_edit_that_cannot_be_taken_back_is_said_and_the_project_can_be_read(damage, left):
    path = damage(
        (f"UPDATE edit SET {left} WHERE id = 1",), ("DELETE FROM box WHERE track_id = 1 AND frame = 2",)
    )
    with pytest.raises(ProjectError, match=r"not finished, and cannot be taken back: .*read-only"):
        Project.open(path)
    with Project.open(path, read_only=True) as project:
        assert len(project.boxes_of_track(1)) == 2


def test_a_file_that_lets_values_be_missing_is_refused_where_some_are(damage):
    path = damage(
        ("PRAGMA writable_schema = 1",),
        ("UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'box'",),
    )
    Project.open(path).close()
    damage(("UPDATE box SET x = NULL, verified = NULL WHERE frame = 2",))
    with pytest.raises(ProjectError, match="box has values of a wrong kind as x, verified"):
        Project.open(path)
