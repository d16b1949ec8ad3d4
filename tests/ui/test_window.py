"""Commands of the real window, by their keys."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QComboBox, QLineEdit, QMessageBox, QSpinBox

from workbench.core.rows import Origin
from workbench.services import editing
from workbench.ui.camera_dialog import CameraDialog
from workbench.ui.colours import track_colour
from workbench.ui.export_dialog import ExportDialog
from workbench.ui.keys_dialog import KeysDialog
from workbench.ui.tracker_box import CHOSEN
from workbench.video import open_video
from workbench.video.writer import write_video

FRAMES = 30
TIMEOUT = 120_000  # ms
CTRL, SHIFT, NONE = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    rng = np.random.default_rng(1)
    ground = rng.integers(0, 255, (120, 160, 3)).astype(np.uint8)
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return write_video(path, (np.roll(ground, i, axis=1) for i in range(FRAMES)), fps=25.0)


@pytest.fixture
def window(open_window, clip, tmp_path):
    copy = tmp_path / "clip.mp4"
    copy.write_bytes(clip.read_bytes())
    return open_window(copy)


@pytest.fixture
def press(qtbot, window):
    return lambda key, modifier=NONE: qtbot.keyClick(window.canvas, key, modifier)


@pytest.fixture
def track(window):
    """A track with human boxes in frames 0 and 10, selected."""
    project, video = window.project, window.state.video.id
    drawn = editing.draw_box(project, video, frame=0, box=(10, 10, 30, 30), category_id=1)
    project.apply(drawn.change)
    project.apply(editing.place_box(project, drawn.track_id, frame=10, box=(60, 10, 30, 30)))
    window.state.select([drawn.track_id])
    return drawn.track_id


def boxes(window, track):
    return {row.frame: row for row in window.project.boxes_of_track(track)}


def test_interpolate_toggle_and_delete_by_keys(window, press, track):
    press(Qt.Key.Key_I)
    assert sorted(boxes(window, track)) == list(range(11))
    window.state.go_to(5)
    press(Qt.Key.Key_Q)
    assert boxes(window, track)[5].occluded
    press(Qt.Key.Key_Return)
    assert boxes(window, track)[5].verified
    press(Qt.Key.Key_K)
    assert boxes(window, track)[5].origin == Origin.INTERPOLATED
    press(Qt.Key.Key_Delete)
    assert 5 not in boxes(window, track)
    press(Qt.Key.Key_Home, SHIFT)
    assert min(boxes(window, track)) == 6
    press(Qt.Key.Key_Delete, CTRL)
    assert window.project.track(track) is None
    assert window.state.selection == ()
    press(Qt.Key.Key_Z, CTRL)
    assert min(boxes(window, track)) == 6


def test_a_range_is_the_scope_of_marks(window, press, track):
    press(Qt.Key.Key_I)
    window.timeline.range_changed.emit(3, 6)
    press(Qt.Key.Key_Q)
    assert [f for f, row in boxes(window, track).items() if row.occluded] == [3, 4, 5]
    press(Qt.Key.Key_Escape)
    assert window.state.scope is None


def test_copy_and_paste_continue_the_track_or_start_another(window, press, track):
    press(Qt.Key.Key_C, CTRL)
    window.state.go_to(20)
    press(Qt.Key.Key_V, CTRL)
    assert boxes(window, track)[20].box == (10, 10, 30, 30)
    press(Qt.Key.Key_V, CTRL)
    assert len(window.project.tracks(window.state.video.id)) == 2


def test_a_digit_sets_the_class_of_the_selection_and_of_new_boxes(window, press, track):
    press(Qt.Key.Key_2)
    second = window.project.categories()[1].id
    assert window.project.track(track).category_id == second
    assert window.state.category_id == second


def test_frames_are_stepped_jumped_and_shown(qtbot, window, press, track):
    press(Qt.Key.Key_Right)
    press(Qt.Key.Key_D)
    assert window.state.frame == 2
    press(Qt.Key.Key_A)
    press(Qt.Key.Key_Right, CTRL)
    assert window.state.frame == 11
    press(Qt.Key.Key_E)
    assert window.state.frame == 10
    press(Qt.Key.Key_End)
    assert window.state.frame == FRAMES - 1
    qtbot.waitUntil(lambda: not window.showing.loader.waiting, timeout=TIMEOUT)
    press(Qt.Key.Key_Home)
    press(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.state.frame > 3, timeout=TIMEOUT)
    press(Qt.Key.Key_Space)
    frame = window.state.frame
    qtbot.wait(120)
    assert window.state.frame == frame


def test_return_ends_what_is_typed_and_verifies_nothing(qtbot, window, press, track):
    field = window.transport.findChild(QSpinBox)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "12")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.state.frame == 12
    assert not field.hasFocus()

    window.state.go_to(0)
    window.places["Classes"].raise_()
    window.classes.edit(1)
    editor = window.classes.findChild(QLineEdit)
    qtbot.keyClicks(editor, "fly")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.project.categories()[0].name == "fly", timeout=TIMEOUT)
    assert not boxes(window, track)[0].verified


def test_outside_hides_the_box_from_here_on(qtbot, window, press, track):
    press(Qt.Key.Key_I)
    window.state.go_to(4)
    qtbot.waitUntil(lambda: window.state.shown == 4, timeout=TIMEOUT)
    press(Qt.Key.Key_O)
    assert boxes(window, track)[4].outside
    assert {5, 9}.isdisjoint(boxes(window, track))
    assert len(window.canvas.overlay) == 0
    press(Qt.Key.Key_O)
    assert len(window.canvas.overlay) == 1


def test_a_click_selects_and_tab_goes_on(qtbot, window, press, track):
    other = editing.draw_box(
        window.project, window.state.video.id, frame=0, box=(90, 60, 40, 40), category_id=1
    )
    window.project.apply(other.change)
    place = window.canvas.to_widget(QPointF(110, 80)).toPoint()
    qtbot.mouseClick(window.canvas, Qt.MouseButton.LeftButton, pos=place)
    assert window.state.selection == (other.track_id,)
    press(Qt.Key.Key_Tab)
    assert window.state.selection == (track,)


def test_a_large_edit_is_written_by_the_worker_and_can_be_undone(qtbot, window, press, track):
    window.editor.do(lambda: editing.propagate(window.project, track, frame=0, start=1, stop=FRAMES))
    assert not window.writing.busy
    import workbench.ui.editor as editor

    rows = editor.LARGE
    try:
        editor.LARGE = 5
        press(Qt.Key.Key_Z, CTRL)
        assert window.writing.busy
        with qtbot.waitSignal(window.editor.refused):
            press(Qt.Key.Key_Z, CTRL)  # what is undone next is not known yet
        qtbot.waitUntil(lambda: not window.writing.busy, timeout=TIMEOUT)
    finally:
        editor.LARGE = rows
    assert sorted(boxes(window, track)) == [0, 10]


def test_the_list_of_shortcuts_finds_and_changes_a_key(qtbot, window):
    dialog = KeysDialog(window._keymap, window)
    qtbot.addWidget(dialog)
    dialog._search.setText("interpolate")
    assert sum(not dialog._table.isRowHidden(r) for r in range(dialog._table.rowCount())) <= 4
    dialog.changed.connect(window._on_keys)
    window._keymap.assign("new_box", "F9")
    dialog.changed.emit()
    assert [s.toString() for s in window.actions_by_id["new_box"].shortcuts()] == ["F9"]
    assert "F9" in window.actions_by_id["new_box"].toolTip()


def test_every_action_has_a_tool_tip_that_names_its_keys(window):
    for action in window.actions_by_id.values():
        assert action.toolTip()
        for key in action.shortcuts():
            assert key.toString(key.SequenceFormat.NativeText) in action.toolTip()


def test_a_camera_is_recorded_while_it_is_watched(qtbot, clip, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    dialog = CameraDialog()
    qtbot.addWidget(dialog)
    dialog._source.setText(str(clip))  # a stream like any other to the capture
    dialog.show()
    dialog._toggle()
    qtbot.waitUntil(lambda: dialog.result() == dialog.DialogCode.Accepted, timeout=TIMEOUT)
    with open_video(dialog.recording) as reader:
        assert reader.info.frame_count == FRAMES


def test_a_video_that_is_gone_shows_no_other_pictures(qtbot, window, clip, tmp_path):
    copy = tmp_path / "other.mp4"
    copy.write_bytes(clip.read_bytes() + b"\0")
    with qtbot.waitSignal(window.state.video_changed, timeout=TIMEOUT):
        window.files.show_media(copy)
    qtbot.waitUntil(lambda: window.canvas.source_size != (0.0, 0.0), timeout=TIMEOUT)
    copy.unlink()
    first, second = window.project.videos()
    window.state.show_video(first.id)
    window.state.show_video(second.id)
    assert "Locate video" in window.notice.text
    assert window.canvas.source_size == (0.0, 0.0)
    assert not window.showing.loader.waiting
    window.state.go_to(5)
    assert window.state.shown == 5


def test_a_queued_track_that_is_deleted_does_not_block_the_next_pass(window, press, track):
    press(Qt.Key.Key_Q, SHIFT)
    assert window.state.queue == {track: 0}
    press(Qt.Key.Key_Delete, CTRL)
    assert window.state.queue == {}


def test_a_mixed_selection_is_marked_alike(window, press, track):
    press(Qt.Key.Key_I)
    window.state.go_to(3)
    press(Qt.Key.Key_Q)
    window.state.set_scope(0, 11)
    press(Qt.Key.Key_Q)
    assert all(row.occluded for row in boxes(window, track).values())


def test_the_last_frame_cannot_be_propagated_beyond_the_video(qtbot, window, press, track):
    window.state.go_to(FRAMES - 1)
    window.edits.copy_box()
    with qtbot.waitSignal(window.editor.refused):
        press(Qt.Key.Key_B, CTRL)


def test_n_starts_a_track_and_shift_n_adds_to_the_selected_one(qtbot, window, press, track):
    def draw():
        a, b = (window.canvas.to_widget(QPointF(*p)).toPoint() for p in ((100, 60), (140, 100)))
        qtbot.mousePress(window.canvas, Qt.MouseButton.LeftButton, pos=a)
        qtbot.mouseMove(window.canvas, b)
        qtbot.mouseRelease(window.canvas, Qt.MouseButton.LeftButton, pos=b)

    window.state.go_to(20)
    qtbot.waitUntil(lambda: window.state.shown == 20, timeout=TIMEOUT)
    press(Qt.Key.Key_N, SHIFT)
    draw()
    assert 20 in boxes(window, track)
    window.state.go_to(21)
    qtbot.waitUntil(lambda: window.state.shown == 21, timeout=TIMEOUT)
    press(Qt.Key.Key_N)
    draw()
    assert 21 not in boxes(window, track)
    assert len(window.project.tracks(window.state.video.id)) == 2


def test_a_refusal_goes_with_the_next_edit(window, press, track):
    window.state.go_to(5)
    press(Qt.Key.Key_K)
    assert "no box in frame 5" in window.notice.text
    window.state.go_to(0)
    press(Qt.Key.Key_Q)
    assert window.notice.text == ""


def test_a_second_window_is_named_read_only_with_its_project(open_window, window):
    assert window.windowTitle() == "clip - Tracking Workbench"
    other = open_window(window.project.path)
    assert other.windowTitle() == "clip (read-only) - Tracking Workbench"
    assert "open in another window" in other.notice.text


def test_what_can_be_chosen_in_the_panels_has_a_tool_tip(window):
    run = window.running.panel
    boxes = window.reviewing.panel.findChildren(QComboBox)
    for box in (*boxes, run._detector, run._tracker, run._range, run._classes, run._score, window._videos):
        assert box.toolTip(), box


def test_an_earlier_export_is_replaced_only_with_a_yes(qtbot, window, track, tmp_path, monkeypatch):
    asked, answers = [], [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]

    def answer(*given):
        asked.append(given[2])
        assert given[4] == QMessageBox.StandardButton.No, "Return, pressed once too often, replaces nothing"
        return answers[len(asked) - 1]

    target = tmp_path / "out"
    monkeypatch.setattr(ExportDialog, "exec", lambda dialog: True)
    monkeypatch.setattr(ExportDialog, "target", target)
    monkeypatch.setattr(QMessageBox, "question", answer)
    export = window.actions_by_id["export_files"].trigger
    with qtbot.waitSignal(window.files.reported, timeout=TIMEOUT):
        export()
    assert asked == [], "there is nothing to replace"
    truth = next(target.rglob("gt.txt"))
    truth.write_text("what somebody noted")
    with qtbot.assertNotEmitted(window.files.reported, wait=500):
        export()
    assert truth.read_text() == "what somebody noted"
    with qtbot.waitSignal(window.files.reported, timeout=TIMEOUT):
        export()
    assert truth.read_text() != "what somebody noted"
    said = f"{target} holds an export already (MOTChallenge of clip, 5 files). Replace it?"
    assert asked == [said, said]


def test_a_track_keeps_its_colour_in_the_list_while_it_is_selected(window, track):
    model = window.tracks._model
    icon = model.index(0, 0).data(Qt.ItemDataRole.DecorationRole)
    normal, selected = (
        icon.pixmap(14, 14, mode).toImage() for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected)
    )
    assert normal == selected
    assert selected.pixelColor(7, 7).getRgb()[:3] == track_colour(model.lines[0].number)


def test_the_tracker_that_was_chosen_is_chosen_in_the_next_window(open_window, window, tmp_path):
    box = window._trackers
    (other,) = (row for row in range(box.count()) if box.itemData(row) == "atom")
    assert other != box.currentIndex()
    box.setCurrentIndex(other)
    window.close()
    again = open_window(tmp_path / "clip.mp4")
    assert again._trackers.currentData() == again.track.tracker == "atom"
    checkpoint = tmp_path / "mine.pth"
    checkpoint.write_bytes(b"")
    again.track.checkpoint_chosen.emit(str(checkpoint))
    again.close()
    assert open_window(tmp_path / "clip.mp4").track.tracker == str(checkpoint)


def test_a_chosen_tracker_that_is_gone_gives_way_to_the_default(open_window, window, tmp_path):
    default = window._trackers.currentData()
    (tmp_path / "mine.pth").write_bytes(b"")
    window.track.checkpoint_chosen.emit(str(tmp_path / "mine.pth"))
    window.close()
    (tmp_path / "mine.pth").unlink()
    again = open_window(tmp_path / "clip.mp4")
    assert again._trackers.currentData() == default
    assert again.track.tracker is None


@pytest.mark.parametrize("remembered", ["x" * 5000, "\0", ["atom", "more"], 7])
def test_settings_that_name_no_tracker_do_not_keep_the_window_from_opening(
    open_window, window, tmp_path, remembered
):
    default = window._trackers.currentData()
    window.close()
    window._settings.setValue(CHOSEN, remembered)
    again = open_window(tmp_path / "clip.mp4")
    assert again._trackers.currentData() == default
