"""What a video tells of its own noise."""

import numpy as np

from workbench.tracking.link_ends import Noise
from workbench.tracking.tracklets import NONE, Found, Tracklets
from workbench.tracking.video_noise import LAG, measured


def shaken(shake, *, missing=0.0, change=0.0, targets=20, frames=120):
    """Targets of size 50 that move straight, or turn, one tracklet each."""
    rng = np.random.default_rng(1)
    speed = rng.normal(0, 1.0, (targets, 2)) + np.cumsum(rng.normal(0, change, (frames, targets, 2)), axis=0)
    place = 1000 * rng.random((targets, 2)) + np.cumsum(speed, axis=0) + rng.normal(0, shake, speed.shape)
    seen = rng.random((frames, targets)) >= missing
    frame, target = np.nonzero(seen)
    boxes = np.column_stack([place[frame, target], np.full((len(frame), 2), 50.0)])
    after, last = np.full(len(frame), NONE), {}
    for row, who in enumerate(target.tolist()):
        if who in last:
            after[last[who]] = row
        last[who] = row
    nothing = np.zeros(len(frame), np.int64)
    found = Found(frame, boxes, nothing + 1.0, nothing, np.empty((len(frame), 0)), nothing)
    return found, Tracklets.of(after)


def test_shaking_is_measured_in_sizes_whether_or_not_detections_are_missed():
    for missing in (0.0, 0.3):
        noise = measured(*shaken(2.5, missing=missing), Noise())
        assert abs(noise.place - 0.05) < 0.01


def test_targets_that_turn_more_have_a_greater_change_of_speed():
    straight, turning = (measured(*shaken(1.0, change=change), Noise()).change for change in (0.0, 0.8))
    assert turning > 3 * straight
    assert abs(turning - 0.8 / 50) < 0.005


def test_few_samples_leave_what_is_known_before():
    found, tracklets = shaken(10.0, targets=1, frames=2 * LAG)
    noise = measured(found, tracklets, Noise())
    assert noise.change == Noise().change
    assert abs(np.log(noise.place / Noise().place)) < 0.4
