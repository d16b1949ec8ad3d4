"""Corrections of identities on a real project: what changes hands, what moves along, what stays."""

import pytest

from tests.services.identity_project import (
    FRAMES,
    add_action,
    add_pose,
    add_track,
    carry_out,
    change_boxes,
    new_project,
    runs,
    state,
)
from workbench.core.errors import UserError
from workbench.core.fixes import Fix, Operation
from workbench.core.rows import Origin
from workbench.services import identities
from workbench.services.identities.draft import Draft

SWAP, MERGE, JOIN, SPLIT = Operation.SWAP, Operation.MERGE, Operation.JOIN, Operation.SPLIT
DELETE, FILL, RENUMBER, RELABEL = Operation.DELETE, Operation.FILL, Operation.RENUMBER, Operation.RELABEL


@pytest.fixture
def project(tmp_path):
    with new_project(tmp_path / "p.wbp") as project:
        yield project


def test_swap_exchanges_the_boxes_of_a_span_and_keeps_who_made_them(project):
    a, b = add_track(project, 1, range(50)), add_track(project, 2, range(10, 60))
    plan = carry_out(project, SWAP, a, b, start=20, stop=30)
    assert runs(project, a) == [(1, 0, 20), (2, 20, 30), (1, 30, 50)]
    assert runs(project, b) == [(2, 10, 20), (1, 20, 30), (2, 30, 60)]
    assert {(r.origin, r.run_id) for r in project.boxes_of_track(a)} == {(Origin.MODEL, 1)}
    assert [(m.source, m.target, m.start, m.stop, m.count) for m in plan.moves] == [
        (a, b, 20, 30, 10),
        (b, a, 20, 30, 10),
    ]


def test_swap_from_here_on_reaches_the_end(project):
    a, b = add_track(project, 1, range(50)), add_track(project, 2, range(60))
    carry_out(project, SWAP, a, b, start=40)
    assert runs(project, a) == [(1, 0, 40), (2, 40, 60)]
    assert runs(project, b) == [(2, 0, 40), (1, 40, 50)]


def test_merge_keeps_human_box_on_conflict(project):
    a, b = add_track(project, 1, range(20), score=0.9), add_track(project, 2, range(10, 30))
    change_boxes(project, b, [12], origin=int(Origin.HUMAN), score=None)
    change_boxes(project, b, [14], verified=1)
    change_boxes(project, b, [16], score=0.95)
    plan = carry_out(project, MERGE, a, b)
    assert project.track(b) is None
    assert plan.gone[0].id == b
    made_by = {r.frame: round(r.x / 100) for r in project.boxes_of_track(a)}
    assert sorted(made_by) == list(range(30))
    assert [f for f in range(10, 20) if made_by[f] == 2] == [12, 14, 16]
    why = {f: c.why for c in plan.conflicts for f in range(c.start, c.stop)}
    assert (why[12], why[14], why[16]) == ("made by a person", "verified", "the higher score")
    assert project.box(a, 12).origin == Origin.HUMAN


def test_split_gives_the_second_half_a_new_track_and_the_next_number(project):
    a = add_track(project, 7, range(50))
    plan = carry_out(project, SPLIT, a, start=20)
    assert runs(project, a) == [(7, 0, 20)]
    (new,) = plan.new
    assert runs(project, new.id) == [(7, 20, 50)]
    assert (new.number, new.category_id, new.run_id) == (8, 1, 1)
    carry_out(project, MERGE, a, new.id)
    assert runs(project, a) == [(7, 0, 50)]


def test_renumber_takes_a_free_number_or_becomes_the_track_that_has_it(project):
    a, b = add_track(project, 1, range(20)), add_track(project, 2, range(30, 50))
    carry_out(project, RENUMBER, a, number=9)
    assert project.track(a).number == 9
    carry_out(project, RENUMBER, a, number=2)
    assert project.track(a) is None
    assert runs(project, b) == [(1, 0, 20), (2, 30, 50)]
    part = carry_out(project, RENUMBER, b, start=30, number=5).new[0]
    assert part.number == 5
    assert runs(project, part.id) == [(2, 30, 50)]


def test_delete_takes_a_span_or_the_whole_track(project):
    a = add_track(project, 1, range(50))
    add_action(project, a, 10, 40)
    carry_out(project, DELETE, a, start=20)
    assert runs(project, a) == [(1, 0, 20)]
    assert [(r.start, r.stop) for r in project.rows("action")] == [(10, 20)]
    carry_out(project, DELETE, a)
    assert not any(state(project).values())


def test_fill_interpolates_the_gaps_of_a_span(project):
    a = add_track(project, 1, [0, 4, 8])
    said = identities.preview(project, Fix(FILL, (a,), 2, 3)).text
    assert said == "1 frame of #1 is filled in frames 2 to 2."
    carry_out(project, FILL, a, start=2, stop=8)
    rows = {r.frame: r for r in project.boxes_of_track(a)}
    assert sorted(rows) == [0, 2, 3, 4, 5, 6, 7, 8]
    assert (rows[2].y, rows[2].origin) == (2.0, Origin.INTERPOLATED)


def test_join_makes_one_track_of_fragments_and_fills_between_them(project):
    a, b, c = add_track(project, 1, [0, 1, 5]), add_track(project, 2, [8, 9]), add_track(project, 3, [12])
    said = identities.preview(project, Fix(JOIN, (a, b, c))).text
    assert said == "#2, #3 become #1 in the whole video, and 4 frames between them are filled."
    said = identities.preview(project, Fix(JOIN, (a, b))).text
    assert said == "#2 becomes #1 in the whole video, and 2 frames between them are filled."
    carry_out(project, JOIN, a, b, c)
    assert [r.frame for r in project.boxes_of_track(a)] == [0, 1, *range(5, 13)]
    assert [t.id for t in project.tracks(1)] == [a]


def test_relabel_changes_the_class_of_many(project):
    ids = [add_track(project, n, range(3)) for n in (1, 2, 3)]
    carry_out(project, RELABEL, *ids, number=2)
    assert {t.category_id for t in project.tracks(1)} == {2}


def test_poses_and_actions_move_along(project):
    a, b = add_track(project, 1, range(50)), add_track(project, 2, range(50))
    add_pose(project, a, 10)
    add_pose(project, a, 30)
    add_pose(project, b, 31)
    walk = add_action(project, a, 5, 40)
    carry_out(project, SWAP, a, b, start=25)
    assert {(r.track_id, r.frame) for r in project.rows("pose")} == {(a, 10), (b, 30), (a, 31)}
    spans = sorted((r.track_id, r.start, r.stop) for r in project.rows("action"))
    assert spans == [(a, 5, 25), (b, 25, 40)]
    assert next(r for r in project.rows("action") if r.track_id == a).id == walk
    carry_out(project, SWAP, a, b, start=25)
    assert [(r.id, r.track_id, r.start, r.stop) for r in project.rows("action")] == [(walk, a, 5, 40)]


def test_a_pose_goes_with_the_box_that_gives_way(project):
    a, b = add_track(project, 1, range(10), score=0.9), add_track(project, 2, range(10))
    add_pose(project, b, 4)
    change_boxes(project, b, [6], score=0.95)
    add_pose(project, b, 6)
    carry_out(project, MERGE, a, b)
    assert [(r.track_id, r.frame) for r in project.rows("pose")] == [(a, 6)]


def test_who_looks_at_a_correction_verifies_the_boxes_at_its_seams(project):
    a, b = add_track(project, 1, range(50)), add_track(project, 2, range(50))
    carry_out(project, SWAP, a, b, start=20, stop=30, seen=True)
    for track in (a, b):
        assert [r.frame for r in project.boxes_of_track(track) if r.verified] == [19, 20, 29, 30]
    carry_out(project, SPLIT, a, start=40, seen=True)
    assert project.box(a, 39).verified
    assert {r.origin for r in project.boxes_of_track(a)} == {Origin.MODEL}


def test_a_number_given_to_a_whole_track_is_carried_by_its_first_box(project):
    a = add_track(project, 1, range(5))
    carry_out(project, RENUMBER, a, number=4, seen=True)
    assert [r.frame for r in project.boxes_of_track(a) if r.verified] == [0]


def test_a_preview_says_the_same_and_writes_nothing(project):
    a, b = add_track(project, 1, range(50)), add_track(project, 2, range(10, 60))
    add_action(project, a, 0, 50)
    for fix in (Fix(SWAP, (a, b), 20, 30), Fix(SPLIT, (a,), 20), Fix(MERGE, (a, b)), Fix(JOIN, (b, a))):
        before, ids = state(project), project.new_ids("track", 1)[0]
        preview = identities.preview(project, fix)
        assert state(project) == before
        assert project.new_ids("track", 1)[0] == ids + 1
        plan = identities.plan(project, fix)
        assert (preview.text, preview.conflicts, preview.gone) == (plan.text, plan.conflicts, plan.gone)
        assert [m.count for m in preview.moves] == [m.count for m in plan.moves]
        assert all(track.id < 0 for track in preview.new)
        seen = [r for r in preview.after(project.boxes_at(1, 25)) if r.track_id in preview.rows]
        assert seen == [r for t in sorted(preview.rows) for r in preview.rows[t] if r.frame == 25]


@pytest.mark.parametrize(
    "fix",
    [
        Fix(SWAP, (1,)),
        Fix(SWAP, (1, 1)),
        Fix(SWAP, (1, 2, 3)),
        Fix(MERGE, (1, 999)),
        Fix(SPLIT, (1,)),
        Fix(SPLIT, (1,), 60),
        Fix(SPLIT, (1,), FRAMES),
        Fix(RENUMBER, (1,)),
        Fix(RENUMBER, (1,), number=1),
        Fix(RELABEL, (1,), number=77),
        Fix(RELABEL, (1,), number=1),
        Fix(FILL, (1,)),
        Fix(DELETE, (1,), 70, 80),
        Fix(Operation.EXTEND, (1,), 50),
    ],
    ids=lambda fix: f"{fix.operation}-{fix.tracks}-{fix.start}-{fix.number}",
)
def test_what_cannot_be_done_is_said(project, fix):
    for number in (1, 2, 3):
        add_track(project, number, range(50))
    before = state(project)
    with pytest.raises(UserError):
        identities.plan(project, fix)
    assert state(project) == before


def test_a_merge_of_many_pieces_reads_a_track_once_and_not_for_each_seam(project, monkeypatch):
    one, two = add_track(project, 1, range(0, FRAMES, 4)), add_track(project, 2, range(2, FRAMES, 4))
    read, chain = [], Draft._chain
    monkeypatch.setattr(Draft, "_chain", lambda draft, track: read.append(track) or chain(draft, track))
    merged = identities.plan(project, Fix(MERGE, (one, two))).change
    [items] = [change.after for change in merged.changes if change.table == "review_item"]
    assert [item.frame for item in items] == list(range(2, FRAMES, 2))
    assert len(read) < 10
