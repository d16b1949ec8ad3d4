"""Joining fragments in the real window: found, joined by one key and Return, undone."""

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QSlider

from workbench.core.edits import ChangeSet
from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.core.rows import BoxRow, Origin, TrackRow
from workbench.services.review_items import ReviewItem, row_of
from workbench.ui import editor
from workbench.ui.join_dialog import JoinDialog
from workbench.ui.review.panel import Wanted
from workbench.video.writer import write_video

FRAMES, PIECE, GAP = 72, 18, 2
TIMEOUT = 120_000  # ms; only ever waited in full by a failing test
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def place(target, frame):
    return (10.0 + 3 * frame, (20.0, 110.0)[target], 24.0, 40.0)


def image(frame):
    picture = np.full((170, 300, 3), 90, np.uint8)
    for target, colour in enumerate(((210, 40, 40), (40, 60, 220))):
        x, y, w, h = map(int, place(target, frame))
        picture[y : y + h, x : x + w] = colour
    return picture


@pytest.fixture
def window(open_window, tmp_path):
    """Each of two targets in four tracks."""
    window = open_window(write_video(tmp_path / "clip.mp4", map(image, range(FRAMES)), fps=25.0))
    project, video = window.project, window.state.video.id
    pieces = [(target, begin) for target in range(2) for begin in range(0, FRAMES, PIECE)]
    ids = project.new_ids("track", len(pieces))
    tracks = [TrackRow(t, video, 1, n + 1, "", None) for n, t in enumerate(ids)]
    rows = [
        BoxRow(video, f, t, *place(target, f), 0.8, Origin.MODEL, None, 0, 0, 0, 0)
        for t, (target, begin) in zip(ids, pieces, strict=True)
        for f in range(begin, begin + PIECE - GAP)
    ]
    project.apply(ChangeSet.of("Import", track=((), tracks), box=((), rows)))
    return window


class Typist(QObject):
    """Presses a key in a dialog when it has come, and remembers what it said."""

    def __init__(self, qtbot, key):
        super().__init__()
        self._qtbot, self._key, self.said = qtbot, key, ""
        QTimer.singleShot(50, self.look)

    def look(self):
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, JoinDialog):
            QTimer.singleShot(50, self.look)
            return
        self.said = str(dialog.joins)
        self._qtbot.keyClick(dialog, self._key)


def press(qtbot, window, key, modifier):
    window.activateWindow()  # also after a dialog
    qtbot.waitUntil(window.canvas.isActiveWindow, timeout=TIMEOUT)
    qtbot.keyClick(window.canvas, key, modifier)


def lengths(window):
    project, video = window.project, window.state.video.id
    return [len(project.boxes_of_track(track.id)) for track in project.tracks(video)]


def test_fragments_are_joined_by_one_key_and_separated_by_undo(qtbot, window):
    press(qtbot, window, Qt.Key.Key_F, CTRL)
    qtbot.waitUntil(lambda: bool(window.reviewing.agenda.items), timeout=TIMEOUT)
    qtbot.waitUntil(lambda: not window.compute.busy, timeout=TIMEOUT)
    left = Typist(qtbot, Qt.Key.Key_Escape)
    press(qtbot, window, Qt.Key.Key_J, CTRL | SHIFT)
    assert left.said.startswith("8 fragments become 2 tracks by 6 links")
    assert lengths(window) == [PIECE - GAP] * 8
    agreed = Typist(qtbot, Qt.Key.Key_Return)
    press(qtbot, window, Qt.Key.Key_J, CTRL | SHIFT)
    assert agreed.said == left.said
    qtbot.waitUntil(lambda: len(lengths(window)) == 2, timeout=TIMEOUT)
    assert lengths(window) == [FRAMES - GAP] * 2
    assert "6 links were made" in window.statusBar().currentMessage()
    press(qtbot, window, Qt.Key.Key_Z, CTRL)
    assert lengths(window) == [PIECE - GAP] * 8


def test_what_was_joined_is_said_when_it_is_written(qtbot, window, monkeypatch):
    monkeypatch.setattr(editor, "LARGE", 0)  # rows: the edit is written by the worker
    press(qtbot, window, Qt.Key.Key_F, CTRL)
    qtbot.waitUntil(lambda: bool(window.reviewing.agenda.items), timeout=TIMEOUT)
    qtbot.waitUntil(lambda: not window.compute.busy, timeout=TIMEOUT)
    said = []
    window.statusBar().messageChanged.connect(lambda text: said.append((text, len(lengths(window)))))
    agreed = Typist(qtbot, Qt.Key.Key_Return)
    press(qtbot, window, Qt.Key.Key_J, CTRL | SHIFT)
    qtbot.waitUntil(lambda: "6 links were made" in window.statusBar().currentMessage(), timeout=TIMEOUT)
    assert [tracks for text, tracks in said if "6 links were made" in text] == [2], agreed.said


def test_fragments_that_the_list_does_not_show_are_joined_too(qtbot, window):
    press(qtbot, window, Qt.Key.Key_F, CTRL)
    qtbot.waitUntil(lambda: bool(window.reviewing.agenda.items), timeout=TIMEOUT)
    qtbot.waitUntil(lambda: not window.compute.busy, timeout=TIMEOUT)
    window.reviewing.agenda.want(Wanted(state="Skipped"))
    assert not window.reviewing.agenda.items
    left = Typist(qtbot, Qt.Key.Key_Escape)
    press(qtbot, window, Qt.Key.Key_J, CTRL | SHIFT)
    assert left.said.startswith("8 fragments become 2 tracks by 6 links")


def test_the_dialog_counts_what_it_would_join(qtbot):
    def link(before, after, probability):
        fix = Fix(Operation.JOIN, (before, after))
        issue = Issue("fragment", 10, 9, 12, (before, after), probability, 5.0, fix)
        return ReviewItem(row_of(issue, before, 1))

    dialog = JoinDialog([link(1, 2, 0.9), link(2, 3, 0.7), link(4, 5, 0.3)])
    qtbot.addWidget(dialog)
    slider = dialog.findChild(QSlider)
    button = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok)
    for percent, links in ((30, 3), (31, 2), (70, 2), (71, 1), (91, 0)):
        slider.setValue(percent)
        assert dialog.joins.links == links
        assert button.isEnabled() == (links > 0)
