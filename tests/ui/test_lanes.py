"""The boxes of a video are read while its window is used, and come as the edits made meanwhile left them."""

import threading
import time
from dataclasses import fields

import numpy as np
import pytest

from workbench.core.edits import ChangeSet
from workbench.core.rows import BoxRow, Origin, TrackRow
from workbench.services import editing
from workbench.services.projects import open_path
from workbench.ui import lanes as lanes_module
from workbench.ui.timeline import BoxColumns, lane_data
from workbench.ui.timeline.model import Spans
from workbench.video.writer import write_video

FRAMES = 30
TRACKS = 15
TIMEOUT = 60_000  # ms


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    image = np.random.default_rng(1).integers(0, 255, (120, 160, 3)).astype(np.uint8)
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return write_video(path, (np.roll(image, i, axis=1) for i in range(FRAMES)), fps=25.0)


@pytest.fixture
def window(qtbot, open_window, clip, tmp_path):
    copy = tmp_path / "clip.mp4"
    copy.write_bytes(clip.read_bytes())
    opened = open_path(copy)
    with opened.project as project:
        fill(project, opened.video_id, TRACKS)
    window = open_window(copy)
    settle(qtbot, window)
    return window


def fill(project, video, count):
    """So many tracks with a box in every frame."""
    tracks = [TrackRow(t, video, 1, t, "", None) for t in project.new_ids("track", count)]
    rows = [
        BoxRow(video, f, t.id, t.id, f, 20, 20, 0.5, Origin.MODEL, None, 0, 0, 0, 0)
        for t in tracks
        for f in range(FRAMES)
    ]
    project.apply(ChangeSet.of("Fill", track=((), tracks), box=((), rows)))


def another(project):
    """A second video, with two tracks."""
    path = project.path.parent / "gone.mp4"
    video = project.add_video(path, width=160, height=120, frame_count=FRAMES, fps=25.0)
    fill(project, video.id, 2)
    return video.id


class Gate:
    """Lets a project's boxes be read, as they are then, and gives them out when it is opened."""

    def __init__(self, project, monkeypatch):
        self._read = project.box_columns_in_parts
        self.begun = threading.Event()
        self._opened = threading.Event()
        self.threads = set()
        monkeypatch.setattr(project, "box_columns_in_parts", self._parts)

    def _parts(self, video_id):
        parts = list(self._read(video_id))
        self.threads.add(threading.get_ident())
        self.begun.set()
        assert self._opened.wait(TIMEOUT / 1000)
        yield from parts

    def open(self):
        self._opened.set()


def settle(qtbot, window):
    qtbot.waitUntil(lambda: not window.reading.busy, timeout=TIMEOUT)


def check(window):
    """Timeline and list say what is stored."""
    columns = window.project.box_columns(window.state.video.id)
    shown, stored = window.timeline.lanes.data, lane_data(BoxColumns(*columns))
    alive = np.isin(shown.track_ids, stored.track_ids)
    assert set(stored.track_ids.tolist()) == set(shown.track_ids[alive].tolist())
    for kind in ("boxes", "occluded", "verified", "keyframes"):
        assert runs(shown, kind) == runs(stored, kind)
    for track in stored.track_ids.tolist():
        for mine, theirs in zip(shown.scores_of(track), stored.scores_of(track), strict=True):
            np.testing.assert_array_equal(mine, theirs)
    tracks = {t.id for t in window.project.tracks(window.state.video.id)}
    counts = {t: int((columns.track_id == t).sum()) for t in tracks}
    assert {line.track_id: line.boxes for line in listed(window)} == counts


def runs(data, kind):
    """Runs with the ids of their tracks, whatever rows those have."""
    spans: Spans = getattr(data, kind)
    columns = [getattr(spans, f.name) for f in fields(Spans)]
    return {(int(data.track_ids[row]), *map(int, rest)) for row, *rest in zip(*columns, strict=True)}


def listed(window):
    return window.tracks.model().lines


def draw(window, frame=3):
    drawn = editing.draw_box(
        window.project, window.state.video.id, frame=frame, box=(9, 9, 9, 9), category_id=1
    )
    window.project.apply(drawn.change)
    return drawn.track_id


def delete(window, track, frame):
    window.project.apply(ChangeSet.of("Delete", box=([window.project.box(track, frame)], ())))


def test_a_window_is_used_while_its_boxes_are_read_and_shows_what_was_edited_meanwhile(
    qtbot, window, monkeypatch
):
    before = window.timeline.lanes.data
    gate = Gate(window.project, monkeypatch)
    window.state.show_video(window.state.video.id)
    qtbot.waitUntil(gate.begun.is_set, timeout=TIMEOUT)
    assert [line.boxes for line in listed(window)] == [None] * TRACKS
    window.state.go_to(5)
    qtbot.waitUntil(lambda: window.state.shown == 5, timeout=TIMEOUT)
    assert len(window.canvas.overlay) == TRACKS
    qtbot.waitUntil(lambda: "Reading" in window.timeline.lanes._note, timeout=TIMEOUT)
    first, second, third = (line.track_id for line in listed(window)[:3])
    delete(window, first, 4)
    delete(window, second, 8)
    window.edits.undo()
    window.edits.undo()
    window.edits.redo()
    fresh = draw(window)
    window.state.select([third])
    window.edits.delete_track()
    assert window.timeline.lanes.data.kind_at(fresh, 3) == Origin.HUMAN, "it is seen at once"
    assert window.reading.busy
    gate.open()
    settle(qtbot, window)
    assert window.timeline.lanes.data is not before
    assert window.timeline.lanes._note == ""
    assert window.timeline.lanes.data.kind_at(first, 4) is None
    assert window.timeline.lanes.data.kind_at(second, 8) == Origin.MODEL
    assert window.timeline.lanes.data.kind_at(third, 8) is None
    assert threading.get_ident() not in gate.threads
    check(window)


def test_another_video_that_is_shown_meanwhile_gets_its_own_boxes(qtbot, window, monkeypatch):
    first, other = window.state.video.id, another(window.project)
    gate = Gate(window.project, monkeypatch)
    for video in (other, first, other, first, other):
        window.state.show_video(video)
    assert [line.boxes for line in listed(window)] == [None] * 2
    gate.open()
    settle(qtbot, window)
    assert len(window.timeline.lanes.data.track_ids) == 2
    check(window)


def test_boxes_that_come_when_another_video_is_shown_are_dropped(qtbot, window, monkeypatch):
    first, other = window.state.video.id, another(window.project)
    window.state.show_video(other)
    time.sleep(0.3)  # they have been read, and are on their way to the window
    gate = Gate(window.project, monkeypatch)
    window.state.show_video(first)
    qtbot.waitUntil(gate.begun.is_set, timeout=TIMEOUT)
    assert len(window.timeline.lanes.data.track_ids) == TRACKS
    gate.open()
    settle(qtbot, window)
    check(window)


def test_closing_the_window_ends_the_reading(qtbot, window, monkeypatch):
    read, begun = window.project.box_columns_in_parts, threading.Event()

    def endless(video_id):
        while True:
            yield from read(video_id)
            begun.set()
            time.sleep(0.001)

    monkeypatch.setattr(window.project, "box_columns_in_parts", endless)
    window.state.show_video(window.state.video.id)
    qtbot.waitUntil(begun.is_set, timeout=TIMEOUT)
    with qtbot.waitSignal(window.closed, timeout=TIMEOUT):
        window.close()
    assert window.project._db.closed


def test_an_edit_of_many_tracks_is_read_on_the_other_thread(qtbot, window, monkeypatch):
    assert lanes_module.FEW < TRACKS
    gate = Gate(window.project, monkeypatch)
    tracks = [line.track_id for line in listed(window)]
    rows = [window.project.box(track, 7) for track in tracks]
    window.project.apply(ChangeSet.of("Delete", box=(rows, ())))
    assert window.reading.busy
    assert [line.boxes for line in listed(window)] == [FRAMES] * TRACKS, "what was there stays until then"
    qtbot.waitUntil(gate.begun.is_set, timeout=TIMEOUT)
    window.edits.undo()
    delete(window, tracks[0], 9)
    gate.open()
    settle(qtbot, window)
    assert threading.get_ident() not in gate.threads
    check(window)


def test_boxes_that_cannot_be_read_are_said_and_wait_for_no_more(qtbot, window, monkeypatch):
    def broken(video_id):
        raise OSError("the disk is gone")

    monkeypatch.setattr(window.project, "box_columns_in_parts", broken)
    with qtbot.captureExceptions() as raised:
        window.state.show_video(window.state.video.id)
        settle(qtbot, window)
    assert [str(error) for _, error, _ in raised] == ["the disk is gone"]
    monkeypatch.undo()
    window.state.show_video(window.state.video.id)
    settle(qtbot, window)
    check(window)
