"""The review queue on a real project: order, verdicts, and what Undo brings back."""

import pytest

from tests.services.identity_project import add_track, new_project, runs, state
from workbench.core.edits import ChangeSet
from workbench.core.errors import UserError
from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.services import identities, reviewing
from workbench.services.review_items import Place, row_of
from workbench.services.reviewing import Filters

ANY = frozenset({"", "accepted", "rejected", "skipped", "fixed"})


@pytest.fixture
def project(tmp_path):
    with new_project(tmp_path / "p.wbp") as project:
        yield project


@pytest.fixture
def tracks(project):
    return [add_track(project, number, range(50)) for number in (1, 2, 3)]


def add_items(project, *issues):
    ids = project.new_ids("review_item", len(issues))
    rows = [row_of(issue, i, 1) for i, issue in zip(ids, issues, strict=True)]
    project.apply(ChangeSet.of("Find", review_item=((), rows)))


def issue(*tracks, kind="possible-switch", frame=20, probability=0.5, gain=10.0, fix=None):
    return Issue(kind, frame, frame, frame + 1, tracks, probability, gain, fix)


def queue(project, **filters):
    return reviewing.queue(project, 1, Filters(**filters))


def test_an_item_goes_through_the_store_unchanged(project, tracks):
    a, b, _ = tracks
    fix = Fix(Operation.SWAP, (a, b), 20)
    found = Issue("possible-switch", 20, 15, 25, (a, b), 0.25, 60.0, fix, (("distance", 0.5), ("says", "é")))
    row = row_of(found, 1, 1, place=[Place(20, (1.0, 2.0, 3.0, 4.0))], run_id=1)
    project.apply(ChangeSet.of("Find", review_item=((), [row])))
    (item,) = queue(project)
    assert (item.tracks, item.fix, item.evidence) == (found.tracks, fix, found.evidence)
    assert item.place == (Place(20, (1.0, 2.0, 3.0, 4.0)),)
    assert (item.kind, item.frame, item.probability, item.order) == (
        "possible-switch",
        20,
        0.25,
        (-0.0625 * 60, 1),
    )


@pytest.mark.parametrize(
    "text", ["{", "7", "null", '[["a"], 1]', '[1e400, {"b": 1}]', "[" * 100_000, '["a", NaN]']
)
def test_an_item_whose_lists_somebody_has_damaged_is_asked_all_the_same(project, tracks, text):
    a, b, _ = tracks
    found = row_of(issue(a, b, fix=Fix(Operation.SWAP, (a, b), 20)), 1, 1)
    row = found._replace(tracks=text, fix=text, evidence=text, place=text)
    project.apply(ChangeSet.of("Find", review_item=((), [row])))
    (item,) = queue(project)
    assert (item.tracks, item.fix, item.evidence, item.place) == ((a, b), None, (), ())
    with pytest.raises(UserError, match="Only a person"):
        reviewing.accept(project, item)
    project.apply(reviewing.reject(item))
    assert queue(project) == []
    carried = identities.plan(project, Fix(Operation.MERGE, (b, a)))
    project.apply(carried.change)


def test_the_queue_begins_with_what_is_worth_most(project, tracks):
    a, b, c = tracks
    add_items(
        project,
        issue(a, b, probability=0.9, gain=10),
        issue(b, c, probability=0.1, gain=200, frame=40),
        issue(a, kind="jump", probability=1.0, gain=5),
    )
    assert [round(-i.order[0]) for i in queue(project)] == [8, 5, 2]
    assert [i.kind for i in queue(project, kinds=frozenset({"jump"}))] == ["jump"]
    assert [i.frame for i in queue(project, tracks=frozenset({c}))] == [40]
    assert [i.frame for i in queue(project, start=30)] == [40]
    assert len(queue(project, least=0.5)) == 2


def test_a_verdict_is_one_edit_with_its_fix_and_undone_with_it(project, tracks):
    a, b, _ = tracks
    add_items(project, issue(a, b, fix=Fix(Operation.SWAP, (a, b), 20)))
    before = state(project)
    (item,) = queue(project)
    project.apply(reviewing.accept(project, item))
    assert runs(project, a) == [(1, 0, 20), (2, 20, 50)]
    assert queue(project) == []
    assert [i.verdict for i in queue(project, verdicts=ANY)] == ["accepted"]
    done = state(project)
    project.undo()
    assert state(project) == before
    assert queue(project) == [item]
    project.redo()
    assert state(project) == done


def test_corrections_of_one_place_are_decided_together(project, tracks):
    a, b, c = tracks
    add_items(
        project,
        issue(a, b, probability=0.6, fix=Fix(Operation.SWAP, (a, b), 20)),
        issue(a, kind="swap-inside", frame=24, probability=0.3, fix=Fix(Operation.SPLIT, (a,), 24)),
        issue(a, c, probability=0.1, frame=22, fix=Fix(Operation.SWAP, (a, c), 22)),
        issue(b, c, probability=0.1, frame=40, fix=Fix(Operation.SWAP, (b, c), 40)),
    )
    head, *others = queue(project)
    about_it = reviewing.alternatives(head, others)
    assert [i.frame for i in about_it] == [24, 22]
    assert [i.frame for i in reviewing.alternatives(about_it[1], [head, *others])] == [20, 24]

    before = state(project)
    project.apply(reviewing.accept(project, about_it[0], instead_of=[head, about_it[1]]))
    assert [i.frame for i in queue(project)] == [40]
    assert [i.verdict for i in queue(project, verdicts=ANY, stop=30)] == ["accepted"]
    assert len(runs(project, a)) == 1
    project.undo()
    assert state(project) == before

    project.apply(reviewing.reject(head, *about_it))
    assert [i.frame for i in queue(project)] == [40]
    assert [i.verdict for i in queue(project, verdicts=ANY, stop=30)] == ["rejected"] * 3
    project.undo()
    project.apply(reviewing.comment(about_it[1], "look here again"))
    assert [i.frame for i in reviewing.alternatives(head, queue(project))] == [24]


def test_another_fix_decides_the_item_too(project, tracks):
    a, b, _ = tracks
    add_items(project, issue(a, b, fix=Fix(Operation.SWAP, (a, b), 20)))
    (item,) = queue(project)
    project.apply(reviewing.fix_otherwise(project, item, Fix(Operation.SPLIT, (a,), 20)))
    (decided,) = queue(project, verdicts=ANY)
    assert (decided.verdict, decided.tracks) == ("fixed", (a, b))
    with pytest.raises(UserError, match="already"):
        reviewing.accept(project, decided)


def test_items_follow_their_tracks(project, tracks):
    a, b, c = tracks
    add_items(
        project,
        issue(a, b, frame=10, fix=Fix(Operation.SWAP, (a, b), 10)),
        issue(a, c, frame=30, fix=Fix(Operation.SWAP, (a, c), 30)),
        issue(b, c, frame=40, fix=Fix(Operation.MERGE, (b, c))),
    )
    first = next(i for i in queue(project) if i.frame == 10)
    project.apply(reviewing.accept(project, first))
    assert {(i.tracks, i.fix.tracks) for i in queue(project)} == {((b, c), (b, c)), ((a, c), (a, c))}
    at_40 = next(i for i in queue(project) if i.frame == 40)
    assert at_40.tracks == (a, c)
    project.apply(reviewing.accept(project, at_40))
    (left,) = queue(project)
    assert (left.frame, left.tracks) == (30, (b, a))
    project.apply(identities.plan(project, Fix(Operation.MERGE, (a, b))).change)
    assert queue(project) == [], "between two tracks that are one now there is nothing to ask"
    project.undo()
    assert queue(project) == [left]


def test_reject_skip_and_reopen(project, tracks):
    a, b, c = tracks
    chances = {(a, b): 0.5, (b, c): 0.25, (a, c): 0.125}
    add_items(project, *(issue(*both, probability=chance) for both, chance in chances.items()))
    one, two, _ = queue(project)
    project.apply(reviewing.reject(one))
    project.apply(reviewing.skip(two))
    assert len(queue(project)) == 1
    told = reviewing.progress(project, 1)
    assert (told.reviewed, told.remaining, told.expected_errors) == (1, 2, 0.375)
    (skipped,) = queue(project, verdicts=frozenset({"skipped"}))
    project.apply(reviewing.reopen(skipped))
    assert len(queue(project)) == 2


def test_what_only_a_person_can_tell_cannot_be_accepted(project, tracks):
    add_items(project, issue(tracks[0], kind="jump"))
    with pytest.raises(UserError, match="person"):
        reviewing.accept(project, queue(project)[0])


def test_a_fix_that_cannot_be_done_any_more_is_refused_and_changes_nothing(project, tracks):
    a, b, _ = tracks
    add_items(project, issue(a, b, fix=Fix(Operation.SWAP, (a, b), 20)))
    (item,) = queue(project)
    row = item.row._replace(fix=item.row.fix.replace(str(b), "999"))
    project.apply(ChangeSet.of("Break", review_item=([item.row], [row])))
    before = state(project)
    with pytest.raises(UserError, match="gone"):
        reviewing.accept(project, queue(project)[0])
    assert state(project) == before
