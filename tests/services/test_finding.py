"""Filling the review queue: what is found, what is asked once, what a later run does not bring back."""

import json

import numpy as np
import pytest

from tests.services.identity_project import add_track, box, carry_out, new_project, state
from workbench.core.detections import Detections
from workbench.core.edits import ChangeSet
from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.core.rows import Origin, TrackRow
from workbench.services import reviewing
from workbench.services.editing import delete_tracks
from workbench.services.embeddings import embeddings_of
from workbench.services.finding import Found, evidence_of, find
from workbench.services.looks import looks_of
from workbench.services.projects import open_media
from workbench.services.reviewing import Filters
from workbench.services.run_files import DetectionWriter, run_folder
from workbench.video.writer import write_video

EVERY = Filters(verdicts=frozenset({"", "accepted", "rejected", "skipped", "fixed"}))


@pytest.fixture
def project(tmp_path):
    with new_project(tmp_path / "p.wbp") as project:
        yield project


class Rule:
    """Stands where a plugin's review rule stands; what it says is known."""

    def __init__(self, *issues):
        self.issues = issues

    def make(self):
        return lambda boxes: self.issues


def drained(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def found(project, *issues):
    return drained(find(project, 1, look=False, rules=[Rule(*issues)]))


def rerun(project):
    """Delete every track and make the same ones anew, with other ids and slightly other boxes."""
    old = project.tracks(1)
    rows = {t.id: project.boxes_of_track(t.id) for t in old}
    project.apply(delete_tracks(project, [t.id for t in old]))
    ids = dict(zip(rows, project.new_ids("track", len(old)), strict=True))
    tracks = [TrackRow(ids[t.id], 1, 1, t.number, "", 1) for t in old]
    boxes = [r._replace(track_id=ids[t], x=r.x + 2.0) for t, own in rows.items() for r in own]
    project.apply(ChangeSet.of("Run", track=((), tracks), box=((), boxes)))
    return ids


def looks_odd(*tracks, kind="looks-odd", start=18, stop=25, fix=None):
    return Issue(kind, 20, start, stop, tracks, 0.5, 30.0, fix)


def of_kind(project, kind="looks-odd", filters=None):
    return [i for i in reviewing.queue(project, 1, filters) if i.kind == kind]


def test_a_fragment_is_found_asked_and_undone_as_one_edit(project):
    a, b = add_track(project, 1, range(40)), project.new_ids("track", 1)[0]
    rows = [box(b, f, x=100.0) for f in range(44, 90)]
    project.apply(ChangeSet.of("Add", track=((), [TrackRow(b, 1, 1, 2, "", 1)]), box=((), rows)))
    before = state(project)
    result = drained(find(project, 1, look=False, rules=[]))
    item = next(i for i in reviewing.queue(project, 1) if i.fix and i.fix.operation == Operation.JOIN)
    assert (set(item.tracks), result.new) == ({a, b}, len(reviewing.queue(project, 1)))
    assert {p.frame for p in item.place} == {39, 44}
    done = state(project)
    again = drained(find(project, 1, look=False, rules=[]))
    assert (again.new, again.gone, state(project)) == (0, 0, done), "the same again is no edit"
    assert project.undo().name == "Find identity issues"
    assert state(project) == before


def test_rejected_is_not_asked_again_after_a_run_made_new_tracks(project):
    a, b = add_track(project, 1, range(50)), add_track(project, 2, range(50))
    found(project, looks_odd(a, b))
    (item,) = of_kind(project)
    project.apply(reviewing.reject(item))
    ids = rerun(project)
    result = found(project, looks_odd(ids[b], ids[a], start=15, stop=22))
    assert of_kind(project) == []
    assert result.answered == 1
    found(project, looks_odd(ids[b], ids[a], start=70, stop=80), looks_odd(ids[a], kind="other"))
    assert len(of_kind(project)) == 1, "elsewhere in time it is another"
    assert len(of_kind(project, "other")) == 1, "and so is another kind"


def test_accepted_is_not_asked_again_unless_what_it_took_away_is_back(project):
    a, b = add_track(project, 1, range(50)), add_track(project, 2, range(50))
    found(
        project,
        looks_odd(a, b, fix=Fix(Operation.SWAP, (a, b), 20)),
        looks_odd(b, kind="phantom", fix=Fix(Operation.DELETE, (b,))),
    )
    for kind in ("looks-odd", "phantom"):
        project.apply(reviewing.accept(project, of_kind(project, kind)[0]))
    project.undo()
    project.undo()
    (item,) = of_kind(project)
    project.apply(reviewing.accept(project, item))
    found(project, looks_odd(a, b, fix=Fix(Operation.SWAP, (a, b), 20)))
    assert of_kind(project) == []
    again = add_track(project, 3, range(50))
    found(project, looks_odd(again, kind="phantom"))
    (item,) = of_kind(project, "phantom")
    project.apply(reviewing.fix_otherwise(project, item, Fix(Operation.DELETE, (again,))))
    once_more = add_track(project, 3, range(50))
    found(project, looks_odd(once_more, kind="phantom"))
    assert of_kind(project, "phantom") == []


def asks(project, operation, *tracks):
    """Whether the search, made anew, asks for an operation on some tracks."""
    drained(find(project, 1, look=False, rules=[]))
    fixes = [item.fix for item in reviewing.queue(project, 1) if item.fix]
    return any(fix.operation == operation and set(fix.tracks) == set(tracks) for fix in fixes)


def straight(project, number, frames, *, x=100.0, y=50.0, speed=3.0):
    """A track of somebody who walks straight."""
    track = add_track(project, number, frames)
    rows = project.boxes_of_track(track)
    moved = [row._replace(x=x + speed * row.frame, y=y) for row in rows]
    project.apply(ChangeSet.of("Walk", box=(rows, moved)))
    return track


def split(project):
    """A smooth track that a person cuts in two; the search would join it again."""
    track = straight(project, 1, range(100))
    carry_out(project, Operation.SPLIT, track, start=50, seen=True)
    return Operation.JOIN, [t.id for t in project.tracks(1)]


def join(project):
    """Two tracks with a gap between them; the search would split where it was."""
    one, two = straight(project, 1, range(40)), straight(project, 2, range(50, 100))
    carry_out(project, Operation.JOIN, one, two, seen=True)
    return Operation.SPLIT, [one]


def swap(project):
    """Two who cross and are exchanged behind the crossing; the search would exchange them again."""
    one, two = straight(project, 1, range(100)), straight(project, 2, range(100), x=400.0, y=55.0, speed=-3.0)
    carry_out(project, Operation.SWAP, one, two, start=53, seen=True)
    return Operation.SWAP, [one, two]


@pytest.mark.parametrize("correction", [split, join, swap])
def test_what_a_person_has_corrected_is_not_proposed_back(project, correction):
    back, tracks = correction(project)
    assert not asks(project, back, *tracks)
    assert all(item.verdict == "" for item in reviewing.queue(project, 1, EVERY)), "nobody was asked"
    ids = rerun(project)
    assert not asks(project, back, *(ids[t] for t in tracks)), "of a later run's tracks neither"
    known = [row for row in project.review_items(1) if row.verdict == "ruled out"]
    project.apply(ChangeSet.of("Forget", review_item=(known, ())))
    assert asks(project, back, *(ids[t] for t in tracks)), "the boxes alone would have it asked"


def test_a_half_is_still_joined_with_a_third_track_in_the_very_place_of_the_other(project):
    track = straight(project, 1, range(100))
    third = straight(project, 2, range(52, 100), x=106.0, y=54.0)
    carry_out(project, Operation.SPLIT, track, start=50, seen=True)
    assert asks(project, Operation.JOIN, track, third)


def test_an_exchange_up_to_the_end_of_the_video_rules_nothing_out_there(project):
    one, two = straight(project, 1, range(100)), straight(project, 2, range(100), x=400.0, y=55.0, speed=-3.0)
    carry_out(project, Operation.SWAP, one, two, start=53, stop=100, seen=True)
    assert [row.frame for row in project.review_items(1)] == [53]


def test_what_is_done_all_the_same_is_not_ruled_out_any_more(project):
    one, two = straight(project, 1, range(40)), straight(project, 2, range(50, 100))
    straight(project, 3, range(100), y=300.0)
    carry_out(project, Operation.JOIN, one, two, seen=True)
    assert [json.loads(row.fix)["operation"] for row in project.review_items(1)] == ["split"]
    before = state(project)
    carry_out(project, Operation.SPLIT, one, start=50, seen=True)
    assert [json.loads(row.fix)["operation"] for row in project.review_items(1)] == ["join"]
    other = project.tracks(1)[-1].id
    carry_out(project, Operation.JOIN, one, other, seen=True)
    assert project.review_items(1) == [], "boxes at a seam without a gap are verified, which says enough"
    project.undo()
    project.undo()
    assert state(project) == before


def test_an_undone_correction_rules_nothing_out(project):
    track = straight(project, 1, range(100))
    before = state(project)
    carry_out(project, Operation.SPLIT, track, start=50, seen=True)
    project.undo()
    assert state(project) == before


def test_what_holds_no_more_goes_but_not_what_was_commented(project):
    a, b = add_track(project, 1, range(50)), add_track(project, 2, range(50))
    found(project, looks_odd(a), looks_odd(b))
    about_a = next(i for i in of_kind(project) if i.tracks == (a,))
    project.apply(reviewing.comment(about_a, "look at this together"))
    result = found(project)
    assert [i.tracks for i in of_kind(project)] == [(a,)]
    assert result.gone >= 1


def test_an_open_item_keeps_its_place_in_the_store_and_a_skipped_one_its_verdict(project):
    a, b = add_track(project, 1, range(50)), add_track(project, 2, range(50))
    found(project, looks_odd(a, b))
    (item,) = of_kind(project)
    project.apply(reviewing.skip(item))
    ids = rerun(project)
    found(project, looks_odd(ids[a], ids[b]))
    (kept,) = of_kind(project, filters=EVERY)
    assert (kept.id, kept.verdict, kept.tracks) == (item.id, "skipped", (ids[a], ids[b]))


def test_a_rule_that_fails_is_named_and_the_others_are_heard(project, tmp_path):
    from workbench.core.errors import PluginError

    class Broken:
        def make(self):
            raise PluginError("The plugin odd failed.")

    a = add_track(project, 1, range(50))
    result = drained(find(project, 1, look=False, rules=[Broken(), Rule(looks_odd(a))]))
    assert "The plugin odd failed." in result.problems
    assert len(of_kind(project)) == 1


def test_a_search_that_is_stopped_changes_nothing(project):
    add_track(project, 1, range(50))
    before = state(project)
    steps = find(project, 1, look=False, rules=[])
    next(steps)
    next(steps)
    steps.close()
    assert state(project) == before


# What boxes look like --------------------------------------------------------------------------------


@pytest.fixture
def seen(tmp_path):
    """A project on a real clip of noise, in which every box looks its own way."""
    noise = np.random.default_rng(0).integers(0, 255, (8, 120, 160, 3)).astype(np.uint8)
    write_video(tmp_path / "c.mp4", noise, fps=25.0)
    opened = open_media(tmp_path / "c.mp4")
    with opened.project as project:
        project.add_run(video_id=1, kind="track")
        yield project


def test_boxes_that_are_edited_while_they_are_searched_do_not_end_the_search(seen):
    gone = add_track(seen, 1, range(8))
    steps = find(seen, 1)
    while "Looking" not in next(steps).text:
        pass
    track = add_track(seen, 2, range(20), origin=Origin.INTERPOLATED)
    seen.apply(delete_tracks(seen, [gone]))
    add_track(seen, 3, range(5))
    for _ in steps:
        pass
    boxes = seen.track_boxes(1)
    assert np.array_equal(evidence_of(seen, 1, boxes, None).filled, boxes.tracks == track)


def test_looks_are_computed_once_for_a_place_whoever_is_there(seen):
    a, b = add_track(seen, 1, range(8), x=5.0), add_track(seen, 2, range(8), x=60.0)
    first = drained(looks_of(seen, 1, seen.track_boxes(1)))
    assert first.shape[0] == 16
    assert (np.linalg.norm(first, axis=1) > 0.99).all()
    carry_out(seen, Operation.SWAP, a, b, start=4)
    steps = looks_of(seen, 1, seen.track_boxes(1))
    with pytest.raises(StopIteration) as end:
        next(steps)  # nothing to look at
    np.testing.assert_allclose(end.value.value[4:8], first[12:], atol=1e-3)
    row = seen.box(a, 2)
    seen.apply(ChangeSet.of("Move", box=([row], [row._replace(x=30.0)])))
    assert [p.total for p in looks_of(seen, 1, seen.track_boxes(1))] == [1]


def test_without_its_video_a_project_is_judged_by_its_boxes(seen):
    add_track(seen, 0, range(8), x=5.0)
    seen.video_file(seen.video(1)).unlink()
    result = drained(find(seen, 1, rules=[]))
    assert any("not where it was" in p for p in result.problems)


def test_embeddings_that_a_run_kept_are_found_again_by_place(project):
    a, b = add_track(project, 1, range(10)), add_track(project, 2, range(10))
    run = project.add_run(video_id=1, kind="detect and associate", parameters={"start": 0})
    writer = DetectionWriter(run_folder(project, run.id), key="made", start=0)
    for frame in range(10):
        places = [(101.0, float(frame), 30.0, 40.0), (200.0, float(frame), 30.0, 40.0)]
        embeddings = np.eye(2, dtype=np.float32)
        plain = (np.array(places), np.ones(2), np.zeros(2, np.int64))
        writer.add(frame, Detections(*plain, embeddings=embeddings))
    writer.flush()
    boxes = project.track_boxes(1)
    looks = embeddings_of(project, 1, boxes)
    assert looks[boxes.tracks == a].tolist() == [[1.0, 0.0]] * 10
    assert looks[boxes.tracks == b].tolist() == [[0.0, 1.0]] * 10
    for number in (3, 4, 5):
        add_track(project, number, range(10))
    assert embeddings_of(project, 1, project.track_boxes(1)) is None, "too few of the boxes have one"


def test_what_a_search_came_to_names_only_what_there_is():
    assert str(Found(3, 0, 0, 0)) == "3 new issues"
    said = (
        "0 new issues, 2 known before, 1 decided before; 4 likely links between fragments can be made at once"
    )
    assert str(Found(0, 2, 0, 1, links=4)) == said
