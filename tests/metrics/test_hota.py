import numpy as np
import pytest

from tests.metrics.made_tracks import pair
from workbench.metrics.hota import THRESHOLDS, hota


def track(identity, frames, x=0.0):
    return [(frame, identity, x) for frame in frames]


def test_a_perfect_track_has_all_figures_one():
    truth = track(1, range(5)) + track(2, range(5), x=50)
    assert set(hota(pair(truth, truth)).figures().values()) == {1.0}


def test_a_track_broken_in_two_halves_its_association():
    found = hota(pair(track(1, range(4)), track(1, (0, 1)) + track(2, (2, 3))))
    figures = found.figures()
    assert figures["DetA"] == 1.0
    assert figures["AssA"] == pytest.approx(0.5)  # two of four boxes are common to each match's tracks
    assert (figures["AssRe"], figures["AssPr"]) == pytest.approx((0.5, 1.0))
    assert figures["HOTA"] == pytest.approx(np.sqrt(0.5))


def test_a_swap_in_the_middle():
    truth = track(1, range(4)) + track(2, range(4), x=50)
    swapped = track(1, range(2)) + track(2, range(2), x=50) + track(2, (2, 3)) + track(1, (2, 3), x=50)
    assert hota(pair(truth, swapped)).figures()["AssA"] == pytest.approx(2 / 6)  # 2 common, 4 + 4 - 2 in all


def test_misses_and_false_positives_lower_detection():
    found = hota(pair(track(1, range(4)), [*track(1, range(3)), (0, 9, 90), (1, 8, 90)]))
    figures = found.figures()
    assert figures["DetA"] == pytest.approx(3 / 6)
    assert (figures["DetRe"], figures["DetPr"]) == pytest.approx((3 / 4, 3 / 5))


def test_a_box_counts_at_the_thresholds_up_to_its_overlap():
    found = hota(pair([(0, 1, 0)], [(0, 1, 10 / 3)]))  # an overlap of one half
    np.testing.assert_array_equal(found.tp, THRESHOLDS < 0.51)
    np.testing.assert_allclose(found.loc_a, np.where(THRESHOLDS < 0.51, 0.5, 1.0))
    assert found.figures()["HOTA"] == pytest.approx(10 / 19)


def test_the_identity_that_stays_is_matched_first():
    truth = track(1, range(10))
    predicted = [(f, 5, 2) for f in range(10)] + [(9, 6, 0)]  # 6 lies better, but once only
    assert hota(pair(truth, predicted)).figures()["AssA"] == pytest.approx(13 / 19)  # thresholds up to 2/3


def test_nothing_predicted_or_nothing_true():
    truth = track(1, range(4))
    for made in (pair(truth, []), pair([], truth), pair([], [])):
        figures = hota(made).figures()
        assert figures.pop("LocA") == 1.0
        assert set(figures.values()) == {0.0}
    both = hota(pair(truth, truth)) + hota(pair(truth, []))
    assert both.figures()["DetA"] == pytest.approx(0.5)
    assert both.figures()["AssA"] == 1.0
