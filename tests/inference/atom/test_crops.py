import numpy as np
import pytest

from tests.reference_golden import Golden, photo
from workbench.inference.atom.crops import even_side, sample_patch

NEAR = {"rtol": 1e-5, "atol": 1e-3}


@pytest.mark.parametrize("rule", ["intdiv", "literal"])
def test_crops_agree_with_the_published_ones(rule):
    golden, image = Golden("atom_sample_patch"), photo()
    for number, (y, x, size, side) in enumerate(golden["cases_posy_posx_samplesz_outsz"]):
        case = {"center": np.array([y, x]), "size": size, "rule": rule}
        patch, corners = sample_patch(image, output=int(side), **case)
        golden.check(f"{rule}/{number}/patch", patch, **NEAR)
        golden.check(f"{rule}/{number}/coord", corners[None], **NEAR)
        if f"{rule}/{number}/nores_shape" in golden:
            patch, _ = sample_patch(image, **case)
            golden.check(f"{rule}/{number}/nores", patch, **NEAR)
        for border in ("inside", "inside_major"):
            key = f"{rule}/{number}/{border}"
            if f"{key}/coord" in golden:
                patch, corners = sample_patch(image, output=int(side), border=border, **case)
                golden.check(f"{key}/patch", patch, **NEAR)
                golden.check(f"{key}/coord", corners[None], **NEAR)


def test_a_crop_beyond_the_image_repeats_its_border():
    image = np.arange(20, dtype=np.uint8).reshape(4, 5, 1).repeat(3, axis=2)
    patch, corners = sample_patch(image, np.array([0.0, 0.0]), size=5)
    assert corners.tolist() == [-2, -2, 3, 3]
    expected = [[0, 0, 0, 1, 2]] * 3 + [[5, 5, 5, 6, 7], [10, 10, 10, 11, 12]]
    assert patch[0, 0].tolist() == expected


def test_a_crop_wholly_outside_the_image_is_the_nearest_border():
    image = np.full((6, 6, 3), 7, dtype=np.uint8)
    patch, _ = sample_patch(image, np.array([-40.0, 60.0]), size=4, output=8)
    assert patch.shape == (1, 3, 8, 8)
    assert patch.eq(7).all()


def test_large_crops_are_thinned_out_before_resizing():
    image = np.zeros((90, 90, 3), dtype=np.uint8)
    image[1::3] = 90
    patch, _ = sample_patch(image, np.array([45.0, 45.0]), size=62, output=20)
    assert set(np.unique(patch)) == {0.0}


@pytest.mark.parametrize(
    ("side", "stride", "even"), [(288, 16, 288), (280, 16, 288), (208, 8, 208), (300, 16, 288)]
)
def test_crops_hold_an_even_number_of_cells(side, stride, even):
    assert even_side(side, stride) == even
