import numpy as np
import pytest
import torch

from tests.reference_golden import Golden, photo
from workbench.inference.atom.augmentation import (
    View,
    blur,
    crop_to,
    drop_channels,
    expanded_side,
    first_views,
    flip_vertical,
    identity,
    mirror,
    rotate,
    scale,
)
from workbench.inference.atom.draws import Draws
from workbench.inference.atom.options import AugmentationOptions

VIEWS = {
    "identity": View(identity),
    "fliph": View(mirror, (5, -7)),
    "flipv": View(flip_vertical, (-3, 9)),
    "trans": View(identity, (12, -20)),
    "trans_shift": View(identity, (16, -14)),
    "scale1.3": View(lambda crop: scale(crop, factor=1.3)),
    "scale0.7": View(lambda crop: scale(crop, factor=0.7), (2, 3)),
    "blur2_0.2": View(lambda crop: blur(crop, sigma=(2, 0.2)), (1, 2)),
    "blur3_1": View(lambda crop: blur(crop, sigma=(3, 1))),
    "blur2": View(lambda crop: blur(crop, sigma=(2, 2))),
    "rot10": View(lambda crop: rotate(crop, angle=10)),
    "rot-45": View(lambda crop: rotate(crop, angle=-45), (7, -9)),
    "rot60": View(lambda crop: rotate(crop, angle=60)),
}


def test_views_agree_with_the_published_ones():
    golden, near = Golden("atom_augment"), {"rtol": 1e-4, "atol": 0.02}
    pixels = photo()[20:180, 40:200].astype(np.float32)
    crop = torch.from_numpy(pixels).permute(2, 0, 1)[None]
    golden.check("identity_noout", View(identity)(crop), **near)
    golden.check("big", crop_to(crop, (200, 210), (3, 4)), **near)
    for name, view in VIEWS.items():
        golden.check(name, view(crop, side=96), **near)


def test_a_view_moves_its_content_by_its_shift():
    crop = torch.zeros(1, 1, 40, 40)
    crop[..., 20, 20] = 1
    seen = View(identity, (3, -5))(crop, side=20)
    assert torch.nonzero(seen[0, 0]).tolist() == [[13, 5]]


def test_random_shifts_are_drawn_for_views_that_are_not_mere_shifts():
    views = first_views(AugmentationOptions(), side=288, draws=Draws(1))
    shifts = np.array([view.shift for view in views])
    assert len(views) == 23
    assert shifts[:5].tolist() == [[0, 0], [86, 86], [-86, 86], [86, -86], [-86, -86]]
    assert len(np.unique(shifts[5:], axis=0)) > 10
    assert np.abs(shifts[5:]).max() <= 48


def test_dropped_channels_are_whole_and_made_up_for():
    dropped = drop_channels(torch.ones(1, 50, 3, 3), copies=4, probability=0.2, draws=Draws(0))
    assert dropped.shape == (4, 50, 3, 3)
    assert set(dropped.unique().tolist()) == {0.0, 1.25}
    assert dropped.flatten(2).std(dim=2).eq(0).all()


@pytest.mark.parametrize(("side", "expanded"), [(288, 576), (209, 419), (208, 416)])
def test_the_expanded_crop_keeps_the_parity_of_the_side(side, expanded):
    assert expanded_side(side, 2.0) == expanded
