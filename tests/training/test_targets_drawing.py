"""Dense regression maps and colours against the published figures; crops and mirrors."""

from random import Random

import numpy as np
import pytest
from numpy.random import RandomState

from tests.reference_golden import COPIES, Golden, photo
from workbench.models.geometry import apply_affine, draw_umich_gaussian
from workbench.training.targets.annotations import Annotation, mirrored
from workbench.training.targets.colour import ColourJitter
from workbench.training.targets.crops import Crop, CropOptions, random_crop
from workbench.training.targets.network_input import Normalisation, network_input
from workbench.training.targets.places import draw_dense
from workbench.training.targets.rotation import angle_bins


@pytest.mark.parametrize("pointing", [False, True])
def test_dense_values_drawn_before_their_peaks(pointing):
    golden = Golden("cn_image_utils")
    values = np.zeros((2, 40, 50), np.float32)
    heatmap = np.zeros((40, 50), np.float32)
    for x, y, radius, *value in golden[f"dense_draws_x_y_r_v0_v1__off{int(pointing)}"]:
        draw_dense(values, heatmap, (x, y), value, radius=int(radius), pointing=pointing)
        draw_umich_gaussian(heatmap, (x, y), int(radius))
    golden.check(f"dense_reg__off{int(pointing)}", values, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_colours(seed):
    golden = Golden("cn_image_utils")
    with np.load(COPIES / "photo_a_cut.npz") as file:
        cut = np.ascontiguousarray(file["rgb"][..., ::-1], np.float32) / 255
    changed = ColourJitter(Random(seed), RandomState(123 + seed))(cut)
    golden.check(f"color_aug_seed{seed}", changed[::4, ::4], rtol=1e-5, atol=2e-6)
    golden.check(f"color_aug_stat_seed{seed}", [changed.mean(), changed.std()], rtol=1e-5, atol=2e-6)


def test_a_turned_crop():
    """Its place is not told with the figures; it is what gives them back exactly, in round numbers."""
    as_it_is = Normalisation((0, 0, 0), (1 / 255,) * 3)
    crop = Crop((200, 120), 150, rotation=20)
    picture = network_input(photo(), crop.matrix((64, 48)), (64, 48), normalisation=as_it_is)
    Golden("cn_image_utils").check("crop", picture.transpose(1, 2, 0), rtol=0, atol=1)


def test_mirroring_twice_changes_nothing_but_the_velocity():
    annotation = Annotation(
        (10.0, 20.0, 30.0, 40.0),
        joints=np.arange(51.0).reshape(17, 3),
        extremes=np.arange(8.0).reshape(4, 2),
        alpha=-0.4,
        centre=(24.0, 41.0),
        velocity=(1.0, 2.0, 3.0),
    )
    back = mirrored(mirrored(annotation, 100), 100)
    assert back.box == annotation.box
    assert np.array_equal(back.joints, annotation.joints)
    assert np.array_equal(back.extremes, annotation.extremes)
    assert (back.alpha, back.centre, back.velocity) == (pytest.approx(-0.4), (24.0, 41.0), None)


def test_angles_in_their_bins():
    golden = Golden("cn_losses")
    binned = [angle_bins(alpha) for alpha in golden["alpha"].flat]
    assert [list(b.bins) for b in binned] == golden["rotbin"].reshape(-1, 2).tolist()
    residuals = np.reshape([b.residuals for b in binned], golden["rotres"].shape)
    golden.check("rotres", residuals, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("alpha", np.linspace(-3.1, 3.1, 21))
def test_an_angle_can_be_read_back_from_each_of_its_bins(alpha):
    bins, residuals = angle_bins(alpha)
    assert any(bins)
    for inside, residual, middle in zip(bins, residuals, (-np.pi / 2, np.pi / 2), strict=True):
        if inside:
            assert residual + middle == pytest.approx(alpha)


def test_a_crop_shows_the_mirrored_object_where_the_mirrored_image_has_it():
    options = CropOptions(flip=1.0)
    crop = random_crop((446, 240), RandomState(5), options)
    straight = random_crop((446, 240), RandomState(5), CropOptions(flip=0.0))
    there = apply_affine([[100.0, 60.0]], straight.matrix((64, 64)))[0]
    mirror = apply_affine([[445.0 - 100.0, 60.0]], crop.matrix((64, 64)))[0]
    assert np.allclose(mirror, [64 - there[0], there[1]], atol=1e-3)


def test_small_images_have_room_for_a_centre():
    crop = random_crop((5, 3), RandomState(0), CropOptions())
    assert 0 <= crop.center[0] < 5
    assert 0 <= crop.center[1] < 3
