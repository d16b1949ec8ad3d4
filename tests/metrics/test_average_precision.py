import math

import numpy as np
import pytest

from tests.metrics.made_tracks import of
from workbench.metrics.average_precision import average_precision, found_as_coco, found_as_voc
from workbench.metrics.sequence import TrackRows, prepare


def scored(truth, predicted):
    """True rows are (frame, x), predicted ones (frame, x, score)."""
    true = of(*((frame, n, x) for n, (frame, x) in enumerate(truth)))
    rows = of(*((frame, n, x) for n, (frame, x, _) in enumerate(predicted)))
    scores = np.array([score for *_, score in predicted])
    return prepare(true, TrackRows(rows.frames, rows.ids, rows.boxes, scores))


TRUTH = [(0, 0), (0, 50), (1, 0)]


def test_a_false_box_costs_the_recall_behind_it():
    made = scored(TRUTH, [(0, 0, 0.9), (1, 90, 0.8), (0, 50, 0.7)])
    coco, voc = found_as_coco(made), found_as_voc(made)
    # precision 1 up to recall 1/3, then 2/3 up to recall 2/3
    assert average_precision(voc, method="voc")[0] == pytest.approx(1 / 3 + 2 / 9)
    np.testing.assert_allclose(average_precision(coco), (34 * 1 + 33 * 2 / 3) / 101)


def test_the_second_box_on_a_target_is_false():
    made = scored([(0, 0)], [(0, 1, 0.9), (0, 0, 0.5)])
    np.testing.assert_array_equal(found_as_coco(made).right[0], [True, False])
    np.testing.assert_array_equal(found_as_voc(made).right[0], [True, False])


def test_coco_gives_the_next_best_target_where_the_best_is_taken_and_voc_does_not():
    truth = [(0, 0), (0, 3)]
    made = scored(truth, [(0, 1, 0.9), (0, 1.2, 0.8)])  # both lie best on the first
    assert found_as_coco(made).right[0].tolist() == [True, True]
    assert found_as_voc(made).right[0].tolist() == [True, False]


def test_several_sequences_are_ranked_together():
    good, bad = scored([(0, 0)], [(0, 0, 0.5)]), scored([(0, 0)], [(0, 80, 0.9)])
    both = found_as_voc(good) + found_as_voc(bad)
    assert average_precision(both, method="voc")[0] == pytest.approx(0.5 * 0.5)


def test_nothing_predicted_or_nothing_true():
    assert average_precision(found_as_coco(scored(TRUTH, []))).tolist() == [0.0] * 10
    assert math.isnan(average_precision(found_as_voc(scored([], [(0, 0, 1.0)])), method="voc")[0])
