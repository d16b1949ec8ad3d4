"""CenterNet's detectors from the photograph to boxes, against the published ones."""

import numpy as np
import pytest
import torch

from tests.inference.detection.published import KITTI, ROUNDED, assert_same_rows, corners_of, session
from tests.reference_golden import Golden, photo
from workbench.inference.detection.options import DetectionOptions, NmsOptions
from workbench.models import centernet


@pytest.fixture
def golden():
    return Golden("cn_detectors")


def options(width=256, height=256, **more):
    return DetectionOptions(threshold=0.0, input_size=(width, height), heatmaps=True, **more)


def run(golden, case, task, arch, classes, options, *, header=ROUNDED, **more):
    """The detections in the photograph, once the network's input has been found to be the published one."""
    spec = centernet.spec(task, arch, classes=classes)
    task = "exdet" if task == "agnex" else task
    detector = session("centernet", task, spec, options, header=header, **more)
    prepared = detector.prepare(photo())
    pixels = detector.normalised(torch.from_numpy(prepared.inputs[0][None]))
    golden.check(f"{case}/images", pixels, rtol=1e-5, atol=1e-5)
    placement = prepared.placements[0]
    assert placement.center == tuple(golden[f"{case}/meta_c"])
    assert placement.side == golden[f"{case}/meta_s"][0]
    output = detector.run([prepared])[0]
    assert output.heatmaps[0].values.shape[1:] == tuple(golden[f"{case}/out_hw"])
    return output.detections


def rows_of(found, *columns):
    return np.column_stack([found.classes + 1, corners_of(found), found.scores, *columns])


@pytest.mark.parametrize(
    ("case", "options"),
    [
        ("ctdet", options()),
        ("ctdet_keep", options(resolution="keep")),
        ("ctdet_flip", options(flip=True)),
        ("ctdet_ms", options(scales=(0.75, 1.0))),
    ],
)
def test_boxes(golden, case, options):
    found = run(golden, case, "ctdet", "res_18", 80, options)
    assert_same_rows(rows_of(found), golden[f"{case}/results"])


@pytest.mark.parametrize(
    ("case", "arch", "options"),
    [
        ("multi_pose", "resdcn_18", options(192, 192, nms=NmsOptions())),
        ("multi_pose_flip", "res_18", options(flip=True)),
    ],
)
def test_joints(golden, case, arch, options):
    found = run(golden, case, "multi_pose", arch, 1, options)
    assert_same_rows(rows_of(found, found.poses[..., :2].reshape(-1, 34)), golden[f"{case}/results"])


def test_boxes_in_space(golden):
    found = run(golden, "ddd", "ddd", "res_18", 3, options(320, 96), header=None, camera=KITTI)
    space = found.boxes3d
    low, high = np.split(corners_of(found), 2, axis=1)
    grown = np.array([0, 120 - 12 * 446 / 80]) / 2  # the published size has the grid's corner added
    ours = [found.classes + 1, space.alpha, low - grown, high + grown, space.dimensions, space.location]
    assert_same_rows(np.column_stack([*ours, space.rotation_y, found.scores]), golden["ddd/results"])


def test_boxes_of_extreme_points(golden):
    both_views = options(128, 128, flip=True, top=24)
    found = run(golden, "exdet_agn_flip", "agnex", "hourglass", 80, both_views)
    ours, published = rows_of(found), golden["exdet_agn_flip/results"]
    # The published code leaves copies of rows that it dropped, with scores on their way below 0.001.
    assert_same_rows(ours[ours[:, 5] > 0.002], published[published[:, 5] > 0.002])
    assert np.allclose(found.extremes[:, 0, 1], found.boxes[:, 1])
    assert np.allclose(found.extremes[:, 3, 0], found.boxes[:, 0] + found.boxes[:, 2])
