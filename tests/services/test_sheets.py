"""Sheets: deciding many places as one edit comes to the same as deciding them one after the other."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.identity_project import (
    add_action,
    add_pose,
    add_track,
    change_boxes,
    new_project,
    runs,
    state,
)
from workbench.core.edits import Change, ChangeSet
from workbench.core.errors import UserError
from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.core.rows import Origin
from workbench.services import editing, identities, reviewing, sheets
from workbench.services.review_items import ACCEPTED, OPEN, REJECTED, SKIPPED, ReviewItem, row_of
from workbench.services.sheets import Answer, answer_of, decide, sheet

PAIRS, LENGTH = 4, 24
OPERATIONS = [o for o in Operation if o not in (Operation.EXTEND, Operation.RELABEL)]


@pytest.fixture
def project(tmp_path):
    with new_project(tmp_path / "p.wbp") as project:
        yield project


def add_items(project, issues):
    ids = project.new_ids("review_item", len(issues))
    rows = [row_of(issue, i, 1) for issue, i in zip(issues, ids, strict=True)]
    if rows:
        project.apply(ChangeSet.of("Find", review_item=((), rows)))
    return [ReviewItem(row) for row in rows]


def issue(operation, *tracks, start=10, stop=None, probability=0.5, gain=10.0, number=None):
    fix = Fix(operation, tracks, start, stop, number)
    return Issue("possible-switch", start, start, start + 1, tracks, probability, gain, fix)


def made(project):
    """Pairs of tracks that overlap, with what hangs on them; returns their ids."""
    tracks = []
    for pair in range(PAIRS):
        a = add_track(project, 2 * pair + 1, range(LENGTH))
        b = add_track(project, 2 * pair + 2, [*range(4), *range(9, LENGTH)])
        change_boxes(project, b, [12], origin=int(Origin.HUMAN), score=None, keyframe=1)
        add_pose(project, a, 12)
        add_action(project, b, 2, 18)
        tracks += [a, b]
    return tracks


def one_after_the_other(project, answers):
    """Each answer an edit of its own; returns those that could not be made."""
    left = []
    for answer in answers:
        items = [reviewing.find_item(project, item.id) for item in answer.items]
        if answer.chosen is None:
            project.apply(reviewing.reject(*items))
            continue
        accepted = items.pop(answer.chosen)
        try:
            project.apply(reviewing.accept(project, accepted, instead_of=items))
        except UserError as error:
            left.append((answer, str(error)))
    return left


@st.composite
def answers_of_pairs(draw):
    """For each pair of tracks up to three corrections and which is right; and items across pairs."""
    asked = []
    for pair in range(PAIRS):
        fixes = []
        for _ in range(draw(st.integers(1, 3))):
            operation = draw(st.sampled_from(OPERATIONS))
            two = operation in (Operation.SWAP, Operation.MERGE, Operation.JOIN)
            first = draw(st.integers(0, 1))
            chosen = [2 * pair + first, 2 * pair + 1 - first][: 2 if two else 1]
            start = draw(st.integers(0, LENGTH - 1))
            stop = draw(st.none() | st.integers(start + 1, LENGTH))
            number = 20 + pair if operation == Operation.RENUMBER else None
            fixes.append((operation, chosen, start, stop, number))
        asked.append((fixes, draw(st.none() | st.integers(0, len(fixes) - 1))))
    across = draw(st.lists(st.tuples(*[st.integers(0, 2 * PAIRS - 1)] * 2, st.integers(0, LENGTH - 1))))
    return asked, [(a, b, frame) for a, b, frame in across if a != b]


@given(answers_of_pairs())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_sheet_comes_to_the_same_as_its_places_one_after_the_other(tmp_path_factory, drawn):
    asked, across = drawn
    folder = tmp_path_factory.mktemp("s")
    results = []
    for name in ("sheet", "each"):
        with new_project(folder / f"{name}.wbp") as project:
            tracks = made(project)
            add_items(project, [issue(Operation.SWAP, tracks[a], tracks[b], start=f) for a, b, f in across])
            answers = []
            for fixes, chosen in asked:
                issues = [
                    issue(op, *(tracks[t] for t in places), start=start, stop=stop, number=number)
                    for op, places, start, stop, number in fixes
                ]
                answers.append(Answer(tuple(add_items(project, issues)), chosen))
            results.append(sheet_at_once(project, answers) if name == "sheet" else each(project, answers))
    assert results[0] == results[1]


def sheet_at_once(project, answers):
    before = state(project)
    decided = decide(project, answers)
    if decided.change:
        project.apply(decided.change)
        after = state(project)
        project.undo()
        assert state(project) == before, "one step back"
        project.redo()
        assert state(project) == after
    return state(project), [text for _, text in decided.left]


def each(project, answers):
    left = one_after_the_other(project, answers)
    return state(project), [text for _, text in left]


def test_two_tracks_that_are_split_on_one_sheet_get_different_numbers(project):
    a, b = (add_track(project, n, range(20)) for n in (1, 2))
    items = add_items(project, [issue(Operation.SPLIT, a), issue(Operation.SPLIT, b)])
    project.apply(decide(project, [Answer((item,), 0) for item in items]).change)
    assert sorted(t.number for t in project.tracks(1)) == [1, 2, 3, 4]
    assert project.next_undo.name == "Review sheet: correct 2, reject 0"
    assert reviewing.queue(project, 1) == []


def test_an_item_about_tracks_of_two_corrections_follows_both(project):
    a, b, c, d = (add_track(project, n, frames) for n, frames in
                  ((1, range(10)), (2, range(12, 30)), (3, range(10)), (4, range(12, 30))))  # fmt: skip
    first, second, both = add_items(
        project,
        [
            issue(Operation.MERGE, a, b, start=0),
            issue(Operation.MERGE, c, d, start=0),
            issue(Operation.SWAP, b, d, start=20),
        ],
    )
    project.apply(decide(project, [Answer((first,), 0), Answer((second,), 0)]).change)
    (left,) = reviewing.queue(project, 1)
    assert (left.id, left.tracks, left.fix.tracks) == (both.id, (a, c), (a, c))


def test_what_cannot_be_corrected_any_more_stays_open_and_the_rest_is_done(project):
    a, b, c, d = (add_track(project, n, range(20)) for n in range(1, 5))
    gone, swap, fine = add_items(
        project,
        [
            issue(Operation.SPLIT, a, start=10),
            issue(Operation.SWAP, b, c),
            issue(Operation.SPLIT, d, start=5),
        ],
    )
    project.apply(editing.delete_boxes(project, a, start=10, stop=20))
    decided = decide(project, [Answer((gone,), 0), Answer((swap,), 0), Answer((fine,))])
    assert [answer.items for answer, _ in decided.left] == [(gone,)]
    assert "no box" in decided.left[0][1]
    project.apply(decided.change)
    assert [item.id for item in reviewing.queue(project, 1)] == [gone.id]
    assert runs(project, b) == [(2, 0, 10), (3, 10, 20)]
    assert reviewing.find_item(project, fine.id).verdict == REJECTED


def test_a_skipped_place_is_neither_corrected_nor_rejected(project):
    a, b, c = (add_track(project, n, range(20)) for n in range(1, 4))
    swap, unsure = add_items(project, [issue(Operation.SWAP, a, b), issue(Operation.SPLIT, c, start=5)])
    decided = decide(project, [Answer((swap,), 0), Answer((unsure,), 0).put_off()])
    assert decided.change.name == "Review sheet: correct 1, reject 0, skip 1"
    project.apply(decided.change)
    assert runs(project, c) == [(3, 0, 20)]
    (left,) = reviewing.queue(project, 1, reviewing.Filters(verdicts=frozenset({SKIPPED})))
    assert left.id == unsure.id
    assert Answer((left,)).put_off().next() == Answer((left,), 0), "its key chooses the correction again"


def test_places_that_share_a_track_are_never_decided_together(project):
    a, b, c = (add_track(project, n, range(20)) for n in range(1, 4))
    one, other = add_items(project, [issue(Operation.SWAP, a, b), issue(Operation.SWAP, b, c)])
    decided = decide(project, [Answer((one,), 0), Answer((other,), 0)])
    project.apply(decided.change)
    assert [answer.items for answer, _ in decided.left] == [(other,)]
    assert runs(project, a) == [(1, 0, 10), (2, 10, 20)]
    assert reviewing.find_item(project, other.id).verdict == ""
    answered = decide(project, [Answer((one,), 0)])
    assert not answered.change
    assert "already" in answered.left[0][1]


def test_a_sheet_takes_the_first_places_that_share_no_track_and_proposes_the_probable(project):
    tracks = [add_track(project, n, range(20)) for n in range(1, 9)]
    a, b, c, d, e, f, g, h = tracks
    add_items(
        project,
        [
            issue(Operation.SWAP, a, b, start=18, probability=0.9, gain=100),
            issue(Operation.SPLIT, a, start=16, probability=0.9, gain=80),  # the first in another way
            issue(Operation.SWAP, b, c, start=2, probability=0.9, gain=60),  # shares a track
            issue(Operation.EXTEND, d, start=19, probability=0.9, gain=50),  # takes a tracker
            Issue("jump", 5, 5, 6, (e,), 0.9, 40.0),  # only a person can tell
            issue(Operation.JOIN, f, g, start=0, probability=0.4, gain=30),
            issue(Operation.DELETE, h, start=0, probability=0.5, gain=15),
        ],
    )
    items = reviewing.queue(project, 1)

    def together(item):
        return [item, *reviewing.alternatives(item, items)]

    found = sheet(items, together)
    assert [[i.fix.operation for i in answer.items] for answer in found] == [
        ["swap", "split"], ["join"], ["delete"]
    ]  # fmt: skip
    assert [answer.chosen for answer in found] == [0, None, 0]
    assert sheet(items, together, most=1) == found[:1]
    assert sheet(items, together, without=frozenset({b, g})) == [found[2]]
    assert sheet(items, together, most=2, later=frozenset({b})) == found[1:], "others come first"
    assert sheet(items, together, later=frozenset({b})) == [*found[1:], found[0]]
    turned = [found[0]]
    for _ in range(3):
        turned.append(turned[-1].next())
    assert [answer.chosen for answer in turned] == [0, 1, None, 0]
    assert answer_of(found[1].items).accepted is None


def test_a_change_and_a_later_one_are_one(project):
    a, b = (add_track(project, n, range(3)) for n in (1, 2))
    first, second = project.track(a), project.track(b)
    one = ChangeSet.of("One", track=([first], [first._replace(name="x")]))
    two = ChangeSet.of(
        "Two",
        track=([first._replace(name="x"), second], [first._replace(name="y"), second._replace(name="z")]),
    )
    both = one.then(two)
    assert both == ChangeSet(
        "One",
        (Change("track", (first, second), (first._replace(name="y"), second._replace(name="z"))),),
    )


def test_places_that_an_edit_has_brought_to_one_track_meanwhile_do_not_spoil_the_sheet(project):
    one, other, third, fourth = made(project)[::2]
    items = add_items(project, [issue(Operation.SWAP, one, third), issue(Operation.SWAP, other, fourth)])
    answers = [Answer((items[0],), 0), Answer((items[1],))]
    merging = identities.plan(project, Fix(Operation.MERGE, (one, other))).change
    project.apply(merging)
    decided = decide(project, answers)
    project.apply(decided.change)
    assert [answer for answer, _ in decided.left] == answers[1:]
    assert [reviewing.find_item(project, item.id).verdict for item in items] == [ACCEPTED, OPEN]


def test_a_sheet_looks_behind_any_number_of_issues_that_are_asked_one_by_one(monkeypatch):
    monkeypatch.setattr(sheets, "SOUGHT", 3)
    asked_alone = [issue(Operation.EXTEND, track) for track in range(1, 6)]
    issues = [*asked_alone, issue(Operation.SPLIT, 6)]
    items = [ReviewItem(row_of(one, i, 1)) for i, one in enumerate(issues)]
    assert [answer.items for answer in sheet(items, lambda item: [item])] == [(items[-1],)]
