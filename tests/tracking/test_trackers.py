"""What every tracker keeps, whatever it is handed."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.detections import Detections
from workbench.core.errors import UserError
from workbench.tracking.bot_sort import BotSort
from workbench.tracking.byte_track import ByteTrack
from workbench.tracking.center_track import CenterTrack
from workbench.tracking.deep_sort import DeepSort
from workbench.tracking.jde import Jde
from workbench.tracking.oc_sort import OcSort
from workbench.tracking.sort import Sort

TRACKERS = [Sort, ByteTrack, OcSort, BotSort, DeepSort, Jde, CenterTrack]
MOVING = [Sort, ByteTrack, OcSort, BotSort, DeepSort, Jde]

every = pytest.mark.parametrize("make", TRACKERS)
every_moving = pytest.mark.parametrize("make", MOVING)


def found(boxes, *, scores=None, classes=None, looks=None, offsets=None):
    boxes = np.asarray(boxes, dtype=float).reshape(-1, 4)
    return Detections(
        boxes,
        np.full(len(boxes), 0.9) if scores is None else np.asarray(scores, dtype=float),
        np.zeros(len(boxes), np.int64) if classes is None else np.asarray(classes, dtype=np.int64),
        embeddings=np.eye(8, dtype=np.float32)[list(range(len(boxes))) if looks is None else looks],
        offsets=offsets,
    )


def walkers(frame):
    """Three people walking apart."""
    start = np.array([[100, 100, 40, 90], [300, 120, 50, 110], [600, 80, 30, 70]], dtype=float)
    speed = np.array([[3, 0, 0, 0], [-2, 1, 0, 0], [4, 2, 0, 0]], dtype=float)
    return start + frame * speed


@every
def test_people_walking_apart_keep_their_ids(make):
    tracker = make()
    for frame in range(20):
        shown = tracker.update(frame, found(walkers(frame)))
    assert shown.ids.tolist() == [1, 2, 3]
    assert shown.detections.tolist() == [0, 1, 2]
    np.testing.assert_allclose(shown.boxes, walkers(19), atol=3)


@every
def test_two_trackers_count_their_own_ids_and_repeat_themselves(make):
    one, other = make(), make()
    for frame in range(10):
        a, b = (tracker.update(frame, found(walkers(frame))) for tracker in (one, other))
        assert a.ids.tolist() == b.ids.tolist()
        assert (a.boxes == b.boxes).all()


@every
def test_targets_of_different_classes_never_share_a_track(make):
    tracker, box = make(), [50.0, 50.0, 40.0, 80.0]
    of_id = {}
    for frame in range(12):
        shown = tracker.update(frame, found([box, box], classes=[3, 7], looks=[0, 0]))
        for name, kind in zip(shown.ids.tolist(), shown.classes.tolist(), strict=True):
            assert of_id.setdefault(name, kind) == kind
    assert sorted(of_id.values()) == [3, 7]


@every
def test_a_frame_that_is_not_after_the_last_is_refused(make):
    tracker = make()
    tracker.update(5, found(walkers(0)))
    with pytest.raises(UserError, match="increasing order"):
        tracker.update(5, found(walkers(1)))


@every_moving
def test_frames_left_out_are_moved_over(make):
    tracker = make()
    for frame in range(0, 40, 2):
        shown = tracker.update(frame, found(walkers(frame)))
    assert shown.ids.tolist() == [1, 2, 3]


@pytest.mark.parametrize("make", [ByteTrack, OcSort, BotSort, DeepSort, Jde])
def test_a_target_hidden_for_a_while_comes_back_with_its_id(make):
    tracker = make()
    for frame in range(30):
        boxes = walkers(frame)
        hidden = 15 <= frame < 21
        shown = tracker.update(frame, found(boxes[1:] if hidden else boxes, looks=[1, 2] if hidden else None))
        assert len(shown.ids[shown.detections >= 0]) <= 3 - hidden
    assert sorted(shown.ids.tolist()) == [1, 2, 3]


@every_moving
def test_a_camera_that_jumps_does_not_lose_the_targets_when_it_says_so(make):
    def ids(told):
        tracker, everyone = make(), set()
        for frame in range(24):
            jump = 150.0 * (frame >= 12)
            affine = [[1, 0, 150.0 * (frame == 12)], [0, 1, 0]]
            boxes = walkers(frame) + np.array([jump, 0, 0, 0])
            detections = found(boxes, looks=[0, 0, 0])
            everyone |= set(tracker.update(frame, detections, motion=affine if told else None).ids.tolist())
        return everyone

    assert ids(told=True) == {1, 2, 3}
    assert ids(told=False) != {1, 2, 3}


WILD = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, -1.0, 1e-300, 1e7, -1e7, 1e300, np.nan, np.inf, 30.0, 31.0, 32.0, 100.0]),
    st.floats(0, 200),
)
WILD_FRAME = st.lists(
    st.tuples(
        st.tuples(WILD, WILD, WILD, WILD), WILD, st.integers(0, 1), st.integers(0, 7), st.tuples(WILD, WILD)
    ),
    max_size=6,
)
WILD_MOTION = st.one_of(st.none(), st.tuples(*[WILD] * 6))


@every
@settings(max_examples=25, deadline=None)
@given(frames=st.lists(st.tuples(st.integers(1, 3), WILD_FRAME, WILD_MOTION), max_size=8))
def test_nothing_a_detector_says_breaks_a_tracker(make, frames):
    tracker, number = make(), -1
    for passed, rows, motion in frames:
        number += passed
        boxes, scores, classes, looks, offsets = ([row[i] for row in rows] for i in range(5))
        detections = found(
            boxes, scores=scores, classes=classes, looks=looks, offsets=np.array(offsets).reshape(-1, 2)
        )
        affine = None if motion is None else np.reshape(motion, (2, 3))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            shown = tracker.update(number, detections, motion=affine)
        assert np.isfinite(shown.boxes).all()
        assert (shown.boxes[:, 2:] >= 0).all()
        assert len(set(shown.ids.tolist())) == len(shown)
        joined = shown.detections[shown.detections >= 0]
        assert len(set(joined.tolist())) == len(joined)
        assert np.isfinite(np.asarray(boxes).reshape(-1, 4)[joined]).all()


@every
def test_scores_that_are_no_number_and_empty_frames_make_no_track(make):
    tracker = make()
    for frame in range(4):
        assert len(tracker.update(frame, Detections.none())) == 0
    shown = tracker.update(4, found(walkers(0), scores=[np.nan] * 3))
    assert len(shown) == 0


def test_doubtful_detections_carry_a_track_on_but_start_none():
    tracker = ByteTrack()
    for frame in range(20):
        doubtful = [0.9, 0.3 if frame > 8 else 0.9, 0.3]
        shown = tracker.update(frame, found(walkers(frame), scores=doubtful))
    assert shown.ids.tolist() == [1, 2]


@pytest.mark.parametrize("make", [DeepSort, Jde])
def test_people_who_swap_places_unseen_are_told_apart_by_their_looks(make):
    tracker, places = make(), np.array([[100.0, 100, 40, 90], [124.0, 104, 40, 90]])
    for frame in range(12):
        first = tracker.update(frame, found(places, looks=[0, 5]))
    for frame in range(14, 18):
        last = tracker.update(frame, found(places[::-1], looks=[0, 5]))
    assert first.ids[np.argsort(first.detections)].tolist() == last.ids[np.argsort(last.detections)].tolist()


def test_bot_sort_without_embeddings_and_with_do_not_need_each_other():
    tracker = BotSort()
    for frame in range(12):
        detections = found(walkers(frame))
        if frame % 3:
            detections = Detections(detections.boxes, detections.scores, detections.classes)
        shown = tracker.update(frame, detections)
    assert shown.ids.tolist() == [1, 2, 3]


def test_embeddings_of_another_length_are_refused():
    tracker = BotSort()
    tracker.update(0, found(walkers(0)))
    box = walkers(1)[:1]
    other = Detections(box, np.ones(1), np.zeros(1, np.int64), embeddings=np.ones((1, 4), np.float32))
    with pytest.raises(UserError, match="use one network"):
        tracker.update(1, other)
