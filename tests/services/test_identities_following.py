"""Corrections that ask a tracker: beyond a track's ends, and in its gaps from both sides."""

import numpy as np
import pytest

from workbench.core.edits import ChangeSet
from workbench.core.errors import UserError
from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.core.rows import BoxRow, Origin, PoseRow, TrackRow
from workbench.core.target import TargetState
from workbench.services import identities, reviewing
from workbench.services.identities import Follower
from workbench.services.projects import open_media
from workbench.services.review_items import row_of
from workbench.services.tracking import TrackedFrame
from workbench.video.writer import write_video

FRAMES = 30


class Drift:
    """A tracker whose answers are known: ``speed`` pixels to the right a frame, lost from some step on."""

    def __init__(self, speed=1.0, lost_from=99, score=0.8):
        self.speed, self.lost_from, self.score, self.steps = speed, lost_from, score, 0

    def start(self, image, box):
        self.box = box

    def step(self, image):
        self.steps += 1
        x, y, w, h = self.box
        self.box = (x + self.speed, y, w, h)
        return TargetState(self.box, self.score, self.steps < self.lost_from)


@pytest.fixture
def project(tmp_path):
    image = np.random.default_rng(0).integers(0, 255, (48, 64, 3)).astype(np.uint8)
    write_video(tmp_path / "clip.mp4", (image for _ in range(FRAMES)), fps=25.0)
    opened = open_media(tmp_path / "clip.mp4")
    with opened.project as project:
        yield project


def add_track(project, number, frames, x=10.0):
    track = project.new_ids("track", 1)[0]
    rows = [BoxRow(1, f, track, x, 10.0, 9.0, 9.0, 0.5, Origin.MODEL, None, 0, 0, 0, 0) for f in frames]
    tracks = [TrackRow(track, 1, 1, number, "", None)]
    project.apply(ChangeSet.of("Add", track=((), tracks), box=((), rows)))
    return track


def follow(project, fix, make=Drift):
    steps = identities.carry_out(project, fix, follower=Follower("drift", make))
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return end.value, seen


def boxes(project, track):
    return {row.frame: row for row in project.boxes_of_track(track)}


@pytest.mark.parametrize(
    ("start", "stop", "new"), [(15, 20, range(15, 20)), (0, 10, range(10)), (15, None, range(15, 30))]
)
def test_extend_follows_from_the_end_that_the_span_touches(project, start, stop, new):
    track = add_track(project, 1, range(10, 15))
    plan, seen = follow(project, Fix(Operation.EXTEND, (track,), start, stop))
    project.apply(plan.change)
    rows = boxes(project, track)
    assert sorted(rows) == sorted([*range(10, 15), *new])
    assert all(isinstance(item, TrackedFrame) for item in seen)
    run = project.runs()[-1]
    assert {(rows[f].origin, rows[f].run_id) for f in new} == {(Origin.MODEL, run.id)}
    assert (run.model, run.state, plan.added) == ("drift", "done", len(new))
    project.undo()
    assert sorted(boxes(project, track)) == [10, 11, 12, 13, 14]


def test_extend_stops_before_a_persons_box_and_where_the_target_is_lost(project):
    track = add_track(project, 1, [*range(5), 12])
    row = project.box(track, 12)
    project.apply(ChangeSet.of("Mark", box=([row], [row._replace(origin=int(Origin.HUMAN))])))
    plan, _ = follow(project, Fix(Operation.EXTEND, (track,), 5))
    assert [r.frame for r in plan.rows[track]] == [*range(5, 13)]
    assert plan.rows[track][-1].origin == Origin.HUMAN
    plan, _ = follow(project, Fix(Operation.EXTEND, (track,), 5), lambda: Drift(lost_from=4))
    assert [r.frame for r in plan.rows[track]] == [5, 6, 7, 12]
    with pytest.raises(UserError, match="not found again"):
        follow(project, Fix(Operation.EXTEND, (track,), 5), lambda: Drift(lost_from=0))
    with pytest.raises(UserError, match="no box next to"):
        identities.preview(project, Fix(Operation.EXTEND, (track,), 7, 9))


def test_the_pose_of_a_box_that_an_extension_replaces_goes_with_it_and_a_persons_stays(project):
    track = add_track(project, 1, range(12))
    skeleton = project.add_skeleton("one", ["nose"], []).id
    poses = [PoseRow(1, f, track, skeleton, bytes(12), 0.8, Origin.MODEL, None, 0) for f in range(12)]
    poses[6] = poses[6]._replace(origin=int(Origin.HUMAN))
    poses[7] = poses[7]._replace(verified=1)
    project.apply(ChangeSet.of("Poses", pose=((), poses)))
    plan, _ = follow(project, Fix(Operation.EXTEND, (track,), 5, 10), lambda: Drift(lost_from=5))
    project.apply(plan.change)
    assert project.rows("pose") == [*poses[:5], *poses[6:8], *poses[9:]]
    project.undo()
    assert project.rows("pose") == poses
    project.redo()
    assert [row.frame for row in project.rows("pose")] == [0, 1, 2, 3, 4, 6, 7, 9, 10, 11]


def test_a_gap_is_filled_from_both_sides_and_drift_is_mended_where_a_pass_arrives(project):
    track = add_track(project, 1, [0, 10])
    plan, _ = follow(project, Fix(Operation.FILL, (track,)), lambda: Drift(speed=0.3))
    rows = {r.frame: r for r in plan.rows[track]}
    assert sorted(rows) == list(range(11))
    assert all(rows[f].origin == Origin.MODEL for f in range(1, 10))
    assert all(rows[f].x == pytest.approx(10) for f in rows)
    # lost before it arrives: nothing is known of its drift, and half way the two weigh the same
    plan, _ = follow(project, Fix(Operation.FILL, (track,)), lambda: Drift(speed=0.3, lost_from=10))
    rows = {r.frame: r for r in plan.rows[track]}
    assert rows[5].x == pytest.approx(11.5)
    assert rows[2].x == pytest.approx(0.8 * 10.6 + 0.2 * 12.4)


def test_where_only_one_side_found_it_that_one_counts_and_what_neither_found_is_interpolated(project):
    track = add_track(project, 1, [0, 10])
    passes = iter([Drift(speed=4.0, lost_from=8), Drift(speed=-4.0, lost_from=3)])
    plan, _ = follow(project, Fix(Operation.FILL, (track,)), lambda: next(passes))
    rows = {r.frame: r for r in plan.rows[track]}
    assert (rows[2].x, rows[9].x) == pytest.approx((18.0, 6.0))
    assert [rows[f].origin for f in (7, 8, 9)] == [Origin.MODEL, Origin.MODEL, Origin.MODEL]
    passes = iter([Drift(lost_from=3), Drift(lost_from=3)])
    plan, _ = follow(project, Fix(Operation.FILL, (track,)), lambda: next(passes))
    origins = [r.origin for r in plan.rows[track]][1:-1]
    assert origins == [Origin.MODEL] * 2 + [Origin.INTERPOLATED] * 5 + [Origin.MODEL] * 2


def test_joined_fragments_are_filled_by_the_tracker(project):
    a, b = add_track(project, 1, range(5)), add_track(project, 2, range(8, 12))
    plan, _ = follow(project, Fix(Operation.JOIN, (a, b)))
    project.apply(plan.change)
    rows = boxes(project, a)
    assert sorted(rows) == list(range(12))
    assert rows[6].origin == Origin.MODEL
    assert [f for f, r in rows.items() if r.verified] == [4, 8], "the fragments' ends are the seam"


def test_an_item_that_takes_a_tracker_is_accepted_with_its_plan_as_one_edit(project):
    track = add_track(project, 1, range(5))
    fix = Fix(Operation.EXTEND, (track,), 5, 9)
    row = row_of(Issue("death", 4, 4, 5, (track,), 0.5, 4.0, fix), 1, 1)
    project.apply(ChangeSet.of("Find", review_item=((), [row])))
    (item,) = reviewing.queue(project, 1)
    with pytest.raises(UserError, match="tracker"):
        reviewing.accept(project, item)
    plan, _ = follow(project, fix)
    project.apply(reviewing.accept(project, item, plan=plan))
    assert reviewing.queue(project, 1) == []
    assert len(boxes(project, track)) == 9
    project.undo()
    assert (len(boxes(project, track)), reviewing.queue(project, 1)) == (5, [item])


def test_a_correction_that_is_stopped_leaves_nothing_but_the_record_of_its_run(project):
    track = add_track(project, 1, range(5))
    steps = identities.carry_out(
        project, Fix(Operation.EXTEND, (track,), 5), follower=Follower("drift", Drift)
    )
    next(steps)
    steps.close()
    assert len(boxes(project, track)) == 5
    assert project.runs()[-1].state == "stopped"
