import numpy as np
import pytest

from tests.metrics.made_tracks import of, pair
from workbench.core.boxes import iou
from workbench.core.errors import UserError
from workbench.metrics import overlapping
from workbench.metrics.sequence import TrackRows, prepare


def test_ids_have_no_holes_and_rows_are_in_the_order_of_frames():
    made = pair([(1, 900, 0), (0, 900, 0), (0, 5, 50)], [(2, -3, 0)])
    np.testing.assert_array_equal(made.truth.frames, [0, 0, 1])
    np.testing.assert_array_equal(made.truth.ids, [1, 0, 1])
    np.testing.assert_array_equal(made.truth.original_ids, [5, 900])
    np.testing.assert_array_equal(made.truth.per_frame, [2, 1, 0])
    assert (made.frame_count, len(made.overlaps)) == (3, 0)


@pytest.mark.parametrize("at_once", [1, 7, 1 << 18])
def test_pairs_are_those_of_a_loop_over_frames(monkeypatch, at_once):
    monkeypatch.setattr(overlapping, "PAIRS_AT_ONCE", at_once)
    rng = np.random.default_rng(1)

    def side(count):
        boxes = np.concatenate([rng.uniform(0, 30, (count, 2)), rng.uniform(0, 20, (count, 2))], axis=1)
        return TrackRows.of(rng.integers(0, 9, count), np.arange(count), boxes)

    truth, predicted = side(60), side(50)
    made = prepare(truth, predicted, frame_count=12)
    expected = {}
    for frame in range(12):
        a, b = np.flatnonzero(truth.frames == frame), np.flatnonzero(predicted.frames == frame)
        for i, row in enumerate(iou(truth.boxes[a], predicted.boxes[b])):
            expected |= {(a[i], b[j]): value for j, value in enumerate(row) if value > 0}
    keys = zip(made.truth.ids[made.truth_rows], made.predicted.ids[made.predicted_rows], strict=True)
    assert dict(zip(keys, made.overlaps, strict=True)) == pytest.approx(expected)
    assert (np.diff(made.pair_frames) >= 0).all()


def test_boxes_far_away_and_huge_ones_are_compared_too():
    boxes = [[0, 0, 1e12, 10], [-1e12, 0, 2e12, 10], [3e9, 0, 5, 10], [1e99, 0, 1, 10], [-5e9, 0, 1, 10]]
    rows = TrackRows.of([0, 0, 0, 0, 0], range(5), boxes)
    made = prepare(rows, rows)
    expected = np.argwhere(iou(boxes, boxes) > 0)
    np.testing.assert_array_equal(np.stack([made.truth_rows, made.predicted_rows], axis=1), expected)


def test_boxes_with_nan_and_truth_that_does_not_count_are_left_out():
    truth = of((0, 1, 0), (0, 2, 50), (0, 3, np.nan))
    truth = TrackRows(truth.frames, truth.ids, truth.boxes, counted=np.array([True, False, True]))
    made = prepare(truth, of((0, 1, 0), (1, 1, np.nan)))
    assert (len(made.truth), len(made.predicted), len(made.overlaps)) == (1, 1, 1)


def test_two_boxes_of_an_identity_in_a_frame_are_refused():
    with pytest.raises(UserError, match="prediction has identity 7 twice in frame 3"):
        pair([(0, 1, 0)], [(3, 7, 0), (2, 7, 0), (3, 7, 40)])


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(UserError, match="last frame is 4"):
        pair([(0, 1, 0)], [(5, 1, 0)], frame_count=5)
    with pytest.raises(UserError, match="below 0"):
        of((-1, 1, 0))
    with pytest.raises(UserError, match="infinite"):
        of((0, 1, np.inf))
    with pytest.raises(UserError, match="differ in number"):
        TrackRows.of([0], [1, 2], np.zeros((1, 4)))
