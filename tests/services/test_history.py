"""The history as people ask for it."""

import getpass
import time
from datetime import UTC, datetime

import pytest

from tests.services.identity_project import add_track, carry_out, change_boxes, new_project, state
from workbench.core.errors import UserError
from workbench.core.fixes import Operation
from workbench.core.rows import Origin
from workbench.services import history
from workbench.services.history import Made, Touched


@pytest.fixture
def project(tmp_path):
    with new_project(tmp_path / "p.wbp") as project:
        yield project


def drained(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def test_edits_name_their_author_and_what_they_touched(project):
    a, b = add_track(project, 4, range(10)), add_track(project, 7, range(10))
    carry_out(project, Operation.SWAP, a, b, start=3, stop=6)
    newest = history.entries(project)[0]
    assert newest.edit.name == "Swap #4 and #7"
    assert newest.edit.author == getpass.getuser()
    assert newest.touched == "#4, #7, frames 3 to 5"


def test_a_track_has_a_history_of_its_own_also_when_it_is_gone(project):
    a, b, c = (add_track(project, n, range(10 * n, 10 * n + 8)) for n in (1, 2, 3))
    carry_out(project, Operation.SWAP, a, b, start=14)
    carry_out(project, Operation.MERGE, c, b)
    names = [e.edit.name for e in history.entries(project, track_id=b)]
    assert names == ["Merge #2 into #3", "Swap #1 and #2", "Add"]
    assert project.track(b) is None
    swap = history.entries(project, track_id=a)[0].edit
    assert swap.name == "Swap #1 and #2"
    assert history.touched(project, swap, a) == Touched(came={b: 8}, went={b: 4})


def test_what_an_edit_did_to_a_track_is_counted(project):
    a, b = add_track(project, 1, range(10)), add_track(project, 2, range(5, 20))
    carry_out(project, Operation.SWAP, a, b, start=8)
    newest = project.next_undo
    assert history.touched(project, newest, a) == Touched(came={b: 12}, went={b: 2})
    change_boxes(project, a, [1, 2], x=3.0)
    assert history.touched(project, project.next_undo, a) == Touched(changed=2)
    carry_out(project, Operation.DELETE, a, start=15)
    assert history.touched(project, project.next_undo, a) == Touched(deleted=5)


def test_one_can_go_back_to_any_edit_and_forward_again_and_stop_between(project):
    states, edits = [state(project)], [None]
    for number in (1, 2, 3, 4):
        add_track(project, number, range(300 if number == 2 else 5))
        states.append(state(project))
        edits.append(project.next_undo)
    assert drained(history.go_to(project, edits[1])) == 3
    assert state(project) == states[1]
    assert drained(history.go_to(project, edits[3])) == 2
    assert state(project) == states[3]
    assert drained(history.go_to(project, None)) == 3
    assert state(project) == states[0]
    steps = history.go_to(project, edits[4])
    while project.next_undo is None or project.next_undo.id != edits[1].id:
        next(steps)
    steps.close()
    assert state(project) == states[1]
    add_track(project, 9, range(3))
    with pytest.raises(UserError, match="no more"):
        drained(history.go_to(project, edits[4]))


def test_boxes_are_found_by_who_made_them(project):
    run = project.add_run(video_id=1, kind="track", model="byte").id
    a, b = add_track(project, 1, range(4)), add_track(project, 2, range(4), run_id=run)
    change_boxes(project, a, [1], origin=int(Origin.HUMAN), score=None)
    change_boxes(project, b, [2], verified=1)

    def found(**made):
        return [tuple(key) for key in history.boxes_made(project, 1, Made(**made)).tolist()]

    assert found(origins=frozenset({Origin.HUMAN})) == [(a, 1)]
    assert found(models=frozenset({"byte"})) == [(b, f) for f in range(4)]
    assert found(models=frozenset({"byte"}), verified=True) == [(b, 2)]
    assert found(runs=frozenset({1}), origins=frozenset({Origin.MODEL})) == [(a, 0), (a, 2), (a, 3)]
    assert found(models=frozenset({"other"})) == []
    time.sleep(0.002)
    moment = datetime.now(UTC)
    assert found(edited_since=moment) == []
    change_boxes(project, a, [3], x=1.0)
    assert found(edited_since=moment) == [(a, 3)]
    project.undo()
    assert found(edited_since=moment) == []


def test_a_box_says_who_made_it(project):
    run = project.add_run(video_id=1, kind="track", model="byte").id
    a = add_track(project, 1, range(3), run_id=run)
    change_boxes(project, a, [1], verified=1)
    change_boxes(project, a, [2], origin=int(Origin.HUMAN))
    said = [history.maker_of(project, row) for row in project.boxes_of_track(a)]
    assert said == [
        "by byte (run 2)",
        "by byte (run 2), verified",
        "corrected by a person; byte (run 2) put it elsewhere",
    ]
