"""Sudden turns of the camera: found where many boxes shift alike, and nowhere else."""

import numpy as np

from workbench.core.detections import Detections
from workbench.tracking.jumps import jumps
from workbench.tracking.offline import track_offline
from workbench.tracking.tracklets import NONE, Found

PLACES = np.array([[100.0, 200], [260, 220], [400, 180], [700, 240], [900, 210]])


def street(frame, turned):
    """Five people of different height who walk slowly, seen by a camera that has turned by some pixels."""
    height = np.array([80.0, 95, 110, 90, 100])
    corner = PLACES + np.array([0.5 * frame, 0.0]) + np.array([turned, 0.0])
    boxes = np.column_stack([corner, 0.4 * height, height])
    return Detections(boxes, np.full(5, 0.9), np.zeros(5, np.int64))


def turning_video():
    """The camera turns by 45 pixels a frame, more than a person's width, from frame 20 to frame 24."""
    turned = np.cumsum([45.0 if 20 <= frame < 24 else 0.0 for frame in range(45)])
    return [street(frame, turn) for frame, turn in enumerate(turned)], turned


def alone(found):
    return np.full(len(found), NONE, dtype=np.intp)


def test_a_turn_is_measured_to_the_pixel():
    video, turned = turning_video()
    found = Found.of(video)
    shift = jumps(found, alone(found), len(video))
    walked = np.abs(shift[:, 0] - turned)
    assert walked.max() < 0.5 * 4 + 1  # what they walk meanwhile may be taken for the camera's
    assert np.abs(shift[:, 1]).max() < 1e-6


def test_people_keep_their_ids_when_the_camera_turns_at_once():
    video, _ = turning_video()
    job = track_offline(video)
    while True:
        try:
            next(job)
        except StopIteration as end:
            tracks = end.value
            break
    assert sorted(set(tracks.ids.tolist())) == [1, 2, 3, 4, 5]
    for name in range(1, 6):
        assert len(set(tracks.detections[tracks.ids == name].tolist())) == 1


def test_where_each_goes_its_own_way_the_camera_is_left_alone():
    rng = np.random.default_rng(0)
    way = rng.normal(0, 30, (20, 5, 2)).cumsum(axis=0)
    video = []
    for step in way:
        boxes = np.column_stack([PLACES * 3 + step, np.full((5, 2), (36.0, 90.0))])
        video.append(Detections(boxes, np.full(5, 0.9), np.zeros(5, np.int64)))
    found = Found.of(video)
    assert not jumps(found, alone(found), len(video)).any()


def test_two_detections_tell_nothing():
    video = [street(0, 0.0)[:2], street(1, 45.0)[:2]]
    found = Found.of(video)
    assert not jumps(found, alone(found), 2).any()
