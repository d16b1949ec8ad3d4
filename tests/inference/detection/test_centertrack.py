"""CenterTrack on a photograph that moves, and what it sees of the past, against the published tracks."""

import numpy as np
import pytest
import torch

from tests.inference.detection.published import assert_same_rows, corners_of, session
from tests.reference_golden import Golden, photo
from workbench.core.boxes import xyxy_to_xywh
from workbench.core.errors import UserError
from workbench.inference.detection.centertrack import CenterTrackSession, prior_heatmap
from workbench.inference.detection.options import DetectionOptions
from workbench.inference.detection.placement import fixed, kept, shortened
from workbench.models import centertrack
from workbench.models.geometry import apply_affine
from workbench.models.heads import HeatmapNetwork, NetworkSpec
from workbench.models.recognition import Spec
from workbench.models.weights_header import Header
from workbench.tracking import tracker
from workbench.tracking.center_track import CenterTrack, CenterTrackOptions

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


def test_cells_of_the_tracks_on_the_grid(golden):
    """Published beside the heat map; no network takes them. Here they check where boxes lie on the grid."""
    rows = golden["dets_bbox_score_active"]
    shown = rows[(rows[:, 4] >= 0.3) & (rows[:, 5] > 0)][:, :4].reshape(-1, 2, 2)
    placement = fixed(SIZE, (160, 96))
    last = np.array([[159, 95], [39, 23]], np.float32)
    in_input, in_grid = (
        np.clip(apply_affine(shown, affine).astype(np.float32), 0, end)
        for affine, end in zip((placement.to_input, placement.to_grid(4)), last, strict=True)
    )
    visible = (in_input[:, 1] > in_input[:, 0]).all(axis=1)
    cells = in_grid[visible].mean(axis=1).astype(int)
    assert (cells[:, 1] * 40 + cells[:, 0]).tolist() == golden["pre_inds"][0].tolist()


CASES = {  # tasks, classes, flip test
    "mot": (("tracking", "ltrb_amodal"), 1, False),
    "ddd": (("tracking", "ddd"), 10, False),
    "pose": (("tracking", "multi_pose"), 1, True),
}


@pytest.mark.parametrize("case", CASES)
def test_tracks_in_a_clip(case, monkeypatch):
    """Each frame is looked at with the published tracks of the one before."""
    # The weights of the recipe give boxes of negative size, and these take part in the published tracker.
    monkeypatch.setattr(tracker, "THINNEST", -np.inf)
    golden = Golden("ct_detector")
    tasks, classes, flip = CASES[case]
    least = float(golden[f"{case}/thresh"])
    options = DetectionOptions(
        threshold=least, prior_threshold=least, top=40, input_size=(160, 96), flip=flip
    )
    detector = session("centertrack", ",".join(tasks), centertrack.spec(*tasks, classes=classes), options)
    rows, follower = golden[f"{case}/rows"], CenterTrack(CenterTrackOptions(least))
    for frame in range(5):
        published = rows[rows[:, 0] == frame]
        found = detector(np.roll(photo(), -4 * frame, axis=1)).detections
        tracked = follower.update(frame, found)
        found = found[tracked.detections]
        ours = [tracked.ids, found.scores, found.classes + 1, found.centers, corners_of(found), found.offsets]
        if found.boxes3d is not None:
            space = found.boxes3d
            depth = space.location[:, 2]
            ours += [depth, space.dimensions, space.alpha, space.location, space.rotation_y]
        if found.poses is not None:
            ours.append(found.poses[..., :2].reshape(-1, 34))
        assert_same_rows(np.column_stack(ours), np.delete(published, [0, 2, 3], axis=1), atol=0.05)
        detector.follow(xyxy_to_xywh(published[:, 8:12]), published[:, 4])


class Remembers(HeatmapNetwork):
    """Sees nothing, and remembers what it was shown."""

    def __init__(self):
        super().__init__(NetworkSpec("remembers", {"hm": 1, "wh": 2}))
        self.marker = torch.nn.Parameter(torch.zeros(()))

    def forward(self, images, previous, heat):
        self.images, self.previous, self.heat = images, previous, heat[:, 0]
        grid = images[:, :1, ::4, ::4]
        return {"hm": torch.full_like(grid, -9.0), "wh": torch.ones_like(grid).repeat(1, 2, 1, 1)}


def remembering(**options):
    header = Header(Spec("centertrack", "tracking", "remembers"), ("person",), (64, 128))
    return CenterTrackSession(Remembers(), header, DetectionOptions(**options))


FIRST, SECOND = (np.full((64, 128, 3), value, np.uint8) for value in (40, 90))
BOXES = [[8, 8, 16, 16], [88, 40, 16, 16]]  # middles at (16, 16) and (96, 48)


def test_the_network_is_shown_the_previous_image_and_the_tracks_in_it():
    session = remembering()
    session(FIRST)
    seen = session.network
    assert torch.equal(seen.previous, seen.images)
    assert not seen.heat.any()
    session.follow(BOXES, [0.9, 0.2])
    session(SECOND)
    assert torch.equal(seen.previous, torch.full_like(seen.images, 40 / 255))
    assert (seen.heat[0, 16, 16], seen.heat[0, 48, 96]) == (1, 0)
    session.follow(BOXES)
    session(SECOND)
    assert (seen.heat[0, 16, 16], seen.heat[0, 48, 96]) == (1, 1)


def test_a_mirror_image_is_shown_the_mirrored_tracks():
    session = remembering(flip=True)
    session.follow(BOXES[:1])
    session(FIRST)
    assert torch.equal(session.network.heat[1], session.network.heat[0].flip(1))


@pytest.mark.parametrize("image", [None, np.zeros((480, 640, 3), np.uint8)])
def test_the_past_is_forgotten_on_request_and_with_another_input(image):
    session = remembering(resolution="keep")
    session(FIRST)
    session.follow(BOXES)
    if image is None:
        session.reset()
    session(SECOND if image is None else image)
    assert not session.network.heat.any()
    assert torch.equal(session.network.previous, session.network.images)


def test_several_scales_are_refused():
    with pytest.raises(UserError, match="one scale"):
        remembering(scales=(0.5, 1.0))
