import numpy as np
import pytest

from workbench.core.errors import UserError
from workbench.metrics.single_target import centre_errors, overlaps, paired_bootstrap, score

TRUTH = np.array([[10.0, 10.0, 20.0, 40.0]] * 4)


def test_a_perfect_track_misses_only_the_threshold_that_nothing_exceeds():
    result = score(TRUTH, TRUTH)
    assert result.auc == pytest.approx(20 / 21)  # an overlap of 1 is not above 1
    assert result.success_at_half == 1.0
    assert result.precision_at_20 == 1.0


def test_overlap_and_distance_of_known_boxes():
    moved = TRUTH + np.array([10.0, 0.0, 0.0, 0.0])  # half the width: 400 shared of 1200
    np.testing.assert_allclose(overlaps(moved, TRUTH), 1 / 3)
    np.testing.assert_allclose(centre_errors(moved, TRUTH), 10.0)
    result = score(moved, TRUTH)
    assert result.auc == pytest.approx(7 / 21)  # above 0, .05, ..., .30
    assert result.success_at_half == 0.0
    np.testing.assert_array_equal(result.precision, np.arange(51) >= 10)


def test_boxes_without_area_or_touching_at_an_edge_do_not_overlap():
    boxes = [[0, 0, 0, 0], [0, 0, 10, 10]]
    np.testing.assert_array_equal(overlaps(boxes, [[0, 0, 0, 0], [10, 0, 10, 10]]), [0.0, 0.0])


def test_frames_without_truth_are_left_out_and_frames_without_a_box_are_missed():
    truth, predicted = TRUTH.copy(), TRUTH.copy()
    truth[1] = np.nan
    predicted[1] = [500.0, 500.0, 1.0, 1.0]
    predicted[2] = np.nan
    result = score(predicted, truth)
    assert result.frames == 3
    assert result.success_at_half == pytest.approx(2 / 3)
    assert result.precision_at_20 == pytest.approx(2 / 3)


def test_normalised_precision_is_in_sizes_of_the_true_box():
    moved = TRUTH + np.array([2.0, 0.0, 0.0, 0.0])  # a tenth of the width of 20
    result = score(moved, TRUTH)
    np.testing.assert_array_equal(result.normalised_precision, np.arange(51) >= 10)
    assert result.normalised_precision_auc == pytest.approx(41 / 51)
    tall = score(TRUTH + np.array([0.0, 2.0, 0.0, 0.0]), TRUTH)  # a twentieth of the height of 40
    assert tall.normalised_precision_auc == pytest.approx(46 / 51)


def test_a_true_box_without_size_cannot_be_hit():
    result = score([[5.0, 5.0, 4.0, 4.0]], [[5.0, 5.0, 0.0, 4.0]])
    assert result.normalised_precision_auc == 0.0


def test_nothing_to_score_is_refused():
    with pytest.raises(UserError, match="no box"):
        score(TRUTH, np.full_like(TRUTH, np.nan))
    with pytest.raises(UserError, match="3 predicted boxes"):
        score(TRUTH[:3], TRUTH)
    with pytest.raises(UserError, match="same sequences"):
        paired_bootstrap([0.5], [0.5, 0.6])


def test_bootstrap_pairs_the_sequences():
    theirs = np.linspace(0.1, 0.9, 20)  # sequences differ far more than the trackers
    result = paired_bootstrap(theirs + 0.02, theirs)
    assert (result.mean, result.low, result.high) == pytest.approx((0.02, 0.02, 0.02))


def test_bootstrap_interval_is_that_of_the_mean():
    rng = np.random.default_rng(3)
    ahead = rng.normal(0.05, 0.1, 400)
    result = paired_bootstrap(ahead, np.zeros(400))
    half_width = 1.96 * ahead.std() / 20
    assert result.mean == pytest.approx(ahead.mean())
    assert result.high - result.low == pytest.approx(2 * half_width, rel=0.05)
    assert result.low < result.mean < result.high
