"""The affine map of a crop, gaussian peaks and the letterbox against the published figures."""

import numpy as np
import pytest

from tests.reference_golden import Golden, photo
from workbench.models.geometry import (
    affine_transform,
    apply_affine,
    draw_msra_gaussian,
    draw_umich_gaussian,
    gaussian,
    gaussian_radius,
    letterbox,
    letterbox_image,
)


@pytest.fixture
def golden():
    return Golden("cn_image_utils")


@pytest.mark.parametrize("overlap", [0.7, 0.5, 0.3])
def test_radius_of_a_box(golden, overlap):
    sizes = golden["radius_sizes"]
    golden.check(
        f"radius_{overlap}",
        [gaussian_radius(h, w, min_overlap=overlap) for h, w in sizes],
        rtol=1e-5,
        atol=1e-6,
    )


@pytest.mark.parametrize("radius", [0, 1, 2, 3, 6, 11])
def test_gaussian_square(golden, radius):
    diameter = 2 * radius + 1
    golden.check(f"gaussian2D_r{radius}", gaussian(diameter, diameter / 6), rtol=1e-5, atol=1e-6)


def test_peaks_drawn_over_each_other_and_over_the_edge(golden):
    heatmap = np.zeros(golden["umich_hm"].shape, np.float32)
    for x, y, radius, peak in golden["umich_draws_x_y_radius_k"]:
        draw_umich_gaussian(heatmap, (x, y), int(radius), peak=peak)
    golden.check("umich_hm", heatmap, rtol=1e-5, atol=1e-6)
    heatmap = np.zeros(golden["msra_hm"].shape, np.float32)
    for x, y, sigma in golden["msra_draws_x_y_sigma"]:
        draw_msra_gaussian(heatmap, (x, y), int(sigma))
    golden.check("msra_hm", heatmap, rtol=1e-5, atol=1e-6)


def test_a_peak_far_outside_changes_nothing():
    heatmap = np.zeros((8, 12), np.float32)
    for center in [(-9, 3), (30, 3), (3, -9), (3, 30)]:
        draw_umich_gaussian(heatmap, center, 2)
        draw_msra_gaussian(heatmap, center, 1)
    assert not heatmap.any()


@pytest.mark.parametrize(("key", "inverse"), [("affine_mats", False), ("affine_mats_inv", True)])
def test_map_of_a_crop(golden, key, inverse):
    matrices = [
        affine_transform(c[:2], c[2:4], c[4], c[5:7], shift=c[7:9], inverse=inverse)
        for c in golden["affine_cases_cx_cy_sx_sy_rot_ow_oh_shx_shy"]
    ]
    golden.check(key, matrices, rtol=1e-9, atol=1e-9)


def test_points_through_a_map(golden):
    points = [apply_affine(golden["affine_pts"], matrix) for matrix in golden["affine_mats"]]
    golden.check("affine_pts_out", points, rtol=1e-5, atol=1e-6)


def test_the_inverse_map_leads_back():
    options = {"center": (200.0, 120.0), "scale": 446.0, "rotation": 20.0, "output_size": (128, 96)}
    there, back = affine_transform(**options), affine_transform(**options, inverse=True)
    points = np.array([[0.0, 0.0], [64.5, 11.25], [300.0, 239.0]])
    assert np.allclose(apply_affine(apply_affine(points, there), back), points, atol=1e-4)


def test_letterbox_borders():
    plan = letterbox((446, 240), (1088, 608))
    assert (plan.size, plan.offset, plan.borders) == ((1088, 585), (0.0, 11.5), (11, 12, 0, 0))


def test_letterboxed_photograph():
    image, golden = photo(), Golden("fairmot_data")
    large = letterbox_image(image, (1088, 608))
    assert (large[[0, 10, -12, -1]] == 128).all()
    blue_first = large[..., ::-1].astype(np.float32)
    golden.check("letterbox_1088x608_sub", blue_first[::37, ::41], rtol=0, atol=1)
    golden.check("letterbox_1088x608_rows_of_pad", blue_first[[0, 10, 100, -1], 500], rtol=0, atol=1)
    golden.check("letterbox_1088x608_stat", [large.mean(), large.std(), *large.shape], rtol=1e-3, atol=0)
    plan = letterbox((image.shape[1], image.shape[0]), (1088, 608))
    golden.check("letterbox_1088x608_ratio", [plan.ratio, *plan.offset], rtol=1e-5, atol=1e-4)
    small = letterbox_image(image, (272, 152))[..., ::-1]
    golden.check("letterbox_272x152", small.astype(np.float32), rtol=0, atol=1)
    plan = letterbox((image.shape[1], image.shape[0]), (272, 152))
    golden.check("letterbox_ratio_dw_dh", [plan.ratio, *plan.offset], rtol=1e-5, atol=1e-4)
