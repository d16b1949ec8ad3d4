import numpy as np
import pytest

from workbench.tracking.hog import CHANNELS, SIGNED, TEXTURE_GAIN, TRUNCATION, fhog


def plain_fhog(image, cell):
    """The definition, pixel by pixel, for one image."""
    height, width = image.shape[:2]
    rows, columns = height // cell, width // cell
    padded = np.pad(image.astype(float), ((1, 1), (1, 1), (0, 0)), mode="edge")
    histogram = np.zeros((rows, columns, SIGNED))
    for y in range(height):
        for x in range(width):
            dx = padded[y + 1, x + 2] - padded[y + 1, x]
            dy = padded[y + 2, x + 1] - padded[y, x + 1]
            channel = np.hypot(dx, dy).argmax()
            length = np.hypot(dx[channel], dy[channel])
            bin_ = int(np.rint(np.arctan2(dy[channel], dx[channel]) * 9 / np.pi)) % SIGNED
            for row in range(rows):
                for column in range(columns):
                    near_y = 1 - abs((y + 0.5) / cell - 0.5 - row)
                    near_x = 1 - abs((x + 0.5) / cell - 0.5 - column)
                    histogram[row, column, bin_] += length * max(near_y, 0) * max(near_x, 0)
    unsigned = histogram[..., :9] + histogram[..., 9:]
    energy = np.pad((unsigned**2).sum(axis=2), 1, mode="edge")
    result = np.zeros((rows, columns, CHANNELS))
    for row in range(rows):
        for column in range(columns):
            cell_bins = np.concatenate([histogram[row, column], unsigned[row, column]])
            for block, (down, right) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
                total = energy[row + down : row + down + 2, column + right : column + right + 2].sum()
                part = np.minimum(cell_bins / np.sqrt(total + 1e-4), TRUNCATION)
                result[row, column, :27] += part / 2
                result[row, column, 27 + block] = TEXTURE_GAIN * part[:SIGNED].sum()
    return result


@pytest.mark.parametrize("cell", [4, 8])
def test_agrees_with_the_definition(cell):
    images = np.random.default_rng(1).integers(0, 256, (2, 19, 26, 3), dtype=np.uint8)
    features = fhog(images, cell=cell)
    assert features.dtype == np.float32
    assert features.shape == (2, 19 // cell, 26 // cell, CHANNELS)
    for image, feature in zip(images, features, strict=True):
        whole = image[: 19 // cell * cell, : 26 // cell * cell]
        np.testing.assert_allclose(feature, plain_fhog(whole, cell), atol=2e-5)


def test_an_edge_votes_for_its_orientation_alone():
    ramp = np.broadcast_to(np.arange(32, dtype=np.uint8)[None, :, None] * 4, (32, 32, 3))
    right, down = fhog(np.stack([ramp, ramp.swapaxes(0, 1)]))[:, 3, 3]
    assert right[:18].argmax() == 0  # brighter to the right
    assert np.count_nonzero(right[:18]) == 1
    assert down[:18].argmax() in (4, 5)  # 90 degrees lies between the bins at 80 and 100
    assert right[18:27].argmax() == 0


def test_does_not_depend_on_brightness_or_contrast():
    image = np.random.default_rng(2).integers(60, 120, (1, 32, 32, 3), dtype=np.uint8)
    np.testing.assert_allclose(fhog(image * 2), fhog(image), atol=1e-4)
    np.testing.assert_allclose(fhog(image + 100), fhog(image), atol=1e-6)


def test_a_plain_image_has_no_features():
    assert not fhog(np.full((1, 24, 24, 3), 77, dtype=np.uint8)).any()
