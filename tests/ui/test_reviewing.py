"""Reviewing in the real window: strips, the preview, verdicts by key, undo, operations without an item."""

import threading
import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QInputDialog, QLabel, QMenu, QMessageBox

from workbench.core import edits
from workbench.core.edits import MOST_ITEMS, ChangeSet
from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.core.rows import RULED_OUT, BoxRow, Origin, TrackRow
from workbench.services import editing, identities, reviewing
from workbench.services.review_items import FIXED, OPEN, REJECTED, SKIPPED, ReviewItem, row_of
from workbench.ui import editor
from workbench.ui.canvas import BoxFlag
from workbench.ui.loader import Answer, Wish
from workbench.ui.review.agenda import READING
from workbench.ui.review.card import Card, CardText
from workbench.ui.review.words import instead, kind_words
from workbench.ui.worker import Task, once
from workbench.video.display import DisplayFrame
from workbench.video.writer import write_video

FRAMES, CHANGED = 60, 30
RED, BLUE = (210, 40, 40), (40, 60, 220)
TIMEOUT = 120_000  # ms; only ever waited in full by a failing test
CTRL, SHIFT, NONE = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)


def place(target, frame):
    """Red goes right, blue goes left; they pass each other one above the other."""
    x = 20.0 + 4 * frame if target == 0 else 256.0 - 4 * frame
    return (x, 60.0 + 60 * target, 24.0, 40.0)


def image(frame):
    picture = np.full((240, 320, 3), 90, np.uint8)
    for target, colour in enumerate((RED, BLUE)):
        x, y, w, h = map(int, place(target, frame))
        picture[y : y + h, x : x + w] = colour
    return picture


@pytest.fixture
def clip(tmp_path):
    return write_video(tmp_path / "clip.mp4", map(image, range(FRAMES)), fps=25.0)


@pytest.fixture
def window(open_window, clip):
    """Two tracks that were exchanged from ``CHANGED`` on, and three issues: the first one is true."""
    window = open_window(clip)
    project, video = window.project, window.state.video
    red, blue = project.new_ids("track", 2)
    tracks = [TrackRow(t, video.id, 1, n, "", None) for n, t in ((3, red), (7, blue))]
    rows = [
        BoxRow(video.id, f, t, *place(n, f), 0.8, Origin.MODEL, None, 0, 0, 0, 0)
        for n, t in enumerate((red, blue))
        for f in range(FRAMES)
    ]
    project.apply(ChangeSet.of("Import", track=((), tracks), box=((), rows)))
    swap = Fix(Operation.SWAP, (red, blue), CHANGED)
    project.apply(identities.plan(project, swap, manner=identities.Manner(seen=False)).change)
    add_issues(project, video.id, red, blue)
    return window


def add_issues(project, video_id, red, blue):
    swap = Fix(Operation.SWAP, (red, blue), CHANGED)
    split = Fix(Operation.SPLIT, (blue,), 45)
    issues = [
        Issue("possible-switch", CHANGED, 22, 38, (red, blue), 0.9, 60, swap, (("overlap", 0.25),)),
        Issue("jump", 45, 44, 46, (blue,), 0.4, 15, split),
        Issue("short-track", 10, 0, 20, (red,), 0.1, 10, None),
    ]
    ids = project.new_ids("review_item", len(issues))
    rows = [row_of(issue, i, video_id) for i, issue in zip(ids, issues, strict=True)]
    project.apply(ChangeSet.of("Find issues", review_item=((), rows)))


@pytest.fixture
def press(qtbot, window):
    return lambda key, modifier=NONE: qtbot.keyClick(window.canvas, key, modifier)


def verdicts(window):
    """By kind."""
    rows = window.project.review_items(window.state.video.id)
    return {row.kind: row.verdict for row in rows if row.verdict != RULED_OUT}


def colour_of(window, track, frame):
    """Whose target a track's box is on."""
    row = window.project.box(track, frame)
    return next(name for n, name in enumerate(("red", "blue")) if row.box == place(n, frame))


def whole(window):
    """Numbers of the tracks that stay on one target from the first frame to the last."""
    tracks = window.project.tracks(window.state.video.id)
    return {
        t.number
        for t in tracks
        if len({colour_of(window, t.id, f) for f in (0, CHANGED - 1, CHANGED, FRAMES - 1)}) == 1
    }


def current(window):
    item = window.reviewing.agenda.current
    return None if item is None else item.kind


def is_complete(window):
    return window.reviewing.stage.strip.is_complete and not window.showing.loader.waiting


def test_a_switch_is_shown_with_its_strips_and_its_correction(qtbot, window, press):
    press(Qt.Key.Key_Period)
    assert current(window) == "possible-switch"
    assert window.state.frame == CHANGED
    assert len(window.state.selection) == 2
    qtbot.waitUntil(lambda: is_complete(window), timeout=TIMEOUT)
    strip = window.reviewing.stage.strip
    card = window.reviewing.stage.card.text
    assert card.title == "Possible switch: #3 and #7 at frame 30"
    assert card.fix == "#3 and #7 exchange 30 and 30 boxes from frame 30 on."
    assert "90 % likely" in card.detail
    assert "overlap 0.25" in card.detail

    def seen(row):
        """The colour in the middle of each piece of a row."""
        pieces = [window.reviewing.crops.picture(cell.crop) for cell in strip.strip.rows[row].cells]
        middles = [p.pixelColor(p.width() // 2, p.height() // 2) for p in pieces]
        return {"red" if c.red() > c.blue() else "blue" for c in middles}

    assert seen(0) == {"red"}, "as the correction would leave it, each track is one target"
    assert window.canvas.overlay.having(BoxFlag.PROPOSED).all()
    assert sorted(window.canvas.overlay.labels) == ["→3 object", "→7 object"]
    assert {m.track_id for m in window.timeline.lanes._marks} == set(window.state.selection)

    press(Qt.Key.Key_QuoteLeft)
    assert seen(0) == {"red", "blue"}, "as it is, the first track changes its target"
    assert not window.canvas.overlay.having(BoxFlag.PROPOSED).any()
    assert sorted(window.canvas.overlay.labels) == ["3 object 0.80", "7 object 0.80"]
    cell = strip.cell_place(1, 0).center().toPoint()
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=cell)
    assert window.state.frame == strip.strip.frames[0]


def test_the_strip_leaves_room_for_the_picture_in_a_small_window(qtbot, window, press):
    press(Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: is_complete(window), timeout=TIMEOUT)
    stage, canvas = window.reviewing.stage, window.canvas
    for size, height in (((1280, 720), 180), ((1280, 1000), 222)):
        window.resize(*size)
        qtbot.waitUntil(lambda h=height: stage.strip.height() == h, timeout=TIMEOUT)
        qtbot.waitUntil(lambda: canvas.geometry().bottom() < stage.geometry().top(), timeout=TIMEOUT)
        assert canvas.height() > 160
    window.resize(1280, 720)
    press(Qt.Key.Key_Period)
    press(Qt.Key.Key_Period)
    assert current(window) == "short-track"
    assert stage.strip.height() == 121, "one row fits as it is"


def test_a_track_that_would_be_deleted_is_shown_as_it_is(window, press):
    project, video = window.project, window.state.video.id
    track = project.tracks(video)[0].id
    issue = Issue("low-score", 10, 0, FRAMES, (track,), 0.99, 900, Fix(Operation.DELETE, (track,), 0))
    row = row_of(issue, project.new_ids("review_item", 1)[0], video)
    project.apply(ChangeSet.of("Find issues", review_item=((), [row])))
    press(Qt.Key.Key_Period)
    assert current(window) == "low-score"
    assert window.state.correction.is_on
    assert [row.track_id for row in window.reviewing.stage.strip.strip.rows] == [track]


def test_accepting_by_key_corrects_shows_the_next_item_and_undo_brings_it_back(qtbot, window, press):
    assert whole(window) == set()
    press(Qt.Key.Key_Period)
    press(Qt.Key.Key_G)
    assert whole(window) == {3, 7}
    assert verdicts(window)["possible-switch"] == "accepted"
    assert current(window) == "jump"
    qtbot.waitUntil(lambda: "1 reviewed, 2 left" in window.reviewing.panel._progress.text())
    press(Qt.Key.Key_Z, CTRL)
    assert whole(window) == set()
    assert verdicts(window)["possible-switch"] == OPEN
    assert current(window) == "possible-switch"
    press(Qt.Key.Key_Z, CTRL | SHIFT)
    assert whole(window) == {3, 7}


def test_the_other_corrections_of_a_place_have_a_key_and_are_rejected_with_it(qtbot, window, press):
    project, video = window.project, window.state.video.id
    red = min(t.id for t in project.tracks(video))
    split = Issue("swap-inside", CHANGED + 2, 22, 38, (red,), 0.2, 30, Fix(Operation.SPLIT, (red,), CHANGED))
    (item_id,) = project.new_ids("review_item", 1)
    project.apply(ChangeSet.of("Find issues", review_item=((), [row_of(split, item_id, video)])))
    press(Qt.Key.Key_Period)
    assert current(window) == "possible-switch"
    second, third = (window.reviewing._actions[name].text() for name in ("accept_second", "accept_third"))
    assert (second, third) == ("Or split #3, 20 %", "Accept third")
    press(Qt.Key.Key_B)
    assert verdicts(window) == {
        "possible-switch": REJECTED, "swap-inside": REJECTED, "jump": OPEN, "short-track": OPEN
    }  # fmt: skip
    press(Qt.Key.Key_Z, CTRL)
    assert current(window) == "possible-switch"
    press(Qt.Key.Key_G, SHIFT)
    assert verdicts(window) == {"swap-inside": "accepted", "jump": OPEN, "short-track": OPEN}
    assert len(project.tracks(video)) == 3
    assert current(window) == "jump"
    press(Qt.Key.Key_Z, CTRL)
    assert len(project.tracks(video)) == 2
    assert verdicts(window)["possible-switch"] == OPEN


def test_the_list_is_what_the_project_holds_after_every_answer_undo_and_redo(window, press):
    project, video = window.project, window.state.video.id
    red, blue = (t.id for t in project.tracks(video))
    rng = np.random.default_rng(3)
    fixes = [Fix(Operation.SWAP, (red, blue), f) for f in range(10, 50, 4)]
    fixes += [Fix(Operation.MERGE, (red, blue), 20, 24), Fix(Operation.JOIN, (blue, red), 55)]
    issues = [
        Issue("swap-inside", f.start, f.start, f.start + 1, f.tracks, float(rng.random()), 20.0, f)
        for f in fixes
    ]
    ids = project.new_ids("review_item", len(issues))
    rows = [row_of(issue, i, video) for i, issue in zip(ids, issues, strict=True)]
    project.apply(ChangeSet.of("Find issues", review_item=((), rows)))
    model = window.reviewing.panel.model
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    keys = ((Qt.Key.Key_G, NONE), (Qt.Key.Key_B, NONE), (Qt.Key.Key_S, NONE), (Qt.Key.Key_Z, CTRL))
    press(Qt.Key.Key_Period)
    seen = set()
    for key in rng.choice(5, 40, p=(0.2, 0.2, 0.1, 0.3, 0.2)):
        press(*(*keys, (Qt.Key.Key_Z, CTRL | SHIFT))[key])
        stored = reviewing.queue(project, video)
        assert [item.row for item in model.items] == [item.row for item in stored]
        seen.add(len(stored))
    assert len(seen) > 5
    tester.deleteLater()


def test_a_frame_that_was_foreseen_is_shown_at_once_and_lists_follow(qtbot, window, press):
    press(Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: is_complete(window) and window.showing.loader.is_ahead(45), timeout=TIMEOUT)
    window.state.go_to(12)
    press(Qt.Key.Key_B)
    assert window.state.shown == 45
    assert not window.showing.loader.waiting
    loader = window.showing.loader
    loader._answers.put(Answer(Wish(loader._video, 12, exact=True), DisplayFrame(12, image(12), 1.0)))
    loader._on_ready()
    assert window.state.shown == 45, "what was wanted before comes too late"
    aside = (window.tracks, window.timeline, window.reviewing.panel)
    assert not any(widget.updatesEnabled() for widget in aside)
    qtbot.waitUntil(lambda: all(widget.updatesEnabled() for widget in aside))
    window.state.go_to(13)
    qtbot.waitUntil(lambda: window.state.shown == 13, timeout=TIMEOUT)
    press(Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: window.state.shown == CHANGED, timeout=TIMEOUT)


def test_rejected_and_skipped_items_are_remembered_after_a_restart(qtbot, window, press, open_window, clip):
    press(Qt.Key.Key_Period)
    press(Qt.Key.Key_S)
    press(Qt.Key.Key_B)
    assert verdicts(window) == {"possible-switch": SKIPPED, "jump": REJECTED, "short-track": OPEN}
    assert current(window) == "short-track"
    assert "Only a person" in window.reviewing.stage.card.text.fix
    assert "accept_item" not in {button.objectName() for button in window.reviewing.stage.card.buttons}
    press(Qt.Key.Key_G)
    assert "Only a person" in window.notice.text
    window.close()

    again = open_window(clip)
    qtbot.waitUntil(lambda: bool(again.reviewing.agenda.items), timeout=TIMEOUT)
    listed = [item.kind for item in again.reviewing.agenda.items]
    assert listed == ["short-track"]
    again.reviewing.panel._states.setCurrentText("All")
    qtbot.waitUntil(lambda: len(again.reviewing.panel.model.items) == 3)
    again.reviewing.panel._kinds.setCurrentIndex(1)
    qtbot.waitUntil(lambda: [item.kind for item in again.reviewing.panel.model.items] == ["jump"])


def test_a_filter_by_probability_and_a_click_on_a_row(qtbot, window):
    panel = window.reviewing.panel
    panel._least.setValue(30)
    qtbot.waitUntil(lambda: [item.kind for item in panel.model.items] == ["possible-switch", "jump"])
    table = panel._table
    row = table.visualRect(panel.model.index(1, 1)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=row)
    assert current(window) == "jump"
    assert window.state.frame == 45
    panel._selected.setChecked(True)
    assert {item.kind for item in panel.model.items} == {"possible-switch", "jump"}


@pytest.mark.qt_log_ignore("does not support")
def test_another_operation_answers_the_item(qtbot, window, press):
    press(Qt.Key.Key_Period)
    window.state.go_to(40)
    press(Qt.Key.Key_V)
    menu = window.findChild(QMenu, "other_fix")
    split = next(a for a in menu.actions() if a.objectName() == "split_track")
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(split).center())
    card = window.reviewing.stage.card.text
    assert "become #8 from frame 40 on" in card.title
    assert "Possible switch" in card.detail
    assert len(window.project.tracks(window.state.video.id)) == 2, "nothing is done before it is agreed to"
    press(Qt.Key.Key_Return)
    assert {t.number for t in window.project.tracks(window.state.video.id)} == {3, 7, 8}
    assert verdicts(window)["possible-switch"] == FIXED
    assert current(window) == "jump"


def test_operations_without_an_item_are_shown_first(qtbot, window, press):
    a, b = (t.id for t in window.project.tracks(window.state.video.id))
    press(Qt.Key.Key_W)
    assert "two tracks" in window.notice.text
    window.state.select((a, b))
    window.state.go_to(CHANGED)
    press(Qt.Key.Key_W)
    qtbot.waitUntil(lambda: window.state.shown == CHANGED, timeout=TIMEOUT)
    assert window.canvas.overlay.having(BoxFlag.PROPOSED).all()
    press(Qt.Key.Key_Escape)
    assert window.reviewing.stage.card.isHidden()
    assert whole(window) == set()
    press(Qt.Key.Key_W)
    press(Qt.Key.Key_Return)
    assert whole(window) == {3, 7}

    press(Qt.Key.Key_J)
    assert "give way" in window.reviewing.stage.card.text.warning
    press(Qt.Key.Key_Escape)
    window.state.go_to(5)
    press(Qt.Key.Key_Return)
    assert window.project.box(a, 5).verified, "Return verifies again when no correction waits"


def test_a_large_correction_goes_on_waiting_while_another_is_written(qtbot, window, press, monkeypatch):
    a, b = (t.id for t in window.project.tracks(window.state.video.id))
    begun = threading.Event()

    def writing():
        begun.wait(TIMEOUT / 1000)
        yield from ()

    monkeypatch.setattr(editor, "LARGE", 3)
    window.state.select((a, b))
    window.state.go_to(CHANGED)
    press(Qt.Key.Key_W)
    window.editor.go("Held", writing)
    press(Qt.Key.Key_Return)
    assert "still being written" in window.notice.text
    begun.set()
    qtbot.waitUntil(lambda: not window.editor.busy, timeout=TIMEOUT)
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: whole(window) == {3, 7}, timeout=TIMEOUT)


def test_leaving_asks_while_a_tracker_works_on_what_was_accepted(qtbot, window, press, monkeypatch):
    project, (a, _) = window.project, (t.id for t in window.project.tracks(window.state.video.id))
    project.apply(editing.delete_boxes(project, a, start=40, stop=FRAMES))
    issue = Issue("death", 39, 39, 40, (a,), 0.99, 900, Fix(Operation.EXTEND, (a,), 40))
    row = row_of(issue, project.new_ids("review_item", 1)[0], window.state.video.id)
    project.apply(ChangeSet.of("Find issues", review_item=((), [row])))
    asked, answers = [], [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    monkeypatch.setattr(QMessageBox, "question", lambda *given: (asked.append(given[2]), answers.pop(0))[1])
    assert window.may_leave()
    assert not asked

    def holding():
        while True:
            time.sleep(0.01)
            yield

    window.compute.submit(Task("Held", holding))  # the tracker waits behind it
    window.reviewing.agenda.show(row.id)
    press(Qt.Key.Key_G)
    window.actions_by_id["quit"].trigger()
    assert window.isVisible()
    assert "correction that you accepted" in asked[0]
    with qtbot.waitSignal(window.closed, timeout=TIMEOUT):
        window.actions_by_id["quit"].trigger()
    assert len(asked) == 2


@pytest.mark.qt_log_ignore("does not support")
def test_the_context_menu_of_the_timeline_ends_a_track(qtbot, window):
    a, _ = (t.id for t in window.project.tracks(window.state.video.id))
    window._menus.on_timeline(a, 20, window.mapToGlobal(QPoint(100, 100)))
    menu = next(m for m in window.findChildren(QMenu) if m.isVisible())
    inner = next(action.menu() for action in menu.actions() if action.text() == "Identity")
    next(action for action in inner.actions() if action.objectName() == "end_track").trigger()
    menu.close()
    assert "39 boxes of #3 are deleted" in window.reviewing.stage.card.text.title
    window.actions_by_id["apply_preview"].trigger()
    assert window.project.boxes_of_track(a)[-1].frame == 20


def test_tracks_and_frames_are_verified_by_key(window, press):
    a, b = (t.id for t in window.project.tracks(window.state.video.id))
    window.state.select((a,))
    press(Qt.Key.Key_Return, CTRL)
    assert all(row.verified for row in window.project.boxes_of_track(a))
    press(Qt.Key.Key_U)
    assert verdicts(window)["track"] == "unsure"
    press(Qt.Key.Key_U)
    assert "track" not in verdicts(window)
    press(Qt.Key.Key_Return, CTRL | SHIFT)
    assert window.project.box(b, window.state.frame).verified
    assert verdicts(window)["frame"] == "verified"
    assert "track" not in {item.kind for item in window.reviewing.agenda.items}


def test_going_back_in_the_history_takes_verdicts_and_boxes_back(qtbot, window, press):
    press(Qt.Key.Key_Period)
    press(Qt.Key.Key_G)
    press(Qt.Key.Key_B)
    window.places["History"].raise_()
    panel = window.tracing.history
    qtbot.waitUntil(lambda: panel.model.rowCount() == 5)
    names = [entry.edit.name for entry in panel.model.entries]
    assert names == ["Reject issue", "Swap #3 and #7", "Find issues", "Swap #3 and #7", "Import"]
    place = panel.table.visualRect(panel.model.index(2, 1)).center()
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: not window.editor.busy, timeout=TIMEOUT)
    assert set(verdicts(window).values()) == {OPEN}
    assert whole(window) == set()
    assert [e.edit.state for e in panel.model.entries[:3]] == ["undone", "undone", "done"]
    panel.back_to.emit(panel.model.entries[0].edit)
    qtbot.waitUntil(lambda: not window.editor.busy, timeout=TIMEOUT)
    assert whole(window) == {3, 7}
    assert verdicts(window)["jump"] == REJECTED


def test_the_history_of_a_track_and_who_made_its_boxes(qtbot, window, press):
    a, b = (t.id for t in window.project.tracks(window.state.video.id))
    window.state.select((b,))
    window.state.go_to(3)
    window.edits.drag(b, QRectF(10, 10, 30, 30))
    window.state.select((a,))
    assert "found by a model" in window.statusBar().currentMessage()
    window.actions_by_id["track_history"].trigger()
    names = [entry.edit.name for entry in window.tracing.history.model.entries]
    assert "Move box" not in names
    assert "Import" in names
    window.tracing.filter.choose("human")
    qtbot.waitUntil(lambda: [line.track_id for line in window.tracks._model.lines] == [b], timeout=TIMEOUT)
    press(Qt.Key.Key_U)
    window.tracing.filter.choose("unsure")
    qtbot.waitUntil(lambda: [line.track_id for line in window.tracks._model.lines] == [a], timeout=TIMEOUT)
    window.tracing.filter.choose("all")
    assert len(window.tracks._model.lines) == 2


def test_a_track_is_extended_by_the_tracker_shown_and_then_kept(qtbot, window, press):
    a, _ = (t.id for t in window.project.tracks(window.state.video.id))
    cut = Fix(Operation.DELETE, (a,), 8)
    window.project.apply(identities.plan(window.project, cut).change)
    window.state.select((a,))
    window.state.set_scope(0, 14)
    press(Qt.Key.Key_T, CTRL)
    assert window.reviewing.proposals.is_running
    qtbot.waitUntil(lambda: window.reviewing.proposals.waiting is not None, timeout=TIMEOUT)
    assert "#3 is followed forward over 6 frames" in window.reviewing.stage.card.text.title
    assert window.project.boxes_of_track(a)[-1].frame == 7, "it is only shown"
    press(Qt.Key.Key_Return)
    found = window.project.boxes_of_track(a)
    assert found[-1].frame == 13
    assert abs(found[-1].x - place(0, 13)[0]) < 4
    assert window.state.provisional == {}


def test_a_correction_of_other_tracks_leaves_the_item_that_is_shown_open(qtbot, window, press):
    project, video = window.project, window.state.video
    other = project.new_ids("track", 1)[0]
    rows = [BoxRow(video.id, f, other, 5, 5, 20, 20, 0.8, Origin.MODEL, None, 0, 0, 0, 0) for f in range(20)]
    project.apply(
        ChangeSet.of("Import", track=((), [TrackRow(other, video.id, 1, 9, "", None)]), box=((), rows))
    )
    press(Qt.Key.Key_Period)
    window.state.select((other,))
    window.state.go_to(10)
    press(Qt.Key.Key_P)
    press(Qt.Key.Key_Return)
    assert len(project.tracks(video.id)) == 4
    assert verdicts(window)["possible-switch"] == OPEN


def test_what_is_decided_while_the_queue_is_read_is_in_it(qtbot, window, press):
    agenda = window.reviewing.agenda
    qtbot.waitUntil(lambda: not window.reading.busy, timeout=TIMEOUT)
    press(Qt.Key.Key_Period)
    was_read = threading.Event()
    agenda.read()
    window.reading.submit(Task("Done", once(was_read.set)))
    assert was_read.wait(TIMEOUT / 1000), "it is not handed over before this thread looks at what comes"
    press(Qt.Key.Key_B)
    window.project.apply(
        ChangeSet.of("Find", review_item=((), [agenda.items[0].row._replace(id=99, kind="new")]))
    )
    agenda.show(99)
    qtbot.waitUntil(lambda: not window.reading.busy, timeout=TIMEOUT)
    assert [item.kind for item in agenda.items] == ["jump", "new", "short-track"]
    assert current(window) == "new"
    window.state.show_video(window.state.video.id)
    assert not agenda.items
    qtbot.waitUntil(lambda: len(agenda.items) == 3, timeout=TIMEOUT)


def test_an_answer_that_is_undone_before_the_queue_is_read_is_asked_again(qtbot, window, press, monkeypatch):
    monkeypatch.setattr(edits, "MOST_ITEMS", 0)  # the edit names no items, so the whole queue is read
    agenda, release = window.reviewing.agenda, threading.Event()
    qtbot.waitUntil(lambda: not window.reading.busy, timeout=TIMEOUT)
    press(Qt.Key.Key_Period)
    first = agenda.current_id
    window.reading.submit(Task("Something else", once(release.wait)))
    press(Qt.Key.Key_B)
    shown = agenda.current_id
    window.edits.undo()
    release.set()
    qtbot.waitUntil(lambda: not window.reading.busy, timeout=TIMEOUT)
    assert shown not in (first, -1)
    assert agenda.current_id == first
    assert agenda.still_open(agenda.current)


def test_while_the_queue_is_read_nobody_says_that_there_is_no_issue(qtbot, window, press):
    reviewing, release, said = window.reviewing, threading.Event(), []
    for sentence in (reviewing.told, reviewing.refused):
        sentence.connect(said.append)
    window.reading.submit(Task("Something else", once(release.wait)))
    window.state.show_video(window.state.video.id)
    press(Qt.Key.Key_Period)
    press(Qt.Key.Key_J, CTRL | SHIFT)
    assert said == [READING, READING]
    qtbot.waitUntil(lambda: reviewing.panel._progress.text() == READING, timeout=TIMEOUT)
    window.actions_by_id["review_sheet"].trigger()
    sheet = reviewing.sheets.window
    assert READING in [label.text() for label in sheet.findChildren(QLabel)]
    release.set()
    qtbot.waitUntil(lambda: len(reviewing.sheets.answers) == 1, timeout=TIMEOUT)
    sheet.reject()
    qtbot.waitUntil(lambda: "3 left" in reviewing.panel._progress.text(), timeout=TIMEOUT)


@pytest.mark.parametrize("named", [MOST_ITEMS, 0])
def test_looking_for_issues_fills_the_list_and_shows_the_first(qtbot, window, press, monkeypatch, named):
    monkeypatch.setattr(edits, "MOST_ITEMS", named)  # more: the whole queue is read
    press(Qt.Key.Key_F, CTRL)
    qtbot.waitUntil(lambda: window.reviewing.agenda.current is not None, timeout=TIMEOUT)
    item = window.reviewing.agenda.current
    assert abs(item.frame - CHANGED) <= 5
    assert "new issues" in window.statusBar().currentMessage()
    assert window.reviewing.agenda.items[0] == item
    assert window.reviewing.stage.card.text.title.startswith(kind_words(item.kind))


def test_a_gap_is_filled_by_the_tracker_from_both_ends(qtbot, window, press):
    a, _ = (t.id for t in window.project.tracks(window.state.video.id))
    window.project.apply(identities.plan(window.project, Fix(Operation.DELETE, (a,), 10, 15)).change)
    window.state.select((a,))
    window.state.set_scope(5, 20)
    press(Qt.Key.Key_I, CTRL | SHIFT)
    qtbot.waitUntil(lambda: window.reviewing.proposals.waiting is not None, timeout=TIMEOUT)
    assert window.project.box(a, 12) is None, "it is only shown"
    press(Qt.Key.Key_Return)
    assert abs(window.project.box(a, 12).x - place(0, 12)[0]) < 4
    assert window.project.box(a, 12).origin == Origin.MODEL


def test_numbers_classes_and_comments_are_asked_for(qtbot, window, press, monkeypatch):
    a, b = (t.id for t in window.project.tracks(window.state.video.id))
    monkeypatch.setattr(QInputDialog, "getInt", lambda *_: (12, True))
    window.state.select((a,))
    window.state.go_to(0)
    press(Qt.Key.Key_F2, SHIFT)
    press(Qt.Key.Key_Return)
    assert {t.number for t in window.project.tracks(window.state.video.id)} == {12, 7}

    dog = window.project.add_category("dog")
    monkeypatch.setattr(QInputDialog, "getItem", lambda *_: ("dog", True))
    window.actions_by_id["relabel_tracks"].trigger()
    press(Qt.Key.Key_Return)
    assert window.project.track(a).category_id == dog.id
    assert window.project.track(b).category_id != dog.id

    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("the red one", True))
    press(Qt.Key.Key_M, CTRL)
    (said,) = (r for r in window.project.review_items(window.state.video.id) if r.kind == "track")
    assert (said.comment, said.track_id) == ("the red one", a)
    press(Qt.Key.Key_Period)
    window.actions_by_id["comment_item"].trigger()
    assert window.reviewing.agenda.current.row.comment == "the red one"


def test_the_title_of_a_card_has_room_beside_many_answers(qtbot):
    card = Card()
    qtbot.addWidget(card)
    card.resize(900, 120)
    answers = [QAction(f"Or merge #6 and #{n}, 53 %", card) for n in range(4)]
    text = CardText("Fragment: #11 and #17 at frame 93", "They become one.", "70 % likely, " * 20)
    card.show_text(text, answers)
    card.show()
    assert card.width() == 900
    assert card._title.width() == card._title.sizeHint().width()


def test_long_answers_are_cut_before_the_window_grows(qtbot):
    card = Card()
    qtbot.addWidget(card)
    many = [QAction(f"Or join #{n}6, #{n}8, #{n}20, #{n}25 and #{n}27, 49 %", card) for n in range(2)]
    card.show_text(CardText("Fragment"), [QAction("Accept", card), *many, QAction("Reject", card)])
    card.resize(card.minimumSizeHint())
    card.show()
    assert card.width() < 600
    accept, long, *_ = card.buttons
    assert accept.width() == accept.sizeHint().width()
    assert long.width() < long.sizeHint().width()
    assert many[0].text() in long.toolTip()


def test_an_extension_says_which_way():
    def item(kind, frame, start, stop):
        fix = Fix(Operation.EXTEND, (7,), start, stop)
        return ReviewItem(row_of(Issue(kind, frame, start, stop, (7,), 0.4, 4.0, fix), 1, 1))

    assert instead(item("birth", 50, 30, 50), {7: "#3"}) == "Or extend #3 backward, 40 %"
    assert instead(item("death", 50, 51, 71), {7: "#3"}) == "Or extend #3 forward, 40 %"
