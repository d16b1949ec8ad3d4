import getpass
import random

import pytest

from tests.store.reference import Reference, add, box, new_project, stored, track
from workbench.core.edits import ChangeSet, Scope
from workbench.core.errors import EditConflictError, ProjectError
from workbench.store import Project


@pytest.fixture
def filled(project) -> Project:
    """Two tracks with boxes in frames 0 to 9."""
    boxes = [box(t, frame) for t in (1, 2) for frame in range(10)]
    project.apply(add("Add tracks", [track(1), track(2)], boxes), author="Ada")
    return project


def moved(project: Project, track_id: int, frame: int, x: float = 99.5) -> ChangeSet:
    row = project.box(track_id, frame)
    return ChangeSet.of("Move box", box=([row], [row._replace(x=x)]))


def many(track_id: int, count: int = 1200, start: int = 100) -> ChangeSet:
    return ChangeSet.of("Track forward", box=([], [box(track_id, start + f) for f in range(count)]))


def names(project: Project) -> list[tuple[str, str]]:
    return [(edit.name, edit.state) for edit in project.history()]


def test_an_edit_is_stored_and_undone_and_redone_exactly(filled):
    before = stored(filled)
    edit = filled.apply(moved(filled, 1, 3, x=0.1 + 0.2), author="Grace")
    assert filled.box(1, 3).x == 0.1 + 0.2
    assert (edit.name, edit.author, edit.state, edit.row_count) == ("Move box", "Grace", "done", 2)
    assert edit.scope == Scope(frozenset({"box"}), frozenset({1}), 3, 4, frozenset({1}), frozenset({1}))
    after = stored(filled)
    assert filled.undo().state == "undone"
    assert stored(filled) == before
    assert filled.redo().state == "done"
    assert stored(filled) == after


def test_nothing_to_undo_or_redo_is_no_error(project):
    assert project.undo() is None
    assert project.redo() is None
    assert project.undo_name is None
    assert project.redo_name is None


def test_history_survives_closing(filled):
    before = stored(filled)
    filled.apply(moved(filled, 1, 3))
    filled.close()
    with Project.open(filled.path) as again:
        assert (again.undo_name, again.redo_name) == ("Move box", None)
        again.undo()
        assert stored(again) == before
    with Project.open(filled.path) as again:
        assert (again.undo_name, again.redo_name) == ("Add tracks", "Move box")
        assert again.redo().author == getpass.getuser()


def test_a_new_edit_drops_what_could_be_redone(filled):
    filled.apply(moved(filled, 1, 3))
    filled.undo()
    filled.apply(moved(filled, 1, 4))
    assert filled.redo() is None
    assert names(filled) == [("Move box", "done"), ("Add tracks", "done")]


def test_an_empty_change_set_is_refused(project):
    with pytest.raises(ValueError, match="empty"):
        project.apply(ChangeSet.of("Nothing", box=([], [])))


@pytest.mark.parametrize("large", [False, True])
def test_an_edit_made_for_other_rows_is_refused_and_changes_nothing(filled, large):
    stale = moved(filled, 1, 3)
    filled.apply(moved(filled, 1, 3, x=5.0))
    before, history = stored(filled), names(filled)
    change = ChangeSet.of(
        "Late", box=(stale.changes[0].before, [*stale.changes[0].after, *many(2).changes[0].after])
    )
    with pytest.raises(EditConflictError, match="have changed"):
        list(filled.apply_large(change)) if large else filled.apply(change)
    assert (stored(filled), names(filled)) == (before, history)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda p: ChangeSet.of("Again", box=([], [box(1, 3)])), id="a box where there is one"),
        pytest.param(lambda p: ChangeSet.of("Lost", box=([], [box(77, 0)])), id="a box without a track"),
        pytest.param(
            lambda p: ChangeSet.of("Orphan", track=([p.track(1)], [])), id="boxes left without a track"
        ),
        pytest.param(
            lambda p: ChangeSet.of("X", track=([], [track(9, category_id=9)])), id="no such category"
        ),
        pytest.param(
            lambda p: ChangeSet.of("X", box=([], [box(1, 50, video_id=2)])), id="a track of another video"
        ),
    ],
)
def test_an_edit_that_would_break_the_data_is_refused(filled, change):
    filled.add_video(filled.path / "other.mp4", width=1, height=1, frame_count=1)
    before = stored(filled)
    with pytest.raises(EditConflictError):
        filled.apply(change(filled))
    assert stored(filled) == before
    filled.apply(ChangeSet.of("Go on", box=([], [box(1, 60)])))
    assert filled.box(1, 60)


def test_a_number_that_is_nan_is_refused(filled):
    with pytest.raises(ValueError, match="NaN"):
        filled.apply(ChangeSet.of("X", box=([], [box(1, 50, score=float("nan"))])))
    assert filled.box(1, 50) is None


def test_a_listener_hears_of_each_commit_until_it_stops(filled):
    heard = []
    stop = filled.subscribe(heard.append)
    edit = filled.apply(moved(filled, 2, 7))
    filled.undo()
    filled.update_category(1, name="rider")
    stop()
    filled.redo()
    assert heard == [edit.scope, edit.scope, Scope(frozenset({"category"}))]


def test_a_listener_may_read_and_write(filled):
    def keep_second_track_beside(scope: Scope) -> None:
        if scope.tracks == {1}:
            filled.apply(moved(filled, 2, scope.start))

    filled.subscribe(keep_second_track_beside)
    filled.apply(moved(filled, 1, 3))
    assert filled.box(2, 3).x == 99.5


def test_ids_are_never_issued_twice(project):
    first = project.new_ids("track", 3)
    project.apply(add("Add", [track(first[0])], []))
    project.undo()
    project.close()
    with Project.open(project.path) as again:
        assert not set(first) & set(again.new_ids("track", 2))
        assert len(again.new_ids("action", 4)) == 4
        with pytest.raises(ValueError, match="no id"):
            again.new_ids("box", 1)


def test_the_journal_tells_done_edits_with_their_rows(filled):
    move = moved(filled, 1, 3)
    first = filled.apply(move)
    filled.apply(moved(filled, 1, 4))
    filled.undo()
    told = list(filled.journal())
    assert [edit.name for edit, _ in told] == ["Add tracks", "Move box"]
    assert told[1] == (first, move)
    assert list(filled.journal(since=first.position)) == []


def test_a_long_edit_of_every_table_goes_and_comes_back(project):
    rng, reference = random.Random(5), Reference()
    for _ in range(30):
        change = reference.random_change(rng, large=rng.random() < 0.2)
        reference.apply(change)
        project.apply(change)
    rows = reference.state()
    clear = ChangeSet.of("Clear", **{table: (found, []) for table, found in rows.items()})
    steps = list(project.apply_large(clear))
    assert len(steps) >= len(reference.rows["box"]) // 500
    assert not any(stored(project).values())
    project.undo()
    assert stored(project) == rows


@pytest.mark.parametrize("stop_after", [1, 2, 3])
def test_closing_a_long_edit_takes_it_back(filled, stop_after):
    before, history, heard = stored(filled), names(filled), []
    filled.subscribe(heard.append)
    going = filled.apply_large(add("Import", [track(3)], list(many(3, 2000).changes[0].after)))
    for _ in range(stop_after):
        next(going)
    assert filled.track(3)
    assert len(filled.boxes_of_track(3)) == 500 * (stop_after - 1)
    going.close()
    assert (stored(filled), names(filled)) == (before, history)
    assert [scope.tracks for scope in heard] == [{3}]
    list(filled.apply_large(many(1)))  # another may begin


@pytest.mark.parametrize("way", ["undo", "redo"])
def test_closing_a_long_undo_or_redo_leaves_it_where_it_was(filled, way):
    list(filled.apply_large(many(1)))
    if way == "redo":
        filled.undo()
    before, history = stored(filled), names(filled)
    going = filled.undo_large() if way == "undo" else filled.redo_large()
    next(going)
    assert stored(filled) != before
    going.close()
    assert (stored(filled), names(filled)) == (before, history)


def test_a_long_edit_takes_its_place_where_it_ends(filled):
    going = filled.apply_large(many(1))
    next(going)
    filled.apply(moved(filled, 2, 5))
    assert filled.undo_name == "Move box"
    list(going)
    assert names(filled) == [("Track forward", "done"), ("Move box", "done"), ("Add tracks", "done")]
    assert filled.undo().name == "Track forward"
    assert filled.undo().name == "Move box"
    assert filled.redo().name == "Move box"
    assert filled.redo().name == "Track forward"


def test_an_edit_made_during_a_long_redo_ends_the_redo_branch_but_not_that_redo(filled):
    list(filled.apply_large(many(1)))
    filled.apply(moved(filled, 1, 5))
    filled.undo()
    filled.undo()
    going = filled.redo_large()
    next(going)
    filled.apply(moved(filled, 2, 5))
    list(going)
    assert filled.redo() is None
    assert [name for name, _ in names(filled)] == ["Track forward", "Move box", "Add tracks"]


def test_a_long_redo_that_was_overtaken_and_stopped_cannot_be_redone(filled):
    list(filled.apply_large(many(1)))
    filled.undo()
    going = filled.redo_large()
    next(going)
    filled.apply(moved(filled, 2, 5))
    going.close()
    assert filled.redo_name is None
    assert len(filled.boxes_of_track(1)) == 10


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda p: moved(p, 1, 110), id="a box it has written"),
        pytest.param(lambda p: ChangeSet.of("X", box=([], [box(1, 1290)])), id="a box it will write"),
        pytest.param(lambda p: ChangeSet.of("X", box=([], [box(3, 0)])), id="a box on a track it makes"),
        pytest.param(
            lambda p: ChangeSet.of("X", track=([p.track(2)], [])), id="removing a track it stands on"
        ),
    ],
)
def test_rows_of_a_long_edit_are_held_until_it_ends(filled, change):
    filled.apply(ChangeSet.of("Clear", box=(filled.boxes_of_track(2), [])))
    rows = [*many(1).changes[0].after, *many(2).changes[0].after]
    going = filled.apply_large(add("Import", [track(3)], rows))
    next(going)
    next(going)
    refused = change(filled)
    with pytest.raises(EditConflictError, match="Import"):
        filled.apply(refused)
    filled.apply(moved(filled, 1, 5))  # others are free
    with pytest.raises(ProjectError, match="still being written"):
        next(filled.apply_large(many(1, start=5000)))
    going.close()
    assert filled.undo_name == "Move box"


def test_random_edits_undo_redo_and_reopening_agree_with_a_model_in_memory(tmp_path):
    rng, reference = random.Random(11), Reference()
    project = new_project(tmp_path / "a.wbp")
    for _ in range(150):
        step = rng.choices(["apply", "large", "stop", "undo", "redo", "reopen"], [8, 1, 1, 5, 4, 1])[0]
        if step == "apply":
            change = reference.random_change(rng)
            project.apply(change)
            reference.apply(change)
        elif step == "large":
            change = reference.random_change(rng, large=True)
            list(project.apply_large(change))
            reference.apply(change)
        elif step == "stop":
            going = project.apply_large(reference.random_change(rng, large=True))
            next(going)
            going.close()
        elif step == "reopen":
            project.close()
            project = Project.open(tmp_path / "a.wbp")
        else:
            getattr(project, step)()
            getattr(reference, step)()
        assert stored(project) == reference.state(), step
        assert project.redo_name == (reference.undone[-1].name if reference.undone else None)
    project.check()
    project.close()
