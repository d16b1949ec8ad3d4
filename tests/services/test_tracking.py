"""Passes over a real video: what is followed, what is kept, and what a run may not touch."""

import threading
from itertools import islice
from typing import ClassVar

import numpy as np
import pytest

from workbench.core.edits import ChangeSet
from workbench.core.rows import Origin
from workbench.core.target import TargetState
from workbench.services import editing
from workbench.services.projects import open_media
from workbench.services.tracking import PassOptions, Target, follow, targets_at, track_in_project
from workbench.video.reader import FileReader
from workbench.video.writer import write_video

FRAMES = 40


class Drift:
    """A tracker whose answers are known: a pixel to the right a frame, lost in the frames named."""

    def __init__(self, lost=(), breaks_at=None):
        self.lost, self.breaks_at, self.steps = lost, breaks_at, 0

    def start(self, image, box):
        self.box = box

    def step(self, image):
        self.steps += 1
        if self.steps == self.breaks_at:
            raise RuntimeError("the model broke")
        x, y, w, h = self.box
        self.box = (x + 1, y, w, h)
        return TargetState(self.box, 0.9, self.steps not in self.lost)


def pictures(count, step=1):
    frames = range(count) if step == 1 else range(count - 1, -1, -1)
    return ((f, np.zeros((4, 4, 3), np.uint8)) for f in frames)


@pytest.fixture
def project(tmp_path):
    image = np.random.default_rng(0).integers(0, 255, (48, 64, 3)).astype(np.uint8)
    write_video(tmp_path / "clip.mp4", (image for _ in range(FRAMES)), fps=25.0)
    opened = open_media(tmp_path / "clip.mp4")
    with opened.project as project:
        yield project


def draw(project, frame, box=(5, 5, 10, 10)):
    video = project.videos()[0].id
    drawn = editing.draw_box(project, video, frame=frame, box=box, category_id=1)
    project.apply(drawn.change)
    return drawn.track_id


def drained(steps):
    items = []
    while True:
        try:
            items.append(next(steps))
        except StopIteration as end:
            return items, end.value


def run(project, targets, tracker=Drift, stop_after=None, **options):
    steps = track_in_project(
        project,
        project.videos()[0].id,
        targets,
        tracker="drift",
        make_tracker=tracker,
        options=PassOptions(**options),
    )
    if stop_after is None:
        return drained(steps)
    items = [next(steps) for _ in range(stop_after)]
    steps.close()
    return items, None


def test_targets_join_the_pass_at_their_own_frames():
    targets = [Target(1, 0, (0, 0, 5, 5)), Target(2, 3, (0, 0, 5, 5))]
    items = list(follow(pictures(6), targets, Drift, total=5))
    assert [[b.track_id for b in item.boxes] for item in items] == [[], [1], [1], [1], [1, 2], [1, 2]]


def test_a_pass_ends_when_every_target_has_reached_its_stop():
    items = list(follow(pictures(100), [Target(1, 0, (0, 0, 5, 5), stop=4)], Drift, total=99))
    assert [b.frame for item in items for b in item.boxes] == [1, 2, 3]
    assert len(items) <= 5


def test_a_target_lost_for_long_is_given_up_and_the_pass_ends():
    steps = follow(
        pictures(100),
        [Target(7, 0, (0, 0, 5, 5))],
        lambda: Drift(lost=range(5, 99)),
        total=99,
        options=PassOptions(give_up_after=10),
    )
    items, given_up = drained(steps)
    assert given_up == (7,)
    assert items[-1].frame == 14


class Follower(Drift):
    """Notes in which thread it was used, and answers by the picture alone."""

    threads: ClassVar = set()

    def start(self, image, box):
        self.threads.add(threading.current_thread())
        super().start(image, box)

    def step(self, image):
        self.threads.add(threading.current_thread())
        return super().step(image)


@pytest.mark.parametrize("stop", [None, 4])
def test_targets_are_followed_side_by_side_with_the_same_boxes_and_no_thread_outlives_the_pass(stop):
    targets = [Target(n, n % 3, (n / 2, 0, 5, 5)) for n in range(6)]
    passes = []
    for at_once in (1, 3):
        Follower.threads = set()
        before = set(threading.enumerate())
        options = PassOptions(side_by_side=at_once)
        steps = follow(pictures(9), targets, Follower, total=8, options=options)
        passes.append(list(islice(steps, stop)))
        steps.close()
        assert set(threading.enumerate()) == before
        assert 0 < len(Follower.threads - before) <= at_once
    assert passes[0] == passes[1]


def test_frames_are_read_ahead_by_a_few_only_and_closed_with_the_pass():
    read = []

    def frames():
        try:
            for frame, image in pictures(100):
                read.append(frame)
                yield frame, image
        finally:
            read.append("closed")

    steps = follow(frames(), [Target(1, 0, (0, 0, 5, 5))], Drift, total=99)
    next(steps), next(steps)
    steps.close()
    assert read[-1] == "closed"
    assert len(read) < 10


def test_a_pass_is_one_edit_of_model_boxes_with_their_run(project):
    track = draw(project, 2)
    _, outcome = run(project, targets_at(project, [track], frame=2))
    rows = project.boxes_of_track(track)
    assert [r.frame for r in rows] == list(range(2, FRAMES))
    assert {r.origin for r in rows[1:]} == {Origin.MODEL}
    assert {r.run_id for r in rows[1:]} == {project.runs()[0].id}
    assert outcome.boxes == FRAMES - 3
    project.undo()
    assert len(project.boxes_of_track(track)) == 1


def test_a_pass_stops_at_the_next_human_box_and_leaves_it(project):
    track = draw(project, 0)
    project.apply(editing.place_box(project, track, frame=10, box=(40, 5, 10, 10)))
    run(project, targets_at(project, [track], frame=0))
    rows = {r.frame: r for r in project.boxes_of_track(track)}
    assert max(rows) == 10
    assert rows[10].x == 40
    assert rows[9].origin == Origin.MODEL


def test_continuing_replaces_the_models_boxes_but_no_verified_one(project):
    track = draw(project, 0)
    run(project, targets_at(project, [track], frame=0))
    project.apply(editing.mark(project, track, start=20, stop=21, verified=True))
    project.apply(editing.place_box(project, track, frame=5, box=(30, 5, 10, 10)))
    run(project, targets_at(project, [track], frame=5))
    rows = {r.frame: r for r in project.boxes_of_track(track)}
    assert rows[6].x == 31
    assert rows[20].x == 25, "verified, so it stays"
    assert rows[21].x == 26, "behind the verified box the old run stands"


def test_imported_boxes_give_way_in_an_edit_that_says_how_many(project):
    track = draw(project, 0)
    (first,) = project.boxes_of_track(track)
    imported = [first._replace(frame=f, origin=Origin.IMPORTED, keyframe=0) for f in range(1, FRAMES)]
    imported[9] = imported[9]._replace(verified=1)
    project.apply(ChangeSet.of("Import", box=((), imported)))
    run(project, targets_at(project, [track], frame=0))
    assert project.undo_name == "Track, in place of 9 imported boxes"
    origins = [row.origin for row in project.boxes_of_track(track)]
    assert origins == [Origin.HUMAN] + 9 * [Origin.MODEL] + 30 * [Origin.IMPORTED]
    project.undo()
    assert project.boxes_of_track(track) == [first, *imported]


def test_frames_where_the_target_is_lost_get_no_box(project):
    track = draw(project, 0)
    run(project, targets_at(project, [track], frame=0), tracker=lambda: Drift(lost=(3, 4)))
    assert {3, 4}.isdisjoint(r.frame for r in project.boxes_of_track(track))


def test_stopping_keeps_what_was_tracked_and_says_so_in_the_run(project):
    track = draw(project, 0)
    run(project, targets_at(project, [track], frame=0), stop_after=11)
    assert len(project.boxes_of_track(track)) == 11
    assert project.runs()[0].state == "stopped"


def test_nothing_reads_from_the_video_any_more_when_a_stopped_pass_closes_it(project, monkeypatch):
    readers = []

    class Watched(FileReader):
        def close(self):
            readers.append([t.name for t in threading.enumerate() if t.name.startswith("frames")])
            super().close()

    monkeypatch.setattr("workbench.services.tracking.open_video", Watched)
    track = draw(project, 0)
    run(project, targets_at(project, [track], frame=0), stop_after=3)
    assert readers == [[]]


def test_a_crash_of_the_model_keeps_what_was_tracked(project):
    track = draw(project, 0)
    with pytest.raises(RuntimeError, match="broke"):
        run(project, targets_at(project, [track], frame=0), tracker=lambda: Drift(breaks_at=8))
    assert len(project.boxes_of_track(track)) == 8
    assert project.runs()[0].state == "failed"


def test_backward_tracking_runs_to_the_first_frame(project):
    track = draw(project, 12)
    run(project, targets_at(project, [track], frame=12, direction=-1), direction=-1)
    assert [r.frame for r in project.boxes_of_track(track)] == list(range(13))


def test_a_track_deleted_while_it_was_followed_stays_deleted(project):
    track = draw(project, 0)
    steps = track_in_project(
        project,
        project.videos()[0].id,
        targets_at(project, [track], frame=0),
        tracker="drift",
        make_tracker=Drift,
    )
    for _ in range(5):
        next(steps)
    project.apply(editing.delete_tracks(project, [track]))
    steps.close()
    assert project.tracks(project.videos()[0].id) == []


def test_where_a_new_pass_loses_the_target_the_boxes_of_the_old_one_go(project):
    track = draw(project, 0)
    run(project, targets_at(project, [track], frame=0))
    run(project, targets_at(project, [track], frame=0), tracker=lambda: Drift(lost=range(10, 20)))
    frames = {r.frame for r in project.boxes_of_track(track)}
    assert frames.isdisjoint(range(10, 20))
    assert frames.issuperset(range(20, FRAMES))


def test_a_box_placed_while_the_pass_runs_ends_what_is_kept(project):
    track = draw(project, 0)
    steps = track_in_project(
        project,
        project.videos()[0].id,
        targets_at(project, [track], frame=0),
        tracker="drift",
        make_tracker=Drift,
    )
    for _ in range(20):
        next(steps)
    project.apply(editing.place_box(project, track, frame=10, box=(40, 5, 10, 10)))
    steps.close()
    assert [r.frame for r in project.boxes_of_track(track)] == list(range(11))


def test_a_long_pass_is_written_in_slices_and_is_one_step(project, monkeypatch):
    from workbench.services import tracking

    monkeypatch.setattr(tracking, "LARGE", 10)
    track = draw(project, 0)
    run(project, targets_at(project, [track], frame=0))
    assert len(project.boxes_of_track(track)) == FRAMES
    project.undo()
    assert len(project.boxes_of_track(track)) == 1


def test_progress_reaches_its_total(project):
    track = draw(project, 0)
    items, outcome = run(project, targets_at(project, [track], frame=0))
    assert items[-1].done == items[-1].total == FRAMES - 1
    assert outcome.frames == FRAMES - 1
