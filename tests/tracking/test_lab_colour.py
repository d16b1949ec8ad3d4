import numpy as np
import pytest

from workbench.tracking.lab_colour import CHANNELS, LIGHTNESS_BINS, OPPONENT_BINS, soft_lab


def test_every_channel_sums_to_one_in_every_cell():
    images = np.random.default_rng(1).integers(0, 256, (3, 24, 16, 3), dtype=np.uint8)
    shares = soft_lab(images, cell=8)
    assert shares.shape == (3, 3, 2, CHANNELS)
    sums = [part.sum(axis=3) for part in np.split(shares, [6, 13], axis=3)]
    np.testing.assert_allclose(sums, 1.0, atol=1e-6)
    assert shares.min() >= 0


@pytest.mark.parametrize("grey", [0, 60, 128, 200, 255])
def test_grey_lies_between_its_two_lightness_bins(grey):
    shares = soft_lab(np.full((1, 8, 8, 3), grey, dtype=np.uint8), cell=8)[0, 0, 0]
    assert shares[:6] @ LIGHTNESS_BINS == pytest.approx(
        np.clip(np.interp(grey, [0, 60, 128, 200, 255], [0, 65, 137, 205, 255]), 16, 248), abs=3
    )
    middle = OPPONENT_BINS.index(128)
    assert shares[6 + middle] > 0.99
    assert shares[13 + middle] > 0.99


def test_each_cell_and_image_keeps_its_own_colour():
    images = np.zeros((2, 8, 16, 3), dtype=np.uint8)
    images[0, :, :8, 0] = 255  # red
    images[1, :, 8:, 2] = 255  # blue
    shares = soft_lab(images, cell=8)
    black, red, blue = shares[0, 0, 1], shares[0, 0, 0], shares[1, 0, 1]
    np.testing.assert_array_equal(shares[1, 0, 0], black)
    assert red[12] == pytest.approx(1)  # the last bin of a
    assert blue[13] == pytest.approx(1)  # the first bin of b
    assert not np.array_equal(red, black)
