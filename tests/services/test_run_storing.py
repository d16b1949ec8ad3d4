"""A run as a layer over what a project has: what stays, what gives way, and whose identity goes on."""

from pathlib import Path

import numpy as np
import pytest

from workbench.core.edits import ChangeSet
from workbench.core.rows import ActionRow, BoxRow, Origin, PoseRow, ReviewItemRow, TrackRow
from workbench.services import editing, run_storing
from workbench.services.associating import no_links
from workbench.services.run_storing import KIND, store_tracks
from workbench.store import Project
from workbench.tracking.offline import Links, Tracks

VIDEO = 1
CLASSES = ("person", "dog")


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "p.wbp") as project:
        project.add_video(Path("clip.mp4"), width=640, height=480, frame_count=1000)
        for name in CLASSES:
            project.add_category(name)
        yield project


def made(*tracks, links=None):
    """Tracks of (frames, x at its first frame, pixels a frame[, class]); boxes of 20 x 40, y = 100."""
    rows = []
    for name, (frames, x, step, *kind) in enumerate(tracks, start=1):
        rows += [(f, name, x + step * (f - frames[0]), kind[0] if kind else 0) for f in frames]
    frames, ids, left, classes = (np.array(column) for column in zip(*rows, strict=True))
    boxes = np.stack([left, np.full(len(left), 100), np.full(len(left), 20), np.full(len(left), 40)], axis=1)
    scores, given = np.full(len(left), 0.8), np.zeros(len(left), np.int64)
    return Tracks(frames, ids, boxes.astype(float), scores, classes, given, links or no_links())


def store(project, tracks, span=(0, 100), kind=KIND):
    run = project.add_run(video_id=VIDEO, kind=kind, model="detector")
    steps = store_tracks(project, run, tracks, span=span, categories=[1, 2])
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return run.id, end.value


def track_at(project, frame, x):
    """Id of the track whose box begins about here."""
    (found,) = [row.track_id for row in project.boxes_at(VIDEO, frame) if abs(row.x - x) < 6]
    return found


def frames_of(project, track_id, **wanted):
    rows = project.boxes_of_track(track_id)
    return [r.frame for r in rows if all(getattr(r, name) == value for name, value in wanted.items())]


def imported(project, frames, x, number=50):
    """A track that came from a file."""
    track_id = project.new_ids("track", 1)[0]
    rows = [
        BoxRow(VIDEO, f, track_id, x, 100.0, 20.0, 40.0, None, Origin.IMPORTED, None, 0, 1, 0, 0)
        for f in frames
    ]
    track = TrackRow(track_id, VIDEO, 1, number, "", None)
    project.apply(ChangeSet.of("Import", track=((), [track]), box=((), rows)))
    return track_id


def test_an_empty_project_gets_the_tracks_with_numbers_from_one(project):
    run, stored = store(project, made((range(100), 0, 1), (range(50), 300, 0, 1)))
    assert (stored.boxes, stored.tracks, stored.inherited) == (150, 2, 0)
    assert [(t.number, t.category_id, t.run_id) for t in project.tracks(VIDEO)] == [(1, 1, run), (2, 2, run)]


def test_human_and_verified_boxes_stay_and_give_their_identity_to_the_new_track(project):
    store(project, made((range(100), 0, 1)))
    (track,) = project.tracks(VIDEO)
    project.apply(editing.place_box(project, track.id, frame=20, box=(24, 102, 20, 40)))
    project.apply(editing.mark(project, track.id, start=60, stop=70, verified=True))
    stay = [row for row in project.boxes_of_track(track.id) if row.protected]
    run, stored = store(project, made((range(100), 1, 1)))
    assert project.tracks(VIDEO) == [track]
    assert [row for row in project.boxes_of_track(track.id) if row.protected] == stay
    assert frames_of(project, track.id) == list(range(100))
    assert len(frames_of(project, track.id, run_id=run)) == 100 - len(stay)
    assert (stored.inherited, stored.kept) == (1, 11)


def test_a_track_that_is_verified_throughout_gets_nothing_from_a_run_and_is_not_counted(project):
    two = made((range(100), 0, 1), (range(100), 600, 1))
    store(project, two)
    whole, _ = project.tracks(VIDEO)
    project.apply(editing.mark(project, whole.id, start=0, stop=100, verified=True))
    _, stored = store(project, two)
    assert (stored.boxes, stored.tracks, stored.inherited, stored.kept) == (100, 1, 1, 100)


def test_a_box_drawn_by_a_person_of_another_class_names_the_track_all_the_same(project):
    drawn = editing.draw_box(project, VIDEO, frame=10, box=(10, 100, 20, 40), category_id=2)
    project.apply(drawn.change)
    store(project, made((range(100), 0, 1)))
    assert [t.category_id for t in project.tracks(VIDEO)] == [2]
    assert len(frames_of(project, drawn.track_id)) == 100


def test_tracks_that_are_found_no_more_go_with_what_hangs_on_them_in_one_edit(project):
    store(project, made((range(100), 0, 0), (range(100), 300, 0)))
    lost = track_at(project, 0, 300)
    verdict, question, action = (project.new_ids(t, 1)[0] for t in ("review_item", "review_item", "action"))
    skeleton = project.add_skeleton("two", ["a", "b"], [[0, 1]]).id
    points = np.zeros((2, 3), "<f4").tobytes()
    items = [_item(verdict, lost, "fine"), _item(question, lost, "")]
    project.apply(
        ChangeSet.of(
            "Add",
            pose=((), [PoseRow(VIDEO, 3, lost, skeleton, points, 0.5, Origin.MODEL, None, 0)]),
            action=((), [ActionRow(action, VIDEO, lost, 2, 9, "walks", 0.5, Origin.MODEL, None, 0)]),
            review_item=((), items),
        )
    )
    steps = len(project.history())
    store(project, made((range(100), 1, 0)))
    assert lost not in {t.id for t in project.tracks(VIDEO)}
    assert not project.rows("pose")
    assert not project.rows("action")
    assert [item.id for item in project.rows("review_item")] == [verdict]
    assert len(project.history()) == steps + 1
    project.undo()
    assert len(frames_of(project, lost)) == 100
    assert len(project.rows("review_item")) == 2


def _item(item_id, track, verdict):
    return ReviewItemRow(
        item_id, VIDEO, "gap", 2, 0, 5, track, None, f"[{track}]", 0.5, 1.0, "", "[]", "[]", verdict, "", None
    )  # fmt: skip


def test_boxes_under_a_pose_or_an_action_of_a_person_stay(project):
    store(project, made((range(100), 300, 0)))
    (track,) = project.tracks(VIDEO)
    action = project.new_ids("action", 1)[0]
    row = ActionRow(action, VIDEO, track.id, 40, 50, "waves", None, Origin.HUMAN, None, 0)
    project.apply(ChangeSet.of("Add action", action=((), [row])))
    store(project, made((range(100), 0, 0)))
    assert frames_of(project, track.id) == list(range(40, 50))
    assert project.rows("action") == [row]


def test_imported_boxes_and_those_of_a_followed_target_stay_and_are_not_doubled(project):
    file = imported(project, range(0, 40), 0)
    store(project, made((range(20, 60), 300, 0)), kind="single-target")
    followed = track_at(project, 20, 300)
    run, _ = store(project, made((range(100), 1, 0), (range(100), 301, 0)))
    assert len(project.tracks(VIDEO)) == 2
    assert frames_of(project, file, run_id=run) == list(range(40, 100))
    assert frames_of(project, followed, run_id=run) == [*range(20), *range(60, 100)]
    assert {len(project.boxes_at(VIDEO, frame)) for frame in range(100)} == {2}


def test_single_boxes_that_nobody_looked_at_name_no_track_but_are_not_doubled(project):
    alone = imported(project, [30], 0)
    store(project, made((range(100), 0, 0)))
    assert frames_of(project, alone) == [30]
    assert frames_of(project, track_at(project, 0, 0)) == [f for f in range(100) if f != 30]


def test_another_class_in_the_same_place_is_another_target(project):
    imported(project, range(100), 0)
    store(project, made((range(100), 0, 0, 0), (range(100), 0, 0, 1)))
    assert {len(project.boxes_at(VIDEO, frame)) for frame in range(100)} == {2}
    assert [t.category_id for t in project.tracks(VIDEO)] == [1, 2]


def test_a_new_track_over_two_verified_ones_is_split_at_its_least_sure_link(project):
    store(project, made((range(50), 0, 0), (range(50, 100), 0, 0)))
    first, second = (track_at(project, frame, 0) for frame in (0, 99))
    project.apply(editing.mark(project, first, start=0, stop=10, verified=True))
    project.apply(editing.mark(project, second, start=90, stop=100, verified=True))
    store(project, made((range(100), 1, 0), links=_links((20, 22, 0.9), (70, 72, 0.4))))
    assert frames_of(project, first) == list(range(72))
    assert frames_of(project, second) == list(range(72, 100))
    store(project, made((range(100), 1, 0)))
    assert frames_of(project, first) == list(range(50))


def _links(*links):
    before, after, chance = (np.array(column) for column in zip(*links, strict=True))
    ids, none = np.ones(len(links), np.int64), np.zeros(len(links), np.int64)
    return Links(ids, before, after, none, none, after - before, chance)


def test_two_new_tracks_on_one_verified_one_share_it(project):
    store(project, made((range(100), 0, 0)))
    (track,) = project.tracks(VIDEO)
    for start in (10, 80):
        project.apply(editing.mark(project, track.id, start=start, stop=start + 5, verified=True))
    store(project, made((range(40), 1, 0), (range(45, 100), 1, 0)))
    assert project.tracks(VIDEO) == [track]
    assert frames_of(project, track.id) == [*range(40), *range(45, 100)]
    store(project, made((range(60), 0, 0), (range(30, 100), 3, 0)))
    assert frames_of(project, track.id) == list(range(100))
    assert len(project.tracks(VIDEO)) == 3  # each has a part of its own where both would be the track
    assert project.box(track.id, 40).x == 0
    assert project.box(track.id, 55).x == 3


def test_where_verified_boxes_lie_on_two_new_tracks_the_one_that_agrees_more_often_gets_them(project):
    store(project, made((range(100), 0, 0)))
    (track,) = project.tracks(VIDEO)
    project.apply(editing.mark(project, track.id, start=0, stop=30, verified=True))
    store(project, made((range(100), 5, 0), (range(20, 25), 0, 0)))
    assert project.box(track.id, 50).x == 5
    assert {row.x for row in project.boxes_at(VIDEO, 22)} == {0}


def test_tracks_that_cross_the_borders_of_a_range_are_joined_with_the_new_ones(project):
    first, _ = store(project, made((range(100), 0, 3), (range(100), 600, -3)))
    left, right = track_at(project, 0, 0), track_at(project, 0, 600)
    run, stored = store(project, made((range(30, 70), 92, 3), (range(30, 70), 508, -3)), span=(30, 70))
    assert stored.inherited == 2
    for track in (left, right):
        assert frames_of(project, track) == list(range(100))
        assert frames_of(project, track, run_id=run) == list(range(30, 70))
        assert frames_of(project, track, run_id=first) == [*range(30), *range(70, 100)]


def test_a_run_beside_an_earlier_one_goes_on_with_its_tracks(project):
    store(project, made((range(50), 0, 3)), span=(0, 50))
    (track,) = project.tracks(VIDEO)
    store(project, made((range(50, 100), 150, 3)), span=(50, 100))
    assert project.tracks(VIDEO) == [track]
    assert frames_of(project, track.id) == list(range(100))


def test_outside_the_range_nothing_changes_and_a_track_without_match_ends_at_the_border(project):
    store(project, made((range(100), 0, 0)))
    (track,) = project.tracks(VIDEO)
    before = [row for row in project.boxes_of_track(track.id) if not 30 <= row.frame < 70]
    store(project, made((range(30, 70), 400, 0)), span=(30, 70))
    assert project.boxes_of_track(track.id) == before


def test_a_target_marked_as_outside_gets_no_box_of_that_track(project):
    store(project, made((range(100), 0, 0)))
    (track,) = project.tracks(VIDEO)
    project.apply(editing.mark_outside(project, track.id, frame=60))
    project.apply(editing.mark(project, track.id, start=0, stop=10, verified=True))
    store(project, made((range(100), 0, 0)))
    assert project.box(track.id, 60).outside
    assert [row.track_id for row in project.boxes_at(VIDEO, 60)] == [track.id]


def test_what_filled_a_gap_is_told_from_what_was_detected(project):
    tracks = made((range(10), 0, 0))
    tracks.detections[4:6] = -1
    store(project, tracks)
    origins = [row.origin for row in project.boxes_between(VIDEO, 0, 10)]
    assert [i for i, origin in enumerate(origins) if origin == Origin.INTERPOLATED] == [4, 5]


def test_a_large_result_comes_in_slices_and_is_one_step(project, monkeypatch):
    monkeypatch.setattr(run_storing, "LARGE", 10)
    store(project, made((range(100), 0, 0)))
    store(project, made((range(100), 300, 0)))
    assert len(project.history()) == 2
    project.undo()
    assert {row.x for row in project.boxes_between(VIDEO, 0, 100)} == {0}


def test_no_track_at_all_clears_what_an_earlier_run_left(project):
    store(project, made((range(100), 0, 0)))
    nothing = made((range(1), 0, 0))
    empty = Tracks(*(getattr(nothing, f)[:0] for f in ("frames", "ids", "boxes", "scores", "classes")),
                   nothing.detections[:0], no_links())  # fmt: skip
    store(project, empty)
    assert not project.tracks(VIDEO)
    project.undo()
    assert len(project.tracks(VIDEO)) == 1
