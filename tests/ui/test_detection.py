"""Detecting in the real window: add a model, run it, see its heat map, accept, undo, redo."""

import subprocess
import sys

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QMessageBox

from tests.reference_fill import image_u8
from tests.small_detector import write_detector
from workbench.core.boxes3d import Boxes3D, default_camera
from workbench.core.detections import Detections
from workbench.core.rows import Origin
from workbench.services import editing
from workbench.services.detecting import DetectedFrame, DetectOptions
from workbench.services.models import user_library
from workbench.ui.findings_of import findings_of
from workbench.ui.heat import Channel
from workbench.video.writer import write_video

FRAMES = 8
TIMEOUT = 120_000  # ms
CTRL, SHIFT, NONE = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return write_detector(tmp_path_factory.mktemp("weights") / "small.safetensors")


@pytest.fixture
def window(open_window, tmp_path):
    ground = image_u8("detecting", 90, 160)
    clip = write_video(tmp_path / "clip.mp4", (np.roll(ground, 4 * i, 1) for i in range(FRAMES)), fps=25.0)
    return open_window(clip)


@pytest.fixture
def press(qtbot, window):
    return lambda key, modifier=NONE: qtbot.keyClick(window.canvas, key, modifier)


@pytest.fixture
def detector(qtbot, window, weights):
    """The small detector, added to the library by way of the window."""
    window.detection.models.add_file(weights)
    qtbot.waitUntil(lambda: window.detection.commands.model == "small", timeout=TIMEOUT)
    return "small"


def wait(qtbot, window):
    qtbot.waitUntil(lambda: not window.detection.commands.is_running, timeout=TIMEOUT)


def stored(window):
    return window.project.boxes_between(window.state.video.id, 0, FRAMES)


def test_detect_see_the_heat_map_accept_undo_redo(qtbot, window, press, detector):
    press(Qt.Key.Key_M)
    wait(qtbot, window)
    found = window.state.found
    assert len(window.canvas.findings) == found.counts[0]
    assert stored(window) == [], "nothing is stored before it is accepted"

    press(Qt.Key.Key_X)
    (heatmap,) = window.canvas.heatmaps
    assert len(heatmap.peaks)
    (core,) = found.frames[0].heatmaps
    place = np.unravel_index(core.values.argmax(), core.values.shape)
    x, y = core.to_source @ (place[2] + 0.5, place[1] + 0.5, 1)
    qtbot.mouseMove(window.canvas, window.canvas.to_widget(QPointF(x, y)).toPoint())
    qtbot.waitUntil(lambda: f"{core.names[place[0]]} {core.values.max():.3f}" in window._where.text())
    press(Qt.Key.Key_X, SHIFT)
    assert window.state.heat.look.channel == Channel("hm", "person")

    median = float(np.median(found.frames[0].detections.scores))
    found.set_threshold(median)
    shown, every = found.counts
    assert 0 < shown < every
    assert len(window.canvas.findings) == shown
    press(Qt.Key.Key_Return, SHIFT)
    rows = stored(window)
    assert len(rows) == shown, "what is seen is what is accepted"
    assert {row.origin for row in rows} == {Origin.MODEL}
    assert len(window.canvas.findings) == 0
    assert len(window.canvas.overlay) == shown
    press(Qt.Key.Key_Z, CTRL)
    assert stored(window) == []
    press(Qt.Key.Key_Y, CTRL)
    assert stored(window) == rows


def test_a_range_is_detected_and_one_key_drops_it(qtbot, window, press, detector):
    window.detection.commands.detect_in(detector, 2, 6, DetectOptions(0.1))
    wait(qtbot, window)
    assert [f.frame for f in window.state.found.frames] == [2, 3, 4, 5]
    window.state.go_to(3)
    qtbot.waitUntil(lambda: window.state.shown == 3, timeout=TIMEOUT)
    assert len(window.canvas.findings)
    press(Qt.Key.Key_Backspace)
    assert window.state.found.frames == ()
    assert stored(window) == []


def test_a_run_is_stopped_and_keeps_what_it_found(qtbot, window, press, detector):
    window.detection.commands.detect_in(detector, 0, FRAMES, DetectOptions(0.1))
    qtbot.waitUntil(lambda: len(window.state.found.frames) > 0, timeout=TIMEOUT)
    press(Qt.Key.Key_Escape)
    wait(qtbot, window)
    assert len(window.state.found.frames) > 0


def test_without_a_detector_the_window_says_what_to_do(qtbot, window, press):
    qtbot.waitUntil(lambda: window.detection.commands.model is not None, timeout=TIMEOUT)
    window.detection.commands.use_model("")  # as where there is no plugin either
    press(Qt.Key.Key_M)
    assert "Choose a detector first" in window.notice.text


def test_models_are_listed_checked_and_removed(qtbot, window, detector, monkeypatch, tmp_path):
    models, panel = window.detection.models, window.detection.models_panel
    qtbot.waitUntil(lambda: panel.chosen == "small", timeout=TIMEOUT)
    told = []
    models.told.connect(told.append)
    panel._verify.click()
    qtbot.waitUntil(lambda: "small is as it was added" in told, timeout=TIMEOUT)
    broken = tmp_path / "broken.pth"
    broken.write_bytes(b"no weights")
    models.add_file(broken)
    qtbot.waitUntil(lambda: "broken.pth" in window.notice.text, timeout=TIMEOUT)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    panel.choose("small")
    panel._remove.click()
    qtbot.waitUntil(lambda: "small" not in window.detection.commands.models, timeout=TIMEOUT)
    assert window.detection.commands.model in window.detection.commands.models
    assert not any(entry.name == "small" for entry in user_library().entries())


def test_the_tracker_shows_its_score_map(qtbot, window, press):
    drawn = editing.draw_box(
        window.project, window.state.video.id, frame=0, box=(60, 30, 30, 24), category_id=1
    )
    window.project.apply(drawn.change)
    window.state.select([drawn.track_id])
    window.track.use_tracker("atom-hog")
    press(Qt.Key.Key_X)
    press(Qt.Key.Key_T)
    qtbot.waitUntil(lambda: not window.track.is_running, timeout=TIMEOUT)
    frame = stored(window)[-1].frame
    window.state.go_to(frame)
    qtbot.waitUntil(lambda: window.state.shown == frame, timeout=TIMEOUT)
    (heatmap,) = window.canvas.heatmaps
    x, y, w, h = heatmap.place
    assert x < 75 < x + w, "it covers the square that was searched"
    assert y < 42 < y + h


def test_boxes_in_space_are_drawn_by_their_corners():
    camera = default_camera(640, 480)
    one = Boxes3D(np.array([[1.5, 2.0, 4.0]]), np.array([[0.0, 1.0, 20.0]]), np.array([0.3]), np.array([0.3]))
    detections = Detections(np.array([[200.0, 200, 80, 60]]), np.array([0.8]), np.array([0]), boxes3d=one)
    found = DetectedFrame(0, detections, ("car",), "made", camera)
    overlay = findings_of(found, detections, colours={})
    assert overlay.joints.shape == (1, 8, 3)
    assert len(overlay.edges) == 14
    u, v = (
        cv2.projectPoints(one.corners()[0], np.zeros(3), np.zeros(3), camera[:, :3], None)[0].reshape(-1, 2).T
    )
    np.testing.assert_allclose(overlay.joints[0, :, 0], u, atol=1e-6)
    np.testing.assert_allclose(overlay.joints[0, :, 1], v, atol=1e-6)


def test_accepted_people_keep_their_skeletons(qtbot, window, press, tmp_path):
    window.detection.models.add_file(write_detector(tmp_path / "people.safetensors", "multi_pose"))
    qtbot.waitUntil(lambda: "people" in window.detection._networks, timeout=TIMEOUT)
    assert window.detection.commands.model == "people", "the network, though a plugin has this name"
    press(Qt.Key.Key_M)
    wait(qtbot, window)
    assert window.canvas.findings.joints.shape[1:] == (17, 3)
    press(Qt.Key.Key_Return, SHIFT)
    assert window.canvas.overlay.joints.shape == (len(stored(window)), 17, 3)
    assert len(window.canvas.overlay.edges) == 17


def test_the_window_starts_without_torch():
    code = "import sys, workbench.ui.app; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
