import cv2
import numpy as np
import pytest

from workbench.tracking.scale_filter import ScaleFilter, ScaleFilterOptions

CENTRE = np.array([160.0, 120.0])
UNDAMPED = ScaleFilterOptions(damping=1.0)


def texture(seed, size):
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)


def scene(width, height, centre=CENTRE):
    """A textured rectangle on another texture, and its box."""
    image = texture(0, (320, 240))
    left, top = (round(float(c - side / 2)) for c, side in zip(centre, (width, height), strict=True))
    image[top : top + height, left : left + width] = texture(1, (width, height))
    return image, (float(left), float(top), float(width), float(height))


@pytest.mark.parametrize("factor", [0.9, 0.95, 1.0, 1.05, 1.1])
def test_measures_how_much_a_target_grew(factor):
    image, box = scene(80, 100)
    scale = ScaleFilter(image, box, options=UNDAMPED)
    grown, _ = scene(round(80 * factor), round(100 * factor))
    assert scale.measure(grown, box) == pytest.approx(factor, abs=0.02)


def test_takes_over_only_a_part_of_the_change():
    image, box = scene(80, 100)
    grown, _ = scene(88, 110)
    whole = ScaleFilter(image, box, options=UNDAMPED).measure(grown, box)
    half = ScaleFilter(image, box, options=ScaleFilterOptions(damping=0.5)).measure(grown, box)
    assert half == pytest.approx(np.sqrt(whole))


def test_follows_a_target_that_keeps_growing():
    image, box = scene(40, 50)
    scale = ScaleFilter(image, box)
    for step in range(1, 41):
        image, truth = scene(round(40 * 1.02**step), round(50 * 1.02**step))
        factor = scale.measure(image, box)
        width, height = box[2] * factor, box[3] * factor
        centre = truth[0] + truth[2] / 2, truth[1] + truth[3] / 2
        box = (centre[0] - width / 2, centre[1] - height / 2, width, height)
        scale.learn(image, box)
    assert box[2] == pytest.approx(truth[2], rel=0.12)
    assert box[2] / box[3] == pytest.approx(40 / 50)


@pytest.mark.parametrize(
    "box", [(-20.0, -30.0, 60.0, 80.0), (300.0, 200.0, 90.0, 90.0), (3.0, 3.0, 2.0, 3.0)]
)
def test_targets_at_the_border_and_tiny_ones_are_measured(box):
    image, _ = scene(80, 100)
    scale = ScaleFilter(image, box)
    assert scale.measure(image, box) == pytest.approx(1.0, abs=0.005)
    scale.learn(image, box)


def test_large_targets_are_averaged_not_skipped_through():
    image, box = scene(80, 100)
    large = cv2.resize(image, None, fx=5, fy=5, interpolation=cv2.INTER_CUBIC)
    noisy = np.clip(large + np.random.default_rng(3).normal(0, 60, large.shape), 0, 255).astype(np.uint8)
    grown, _ = scene(84, 105)
    grown = cv2.resize(grown, None, fx=5, fy=5, interpolation=cv2.INTER_CUBIC)
    scale = ScaleFilter(noisy, tuple(5 * v for v in box), options=UNDAMPED)
    assert scale.measure(grown, tuple(5 * v for v in box)) == pytest.approx(1.05, abs=0.02)
