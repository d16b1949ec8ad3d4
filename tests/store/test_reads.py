import numpy as np
import pytest

from tests.store.reference import add, box, review_item, track
from workbench.core.edits import ChangeSet
from workbench.core.rows import ActionRow, BoxRow
from workbench.store import BoxColumns, Project, reads


def sample(track_id: int, frame: int) -> BoxRow:
    score = None if frame % 2 else frame / 10
    return box(
        track_id, frame, x=track_id + frame / 7, score=score, origin=track_id, occluded=int(frame % 3 == 0)
    )


BOXES = [sample(t, frame) for t in (1, 2) for frame in range(t, 10)]


@pytest.fixture
def filled(project) -> Project:
    project.apply(add("Add tracks", [track(1, number=8), track(2, number=3)], BOXES))
    return project


def test_boxes_of_a_frame_are_ordered_by_track(filled):
    assert filled.boxes_at(1, 5) == [b for b in BOXES if b.frame == 5]
    assert filled.boxes_at(1, 50) == []
    assert filled.boxes_at(2, 5) == []
    assert type(filled.boxes_at(1, 5)[0]) is type(BOXES[0])


def test_spans_of_frames_are_half_open(filled):
    found = filled.boxes_between(1, 2, 4)
    assert [(b.frame, b.track_id) for b in found] == [(2, 1), (2, 2), (3, 1), (3, 2)]
    assert [b.frame for b in filled.boxes_of_track(2)] == list(range(2, 10))
    assert [b.frame for b in filled.boxes_of_track(2, 5)] == [5, 6, 7, 8, 9]
    assert [b.frame for b in filled.boxes_of_track(2, stop=4)] == [2, 3]


def test_one_box(filled):
    assert filled.box(2, 9) == BOXES[-1]
    assert filled.box(2, 1) is None


@pytest.mark.parametrize("of_track", [False, True])
def test_columns_hold_what_the_rows_say(filled, of_track):
    rows = sorted((b for b in BOXES if not of_track or b.track_id == 2), key=lambda b: (b.frame, b.track_id))
    columns = filled.box_columns_of_track(2) if of_track else filled.box_columns(1)
    for field in ("track_id", "frame", "origin", "verified", "keyframe", "occluded", "outside"):
        assert getattr(columns, field).tolist() == [getattr(b, field) for b in rows]
    scores = [np.nan if b.score is None else b.score for b in rows]
    np.testing.assert_array_equal(columns.score, scores)


def test_columns_in_parts_are_as_they_were_when_the_first_was_read(filled, monkeypatch):
    monkeypatch.setattr(reads, "_PART", 5)
    before = filled.box_columns(1)
    parts = filled.box_columns_in_parts(1)
    some = [next(parts)]
    gone = filled.boxes_of_track(2, 8)
    filled.apply(ChangeSet.of("Delete", box=(gone, ())))
    some += parts
    assert [len(part.frame) for part in some] == [5, 5, 5, 2]
    for column, stored in zip(BoxColumns.joined(some), before, strict=True):
        np.testing.assert_array_equal(column, stored)
    assert len(filled.box_columns(1).frame) == len(BOXES) - len(gone)


def test_columns_of_nothing_are_empty(project):
    assert [column.shape for column in project.box_columns(1)] == [(0,)] * 8


def test_places_of_all_boxes_come_by_track(filled):
    gone, seen = filled.boxes_of_track(2, 8), filled.box(1, 4)
    filled.apply(
        ChangeSet.of(
            "Mark", box=([*gone, seen], [b._replace(outside=1) for b in gone] + [seen._replace(verified=1)])
        )
    )
    found, rows = filled.track_boxes(1), [filled.box(b.track_id, b.frame) for b in BOXES[:-2]]
    assert found.tracks.tolist() == [b.track_id for b in rows]
    assert found.frames.tolist() == [b.frame for b in rows]
    assert list(map(tuple, found.boxes.tolist())) == [b.box for b in rows]
    np.testing.assert_array_equal(found.scores, [np.nan if b.score is None else b.score for b in rows])
    assert found.sure.tolist() == [b.protected for b in rows]
    assert set(found.classes.tolist()) == {filled.track(1).category_id}
    assert len(filled.track_boxes(1, outside=True)) == len(BOXES)
    assert len(filled.track_boxes(2)) == 0
    assert filled.track_boxes(1, start=3, stop=5).frames.tolist() == [3, 4, 3, 4]


def test_tracks_are_ordered_by_number_and_found_by_id(filled):
    assert [t.number for t in filled.tracks(1)] == [3, 8]
    assert filled.track(1).number == 8
    assert filled.track(7) is None
    assert filled.tracks_by_id(range(5000)) == {t.id: t for t in filled.tracks(1)}


def test_rows_of_any_table_can_be_narrowed(filled):
    actions = [ActionRow(i, 1, 1 + i % 2, 10 * i, 10 * i + 10, "run", None, 0, None, 0) for i in range(4)]
    item = review_item(1, 1, kind="gap", start=3, stop=7)
    filled.apply(ChangeSet.of("Label", action=([], actions), review_item=([], [item])))
    assert filled.rows("action") == actions
    assert filled.rows("action", track_id=1) == [actions[0], actions[2]]
    assert filled.rows("action", video_id=1, start=10, stop=21) == [actions[1], actions[2]]
    assert filled.rows("review_item", video_id=1) == [item]
    assert filled.rows("box", track_id=2, start=8) == BOXES[-2:]
    assert filled.rows("track", track_id=2) == [filled.track(2)]
    assert filled.rows("pose", video_id=1) == []


def test_review_items_are_found_by_every_track_that_they_name(filled):
    tracks = [(1,), (1, 2), (2,), (3, 1), (2, 3, 1), (4, 5)]
    items = [review_item(i, *named) for i, named in enumerate(tracks, 1)]
    filled.apply(ChangeSet.of("Find", review_item=([], items)))

    def ids(**wanted):
        return sorted(row.id for row in filled.review_items(1, **wanted))

    assert ids() == [1, 2, 3, 4, 5, 6]
    assert ids(tracks=[1]) == [1, 2, 4, 5]
    assert ids(tracks=[5]) == [5, 6], "the fifth names three, so it may be about any"
    assert ids(tracks=[1], kinds=["gap"]) == []
    assert sorted(filled.review_items_by_id([6, 2, 99])) == [items[1], items[5]]
