"""Scores in the real window, against those of the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog

from tests.services.test_scoring import TRACKS, TRUTH, add_rows
from workbench.__main__ import main
from workbench.core.rows import Origin
from workbench.services.plots import bin_edges
from workbench.services.run_storing import KIND
from workbench.services.scoring import EVERYTHING, truth_of
from workbench.ui.panels.scores import CHOOSE, IMPORTED
from workbench.video.writer import write_video

FRAMES = 16
TIMEOUT = 120_000  # ms


@pytest.fixture
def window(open_window, tmp_path):
    ground = np.random.default_rng(1).integers(0, 255, (240, 320, 3)).astype(np.uint8)
    clip = write_video(tmp_path / "clip.mp4", (ground for _ in range(FRAMES)), fps=25.0)
    return open_window(clip)


def test_the_panel_shows_what_the_command_line_says(qtbot, window, tmp_path, capsys):
    assert main(["evaluate", "--gt", str(TRUTH), "--pred", str(TRACKS), "--json"]) == 0
    expected = json.loads(capsys.readouterr().out)["all"]
    add_rows(window.project, TRUTH, first=0, origin=Origin.IMPORTED)
    add_rows(window.project, TRACKS, first=100, origin=Origin.MODEL)
    scoring = window.scoring
    window.actions_by_id["score_tracks"].trigger()
    qtbot.waitUntil(lambda: scoring.commands.last is not None, timeout=TIMEOUT)
    panel = scoring.panel
    assert panel.isVisible(), "its dock comes to the front"
    for name in ("HOTA", "DetA", "AssA", "LocA", "MOTA", "MOTP", "IDF1", "IDP", "IDR", "AP", "AP50"):
        assert panel.text_of(name) == f"{100 * expected[name]:.1f}"
    for name in ("IDSW", "Frag", "MT", "ML"):
        assert panel.text_of(name) == f"{expected[name]:.0f}"
    scoring.commands.save_scores_to(tmp_path / "scores.json")
    qtbot.waitUntil((tmp_path / "scores.svg").exists, timeout=TIMEOUT)
    written = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert written["all"]["HOTA"] == pytest.approx(expected["HOTA"])


def test_a_click_on_a_bar_of_errors_goes_to_its_frame(qtbot, window):
    add_rows(window.project, TRUTH, first=0, origin=Origin.IMPORTED)
    add_rows(window.project, TRACKS, first=100, origin=Origin.MODEL)
    window.scoring.commands.score_tracks()
    qtbot.waitUntil(lambda: len(window.scoring.panel.charts) == 4, timeout=TIMEOUT)
    switches = window.scoring.panel.charts[1]
    events = next(iter(window.scoring.commands.last.scores.sequences.values())).events
    frame = int(np.flatnonzero(events.switches)[0])
    assert len(bin_edges(FRAMES)) == FRAMES + 1, "a bar is a frame"
    area = switches._area
    x = area.left() + (frame + 0.5) / FRAMES * area.width()
    qtbot.mouseClick(switches, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(area.center().y())))
    assert window.state.frame == frame


def test_a_file_of_ground_truth_is_used_and_an_edit_makes_the_scores_old(qtbot, window):
    add_rows(window.project, TRACKS, first=100, origin=Origin.MODEL)
    window.places["Scores"].raise_()
    window.scoring.panel.use_truth(Path(TRUTH))
    window.scoring.commands.score_tracks()
    qtbot.waitUntil(lambda: window.scoring.commands.last is not None, timeout=TIMEOUT)
    note = window.scoring.panel._note
    assert note.text() == "All tracks but imported ones against gt.txt, in per cent."
    window.project.undo()
    qtbot.waitUntil(lambda: "edited since" in note.text(), timeout=TIMEOUT)


def test_the_file_of_ground_truth_is_remembered(qtbot, window, monkeypatch):
    panel, video = window.scoring.panel, window.state.video.id
    answers = [(str(TRUTH), ""), ("", "")]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: answers.pop(0))

    def choose(text):
        panel._truth.setCurrentText(text)
        panel._truth.activated.emit(panel._truth.currentIndex())

    choose(CHOOSE)
    assert truth_of(window.project, video) == panel.truth == TRUTH
    choose(CHOOSE)
    assert panel.truth == TRUTH, "no file was chosen the second time"
    window.state.video_changed.emit()
    assert panel.truth == TRUTH
    choose(IMPORTED)
    assert truth_of(window.project, video) is None


def test_the_newest_run_is_scored_unless_the_user_chooses(qtbot, window):
    project, video, panel = window.project, window.state.video.id, window.scoring.panel
    window.places["Scores"].raise_()
    assert panel.layer == EVERYTHING
    runs = [project.add_run(video_id=video, kind=KIND, model=name) for name in "ab"]
    qtbot.waitUntil(lambda: panel.layer.run_id == runs[1].id, timeout=TIMEOUT)
    panel._layers.setCurrentIndex(1)
    panel._layers.activated.emit(1)
    project.add_run(video_id=video, kind=KIND, model="c")
    qtbot.waitUntil(lambda: panel._layers.count() == 4, timeout=TIMEOUT)
    assert panel.layer.run_id == runs[0].id
