"""Random sequences of corrections: no box is lost or doubled, and undo gives everything back exactly."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.identity_project import add_action, add_pose, add_track, change_boxes, new_project, state
from workbench.core.edits import ChangeSet
from workbench.core.errors import UserError
from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.core.rows import Origin
from workbench.services import identities
from workbench.services.identities import Manner
from workbench.services.review_items import row_of
from workbench.store import Project

LENGTH = 24
OPERATIONS = [o for o in Operation if o != Operation.EXTEND] + [Operation.MERGE, Operation.SPLIT]


@st.composite
def fixes(draw):
    """An operation and where, with tracks as places in the list of those that there are."""
    operation = draw(st.sampled_from(OPERATIONS))
    count = {Operation.SWAP: 2, Operation.MERGE: 2, Operation.JOIN: draw(st.integers(2, 3))}.get(operation, 1)
    tracks = draw(st.permutations(range(3)))[:count]
    start = draw(st.integers(0, LENGTH - 1))
    stop = draw(st.none() | st.integers(start + 1, LENGTH + 2))
    number = draw(st.integers(1, 6))
    return operation, tracks, start, stop, number


def made(project: Project) -> None:
    """Three tracks that overlap, with holes, a human and a verified box, poses, actions and items."""
    a = add_track(project, 1, range(LENGTH))
    b = add_track(project, 2, [*range(4), *range(8, LENGTH)])
    c = add_track(project, 3, range(6, 18, 2))
    change_boxes(project, b, [10], origin=int(Origin.HUMAN), score=None, keyframe=1)
    change_boxes(project, a, [12], verified=1)
    for track, frame in ((a, 3), (a, 10), (b, 10), (c, 12)):
        add_pose(project, track, frame)
    for track, start, stop in ((a, 2, 15), (b, 8, 12), (c, 6, 17), (a, 15, 20)):
        add_action(project, track, start, stop)
    issues = [
        Issue("switch", 10, 8, 12, (a, b), 0.5, 3.0, Fix(Operation.SWAP, (a, b), 10)),
        Issue("fragment", 5, 3, 8, (b, c), 0.5, 3.0, Fix(Operation.JOIN, (b, c))),
        Issue("low", 16, 16, 17, (c,), 0.5, 3.0),
    ]
    ids = project.new_ids("review_item", len(issues))
    rows = [row_of(issue, i, 1) for issue, i in zip(issues, ids, strict=True)]
    project.apply(ChangeSet.of("Find", review_item=((), rows)))


def check(project: Project, before, plan, fix: Fix) -> None:
    """What holds after every correction."""
    after = state(project)
    lost = sum(c.stop - c.start for c in plan.conflicts)
    deleted = sum(m.count for m in plan.moves if m.target is None)
    assert len(after["box"]) == len(before["box"]) - lost - deleted + plan.added
    assert len({(r.track_id, r.frame) for r in after["box"]}) == len(after["box"])
    tracks = {t.id for t in after["track"]}
    assert {r.track_id for r in after["box"]} == tracks, "no track without boxes"
    assert len({t.number for t in after["track"]}) == len(tracks)
    kept = {t.id for t in before["track"]} - {t.id for t in plan.gone}
    assert kept <= tracks, "ids are stable"
    for table in ("pose", "action"):
        assert {r.track_id for r in after[table]} <= tracks
    for row in after["review_item"]:
        if not row.verdict:
            assert set(json.loads(row.tracks)) <= tracks
    contents = {row._replace(track_id=0) for row in after["box"]}
    for row in before["box"]:
        inside = fix.start <= row.frame < (fix.stop or 10**6)
        if row.origin == Origin.HUMAN and not (inside and row.track_id in fix.tracks):
            assert row._replace(track_id=0) in contents


@given(st.lists(fixes(), min_size=3, max_size=7), st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_corrections_lose_nothing_and_are_undone_exactly(tmp_path_factory, chosen, seen):
    with new_project(tmp_path_factory.mktemp("r") / "p.wbp") as project:
        made(project)
        states = [state(project)]
        for operation, places, start, stop, number in chosen:
            ids = [t.id for t in project.tracks(1)]
            tracks = tuple(dict.fromkeys(ids[p % len(ids)] for p in places)) if ids else ()
            if not tracks:
                break
            if operation == Operation.RELABEL:
                number = 1 + number % 2
            fix = Fix(operation, tracks, start, stop, number)
            try:
                plan = identities.plan(project, fix, manner=Manner(seen=seen))
            except UserError:
                assert state(project) == states[-1]
                continue
            if not plan.change:
                continue
            project.apply(plan.change)
            check(project, states[-1], plan, fix)
            states.append(state(project))
        for before in states[-2::-1]:
            project.undo()
            assert state(project) == before
        for after in states[1:]:
            project.redo()
            assert state(project) == after
