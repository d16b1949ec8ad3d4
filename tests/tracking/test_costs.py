import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.reference_golden import Golden
from tests.tracking.test_kalman import NEAR, boxes_of
from workbench.core.boxes import iou
from workbench.tracking.costs import (
    cosine,
    fused_with_motion,
    giou,
    matrix_of,
    of_one_class,
    overlaps,
    unit,
    widened,
)
from workbench.tracking.kalman import GATE_95, Kalman, Xyah

SOME_BOXES = arrays(
    np.float64,
    st.tuples(st.integers(0, 12), st.just(4)),
    elements=st.integers(1, 20).map(float),
)


def test_distances_are_the_published_ones():
    golden, kalman = Golden("fairmot_kalman_matching"), Kalman(Xyah())
    tracks, found = golden["match/track_xyah"], golden["match/det_xyah"]
    looks = cosine(golden["match/track_feat"], golden["match/det_feat"])
    golden.check("match/embedding_distance", looks, rtol=1e-6, atol=1e-7)  # one side is float32
    pairs = overlaps(widened(boxes_of(tracks)), widened(boxes_of(found)))
    distance = 1.0 - matrix_of(pairs, (len(tracks), len(found)), missing=0.0)
    golden.check("match/iou_distance", distance, **NEAR)
    gating = kalman.gating(kalman.start(boxes_of(tracks)), found)
    only_gated = fused_with_motion(looks, gating, limit=GATE_95[4], share=1.0)
    golden.check("match/gate_cost_matrix", only_gated, rtol=1e-6, atol=1e-7)
    fused = fused_with_motion(looks, gating, limit=GATE_95[4], share=0.98)
    golden.check("match/fuse_motion", fused, rtol=1e-6, atol=1e-7)


@settings(max_examples=60, deadline=None)
@given(SOME_BOXES, SOME_BOXES)
def test_pairs_that_touch_are_those_with_an_overlap(a, b):
    pairs = overlaps(a, b)
    assert (np.diff(pairs.rows) >= 0).all()
    np.testing.assert_allclose(matrix_of(pairs, (len(a), len(b)), missing=0.0), iou(a, b))


def test_pairs_of_other_classes_are_left_out():
    boxes = np.array([[0.0, 0.0, 10.0, 10.0], [1.0, 1.0, 10.0, 10.0]])
    pairs = of_one_class(overlaps(boxes, boxes), np.array([0, 1]), np.array([0, 1]))
    assert pairs.rows.tolist() == pairs.columns.tolist() == [0, 1]


def test_giou_falls_with_the_distance_of_boxes_that_do_not_touch():
    here = np.array([[0.0, 0.0, 10.0, 10.0]])
    there = np.array([[0.0, 0.0, 10.0, 10.0], [10.0, 0.0, 10.0, 10.0], [30.0, 0.0, 10.0, 10.0]])
    np.testing.assert_allclose(giou(here, there), [[1.0, 0.0, -0.5]])


def test_an_embedding_without_length_is_like_nothing():
    vectors = np.array([[3.0, 4.0], [0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0], [1e300, 1e300]])
    np.testing.assert_allclose(unit(vectors)[1:], 0.0)
    np.testing.assert_allclose(cosine(vectors, vectors[:1])[:, 0], [0.0, 1.0, 1.0, 1.0, 1.0], atol=1e-12)
