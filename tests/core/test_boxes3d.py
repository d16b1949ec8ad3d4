"""Boxes in space against published figures."""

import numpy as np
import pytest

from tests.reference_golden import Golden
from workbench.core.boxes3d import (
    EDGES,
    Boxes3D,
    alpha_of,
    default_camera,
    project,
    rotation_of,
    unproject,
)

KITTI = np.array(
    [[707.0493, 0, 604.0814, 45.75831], [0, 707.0493, 180.5066, -0.3454157], [0, 0, 1, 0.004981016]]
)


@pytest.fixture
def golden():
    return Golden("cn_decode")


@pytest.fixture
def car(golden):
    *values, rotation = golden["box3d_dim_loc_ry"]
    values = np.array(values)
    return Boxes3D(values[None, :3], values[None, 3:], np.array([rotation]), np.zeros(1))


def test_corners_and_their_places_in_the_image(golden, car):
    golden.check("box3d", car.corners()[0], rtol=1e-5, atol=1e-4)
    golden.check("box3d_proj", project(car.corners()[0], KITTI), rtol=1e-5, atol=1e-4)
    golden.check("orient3d", car.headings()[0], rtol=1e-5, atol=1e-4)


def test_edges_have_the_lengths_of_the_box(car):
    corners = car.corners()[0]
    lengths = sorted(np.linalg.norm(corners[a] - corners[b]) for a, b in EDGES)
    assert np.allclose(lengths, np.repeat(sorted(car.dimensions[0]), 4))


def test_place_and_rotation_of_what_is_seen(golden):
    x, y, alpha, height, _, _, depth = golden["locrot_in"]
    place = unproject([[x, y]], [depth], KITTI)[0] + [0, height / 2, 0]
    golden.check("locrot_out", [*place, *rotation_of([alpha], [x], KITTI)], rtol=1e-5, atol=1e-4)


def test_angle_seen(golden):
    column = golden["locrot_in"][0]
    golden.check("rot_y2alpha", alpha_of([-3.0, 0.0, 3.1], [column] * 3, KITTI), rtol=1e-5, atol=1e-4)


def test_angle_seen_is_the_inverse_of_rotation():
    rotation, columns = np.array([3.0, -3.1, 0.2]), np.array([0.0, 600.0, 1200.0])
    seen = alpha_of(rotation, columns, KITTI)
    assert np.allclose(rotation_of(seen, columns, KITTI), rotation)


def test_a_default_camera_sees_its_axis_in_the_middle():
    assert np.allclose(project([[0.0, 0.0, 7.0]], default_camera(640, 480)), [[320, 240]])
    Golden("ct_pre_hm").check("calib", default_camera(446, 240), rtol=1e-5, atol=1e-5)
