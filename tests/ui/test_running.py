"""A run in the real window: choose, run, look on, stop, go on, try another tracker, undo."""

import re
import threading
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QScrollArea

from tests.services.made_run import FRAMES, places, write_blocks, write_clip
from workbench.core.edits import ChangeSet
from workbench.core.issues import Issue
from workbench.core.rows import Origin
from workbench.services.multi_trackers import DEFAULT
from workbench.services.plugin_finding import plugin_folders
from workbench.services.review_items import row_of
from workbench.services.run_detecting import RunFrame
from workbench.services.run_options import RunOptions
from workbench.services.running import run
from workbench.ui.commands.run import NOTHING_SEEN
from workbench.ui.panels.run import DETECTOR, TRACKER
from workbench.ui.worker import Task, once

TIMEOUT = 120_000  # ms
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(qtbot, open_window, tmp_path):
    write_blocks(plugin_folders()[1][0])
    clip = write_clip(tmp_path / "clip.mp4")
    window = listed(qtbot, open_window(clip))
    window.running.panel.choose(detector="blocks")
    return window


def listed(qtbot, window):
    """A window whose panel knows the detectors."""
    qtbot.waitUntil(lambda: window.running.panel._detector.findData("blocks") >= 0, timeout=TIMEOUT)
    return window


def press_run(qtbot, window):
    qtbot.keyClick(window.canvas, Qt.Key.Key_R, SHIFT)


def wait(qtbot, window):
    qtbot.waitUntil(lambda: not window.running.commands.is_running, timeout=TIMEOUT)


def stored(window):
    return window.project.boxes_between(window.state.video.id, 0, FRAMES)


def test_a_run_becomes_tracks_in_one_edit_and_keeps_what_a_person_drew(qtbot, window):
    x, y = places(0)[0]
    window.edits.draw(QRectF(x, y, 14, 14))
    press_run(qtbot, window)
    qtbot.waitUntil(lambda: len(window.canvas.findings) > 0, timeout=TIMEOUT)
    assert all(label.isdigit() for label in window.canvas.findings.labels), "provisional identities are shown"
    wait(qtbot, window)
    assert len(window.canvas.findings) == 0
    video = window.state.video.id
    assert len(window.project.tracks(video)) == 3, "the drawn target goes on as itself"
    assert len(stored(window)) == 3 * FRAMES
    assert [row.origin for row in window.project.boxes_at(video, 0)].count(Origin.HUMAN) == 1
    assert window.project.undo_name == "Run blocks"
    window.edits.undo()
    assert len(stored(window)) == 1
    assert "blocks + offline" in window.running.panel._runs.item(0).text()


def test_a_stopped_run_keeps_what_it_found_and_goes_on(qtbot, window, monkeypatch):
    monkeypatch.setenv("BLOCKS_PAUSE", "0.05")
    press_run(qtbot, window)
    qtbot.waitUntil(lambda: window.state.frame >= 20, timeout=TIMEOUT)  # the view follows the run
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    wait(qtbot, window)
    seen = {row.frame for row in stored(window)}
    assert seen
    assert len(seen) < FRAMES
    said = window.statusBar().currentMessage()
    assert re.match(r"Stopped after \d+ frames; the same run goes on from there\. 3 tracks with", said)
    monkeypatch.setenv("BLOCKS_PAUSE", "0")
    assert window.actions_by_id["run_on"].isEnabled()
    window.actions_by_id["run_on"].trigger()
    wait(qtbot, window)
    assert {row.frame for row in stored(window)} == set(range(FRAMES))
    assert not window.actions_by_id["run_on"].isEnabled()


def test_the_run_that_ended_is_chosen_and_the_chosen_one_goes_on(qtbot, window, monkeypatch):
    panel, project = window.running.panel, window.project
    panel._score.setText("0.3")
    press_run(qtbot, window)
    wait(qtbot, window)
    panel._score.setText("0.4")
    monkeypatch.setenv("BLOCKS_PAUSE", "0.05")
    press_run(qtbot, window)
    qtbot.waitUntil(lambda: panel._state.text().startswith("Frame 3"), timeout=TIMEOUT)
    press_run(qtbot, window)
    wait(qtbot, window)
    monkeypatch.setenv("BLOCKS_PAUSE", "0")
    assert panel.run_id == 2
    panel._score.setText("0.3")
    press_run(qtbot, window)
    wait(qtbot, window)
    assert panel.run_id == 2, "what was stopped went on, and is done now"
    panel._score.setText("0.5")
    panel.choose(tracker="sort")
    window.actions_by_id["track_again"].trigger()
    wait(qtbot, window)
    assert panel.run_id == 3

    steps = [
        run(project, 1, RunOptions("blocks", resume=False), detectors=window.running.commands._detectors)
        for _ in "ab"
    ]
    for one in steps:
        next(item for item in one if isinstance(item, RunFrame))
        one.close()
    qtbot.waitUntil(lambda: panel._runs.count() == 5, timeout=TIMEOUT)
    panel.choose_run(4)
    window.actions_by_id["run_on"].trigger()
    wait(qtbot, window)
    assert panel.run_id == 4
    assert [entry.state for entry in project.runs()] == ["done"] * 4 + ["stopped"]


def test_a_run_that_is_stopped_before_it_found_anything_says_so(qtbot, window, monkeypatch):
    monkeypatch.setenv("BLOCKS_PAUSE", "0.05")
    panel = window.running.panel
    panel.set_parameter("level", "250")
    press_run(qtbot, window)
    qtbot.waitUntil(lambda: panel._state.text().startswith("Frame 3"), timeout=TIMEOUT)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    wait(qtbot, window)
    assert re.match(r"Stopped after \d+ frames.* Nothing was found to track\.$", panel._state.text())
    release = threading.Event()
    window.compute.submit(Task("Something else", once(release.wait)))
    press_run(qtbot, window)
    press_run(qtbot, window)
    release.set()
    wait(qtbot, window)
    assert panel._state.text() == window.statusBar().currentMessage() == NOTHING_SEEN


def test_skeletons_of_a_run_are_drawn_with_its_tracks_also_after_a_restart(qtbot, window, open_window):
    window.running.panel.choose(detector="figures")
    press_run(qtbot, window)
    wait(qtbot, window)
    window.state.go_to(21)
    qtbot.waitUntil(lambda: window.state.shown == 21, timeout=TIMEOUT)
    drawn = window.canvas.overlay
    assert drawn.joints.shape == (3, 17, 3)
    assert np.isnan(drawn.joints[0]).all(), "the first target was missed here, and its box filled in"
    for box, joints in zip(drawn.boxes[1:], drawn.joints[1:], strict=True):
        np.testing.assert_allclose(joints[0, :2], box[:2] + box[2:] * (0.5, 0.1), atol=1)
        assert np.isnan(joints[3:5]).all(), "one ear was hardly seen, and one was not"
        assert np.isfinite(joints[5:]).all()
    window.edits.undo()
    assert not window.canvas.overlay.joints.size
    window.edits.redo()
    path = window.project.path
    window.close()
    again = open_window(path)
    again.state.go_to(21)
    qtbot.waitUntil(lambda: again.state.shown == 21, timeout=TIMEOUT)
    np.testing.assert_array_equal(again.canvas.overlay.joints, drawn.joints)


def test_another_tracker_is_tried_on_what_was_detected(qtbot, window):
    press_run(qtbot, window)
    wait(qtbot, window)
    window.running.panel.choose(tracker="sort")
    window.running.panel.set_parameter("hits_to_show", "1", of_tracker=True)
    window.actions_by_id["track_again"].trigger()
    wait(qtbot, window)
    runs = window.project.runs(window.state.video.id)
    assert [run.parameters["tracker"] for run in runs] == ["offline", "sort"]
    assert runs[-1].parameters["tracker_settings"]["hits_to_show"] == 1
    assert {row.run_id for row in stored(window)} == {runs[-1].id}
    window.actions_by_id["select_run"].trigger()
    assert len(window.state.selection) == 3, "it went on with them"
    window.running.panel.choose_run(runs[0].id)
    window.actions_by_id["select_run"].trigger()
    assert not window.state.selection, "none of its boxes is left"


def test_what_cannot_be_run_is_said_in_a_sentence(qtbot, window):
    window.running.panel.set_parameter("level", "bright")
    press_run(qtbot, window)
    assert "level takes a whole number" in window.notice.text
    window.running.panel.set_parameter("level", "")
    window.running.panel.set_parameter("breaks_at", "0")
    press_run(qtbot, window)
    qtbot.waitUntil(lambda: "the lamp broke" in window.notice.text, timeout=TIMEOUT)
    wait(qtbot, window)


def test_a_run_does_not_take_the_picture_away_from_who_reviews(qtbot, window, monkeypatch):
    monkeypatch.setenv("BLOCKS_PAUSE", "0.02")
    project, video = window.project, window.state.video.id
    window.edits.draw(QRectF(*places(0)[0], 14, 14))
    (track,) = project.tracks(video)
    issue = row_of(Issue("jump", 7, 7, 8, (track.id,), 0.5, 5.0), 1, video)
    project.apply(ChangeSet.of("Find", review_item=((), [issue])))
    qtbot.keyClick(window.canvas, Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: window.state.frame == 7, timeout=TIMEOUT)
    frames = []
    window.state.frame_changed.connect(frames.append)
    press_run(qtbot, window)
    wait(qtbot, window)
    assert len(stored(window)) > FRAMES
    assert not frames


def test_what_was_chosen_is_chosen_in_the_next_window_with_its_parameters(
    qtbot, open_window, window, tmp_path
):
    panel = window.running.panel
    panel.set_parameter("level", "140")
    panel.choose(detector="blocks-by-change", tracker="sort")
    panel.set_parameter("hits_to_show", "1", of_tracker=True)
    panel._classes.setText("block, shadow")
    panel._score.setText("0.25")
    window.state.set_scope(3, 9)
    chosen = panel.options()
    assert chosen.detector_settings == {}
    assert panel._of_tracker.isHidden()
    window.close()
    panel = listed(qtbot, open_window(tmp_path / "clip.mp4")).running.panel
    assert panel.options() == replace(chosen, start=0, stop=None)
    assert not panel._of_tracker.isHidden(), "what was set can be seen"
    panel.choose(detector="blocks", tracker="offline")
    assert panel.options().detector_settings == {"level": 140}
    assert panel.options().tracker_settings == {}


def test_what_is_typed_stays_when_the_detectors_are_listed_anew(qtbot, window):
    window.running.panel.set_parameter("level", "140")
    window.running.list_detectors()
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=TIMEOUT)
    assert window.running.panel.options().detector_settings == {"level": 140}


def test_a_chosen_detector_and_tracker_that_are_gone_give_way_to_the_first(
    qtbot, open_window, window, tmp_path
):
    first = window.running.panel._detector.itemData(0)
    window.close()
    for key, gone in ((DETECTOR, "lost"), (TRACKER, ["sort", "more"])):
        window._settings.setValue(key, gone)
    options = listed(qtbot, open_window(tmp_path / "clip.mp4")).running.panel.options()
    assert (options.detector, options.tracker) == (first, DEFAULT)


def test_the_list_of_runs_and_what_is_set_share_a_small_screen(qtbot, window):
    window.places["Run"].raise_()
    panel = window.running.panel
    panel.show_state("A sentence that takes several lines. " * 4)
    panel._tracker_part.open(True)
    qtbot.waitUntil(lambda: panel._state.height() >= 3 * panel.fontMetrics().lineSpacing(), timeout=TIMEOUT)
    form = panel.findChild(QScrollArea)
    lines = panel._runs.viewport()
    assert lines.visibleRegion().boundingRect() == lines.rect()
    assert lines.height() >= 3 * panel.fontMetrics().lineSpacing()
    assert form.geometry().bottom() < panel._state.y() < panel._state.geometry().bottom() < panel._runs.y()
    panel._tracker_part.open(False)
    window.resize(1600, 1000)
    qtbot.waitUntil(lambda: form.height() == form.widget().sizeHint().height(), timeout=TIMEOUT)
