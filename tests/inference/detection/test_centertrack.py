"""CenterTrack on a photograph that moves, and what it sees of the past, against the published detector."""

import numpy as np
import pytest
import torch

from tests.inference.detection.published import assert_same_rows, corners_of, session
from tests.reference_golden import Golden, photo
from workbench.core.boxes import xyxy_to_xywh
from workbench.inference.detection.centertrack import prior_heatmap
from workbench.inference.detection.options import DetectionOptions
from workbench.inference.detection.placement import fixed, kept, shortened
from workbench.models import centertrack

SIZE = (446, 240)


@pytest.fixture
def golden():
    return Golden("ct_pre_hm")


@pytest.mark.parametrize(
    ("case", "placement"),
    [("", fixed(SIZE, (160, 96))), ("keep_res/", kept(SIZE, 32)), ("fix_short/", shortened(SIZE, 120))],
)
def test_pictures(golden, case, placement):
    detector = session("centertrack", "tracking", centertrack.spec("tracking", classes=1), DetectionOptions())
    pixels = detector.normalised(torch.from_numpy(placement.cut(photo())[None]))
    golden.check(f"{case}images", pixels, rtol=1e-5, atol=0.02)
    assert placement.center == tuple(golden[f"{case}c"])
    assert placement.side == golden[f"{case}s"][0]


def test_maps_to_the_input_and_to_the_grid(golden):
    placement = fixed(SIZE, (160, 96))
    golden.check("trans_input", placement.to_input, rtol=1e-5, atol=1e-5)
    golden.check("trans_output", placement.to_grid(4), rtol=1e-5, atol=1e-5)


def test_tracks_are_drawn_as_published(golden):
    rows = golden["dets_bbox_score_active"]
    shown = rows[(rows[:, 4] >= 0.3) & (rows[:, 5] > 0)]
    heat = prior_heatmap(xyxy_to_xywh(shown[:, :4]), fixed(SIZE, (160, 96)))
    published = np.zeros_like(heat)
    published[tuple(golden["pre_hm_nz_yx"].T)] = golden["pre_hm_nz_val"]
    np.testing.assert_allclose(heat, published, rtol=1e-6, atol=1e-6)


CASES = {  # tasks, classes, flip test
    "mot": (("tracking", "ltrb_amodal"), 1, False),
    "ddd": (("tracking", "ddd"), 10, False),
    "pose": (("tracking", "multi_pose"), 1, True),
}


@pytest.mark.parametrize("case", CASES)
def test_detections_in_a_clip(case):
    """Each frame is looked at with the published tracks of the one before."""
    golden = Golden("ct_detector")
    tasks, classes, flip = CASES[case]
    least = float(golden[f"{case}/thresh"])
    options = DetectionOptions(
        threshold=least, prior_threshold=least, top=40, input_size=(160, 96), flip=flip
    )
    detector = session("centertrack", ",".join(tasks), centertrack.spec(*tasks, classes=classes), options)
    rows = golden[f"{case}/rows"]
    for frame in range(5):
        published = rows[rows[:, 0] == frame]
        found = detector(np.roll(photo(), -4 * frame, axis=1)).detections
        ours = [found.scores, found.classes + 1, found.centers, corners_of(found), found.offsets]
        if found.boxes3d is not None:
            space = found.boxes3d
            depth = space.location[:, 2]
            ours += [depth, space.dimensions, space.alpha, space.location, space.rotation_y]
        if found.poses is not None:
            ours.append(found.poses[..., :2].reshape(-1, 34))
        assert_same_rows(np.column_stack(ours), published[:, 4:], atol=0.05)
        detector.follow(xyxy_to_xywh(published[:, 8:12]), published[:, 4])
