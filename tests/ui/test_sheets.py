"""Review sheets in the real window: a whole review by keyboard, undo, restart, filters, refusals."""

import threading
from collections import Counter

import numpy as np
import pytest
from PySide6.QtCore import Qt

from workbench.core.edits import ChangeSet
from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.core.rows import BoxRow, Origin, TrackRow
from workbench.services import editing, identities, reviewing
from workbench.services import sheets as deciding
from workbench.services.review_items import ACCEPTED, OPEN, REJECTED, SKIPPED, row_of
from workbench.services.reviewing import Filters
from workbench.ui import editor
from workbench.video.writer import write_video

FRAMES, CHANGED = 60, 29
COLOURS = ((210, 40, 40), (40, 60, 220), (40, 190, 60), (220, 200, 40), (200, 60, 200))
TIMEOUT = 120_000  # ms; only ever waited in full by a failing test
PLAIN = Qt.KeyboardModifier.NoModifier
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def place(target, frame):
    """Targets go right and left, one lane above the other; red and blue pass each other closely."""
    x = 20.0 + 4 * frame if target % 2 == 0 else 256.0 - 4 * frame
    return (x, (10.0, 40.0, 110.0, 190.0, 260.0)[target], 24.0, 40.0)


def image(frame):
    picture = np.full((310, 320, 3), 90, np.uint8)
    for target, colour in enumerate(COLOURS):
        x, y, w, h = map(int, place(target, frame))
        picture[y : y + h, x : x + w] = colour
    return picture


@pytest.fixture(scope="module")
def made_clip(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("clip") / "clip.mp4", map(image, range(FRAMES)), fps=25.0)


@pytest.fixture
def clip(made_clip, tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(made_clip.read_bytes())
    return path


@pytest.fixture
def window(open_window, clip):
    """A track for each target, with errors: red and blue change places, green is broken, yellow doubled."""
    window = open_window(clip)
    project, video = window.project, window.state.video.id
    ids = project.new_ids("track", 7)
    targets = [0, 1, 2, 3, 4, 2, 3]
    spans = [range(FRAMES)] * 5 + [range(33, FRAMES), range(12, 50)]
    spans[2] = range(28)
    tracks = [TrackRow(t, video, 1, n + 1, "", None) for n, t in enumerate(ids)]
    rows = [
        BoxRow(video, f, t, *place(target, f), 0.8, Origin.MODEL, None, 0, 0, 0, 0)
        for t, target, span in zip(ids, targets, spans, strict=True)
        for f in span
    ]
    rows = [r._replace(x=r.x + 2, score=0.5) if r.track_id == ids[6] else r for r in rows]
    other = {ids[0]: ids[1], ids[1]: ids[0]}
    rows = [r._replace(track_id=other.get(r.track_id, r.track_id)) if r.frame >= CHANGED else r for r in rows]
    project.apply(ChangeSet.of("Import", track=((), tracks), box=((), rows)))
    return window


@pytest.fixture
def sheets(window):
    return window.reviewing.sheets


@pytest.fixture
def press(qtbot, window, sheets):
    """A key, in whichever window is in front."""

    def pressing(key, modifier=Qt.KeyboardModifier.NoModifier):
        front = sheets.window if sheets.is_open else window.canvas
        qtbot.waitUntil(front.isActiveWindow, timeout=TIMEOUT)
        qtbot.keyClick(front, key, modifier)

    return pressing


def rows_of(window):
    return [row for f in range(FRAMES) for row in window.project.boxes_at(window.state.video.id, f)]


def errors(rows):
    """Boxes that are in the wrong track, apart from the others of their target, or there twice."""
    cells = Counter((row.track_id, round_target(row)) for row in rows)
    doubled = sum(n - 1 for n in Counter((row.frame, round_target(row)) for row in rows).values())
    of_track, of_target = Counter(), Counter()
    for (track, target), count in cells.items():
        of_track[track] = max(of_track[track], count)
        of_target[target] = max(of_target[target], count)
    return 2 * len(rows) - sum(of_track.values()) - sum(of_target.values()) + doubled


def round_target(row):
    return min(range(len(COLOURS)), key=lambda target: abs(place(target, row.frame)[1] - row.y))


def right_answer(window, items):
    """Which of these corrections puts most right; None = each of them does harm."""
    rows = rows_of(window)
    costs = [errors(identities.preview(window.project, item.fix).after(rows)) for item in items]
    return int(np.argmin(costs)) if min(costs) < errors(rows) else None


def find(qtbot, window, press):
    press(Qt.Key.Key_F, CTRL)
    qtbot.waitUntil(lambda: bool(window.reviewing.agenda.items), timeout=TIMEOUT)
    qtbot.waitUntil(lambda: not window.compute.busy, timeout=TIMEOUT)


def answer(window, sheets, press):
    """Turn every cell to what is right."""
    for number, given in enumerate(sheets.answers):
        wanted = right_answer(window, given.items)
        for _ in range(len(given.items) + 1):
            if sheets.answers[number].chosen != wanted:
                press(Qt.Key(Qt.Key.Key_1 + number))
        assert sheets.answers[number].chosen == wanted


def add_issues(window, *issues):
    project, video = window.project, window.state.video.id
    ids = project.new_ids("review_item", len(issues))
    rows = [row_of(issue, i, video) for i, issue in zip(ids, issues, strict=True)]
    project.apply(ChangeSet.of("Find issues", review_item=((), rows)))
    return ids


def some_issues(window):
    """Of a switch with another correction of it, of a split and of a double; only the first is probable."""
    a, b, c, d, e, _, g = (t.id for t in window.project.tracks(window.state.video.id))
    swap, split = Fix(Operation.SWAP, (a, b), CHANGED), Fix(Operation.SPLIT, (a,), CHANGED)
    return add_issues(
        window,
        Issue("possible-switch", CHANGED, 22, 38, (a, b), 0.9, 60, swap),
        Issue("swap-inside", CHANGED + 1, 22, 38, (a,), 0.3, 60, split),
        Issue("jump", 20, 19, 21, (e,), 0.3, 90, Fix(Operation.SPLIT, (e,), 20)),
        Issue("duplicate", 20, 12, 50, (d, g), 0.4, 20, Fix(Operation.MERGE, (d, g))),
        Issue("short-track", 10, 0, 20, (c,), 0.9, 10, None),
    )


def verdicts(window, ids):
    rows = {row.id: row.verdict for row in window.project.review_items_by_id(ids)}
    return [rows.get(i) for i in ids]


def test_a_whole_review_by_sheets_ends_with_the_true_identities(qtbot, window, sheets, press):
    find(qtbot, window, press)
    assert errors(rows_of(window)) > 100
    press(Qt.Key.Key_S, SHIFT)
    count = 0
    while sheets.answers:
        answer(window, sheets, press)
        press(Qt.Key.Key_Return)
        count += 1
        assert count < 12
    assert errors(rows_of(window)) == 0
    assert len(window.project.tracks(window.state.video.id)) == len(COLOURS)
    left = reviewing.queue(window.project, window.state.video.id)
    assert all(item.fix is None or item.fix.operation == Operation.EXTEND for item in left)
    press(Qt.Key.Key_Return)
    assert not sheets.is_open, "an empty sheet is left by the same key"
    for _ in range(count):
        window.edits.undo()
    assert errors(rows_of(window)) > 100
    assert {i.verdict for i in reviewing.queue(window.project, window.state.video.id, Filters())} == {OPEN}


def test_a_whole_review_one_by_one_is_undone_after_a_restart_and_redone(
    qtbot, window, press, open_window, clip
):
    """By keyboard only: the corrections of a place have a key each, and another says that none is right."""
    find(qtbot, window, press)
    agenda, video = window.reviewing.agenda, window.state.video.id
    before, count = rows_of(window), 0
    keys = ((Qt.Key.Key_G, PLAIN), (Qt.Key.Key_G, SHIFT), (Qt.Key.Key_G, CTRL | SHIFT))
    press(Qt.Key.Key_Period)
    while agenda.current is not None and agenda.current.verdict == OPEN:
        answers = [i for i in agenda.together if i.fix and i.fix.operation != Operation.EXTEND]
        number = right_answer(window, answers) if answers else None
        item = agenda.current_id
        press(*((Qt.Key.Key_B, PLAIN) if number is None else keys[agenda.together.index(answers[number])]))
        qtbot.waitUntil(lambda item=item: agenda.current_id != item, timeout=TIMEOUT)
        count += 1
        assert count < 60
    done = rows_of(window)
    assert errors(before) > 100
    assert errors(done) == 0
    assert not reviewing.queue(window.project, video, Filters())
    window.close()

    again = open_window(clip)
    for _ in range(count):
        qtbot.keyClick(again.canvas, Qt.Key.Key_Z, CTRL)
    assert rows_of(again) == before
    assert {i.verdict for i in reviewing.queue(again.project, video, Filters())} == {OPEN}
    for _ in range(count):
        qtbot.keyClick(again.canvas, Qt.Key.Key_Z, CTRL | SHIFT)
    assert rows_of(again) == done
    assert not reviewing.queue(again.project, video, Filters())


def test_answers_go_round_and_the_sheet_is_one_edit_that_undo_brings_back(qtbot, window, sheets, press):
    ids = some_issues(window)
    before = rows_of(window)
    press(Qt.Key.Key_S, SHIFT)
    qtbot.waitUntil(lambda: sheets.window.is_complete, timeout=TIMEOUT)
    assert [a.items[0].kind for a in sheets.answers] == ["possible-switch", "jump", "duplicate"]
    cells = [cell for cell in sheets.window.cells if not cell.isHidden()]
    assert [cell.property("ticked") for cell in cells] == [True, False, False]
    assert "#1 and #2 exchange 31 and 31 boxes" in cells[0].text
    assert seen(window, cells[0], 0) == {0}, "as it would be left, each track is one target"
    seen_chosen = []
    for _ in range(3):
        press(Qt.Key.Key_1)
        seen_chosen.append(sheets.answers[0].chosen)
        qtbot.waitUntil(lambda: sheets.window.is_complete, timeout=TIMEOUT)
    assert seen_chosen == [1, None, 0]
    qtbot.mouseClick(cells[0], Qt.MouseButton.RightButton)
    assert sheets.answers[0].chosen is None
    press(Qt.Key.Key_1)
    press(Qt.Key.Key_1, CTRL)
    qtbot.waitUntil(lambda: sheets.window.is_complete, timeout=TIMEOUT)
    assert "Not wrong" in cells[0].text
    assert seen(window, cells[0], 0) == {0, 1}, "as it is, the first track changes its target"
    press(Qt.Key.Key_1)
    qtbot.mouseClick(cells[2], Qt.MouseButton.LeftButton)
    assert verdicts(window, ids) == [OPEN] * 5, "nothing is decided before it is applied"

    press(Qt.Key.Key_Return)
    assert verdicts(window, ids) == [ACCEPTED, None, REJECTED, ACCEPTED, OPEN]
    assert window.project.undo_name == "Review sheet: correct 2, reject 1"
    assert (sheets.answers, sheets.is_open) == ([], True)
    press(Qt.Key.Key_Z, CTRL)
    assert rows_of(window) == before
    assert verdicts(window, ids) == [OPEN] * 5
    assert [a.chosen for a in sheets.answers] == [0, None, 0], "as it was when it was applied"
    press(Qt.Key.Key_Z, CTRL | SHIFT)
    assert sheets.answers == []
    assert verdicts(window, ids)[0] == ACCEPTED


def test_a_place_is_left_undecided_by_alt_or_the_middle_button(qtbot, window, sheets, press):
    ids = some_issues(window)
    press(Qt.Key.Key_S, SHIFT)
    cells = sheets.window.cells
    press(Qt.Key.Key_1, ALT)
    qtbot.mouseClick(cells[2], Qt.MouseButton.MiddleButton)
    assert [cell.property("skipped") for cell in cells[:3]] == [True, False, True]
    assert cells[0].text.startswith("Skipped: it stays undecided. Or: ")
    press(Qt.Key.Key_3)
    assert not cells[2].property("skipped")
    assert cells[2].property("ticked"), "its key answers it again"
    press(Qt.Key.Key_Return)
    assert verdicts(window, ids) == [SKIPPED, SKIPPED, REJECTED, ACCEPTED, OPEN]
    press(Qt.Key.Key_Z, CTRL)
    assert verdicts(window, ids) == [OPEN] * 5
    assert cells[0].property("skipped"), "as it was when it was applied"


def seen(window, cell, row):
    """Whose colours are in the middle of the pieces of a row."""
    found = set()
    for piece in cell.strip.strip.rows[row].cells:
        picture = window.reviewing.crops.picture(piece.crop)
        c = picture.pixelColor(picture.width() // 2, picture.height() // 2)
        found.add(int(np.argmin([np.abs(np.subtract(rgb, c.getRgb()[:3])).sum() for rgb in COLOURS])))
    return found


def test_a_chain_is_shown_as_one_track_with_a_picture_of_each_piece(window, sheets, press):
    project = window.project
    first = project.tracks(window.state.video.id)[4].id
    pieces = [first]
    for frame in (20, 40):
        plan = identities.plan(project, Fix(Operation.SPLIT, (pieces[-1],), frame))
        project.apply(plan.change)
        pieces.append(plan.new[0].id)
    chain = Fix(Operation.JOIN, tuple(pieces))
    add_issues(window, Issue("fragment", 20, 19, 41, tuple(pieces), 0.3, 40, chain))
    press(Qt.Key.Key_S, SHIFT)
    assert sheets.answers[0].chosen is None
    strip = sheets.window.cells[0].strip.strip
    assert [row.track_id for row in strip.rows] == [first]
    assert {19, 29, 49} <= set(strip.frames)
    assert strip.at == 19


def test_leaving_decides_nothing_and_answers_outlast_a_restart(window, sheets, press, open_window, clip):
    ids = some_issues(window)
    press(Qt.Key.Key_S, SHIFT)
    press(Qt.Key.Key_2)
    press(Qt.Key.Key_Escape)
    assert not sheets.is_open
    press(Qt.Key.Key_S, SHIFT)
    assert sheets.is_open
    press(Qt.Key.Key_S, SHIFT)
    assert not sheets.is_open
    assert verdicts(window, ids) == [OPEN] * 5
    press(Qt.Key.Key_S, SHIFT)
    press(Qt.Key.Key_Return)
    expected = [ACCEPTED, None, REJECTED, REJECTED, OPEN]
    assert verdicts(window, ids) == expected
    window.close()

    again = open_window(clip)
    assert verdicts(again, ids) == expected
    again.actions_by_id["review_sheet"].trigger()
    assert again.reviewing.sheets.answers == []
    again.actions_by_id["undo"].trigger()
    assert verdicts(again, ids) == [OPEN] * 5
    assert len(again.reviewing.sheets.answers) == 3


def test_filters_of_the_list_hold_for_the_sheet(qtbot, window, sheets, press):
    some_issues(window)
    press(Qt.Key.Key_S, SHIFT)
    window.reviewing.panel._least.setValue(35)
    assert [a.items[0].kind for a in sheets.answers] == ["possible-switch", "duplicate"]
    sheets.window.resize(400, 300)
    window.reviewing.panel._least.setValue(0)
    assert len(sheets.answers) == 1, "no more than there is room for"


def test_the_next_sheet_has_its_pictures_at_once(qtbot, window, sheets, press):
    some_issues(window)
    press(Qt.Key.Key_S, SHIFT)
    sheets.window.resize(400, 300)
    sheets.begin_again()
    for kind in ("possible-switch", "jump", "duplicate"):
        assert [a.items[0].kind for a in sheets.answers] == [kind]
        qtbot.waitUntil(lambda: sheets.is_ahead and sheets.window.is_complete, timeout=TIMEOUT)
        press(Qt.Key.Key_Return)
        assert sheets.window.is_complete
    assert sheets.answers == []


def test_an_issue_that_is_shown_behind_a_sheet_has_its_pictures_too(qtbot, window, sheets, press):
    some_issues(window)
    first = window.project.tracks(window.state.video.id)[0].id
    [late] = add_issues(
        window, Issue("jump", 50, 49, 51, (first,), 0.1, 1, Fix(Operation.SPLIT, (first,), 50))
    )
    press(Qt.Key.Key_S, SHIFT)
    strip = window.reviewing.stage.strip
    window.reviewing.agenda.show(late)
    qtbot.waitUntil(lambda: strip.strip.at == 50 and strip.is_complete, timeout=TIMEOUT)
    assert sheets.is_open


def test_what_cannot_be_corrected_any_more_is_not_rejected_with_the_sheet(window, sheets, press):
    ids = some_issues(window)
    e = window.project.tracks(window.state.video.id)[4].id
    press(Qt.Key.Key_S, SHIFT)
    press(Qt.Key.Key_2)
    assert sheets.answers[1].chosen == 0
    window.project.apply(editing.delete_boxes(window.project, e, start=20, stop=FRAMES))
    assert [answer.items[0].kind for answer in sheets.answers] == ["possible-switch", "duplicate"]
    assert sheets.answers[0].chosen == 0, "the other answers stay as they were given"
    press(Qt.Key.Key_Return)
    assert verdicts(window, ids) == [ACCEPTED, None, OPEN, REJECTED, OPEN]


def hold(window, change):
    """Have a large edit begin; returns what lets it go on."""
    begun = threading.Event()

    def writing():
        begun.wait(TIMEOUT / 1000)
        return (yield from window.project.apply_large(change))

    window.editor.go("Held", writing)
    return begun


def test_a_sheet_waits_for_a_large_edit_and_tells_what_that_has_made_impossible(qtbot, window, sheets, press):
    ids = some_issues(window)
    press(Qt.Key.Key_S, SHIFT)
    given = sheets.answers[0]
    begun = hold(window, reviewing.accept(window.project, given.items[0], instead_of=given.items[1:]))
    press(Qt.Key.Key_Return)
    assert sheets.answers == []
    assert verdicts(window, ids) == [OPEN] * 5
    begun.set()
    expected = [ACCEPTED, None, REJECTED, REJECTED, OPEN]
    qtbot.waitUntil(lambda: verdicts(window, ids) == expected, timeout=TIMEOUT)
    qtbot.waitUntil(lambda: "Left open: Possible switch" in sheets.window.said, timeout=TIMEOUT)
    assert "already" in sheets.window.said
    assert window.reviewing.agenda.under_way == set()


def test_a_sheet_that_waits_is_written_when_the_window_is_closed(window, sheets, press, open_window, clip):
    ids = some_issues(window)
    e = window.project.tracks(window.state.video.id)[4].id
    press(Qt.Key.Key_S, SHIFT)
    begun = hold(window, editing.delete_boxes(window.project, e, start=50, stop=FRAMES))
    press(Qt.Key.Key_Return)
    assert verdicts(window, ids) == [OPEN] * 5
    begun.set()
    window.close()
    again = open_window(clip)
    assert verdicts(again, ids) == [ACCEPTED, None, REJECTED, REJECTED, OPEN]
    assert again.project.boxes_of_track(e)[-1].frame == 49


def test_what_a_large_sheet_could_not_write_is_asked_again(qtbot, window, sheets, press, monkeypatch):
    ids = some_issues(window)
    begun, large = threading.Event(), window.project.apply_large

    def later(change):
        begun.wait(TIMEOUT / 1000)
        return (yield from large(change))

    monkeypatch.setattr(editor, "LARGE", 3)
    monkeypatch.setattr(window.project, "apply_large", later)
    press(Qt.Key.Key_S, SHIFT)
    press(Qt.Key.Key_Return)
    assert sheets.answers == []
    window.project.apply(reviewing.comment(reviewing.find_item(window.project, ids[0]), "Surely"))
    begun.set()
    qtbot.waitUntil(lambda: not window.editor.busy, timeout=TIMEOUT)
    assert verdicts(window, ids) == [OPEN] * 5
    assert "nothing was written" in sheets.window.said
    sheets.begin_again()
    assert [a.items[0].kind for a in sheets.answers] == ["possible-switch", "jump", "duplicate"]


def test_another_edit_changes_the_number_that_a_split_on_the_sheet_would_give(window, sheets, press):
    some_issues(window)
    project, video = window.project, window.state.video.id
    press(Qt.Key.Key_S, SHIFT)
    press(Qt.Key.Key_2)
    assert "#8" in sheets.window.cells[1].text
    [new] = project.new_ids("track", 1)
    project.apply(ChangeSet.of("New track", track=((), [TrackRow(new, video, 1, 8, "", None)])))
    assert "#9" in sheets.window.cells[1].text
    press(Qt.Key.Key_2, CTRL)
    assert "Not wrong" in sheets.window.cells[1].text


def test_an_undo_that_is_not_of_the_sheet_leaves_its_answers(window, sheets, press):
    ids = some_issues(window)
    window.project.apply(reviewing.reject(reviewing.find_item(window.project, ids[-1])))
    press(Qt.Key.Key_S, SHIFT)
    press(Qt.Key.Key_1, CTRL)
    press(Qt.Key.Key_Z, CTRL)
    assert verdicts(window, ids) == [OPEN] * 5
    assert [a.chosen for a in sheets.answers] == [None] * 3
    assert "Not wrong" in sheets.window.cells[0].text
    press(Qt.Key.Key_Return)
    assert verdicts(window, ids)[0] == REJECTED


def test_what_was_undone_before_a_sheet_was_opened_does_not_come_onto_it(window, sheets, press):
    some_issues(window)
    press(Qt.Key.Key_S, SHIFT)
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Escape)
    press(Qt.Key.Key_Z, CTRL)
    press(Qt.Key.Key_S, SHIFT)
    press(Qt.Key.Key_1, CTRL)
    third = window.project.tracks(window.state.video.id)[2].id
    window.project.apply(editing.delete_boxes(window.project, third, start=20, stop=28))
    assert [a.chosen for a in sheets.answers] == [None] * 3


def test_a_fault_in_deciding_a_sheet_leaves_it_as_it_was(qtbot, window, sheets, press, monkeypatch):
    ids = some_issues(window)
    press(Qt.Key.Key_S, SHIFT)
    press(Qt.Key.Key_2)

    def broken(*_):
        raise RuntimeError("a fault")

    with monkeypatch.context() as fault, qtbot.captureExceptions() as raised:
        fault.setattr(deciding, "decide", broken)
        press(Qt.Key.Key_Return)
    assert [str(error) for _, error, _ in raised] == ["a fault"]
    assert [a.chosen for a in sheets.answers] == [0, 0, None]
    press(Qt.Key.Key_Return)
    assert verdicts(window, ids) == [ACCEPTED, None, ACCEPTED, REJECTED, OPEN]
