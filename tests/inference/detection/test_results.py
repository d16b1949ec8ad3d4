"""What decoders found in pixels of the source, against the published post-processing."""

import numpy as np
import pytest

from tests.inference.detection.published import KITTI, centertrack_columns, corners_of, detections
from tests.models import test_decoding as maps
from tests.models.test_decoding_centertrack import maps_of
from tests.reference_golden import Golden
from workbench.inference.detection.placement import Placement, fixed
from workbench.inference.detection.results import angles
from workbench.models.decoding.activation import activated, depth
from workbench.models.decoding.centertrack import decode_centertrack
from workbench.models.decoding.ctdet import decode_ctdet
from workbench.models.decoding.ddd import decode_ddd
from workbench.models.decoding.multi_pose import decode_multi_pose
from workbench.models.geometry import apply_affine

TO_SOURCE = Placement((128, 96), (200, 120), 446.0).to_source(4)  # a grid of 32 x 24


@pytest.fixture
def golden():
    return Golden("cn_decode")


def by_class(rows, classes):
    """As published: class after class, and the scores falling within each."""
    return rows[np.argsort(classes, kind="stable")]


def test_points_of_the_grid():
    golden = Golden("cn_image_utils")
    to_source = Placement((512, 384), (300.5, 211.25), 777.0).to_source(4)
    places = apply_affine(golden["transform_preds_in"], to_source)
    golden.check("transform_preds_out", places, rtol=1e-5, atol=1e-6)


def test_boxes(golden):
    rows = []
    for found in detections(decode_ctdet(maps.boxes("hm", maps.C), maps.K), TO_SOURCE, KITTI):
        row = np.column_stack([found.classes + 1, corners_of(found), found.scores])
        rows.append(by_class(row, found.classes))
    np.testing.assert_allclose(np.concatenate(rows), golden["ctdet_post"], rtol=1e-5, atol=1e-4)


def test_joints(golden):
    people = maps.boxes("hm1", 1) | {"hps": maps.normal("hps", 34, 3)}
    people |= {"hm_hp": maps.heat("hm_hp", 17, 2.5, -4), "hp_offset": maps.uniform("hpo", 2)}
    for found, published in zip(
        detections(decode_multi_pose(people, maps.K), TO_SOURCE, KITTI),
        golden["multi_pose_post"],
        strict=True,
    ):
        rows = np.column_stack([corners_of(found), found.scores, found.poses[..., :2].reshape(-1, 34)])
        np.testing.assert_allclose(rows, published, rtol=1e-5, atol=1e-4)


def test_boxes_in_space(golden):
    cars = maps.boxes("hm3", 3) | {"rot": maps.normal("rot", 8), "dim": maps.normal("dim", 3, 0.3, 1.6)}
    cars["dep"] = depth(maps.normal("dep", 1, 1, -2))
    found = detections(decode_ddd(cars, maps.K), TO_SOURCE, KITTI)[0]
    space = found.boxes3d
    low, high = np.split(corners_of(found), 2, axis=1)
    grown = TO_SOURCE[:, 2] / 2  # the published size has the grid's corner added
    ours = [found.classes + 1, space.alpha, low - grown, high + grown, space.dimensions, space.location]
    rows = np.column_stack([*ours, space.rotation_y, found.scores])
    np.testing.assert_allclose(by_class(rows, found.classes), golden["ddd_post"], rtol=1e-5, atol=1e-3)


def test_angles(golden):
    golden.check("get_alpha", angles(golden["get_alpha_in"]), rtol=1e-5, atol=1e-4)


def test_centertrack_with_all_heads():
    golden = Golden("ct_decode")
    camera = np.array([[1266.4, 0, 816.3, 0], [0, 1266.4, 491.5, 0], [0, 0, 1, 0]])
    to_source = fixed((1600, 900), (128, 96)).to_source(4)
    found = detections(decode_centertrack(activated(maps_of()), 30), to_source, camera)[0]
    for name, values in centertrack_columns(found).items():
        golden.check(f"post0/{name}", values, rtol=1e-5, atol=1e-3)
