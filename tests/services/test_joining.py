"""Joining all probable fragments: the same as chain by chain, as one edit that nobody has looked at."""

import numpy as np
import pytest

from tests.services.identity_project import add_track, carry_out, new_project, runs, state
from tests.services.test_sheets import add_items, issue
from workbench.core.edits import ChangeSet
from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.core.rows import RULED_OUT, Origin
from workbench.services import editing, identities, reviewing
from workbench.services.identities import Manner
from workbench.services.joining import Joins, Outlooks, join_all, joins
from workbench.services.review_items import ACCEPTED, OPEN, ReviewItem, row_of


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


def test_the_outlook_of_any_probability_is_what_joining_with_it_comes_to():
    rng = np.random.default_rng(5)
    pairs = [sorted(rng.choice(40, 2, replace=False).tolist()) for _ in range(150)]
    chances = rng.integers(1, 20, 150) / 20  # many are equal
    found = [
        ReviewItem(row_of(link(*pair, chance), n, 1))
        for n, (pair, chance) in enumerate(zip(pairs, chances, strict=True))
    ]
    outlooks = Outlooks(joins(found, 0.1))
    for least in np.arange(0.1, 1.01, 0.05).round(2):
        wanted, outlook = joins(found, least), outlooks.at(least)
        assert (outlook.links, outlook.chains) == (wanted.links, len(wanted.chains))
        assert str(outlook) == str(wanted)
    assert outlooks.at(0.1).chains < outlooks.at(0.1).links
    assert not outlooks.at(1.0).links


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


def test_items_about_several_chains_are_as_if_the_chains_were_joined_one_after_another(project, items):
    wanted = joins(items)
    project.apply(done(join_all(project, wanted)).change)
    together = state(project)
    project.undo()
    for chain in wanted.chains:
        project.apply(done(join_all(project, Joins((chain,)))).change)
    assert state(project) == together


def test_a_chain_that_would_lose_a_class_that_a_person_gave_is_left(project, items, tracks):
    project.apply(editing.relabel(project, [tracks[2]], category_id=2))
    joined = done(join_all(project, joins(items)))
    assert joined.links == 1
    assert joined.left == ("Its fragments are of different classes.",)


def test_a_chain_that_would_lose_boxes_is_left(project):
    one = add_track(project, 1, range(0, 15), origin=int(Origin.HUMAN))
    two = add_track(project, 2, range(12, 20), origin=int(Origin.HUMAN))
    joined = done(join_all(project, joins(add_items(project, [link(one, two, 0.9)]))))
    assert not joined.change
    assert joined.left == ("Its fragments overlap in time, so boxes would be lost.",)


def test_a_link_whose_track_was_split_meanwhile_is_not_made_for_the_part_that_it_was_not_about(project):
    one, two = add_track(project, 1, range(0, 11)), add_track(project, 2, range(12, 20))
    wanted = joins(add_items(project, [link(one, two, 0.9)]))
    carry_out(project, Operation.SPLIT, one, start=5)
    joined = done(join_all(project, wanted))
    assert not joined.change
    assert len(joined.left) == 1


def test_an_item_whose_list_of_tracks_is_damaged_joins_what_its_correction_names(project):
    one, two = add_track(project, 1, range(0, 11)), add_track(project, 2, range(12, 20))
    (item,) = add_items(project, [link(one, two, 0.9)])
    damaged = item.row._replace(tracks="[1]", other_track_id=None)
    project.apply(ChangeSet.of("Damage", review_item=([item.row], [damaged])))
    assert joins(reviewing.queue(project, 1)).links == 1
