import numpy as np
import pytest

from tests.metrics.made_tracks import pair
from workbench.metrics.clear import clear, events


def track(identity, frames, x=0.0):
    return [(frame, identity, x) for frame in frames]


def test_a_swap_is_a_switch_of_both_tracks():
    truth = track(1, range(4)) + track(2, range(4), x=50)
    swapped = track(1, range(2)) + track(2, range(2), x=50) + track(2, (2, 3)) + track(1, (2, 3), x=50)
    found = clear(pair(truth, swapped))
    assert (found.tp, found.fn, found.fp, found.switches, found.fragments) == (8, 0, 0, 2, 0)
    assert found.mota == pytest.approx(1 - 2 / 8)
    assert found.motp == 1.0


def test_a_gap_fragments_a_track_and_a_new_identity_after_it_is_a_switch_too():
    other = track(2, range(6), x=50)  # keeps frames from being empty
    truth = track(1, range(6)) + other
    same = clear(pair(truth, track(5, (0, 1, 4, 5)) + other))
    assert (same.fragments, same.switches, same.fn) == (1, 0, 2)
    new = clear(pair(truth, track(5, (0, 1)) + track(6, (4, 5)) + other))
    assert (new.fragments, new.switches, new.fn) == (1, 1, 2)
    assert (new.mostly_tracked, new.partly_tracked, new.mostly_lost) == (1, 1, 0)


def test_a_frame_empty_on_one_side_does_not_fragment():
    found = clear(pair(track(1, range(5)), track(5, (0, 1, 3, 4))))
    assert (found.fragments, found.fn) == (0, 1)


def test_a_match_is_kept_though_another_box_lies_better():
    truth = track(1, range(3))
    predicted = [(0, 7, 0), (1, 7, 3), (2, 7, 3), (1, 8, 0), (2, 8, 0)]
    found = clear(pair(truth, predicted))
    assert (found.switches, found.fp) == (0, 2)
    assert found.overlap == pytest.approx(1 + 2 * 7 / 13)


def test_overlap_of_exactly_one_half_matches():
    found = clear(pair([(0, 1, 0)], [(0, 1, 10 / 3)]))  # 2/3 shared of 4/3
    assert found.tp == 1
    assert clear(pair([(0, 1, 0)], [(0, 1, 3.4)])).tp == 0


def test_tracks_are_tracked_partly_tracked_and_lost_by_their_share():
    truth = [row for i in range(4) for row in track(i, range(10), x=50 * i)]
    kept = [9, 8, 2, 1]  # more than .8; .8 and .2 are in between
    found = clear(pair(truth, [r for i, n in enumerate(kept) for r in track(i, range(n), x=50 * i)]))
    assert (found.mostly_tracked, found.partly_tracked, found.mostly_lost) == (1, 2, 1)


def test_events_tell_the_frame_of_each_error():
    truth = track(1, range(4))
    happened = events(pair(truth, [(0, 5, 0), (1, 6, 0), (1, 9, 80), (3, 6, 0)]))
    np.testing.assert_array_equal(happened.switches, [0, 1, 0, 0])
    np.testing.assert_array_equal(happened.misses, [0, 0, 1, 0])
    np.testing.assert_array_equal(happened.false_positives, [0, 1, 0, 0])


def test_nothing_predicted_and_nothing_true():
    truth = track(1, range(4)) + track(2, range(4), x=50)
    lost = clear(pair(truth, []))
    assert (lost.fn, lost.mostly_lost, lost.mota, lost.motp) == (8, 2, 0.0, 0.0)
    false = clear(pair([], truth))
    assert (false.fp, false.mostly_lost, false.mota) == (8, 0, 0.0)
    assert clear(pair([], [])).figures()["MOTA"] == 0.0
    assert (lost + false).mota == -1.0  # several sequences are one set of boxes
