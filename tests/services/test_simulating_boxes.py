"""Annotators of known targets with trackers whose errors are known."""

import numpy as np
import pytest

from workbench.core.target import TargetState
from workbench.metrics.single_target import overlaps
from workbench.services.simulating_boxes import Case, corrected, filled, spans_present, straight

FRAMES = 31
IMAGES = [np.full((4, 4, 3), number, np.uint8) for number in range(FRAMES)]


def shaken(seed=1):
    """A target that jumps about, where no straight line helps."""
    places = np.random.default_rng(seed).uniform(0, 200, (FRAMES, 2))
    return np.hstack([places, np.full((FRAMES, 2), 40.0)])


class Drifts:
    """Knows where its target is, and is off by so many pixels more with each frame.

    Each pixel of a picture is its frame's number.
    """

    def __init__(self, truth, drift, lost_at=None):
        self.truth, self.drift, self.lost_at = truth, drift, lost_at

    def start(self, image, box):
        self.begin = int(image[0, 0, 0])
        assert box == tuple(self.truth[self.begin])

    def step(self, image):
        frame = int(image[0, 0, 0])
        off = self.drift * abs(frame - self.begin)
        box = tuple(self.truth[frame] + [off, 0, 0, 0])
        return TargetState(box, 0.9, frame != self.lost_at)


def case(truth, drift, lost_at=None):
    return Case(IMAGES, truth, lambda: Drifts(truth, drift, lost_at))


def test_straight_lines_need_two_boxes_on_a_straight_way_and_one_in_each_frame_of_a_shaken_one():
    line = np.linspace((0, 0, 10, 20), (300, 60, 20, 40), FRAMES)
    assert list(straight(line).drawn) == [0, FRAMES - 1]
    assert list(straight(shaken()).drawn) == list(range(FRAMES))
    assert list(straight(line[:1]).drawn) == [0]


def test_a_perfect_tracker_needs_one_box():
    assert corrected(case(shaken(), 0.0)).drawn == filled(case(shaken(), 0.0)).drawn == (0,)


def test_the_first_wrong_frame_is_corrected():
    # 40 wide and 8 off: an overlap of 32 / 48, below .7; 7 off is right
    assert corrected(case(shaken(), 1.0)).drawn == (0, 8, 16, 24)


def test_drift_that_is_even_is_mended_by_the_filling():
    # half the width off, an overlap of 1 / 3, is plainly off; the pass arrives, so all between is mended
    assert filled(case(shaken(), 1.0)).drawn == (0, 14, 28)


def test_what_no_pass_saw_is_drawn():
    drawn = filled(case(shaken(), 0.0, lost_at=10)).drawn
    assert 10 in drawn
    assert len(drawn) <= 3


def test_a_tracker_that_fails_costs_no_more_than_straight_lines():
    line = np.linspace((0, 0, 20, 20), (300, 60, 30, 30), FRAMES)
    assert filled(case(line, 50.0)).drawn == straight(line).drawn


@pytest.mark.parametrize("drift", [0.0, 0.7, 3.0])
@pytest.mark.parametrize("lost_at", [None, 10])
def test_in_the_end_every_frame_is_right(drift, lost_at):
    truth = shaken(2)
    done = case(truth, drift, lost_at)
    for labour in (straight(truth), corrected(done), filled(done)):
        assert labour.boxes.shape == truth.shape
        assert (overlaps(labour.boxes, truth) >= 0.7).all()
        assert list(labour.drawn) == sorted(set(labour.drawn))
        np.testing.assert_array_equal(labour.boxes[list(labour.drawn)], truth[list(labour.drawn)])


def test_stretches_of_presence():
    truth = shaken()
    truth[[0, 1, 7, 30]] = np.nan
    assert spans_present(truth) == [slice(2, 7), slice(8, 30)]
    assert spans_present(np.full((3, 4), np.nan)) == []
