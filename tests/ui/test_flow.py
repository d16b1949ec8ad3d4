"""The program's main job in the real window: draw, track, stop, correct, continue, undo, reopen, export."""

import re
import threading

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from workbench.core.boxes import iou
from workbench.core.edits import ChangeSet
from workbench.core.rows import Origin
from workbench.training.synthetic.clip_types import ClipOptions
from workbench.training.synthetic.clips import make_clip
from workbench.ui.worker import Task, once
from workbench.video.writer import write_video

FRAMES = 60
TIMEOUT = 120_000  # ms; only ever waited in full by a failing test


@pytest.fixture(scope="module")
def scene():
    options = ClipOptions(width=320, height=240, frames=FRAMES, targets=2, seed=3)
    return list(make_clip(options))


@pytest.fixture
def clip(scene, tmp_path):
    return write_video(tmp_path / "clip.mp4", (s.image for s in scene), fps=25.0)


def drag(qtbot, canvas, start, end):
    """Drag from one place of the picture to another, as the mouse does."""
    a, b = (canvas.to_widget(QPointF(*p)).toPoint() for p in (start, end))
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=a)
    for share in (0.3, 0.6, 1.0):
        qtbot.mouseMove(
            canvas, QPoint(round(a.x() + (b.x() - a.x()) * share), round(a.y() + (b.y() - a.y()) * share))
        )
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=b)


def press(qtbot, window, key, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.keyClick(window.canvas, key, modifier)


def draw(qtbot, window, box):
    x, y, w, h = box
    press(qtbot, window, Qt.Key.Key_N)
    drag(qtbot, window.canvas, (x, y), (x + w, y + h))


def rows(window):
    return {row.frame: row for row in window.project.boxes_of_track(window.state.selection[0])}


def track_until(qtbot, window, frame):
    press(qtbot, window, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: max(window.state.provisional, default=-1) >= frame, timeout=TIMEOUT)
    press(qtbot, window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.track.is_running, timeout=TIMEOUT)


def read_mot(path):
    """MOTChallenge as its evaluators read it: comma-separated numbers, frames from 1."""
    table = np.loadtxt(path, delimiter=",", ndmin=2)
    return {(int(r[0]) - 1, int(r[1])): tuple(r[2:6]) for r in table}


def test_draw_track_stop_correct_continue_undo_reopen_export(qtbot, open_window, clip, scene, tmp_path):
    window = open_window(clip)
    truth = [s.boxes[1] for s in scene]
    draw(qtbot, window, truth[0])
    assert len(rows(window)) == 1
    assert iou([rows(window)[0].box], [truth[0]])[0, 0] > 0.9, "the box is where it was dragged"

    track_until(qtbot, window, 12)
    tracked = rows(window)
    assert len(tracked) > 10, "what was tracked before the stop is kept"
    assert {r.origin for f, r in tracked.items() if f > 0} == {Origin.MODEL}
    overlap = [iou([r.box], [truth[f]])[0, 0] for f, r in tracked.items()]
    assert np.mean(overlap) > 0.6

    window.state.go_to(10)
    qtbot.waitUntil(lambda: not window.showing.loader.waiting, timeout=TIMEOUT)
    old = tracked[10].box
    centre = (old[0] + old[2] / 2, old[1] + old[3] / 2)
    drag(qtbot, window.canvas, centre, (centre[0] + 6, centre[1] + 4))
    corrected = rows(window)[10]
    assert corrected.origin == Origin.HUMAN
    assert corrected.run_id == tracked[10].run_id
    assert corrected.x == pytest.approx(old[0] + 6, abs=1.0)

    press(qtbot, window, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: not window.track.is_running, timeout=TIMEOUT)
    continued = rows(window)
    assert continued[10] == corrected, "a run never replaces a person's box"
    assert len(continued) > 40

    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert rows(window) == tracked | {10: corrected}
    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert rows(window) == tracked
    for _ in range(2):
        press(qtbot, window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert rows(window) == continued

    window.close()
    window = open_window(clip)
    track = window.project.tracks(window.state.video.id)[0]
    window.state.select([track.id])
    assert rows(window) == continued, "everything is there after reopening"
    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert rows(window) == tracked | {10: corrected}, "undo crosses the restart"
    press(
        qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )

    with qtbot.waitSignal(window.files.reported, timeout=TIMEOUT):
        window.files.export_to("mot-challenge", tmp_path / "out")
    found = read_mot(next((tmp_path / "out").rglob("gt.txt")))
    assert {frame for frame, _ in found} == set(continued)
    for frame, row in continued.items():
        x, y, w, h = row.box
        left, top, right, bottom = max(x, 0), max(y, 0), min(x + w, 320), min(y + h, 240)
        assert found[frame, track.number] == pytest.approx((left, top, right - left, bottom - top), abs=1e-3)


def test_following_over_imported_boxes_says_how_many_gave_way(qtbot, open_window, clip, scene):
    window = open_window(clip)
    draw(qtbot, window, scene[0].boxes[0])
    drawn = rows(window)[0]
    imported = [drawn._replace(frame=f, origin=Origin.IMPORTED, keyframe=0) for f in range(1, FRAMES)]
    window.project.apply(ChangeSet.of("Import", box=((), imported)))
    track_until(qtbot, window, 5)
    replaced = sum(row.origin == Origin.MODEL for row in rows(window).values())
    assert replaced >= 5
    said = f". {replaced} imported boxes were replaced; Undo brings them back"
    assert window.statusBar().currentMessage().endswith(said)
    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert [rows(window)[f] for f in range(1, FRAMES)] == imported


def test_imported_boxes_that_were_deleted_during_a_pass_do_not_count_as_replaced(
    qtbot, open_window, clip, scene
):
    window = open_window(clip)
    draw(qtbot, window, scene[0].boxes[0])
    drawn = rows(window)[0]
    last = drawn._replace(frame=FRAMES - 1, origin=Origin.IMPORTED, keyframe=0)
    window.project.apply(ChangeSet.of("Import", box=((), [last])))
    press(qtbot, window, Qt.Key.Key_T)
    window.project.apply(ChangeSet.of("Delete box", box=([last], ())))
    press(qtbot, window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.track.is_running, timeout=TIMEOUT)
    assert "imported" not in window.statusBar().currentMessage()


def test_a_pass_that_is_stopped_says_what_was_tracked(qtbot, open_window, clip, scene):
    window = open_window(clip)
    draw(qtbot, window, scene[0].boxes[1])
    release = threading.Event()
    window.compute.submit(Task("Something else", once(release.wait)))
    press(qtbot, window, Qt.Key.Key_T)
    press(qtbot, window, Qt.Key.Key_Escape)
    release.set()
    qtbot.waitUntil(lambda: not window.track.is_running, timeout=TIMEOUT)
    assert window.statusBar().currentMessage() == "Stopped before anything was tracked"
    track_until(qtbot, window, 5)
    tracked = max(rows(window))
    assert 5 <= tracked < FRAMES - 1
    said = window.statusBar().currentMessage()
    assert re.fullmatch(rf"Stopped; tracked {tracked} frames, \d+ boxes", said)


def test_several_targets_are_tracked_in_one_pass(qtbot, open_window, clip, scene):
    window = open_window(clip)
    for i in (0, 1):
        window.state.select(())
        draw(qtbot, window, scene[0].boxes[i])
        press(qtbot, window, Qt.Key.Key_Q, Qt.KeyboardModifier.ShiftModifier)
    press(qtbot, window, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: not window.track.is_running, timeout=TIMEOUT)
    video = window.state.video.id
    assert len(window.project.tracks(video)) == 2
    assert len(window.project.runs(video)) == 1
    assert len(window.project.boxes_at(video, 5)) == 2


def test_closing_the_window_during_a_pass_keeps_what_was_tracked(qtbot, open_window, clip, scene):
    window = open_window(clip)
    draw(qtbot, window, scene[0].boxes[0])
    press(qtbot, window, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: len(window.state.provisional) > 5, timeout=TIMEOUT)
    window.close()
    window = open_window(clip)
    assert len(window.project.boxes_between(window.state.video.id, 0, FRAMES)) > 5
    assert window.project.runs()[-1].state == "stopped"


def test_backward_tracking_goes_to_the_start(qtbot, open_window, clip, scene):
    window = open_window(clip)
    window.state.go_to(20)
    qtbot.waitUntil(lambda: not window.showing.loader.waiting, timeout=TIMEOUT)
    draw(qtbot, window, scene[20].boxes[0])
    press(qtbot, window, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: not window.track.is_running, timeout=TIMEOUT)
    assert min(rows(window)) == 0
    assert max(rows(window)) == 20


def test_a_second_window_is_read_only_and_says_so(qtbot, open_window, clip, scene):
    first = open_window(clip)
    second = open_window(clip)
    assert "another window" in second.notice.text
    draw(qtbot, second, scene[0].boxes[0])
    assert second.project.boxes_at(second.state.video.id, 0) == []
    first.activateWindow()
    qtbot.waitUntil(first.isActiveWindow, timeout=TIMEOUT)
    draw(qtbot, first, scene[0].boxes[0])
    assert len(first.project.boxes_at(first.state.video.id, 0)) == 1
