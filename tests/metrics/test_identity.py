import pytest

from tests.metrics.made_tracks import pair
from workbench.metrics.identity import Identity, identity


def track(identity, frames, x=0.0):
    return [(frame, identity, x) for frame in frames]


def test_the_longer_part_of_a_broken_track_has_the_identity():
    found = identity(pair(track(1, range(10)), track(5, range(7)) + track(6, range(7, 10))))
    assert found == Identity(tp=7, fn=3, fp=3)
    assert (found.idf1, found.idp, found.idr) == pytest.approx((0.7, 0.7, 0.7))


def test_tracks_are_given_away_for_the_best_sum():
    # 5 agrees with track 1 in 6 frames and with track 2 in 4; 6 agrees with track 1 in 4
    truth = track(1, range(10)) + track(2, range(10), x=50)
    predicted = track(5, range(6)) + track(6, range(6, 10)) + track(5, range(6, 10), x=50)
    assert identity(pair(truth, predicted)).tp == 8  # 6 to track 1 and 5 to track 2


def test_boxes_that_overlap_by_less_than_half_do_not_agree():
    assert identity(pair([(0, 1, 0)], [(0, 1, 4)])) == Identity(tp=0, fn=1, fp=1)


def test_nothing_predicted_or_nothing_true():
    assert identity(pair(track(1, range(4)), [])) == Identity(0, 4, 0)
    assert identity(pair([], track(1, range(4)))) == Identity(0, 0, 4)
    assert identity(pair([], [])).idf1 == 0.0
