"""Joining all probable fragments: the same as chain by chain, as one edit that nobody has looked at."""

import pytest

from tests.services.identity_project import add_track, new_project, runs, state
from tests.services.test_sheets import add_items, issue
from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.core.rows import RULED_OUT
from workbench.services import identities, reviewing
from workbench.services.identities import Manner
from workbench.services.joining import join_all, joins
from workbench.services.review_items import ACCEPTED, OPEN


@pytest.fixture
def project(tmp_path):
    with new_project(tmp_path / "p.wbp") as project:
        yield project


def link(before, after, probability):
    fix = Fix(Operation.JOIN, (before, after))
    return Issue("fragment", 10, 9, 12, (before, after), probability, 5.0, fix)


@pytest.fixture
def tracks(project):
    """Three pieces of one target, two of another, and one that may go on as two."""
    spans = [range(0, 10), range(12, 20), range(25, 40), range(0, 10), range(15, 30), range(12, 20)]
    return [add_track(project, n + 1, span) for n, span in enumerate(spans)]


@pytest.fixture
def items(project, tracks):
    a, b, c, d, e, f = tracks
    return add_items(
        project,
        [
            *(link(a, b, 0.9), link(b, c, 0.6), link(d, e, 0.7), link(d, f, 0.65), link(a, f, 0.3)),
            *(issue(Operation.JOIN, e, f), issue(Operation.SWAP, c, e)),
        ],
    )


def done(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def test_each_goes_on_as_the_likeliest_that_nothing_likelier_claims(items, tracks):
    a, b, c, d, e, _ = tracks
    found = joins(items, 0.5)
    assert [[i.tracks for i in chain] for chain in found.chains] == [[(a, b), (b, c)], [(d, e)]]
    assert str(found) == "5 fragments become 2 tracks by 3 links, of which about 2 should be right."
    assert joins(items, 0.8).links == 1
    assert not joins(items, 0.95).chains


def test_it_is_the_same_as_joining_chain_by_chain_and_one_undo_takes_it_back(project, items, tracks):
    a, b, c, d, e, _ = tracks
    before = state(project)
    joined = done(join_all(project, joins(items)))
    assert (joined.links, joined.left) == (3, ())
    edit = project.apply(joined.change)
    assert edit.name == "Join 5 fragments to 2 tracks"
    together = state(project)
    assert runs(project, a)[0][:2] == (1, 0)
    assert [row.frame for row in project.boxes_of_track(a)] == list(range(40))
    project.undo()
    assert state(project) == before
    for ids in ((a, b, c), (d, e)):
        plan = identities.plan(project, Fix(Operation.JOIN, ids), manner=Manner(seen=False))
        project.apply(plan.change)
    one_by_one = state(project)
    assert together["box"] == one_by_one["box"]
    assert together["track"] == one_by_one["track"]


def test_nobody_has_looked(project, items, tracks):
    project.apply(done(join_all(project, joins(items))).change)
    assert not any(row.verified for row in project.rows("box"))
    verdicts = [row.verdict for row in project.rows("review_item")]
    assert RULED_OUT not in verdicts  # so that a wrong link may be found
    assert verdicts.count(ACCEPTED) == 2  # one of each chain; its other links have come true


def test_what_is_answered_meanwhile_leaves_its_chain_alone(project, items, tracks):
    wanted = joins(items)
    project.apply(reviewing.reject(items[1]))
    joined = done(join_all(project, wanted))
    project.apply(joined.change)
    assert joined.links == 1
    assert len(joined.left) == 1
    assert len(project.boxes_of_track(tracks[0])) == 10
    assert reviewing.find_item(project, items[0].id).verdict == OPEN
