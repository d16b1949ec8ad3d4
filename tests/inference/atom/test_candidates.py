from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from tests.inference.atom.test_localization import made_map
from workbench.inference.atom.candidates import Candidates, associate, peaks
from workbench.inference.atom.draws import Draws
from workbench.inference.atom.localization import Flag, localize
from workbench.inference.atom.options import CandidateOptions, LocalizationOptions
from workbench.inference.atom.refinement import Target
from workbench.inference.atom.tracker import AtomTracker
from workbench.inference.correlation import CorrelationRefinement
from workbench.inference.features import HogColour
from workbench.inference.untrained import untrained_options
from workbench.metrics.single_target import overlaps
from workbench.training.synthetic.clip_types import ClipOptions
from workbench.training.synthetic.clips import make_clip

MIDDLE = 144
OWN, OTHER = (150, 144), (150, 230)  # y, x in the map of the target and of what looks like it


class Followed:
    """A target of 40 pixels that stands still, in maps of a point a pixel."""

    def __init__(self) -> None:
        self.candidates = Candidates(CandidateOptions(most=5))
        self.target = Target(np.array([MIDDLE + 6.0, MIDDLE]), np.array([40.0, 40.0]))

    def sees(self, *heights: tuple[tuple[int, int], float], sure: bool = True):
        """Where it is found in a map of such peaks: one of them, or None."""
        scores = made_map(*((y, x, height) for (y, x), height in heights))
        found = self.candidates.tell_apart(
            localize(scores, (40, 40), LocalizationOptions()),
            scores[0],
            self.target,
            origin=np.array([MIDDLE, MIDDLE]),
            step=np.ones(2),
            sure=sure,
        )
        if found.flag is Flag.NOT_FOUND:
            return None
        y, x = found.displacement
        return y + MIDDLE, x + MIDDLE


def test_what_was_followed_beside_the_target_does_not_become_it():
    followed = Followed()
    for _ in range(3):
        assert followed.sees((OWN, 0.8), (OTHER, 0.5)) == OWN
    assert followed.sees((OWN, 0.4), (OTHER, 0.7)) == OWN
    assert followed.sees((OWN, 0.1), (OTHER, 0.7)) is None  # it is hidden, and the other one is still not it
    assert followed.sees((OWN, 0.6), (OTHER, 0.7)) == OWN


def test_what_was_not_there_before_may_be_the_target():
    followed = Followed()
    for _ in range(3):
        followed.sees((OWN, 0.8))
    assert followed.sees((OWN, 0.4), (OTHER, 0.7)) == OTHER  # it jumped, or the camera did


def test_beside_an_unsure_target_nothing_becomes_known_as_another():
    followed = Followed()
    for _ in range(5):
        followed.sees((OWN, 0.28), (OTHER, 0.26), sure=False)
    assert followed.sees((OWN, 0.26), (OTHER, 0.28), sure=False) == OTHER


def test_the_others_are_followed_as_the_camera_moves():
    followed = Followed()
    for shift in range(0, 90, 15):
        own, other = (OWN[0], OWN[1] - shift), (OTHER[0], OTHER[1] - shift)
        found = followed.sees((own, 0.8 if shift < 60 else 0.4), (other, 0.6))
        assert found == own
        followed.target = replace(followed.target, center=np.array(own, dtype=float))


def test_peaks_are_spaced_and_the_highest_come_first():
    scores = made_map((100, 100, 0.5), (100, 108, 0.4), (200, 200, 0.9), (40, 250, 0.05))[0]
    found = peaks(scores, above=0.1, spacing=(20, 20), most=5)
    assert [peak.place for peak in found] == [(200, 200), (100, 100)]
    assert [peak.score for peak in found] == pytest.approx([0.9, 0.5])
    assert peaks(scores * np.nan, above=0.1, spacing=(20, 20), most=5) == []


def test_association_takes_the_smallest_sum_and_nothing_beyond_the_limit():
    before, now = np.array([[0.0, 0], [0, 10]]), np.array([[0.0, 8], [0, 18], [0, 90]])
    assert associate(before, now, limit=15) == {0: 0, 1: 1}
    assert associate(before, now, limit=5) == {0: 1}
    assert associate(before, now[:0], limit=5) == {}


@pytest.mark.parametrize("most", [0, 5])
def test_a_tracker_stays_with_its_target_among_others_of_the_same_look(most):
    chosen = replace(untrained_options(), candidates=CandidateOptions(most=most))
    tracker = AtomTracker(HogColour(), CorrelationRefinement(), options=chosen, draws=Draws(0))
    clip = islice(make_clip(ClipOptions(480, 270, targets=5, alike=True, seed=2001)), 24)
    first = next(clip)
    tracker.start(first.image, tuple(first.boxes[0]))
    found = [overlaps(np.array([tracker.step(frame.image).box]), frame.boxes[:1])[0] for frame in clip]
    assert (min(found) > 0.5) == (most == 5)  # without following the others it goes over to one of them
