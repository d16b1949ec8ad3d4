"""The user's edits, applied to a real project."""

import pytest

from workbench.core.errors import UserError
from workbench.core.rows import BoxRow, Origin, PoseRow
from workbench.services import editing
from workbench.services.tracking import Target, TrackedBox, keep_tracked
from workbench.store import Project


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "p.wbp") as project:
        project.add_category("object")
        project.add_category("person")
        yield project


@pytest.fixture
def video(project, tmp_path):
    return project.add_video(
        tmp_path / "v.mp4", name="v", kind="file", width=640, height=480, frame_count=100, fps=25.0
    ).id


@pytest.fixture
def track(project, video):
    return drawn(project, video, 10, (10, 10, 20, 20))


def drawn(project, video, frame, box):
    category = project.categories()[0].id
    draw = editing.draw_box(project, video, frame=frame, box=box, category_id=category)
    project.apply(draw.change)
    return draw.track_id


def place(project, track, frame, box):
    project.apply(editing.place_box(project, track, frame=frame, box=box))


def boxes(project, track):
    return {row.frame: row for row in project.boxes_of_track(track)}


def predicted(project, video, track, frames, *, verified=()):
    run = project.add_run(video_id=video, kind="single-target", model="made", parameters={}).id
    rows = [
        BoxRow(video, f, track, 50, 50, 9, 9, 0.8, Origin.MODEL, run, int(f in verified), 0, 0, 0)
        for f in frames
    ]
    project.apply(editing.ChangeSet.of("Track", box=((), rows)))
    return run


def test_drawing_starts_a_track_with_the_next_number(project, video, track):
    other = drawn(project, video, 3, (0, 0, 5, 5))
    assert [t.number for t in project.tracks(video)] == [1, 2]
    assert boxes(project, other)[3].origin == Origin.HUMAN
    assert boxes(project, other)[3].keyframe


@pytest.mark.parametrize("box", [(0, 0, 0, 5), (0, 0, 5, -3), (0, 0, float("nan"), 5)])
def test_a_box_without_area_is_refused(project, video, box):
    with pytest.raises(UserError, match="too small"):
        editing.draw_box(project, video, frame=0, box=box, category_id=1)


def test_interpolation_fills_between_keyframes_linearly(project, track):
    place(project, track, 14, (50, 10, 40, 20))
    project.apply(editing.interpolate_track(project, track))
    rows = boxes(project, track)
    assert sorted(rows) == [10, 11, 12, 13, 14]
    assert rows[11].box == (20, 10, 25, 20)
    assert [rows[f].origin for f in (10, 11, 14)] == [Origin.HUMAN, Origin.INTERPOLATED, Origin.HUMAN]


def test_moving_a_keyframe_moves_the_interpolated_boxes_beside_it_in_one_step(project, track):
    place(project, track, 14, (50, 10, 20, 20))
    project.apply(editing.interpolate_track(project, track))
    place(project, track, 14, (90, 10, 20, 20))
    assert boxes(project, track)[12].x == 50
    project.undo()
    assert boxes(project, track)[12].x == 30


def test_dragging_an_interpolated_box_makes_a_keyframe_between(project, track):
    place(project, track, 14, (50, 10, 20, 20))
    project.apply(editing.interpolate_track(project, track))
    place(project, track, 12, (100, 10, 20, 20))
    assert boxes(project, track)[11].x == 55
    assert boxes(project, track)[13].x == 75


def test_moving_a_box_beside_a_gap_fills_nothing(project, track):
    place(project, track, 20, (50, 10, 20, 20))
    place(project, track, 20, (60, 10, 20, 20))
    assert sorted(boxes(project, track)) == [10, 20]


def test_correcting_a_prediction_makes_it_human_and_remembers_the_run(project, video, track):
    run = predicted(project, video, track, range(11, 15))
    place(project, track, 12, (1, 2, 30, 40))
    row = boxes(project, track)[12]
    assert (row.origin, row.run_id, row.score) == (Origin.HUMAN, run, None)


def test_interpolation_keeps_verified_and_human_boxes(project, video, track):
    predicted(project, video, track, range(11, 20), verified=(15,))
    place(project, track, 20, (60, 10, 20, 20))
    assert not editing.interpolate_track(project, track), "without a range a model's boxes stay"
    project.apply(editing.interpolate_track(project, track, start=10, stop=21))
    rows = boxes(project, track)
    assert rows[15].origin == Origin.MODEL
    assert rows[15].x == 50
    assert rows[14].origin == Origin.INTERPOLATED


def test_interpolation_of_one_keyframe_is_refused(project, track):
    with pytest.raises(UserError, match="two boxes"):
        editing.interpolate_track(project, track)


def test_deleting_the_last_box_deletes_the_track(project, video, track):
    project.apply(editing.delete_boxes(project, track, start=0, stop=100))
    assert project.tracks(video) == []
    project.undo()
    assert len(boxes(project, track)) == 1


def test_propagation_copies_but_never_over_a_persons_box(project, track):
    place(project, track, 12, (99, 10, 20, 20))
    project.apply(editing.propagate(project, track, frame=10, start=8, stop=15))
    assert {f: row.x for f, row in boxes(project, track).items()} == {
        8: 10, 9: 10, 10: 10, 11: 10, 12: 99, 13: 10, 14: 10,
    }  # fmt: skip


def test_outside_ends_the_track_until_the_next_human_box(project, video, track):
    predicted(project, video, track, range(11, 20))
    place(project, track, 25, (60, 10, 20, 20))
    project.apply(editing.mark_outside(project, track, frame=13))
    rows = boxes(project, track)
    assert sorted(rows) == [10, 11, 12, 13, 25]
    assert rows[13].outside
    assert not editing.interpolate_track(project, track, start=13), (
        "nothing is filled while the target is away"
    )


def test_marks_cover_a_range_and_are_one_step(project, video, track):
    predicted(project, video, track, range(11, 15))
    project.apply(editing.mark(project, track, start=10, stop=13, occluded=True))
    assert [row.occluded for row in boxes(project, track).values()] == [1, 1, 1, 0, 0]
    project.undo()
    assert not any(row.occluded for row in boxes(project, track).values())


def test_keyframe_toggled_off_gives_way_to_interpolation(project, track):
    place(project, track, 12, (99, 10, 20, 20))
    place(project, track, 14, (50, 10, 20, 20))
    project.apply(editing.interpolate_track(project, track))
    project.apply(editing.toggle_keyframe(project, track, frame=12))
    assert boxes(project, track)[12].x == 30
    assert boxes(project, track)[12].origin == Origin.INTERPOLATED


def test_numbers_are_unique_in_a_video(project, video, track):
    other = drawn(project, video, 3, (0, 0, 5, 5))
    with pytest.raises(UserError, match="Number 1 is in use"):
        editing.renumber(project, other, number=1)


def test_joined_edits_are_undone_together(project, video, track):
    other = drawn(project, video, 10, (0, 0, 5, 5))
    changes = [editing.delete_boxes(project, t, start=0, stop=100) for t in (track, other)]
    project.apply(editing.join(changes))
    assert project.tracks(video) == []
    project.undo()
    assert len(project.tracks(video)) == 2


def test_an_edit_of_a_deleted_track_is_refused(project, track):
    project.undo()
    with pytest.raises(UserError, match="gone"):
        editing.place_box(project, track, frame=1, box=(0, 0, 5, 5))


def test_a_models_box_made_a_keyframe_can_be_the_models_again(project, video, track):
    run = predicted(project, video, track, range(11, 20))
    place(project, track, 20, (60, 10, 20, 20))
    before = boxes(project, track)
    for _ in range(2):
        project.apply(editing.toggle_keyframe(project, track, frame=15))
    assert boxes(project, track) == before
    assert before[15].run_id == run


def test_a_keyframe_between_gaps_is_loosened_without_inventing_rows(project, track):
    for frame in (20, 30):
        place(project, track, frame, (60, 10, 20, 20))
    project.apply(editing.toggle_keyframe(project, track, frame=20))
    assert sorted(boxes(project, track)) == [10, 20, 30]


def test_the_only_keyframe_of_a_track_stays_one(project, track):
    with pytest.raises(UserError, match="first or last keyframe"):
        editing.toggle_keyframe(project, track, frame=10)


def test_moving_a_keyframe_does_not_replace_what_a_tracker_found(project, video, track):
    place(project, track, 30, (60, 10, 20, 20))
    project.apply(editing.propagate(project, track, frame=10, start=11, stop=14))
    predicted(project, video, track, range(14, 30))
    before = boxes(project, track)
    place(project, track, 30, (90, 10, 20, 20))
    assert {f: r for f, r in boxes(project, track).items() if f < 30} == {
        f: r for f, r in before.items() if f < 30
    }


def test_a_joined_step_is_named_after_what_it_does(project, video, track):
    other = drawn(project, video, 3, (0, 0, 5, 5))
    joined = editing.join([editing.delete_boxes(project, t, start=3, stop=4) for t in (track, other)])
    assert joined.name == "Delete track"


EDITS = {
    "deleted": (lambda p, t: editing.delete_boxes(p, t, start=11, stop=13), [13, 14]),
    "outside": (lambda p, t: editing.mark_outside(p, t, frame=12), [11]),
    "filled in": (lambda p, t: editing.interpolate_track(p, t, start=10, stop=21), [13]),
    "copied over": (lambda p, t: editing.propagate(p, t, frame=10, start=10, stop=13), [13, 14]),
    "moved": (lambda p, t: editing.place_box(p, t, frame=12, box=(51, 51, 9, 9)), [11, 12, 13, 14]),
    "tracked over": (lambda p, t: tracked(p, t, range(11, 14), lost=13), [13, 14]),
    "verified": (lambda p, t: editing.mark(p, t, start=11, stop=15, verified=True), [11, 12, 13, 14]),
}


def tracked(project, track, frames, lost):
    run = project.add_run(video_id=1, kind="single-target", model="made", parameters={}).id
    found = [TrackedBox(track, frame, (40, 40, 9, 9), 0.9, frame != lost) for frame in frames]
    keep_tracked(project, [Target(track, 10, (10, 10, 20, 20))], {track: found}, run_id=run, direction=1)


@pytest.mark.parametrize(("change", "left"), EDITS.values(), ids=EDITS.keys())
def test_a_pose_goes_with_its_box_and_stays_where_that_is_only_corrected(project, video, track, change, left):
    place(project, track, 20, (80, 80, 20, 20))
    run = predicted(project, video, track, range(11, 15))
    skeleton = project.add_skeleton("one", ["nose"], []).id
    poses = [
        PoseRow(video, f, track, skeleton, bytes(12), 0.8, Origin.HUMAN if f == 13 else Origin.MODEL, run, 0)
        for f in range(11, 15)
    ]
    project.apply(editing.ChangeSet.of("Add poses", pose=((), poses)))
    made = change(project, track)
    if made is not None:
        project.apply(made)
    assert [row.frame for row in project.rows("pose")] == left
    project.undo()
    assert project.rows("pose") == poses
