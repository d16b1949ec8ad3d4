"""Suppression against the published code, which sorts its rows in place: the rows it keeps."""

import numpy as np
import pytest

from tests.reference_golden import Golden
from workbench.core.detections import Detections
from workbench.inference.detection.merging import merged
from workbench.inference.detection.options import NmsOptions
from workbench.inference.detection.soft_nms import soft_nms, soft_nms_averaged

METHODS = ("hard", "linear", "gaussian")


@pytest.fixture
def golden():
    return Golden("cn_softnms")


@pytest.mark.parametrize("method", range(3))
@pytest.mark.parametrize("rest", [(0.3, 0.5, 0.001), (0.5, 0.5, 0.001), (0.5, 0.3, 0.05)])
def test_rows_that_are_kept(golden, method, rest):
    boxes = golden["boxes"].astype(float)
    order, scores = soft_nms(boxes[:, :4], boxes[:, 4], options=NmsOptions(METHODS[method], *rest))
    name = "m{}_Nt{}_s{}_th{}".format(method, *rest)
    assert len(order) == golden[f"keep_{name}"]
    published = golden[f"soft_{name}"][: len(order)]
    np.testing.assert_allclose(np.column_stack([boxes[order, :4], scores]), published, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("key", "count", "options"),
    [
        ("soft39_m2_Nt0.5", "keep39", NmsOptions()),
        ("soft39_m1_Nt0.5_th0.05", "keep39b", NmsOptions("linear", least=0.05)),
    ],
)
def test_rows_with_joints(golden, key, count, options):
    rows = golden["boxes39"].astype(float)
    order, scores = soft_nms(rows[:, :4], rows[:, 4], options=options)
    assert len(order) == golden[count]
    ours = np.column_stack([rows[order, :4], scores, rows[order, 5:]])
    np.testing.assert_allclose(ours, golden[key][: len(order)], rtol=1e-5, atol=1e-5)


def test_averaged_corners(golden):
    rows = golden["boxes_merge"].astype(float)
    options = NmsOptions(average=8.0)
    order, corners, scores = soft_nms_averaged(rows[:, :4], rows[:, 4], rows[:, 5:], options=options)
    assert order.tolist() == soft_nms(rows[:, :4], rows[:, 4])[0].tolist()
    published = golden["merge_m2"][: golden["keep_merge"]]
    np.testing.assert_allclose(np.column_stack([corners, scores]), published[:, :5], rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(golden["merge_m2"][:, 5:], golden["boxes_merge"][:, 5:])  # the weights stay


@pytest.mark.parametrize("overlap", [0.3, 0.5, 0.7])
def test_hard_suppression(golden, overlap):
    boxes = golden["boxes"].astype(float)
    order, _ = soft_nms(boxes[:, :4], boxes[:, 4], options=NmsOptions("hard", overlap))
    assert order.tolist() == golden[f"nms_{overlap}"].tolist()


def test_classes_do_not_touch_each_other(golden):
    boxes = golden["boxes"].astype(float)
    order, scores = soft_nms(np.tile(boxes[:, :4], (2, 1)), np.tile(boxes[:, 4], 2), np.repeat([0, 1], 60))
    alone, expected = soft_nms(boxes[:, :4], boxes[:, 4])
    for kind in range(2):
        own = (order >= 60) == kind
        assert (order[own] % 60).tolist() == alone.tolist()
        assert np.allclose(scores[own], expected)


def test_no_boxes():
    order, scores = soft_nms(np.zeros((0, 4)), np.zeros(0), np.zeros(0))
    assert len(order) == len(scores) == 0


def test_merging_with_averages_moves_a_box_towards_its_double_and_leaves_other_classes():
    boxes = np.array([[0, 0, 20, 20], [2, 0, 20, 20], [1, 0, 20, 20]], float)
    found = Detections(boxes, np.array([0.9, 0.6, 0.5]), np.array([0, 0, 1]))
    best, *_ = merged([found], nms=NmsOptions(average=1.0), limit=None).boxes
    assert 0 < best[0] < 1
    assert best[2:] == pytest.approx([20, 20])
    alone = merged([found], nms=NmsOptions(average=1.0), limit=None)
    np.testing.assert_allclose(alone.boxes[alone.classes == 1], boxes[2:])
