"""Corrections on columns: what each operation leaves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.fixes import Fix, Operation
from workbench.core.track_boxes import TrackBoxes
from workbench.review.apply_fix import NEW, apply_fix, moved
from workbench.review.view import Evidence, Links


def tracks_at(**frames):
    """Tracks t1, t2, ... with boxes in some frames; the box says which track and frame it was."""
    rows = [(int(name[1:]), frame) for name, at in frames.items() for frame in at]
    table = np.array(rows, float).reshape(-1, 2)
    boxes = np.column_stack([table[:, 1], 100 * table[:, 0], np.full((len(table), 2), 10.0)])
    return TrackBoxes.of(table[:, 0], table[:, 1], boxes, scores=0.1 * table[:, 0])


def frames_of(tracks, track):
    return tracks.of_track(track).frames.tolist()


def test_swap_exchanges_the_boxes_of_the_span():
    tracks = tracks_at(t1=range(10), t2=range(10))
    fixed = apply_fix(tracks, Fix(Operation.SWAP, (1, 2), 4, 8)).tracks
    assert fixed.of_track(1).boxes[:, 1].tolist() == [100] * 4 + [200] * 4 + [100] * 2
    assert np.array_equal(apply_fix(fixed, Fix(Operation.SWAP, (1, 2), 4, 8)).tracks.boxes, tracks.boxes)


def test_merge_keeps_the_surer_box_where_two_meet():
    tracks = tracks_at(t1=range(6), t2=range(4, 9))
    fixed = apply_fix(tracks, Fix(Operation.MERGE, (1, 2))).tracks
    assert frames_of(fixed, 1) == list(range(9))
    assert fixed.boxes[:, 1].tolist() == [100] * 4 + [200] * 5
    human = TrackBoxes.of(
        tracks.tracks, tracks.frames, tracks.boxes, scores=tracks.scores, sure=tracks.tracks == 1
    )
    kept = apply_fix(human, Fix(Operation.MERGE, (1, 2))).tracks
    assert kept.boxes[:, 1].tolist() == [100] * 6 + [200] * 3


def test_join_fills_the_gaps_between_the_tracks_and_no_others():
    tracks = tracks_at(t1=[0, 1, 3], t2=[6, 7], t3=[9])
    fixed, origin = apply_fix(tracks, Fix(Operation.JOIN, (1, 2, 3)))
    assert frames_of(fixed, 1) == [0, 1, 3, 4, 5, 6, 7, 8, 9]
    assert np.flatnonzero(origin == NEW).tolist() == [3, 4, 7]
    assert fixed.boxes[3].tolist() == pytest.approx([4, 100 + 100 / 3, 10, 10])


def test_split_keeps_the_identity_outside_of_the_span():
    fixed = apply_fix(tracks_at(t1=range(9), t5=range(2)), Fix(Operation.SPLIT, (1,), 3, 6)).tracks
    assert frames_of(fixed, 1) == [0, 1, 2, 6, 7, 8]
    assert frames_of(fixed, 6) == [3, 4, 5]


def test_delete_fill_renumber_and_relabel():
    tracks = tracks_at(t1=[0, 1, 5], t2=[1, 2])
    assert frames_of(apply_fix(tracks, Fix(Operation.DELETE, (1,), 1)).tracks, 1) == [0]
    assert frames_of(apply_fix(tracks, Fix(Operation.FILL, (1,), 1, 6)).tracks, 1) == [0, 1, 2, 3, 4, 5]
    assert frames_of(apply_fix(tracks, Fix(Operation.RENUMBER, (2,), number=1)).tracks, 1) == [0, 1, 2, 5]
    assert set(apply_fix(tracks, Fix(Operation.RELABEL, (1, 2), number=7)).tracks.classes) == {7}
    assert len(apply_fix(tracks, Fix(Operation.EXTEND, (1,), 6, 9)).tracks) == len(tracks)


def test_what_is_known_of_the_boxes_moves_along():
    tracks = tracks_at(t1=[0, 1], t2=[4, 5])
    looks = np.eye(4, dtype=np.float32)
    links = Links(np.array([2]), np.array([4]), np.array([5]), np.array([0.4]))
    fixed = apply_fix(tracks, Fix(Operation.JOIN, (1, 2)))
    known = moved(Evidence(looks, None, links), tracks, fixed)
    assert known.looks.argmax(axis=1)[[0, 1, 4, 5]].tolist() == [0, 1, 2, 3]
    assert known.looks[2:4].any() == np.False_
    assert known.filled.tolist() == [False, False, True, True, False, False]
    assert known.links.tracks.tolist() == [1]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(list(Operation)),
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 12)), unique=True, min_size=1, max_size=25),
    st.integers(0, 12),
    st.one_of(st.none(), st.integers(1, 9)),
)
def test_a_track_has_one_box_a_frame_and_no_box_is_made_up(operation, places, start, length):
    ids, frames = np.array(places).T
    tracks = TrackBoxes.of(ids, frames, np.column_stack([frames, ids, ids + 1, ids + 1]))
    two = operation in (Operation.SWAP, Operation.MERGE, Operation.JOIN)
    fix = Fix(operation, (1, 2) if two else (1,), start, None if length is None else start + length, 2)
    fixed, origin = apply_fix(tracks, fix)
    assert len(set(zip(fixed.tracks.tolist(), fixed.frames.tolist(), strict=True))) == len(fixed)
    old = origin != NEW
    assert len(np.unique(origin[old])) == old.sum()
    assert np.array_equal(fixed.boxes[old], tracks.boxes[origin[old]])
    assert np.array_equal(fixed.frames[old], tracks.frames[origin[old]])
    if operation in (Operation.SWAP, Operation.SPLIT):
        assert sorted(origin.tolist()) == list(range(len(tracks)))
