"""Simulated annotators on tracks whose errors are known."""

from dataclasses import replace

import numpy as np
import pytest

from tests.review.made import crossing, drained, swapped, tracks_of, walk
from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.metrics.sequence import TrackRows
from workbench.services.identity_cost import JOINING, QUEUE, SHEETS, WATCHING, identity_cost
from workbench.services.identity_events import events_of, shown
from workbench.services.judging import Judge
from workbench.services.simulating import _presses, ceiling, work_by_sheets, work_the_queue
from workbench.services.time_order import Tool, work_in_time_order


def truth_of(*walks):
    rows = np.concatenate(walks)
    return TrackRows.of(rows[:, 1], rows[:, 0], rows[:, 2:6])


@pytest.fixture
def case():
    """Tracks with an exchange in frame 50 and one target in two parts, and their truth."""
    alone = walk(4, range(100), start=(0.0, 20.0))
    rows = np.concatenate([*crossing(), alone])
    wrong = swapped(rows, 1, 2, 50)
    later = (wrong[:, 0] == 4) & (wrong[:, 1] > 60)
    wrong = wrong[~((wrong[:, 0] == 4) & (wrong[:, 1] > 55) & (wrong[:, 1] <= 60))]
    later = (wrong[:, 0] == 4) & (wrong[:, 1] > 60)
    wrong[later, 0] = 9
    return tracks_of(wrong), truth_of(rows)


def test_events_are_what_clear_counts(case):
    # A match is kept while it may be: the exchange is seen when the two no longer overlap enough.
    found = events_of(Judge.of(*case))
    assert sorted((e.before, e.after, e.first) for e in found) == [(1, 2, 52), (2, 1, 52), (4, 9, 61)]
    assert [e.fragment for e in found] == [False, False, True]


def test_an_issue_shows_an_event_of_its_tracks_in_its_frames(case):
    events = [e for e in events_of(Judge.of(*case)) if e.switch and not e.fragment]
    issue = Issue("possible-switch", 52, 44, 60, (2, 1), 0.5, 10.0)
    assert shown(events, [issue]) == [True, True]
    assert shown(events, [Issue("death", 52, 44, 60, (2,), 0.5, 10.0)]) == [False, False]
    assert shown(events, [Issue("possible-switch", 20, 12, 28, (2, 1), 0.5, 10.0)]) == [False, False]


@pytest.mark.parametrize(
    ("fix", "right"),
    [
        (Fix(Operation.SWAP, (1, 2), 50), True),
        (Fix(Operation.SWAP, (1, 2), 20), False),
        (Fix(Operation.SWAP, (1, 3), 50), False),
        (Fix(Operation.JOIN, (4, 9)), True),
        (Fix(Operation.JOIN, (4, 3)), False),
        (Fix(Operation.SPLIT, (1,), 50), True),
        (Fix(Operation.SPLIT, (3,), 50), False),
        (Fix(Operation.MERGE, (1, 3)), False),
        (Fix(Operation.DELETE, (3,)), False),
    ],
)
def test_corrections_are_judged_by_the_two_sides_of_their_place(case, fix, right):
    issue = Issue("any", fix.start, 0, 100, fix.tracks, 0.5, 1.0, fix)
    assert Judge.of(*case).is_true(issue) is right


def test_boxes_put_between_others_say_nothing_of_either_side():
    # A track goes over to another target while neither is seen; what fills the gap lies on the second one.
    rows = np.concatenate([walk(1, range(40)), walk(2, range(30, 80), start=(130.0, 200.0))])
    track = np.concatenate([rows[:30], rows[40:]])
    track[:, 0] = 1
    tracks, truth = tracks_of(track), truth_of(rows)
    issue = Issue("swap-inside", 45, 29, 46, (1,), 0.5, 30.0, Fix(Operation.SPLIT, (1,), 45))
    filled = (tracks.frames >= 30) & (tracks.frames < 45)
    assert not Judge.of(tracks, truth).is_true(issue)
    assert Judge.of(tracks, truth, filled=filled).is_true(issue)


def test_the_queue_and_those_without_it_reach_the_truth(case):
    tracks, truth = case
    most = ceiling(Judge.of(tracks, truth))
    queue = drained(work_the_queue(tracks, truth))
    assert queue.points[0].idf1 < 0.75
    assert queue.points[-1].idf1 > 0.99
    assert queue.actions_to(0.99 * most) <= 6
    slow = drained(work_in_time_order(tracks, truth, Tool.SPLIT_AND_MERGE))
    fast = drained(work_in_time_order(tracks, truth, Tool.FROM_HERE_ON))
    assert slow.points[-1].idf1 > 0.99
    assert fast.points[-1].idf1 > 0.99
    assert (slow.points[-1].actions, fast.points[-1].actions) == (5, 2)


def test_one_sheet_may_put_everything_right(case):
    sheets = drained(work_by_sheets(*case))
    assert sheets.points[1].idf1 > 0.99
    assert sheets.points[1].actions <= 3  # a key at most for each of the two places, and the sheet applied


def test_a_target_in_many_pieces_is_joined_by_one_action():
    whole = np.concatenate([walk(1, range(120)), walk(2, range(120), start=(400.0, 20.0))])
    pieces = whole[whole[:, 1] % 20 < 18]
    pieces[:, 0] = 10 * pieces[:, 0] + pieces[:, 1] // 20
    tracks, truth = tracks_of(pieces), truth_of(whole)
    joined = drained(work_by_sheets(tracks, truth, joining=True))
    assert joined.points[0].idf1 < 0.4
    assert joined.points[1].actions == 1
    assert joined.points[1].idf1 > 0.99


@pytest.mark.parametrize(
    ("probability", "wanted", "presses"),
    [(0.6, 0, 0), (0.6, 1, 1), (0.6, 2, 2), (0.6, None, 1), (0.4, 0, 1), (0.4, 2, 3), (0.4, None, 0)],
)
def test_the_keys_that_a_place_of_a_sheet_takes(probability, wanted, presses):
    one = Issue("fragment", 9, 9, 12, (1, 2), probability, 1.0, Fix(Operation.JOIN, (1, 2)))
    together = (one, replace(one, tracks=(1, 3)), replace(one, tracks=(1, 4)))
    assert _presses(together, None if wanted is None else together[wanted]) == presses


def test_what_was_rejected_is_not_asked_again(case):
    tracks, truth = case
    steps = list(work_the_queue(tracks, truth, most=500))
    actions = [s.done for s in steps if s.text == "Correcting"]
    assert actions == sorted(set(actions))
    assert len(actions) < 500


ONE_AFTER_THE_OTHER = walk(1, range(50)), walk(1, range(53, 103), start=(100.0, 203.0))
"""Two targets in one track; split, they are as like one as before."""
HIDDEN_FOR_A_WHILE = walk(1, range(50)), walk(2, range(60, 110))
"""One target in two tracks; joined, it has a gap in which it may have become another."""


@pytest.mark.parametrize(
    ("tracks", "truth", "actions"),
    [
        (
            np.concatenate(ONE_AFTER_THE_OTHER),
            [ONE_AFTER_THE_OTHER[0], ONE_AFTER_THE_OTHER[1] + np.eye(7)[0]],
            1,
        ),
        (np.concatenate(HIDDEN_FOR_A_WHILE), [walk(1, range(110))], 2),
    ],
)
def test_what_would_take_a_correction_back_is_not_asked(tracks, truth, actions):
    steps = work_the_queue(tracks_of(tracks), truth_of(*truth))
    asked = {step.done for step in steps if step.text == "Correcting"}
    assert len(asked) == actions, "one more would be the question whether the correction was wrong"


def test_the_whole_comparison(case):
    cost = drained(identity_cost(*case))
    assert cost.switches == (3, 3)
    assert cost.fragments == (1, 1)
    assert set(cost.curves) == {QUEUE, SHEETS, JOINING, *WATCHING}
    assert cost.figures()["actions"][QUEUE] is not None
    assert len(cost.panel("made").curves) == 8
