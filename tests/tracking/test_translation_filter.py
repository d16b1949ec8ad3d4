import cv2
import numpy as np
import pytest

from workbench.tracking.translation_filter import TranslationFilter, TranslationFilterOptions


def texture(seed, size):
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    return cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)


def scene(x, y, *, seed=1):
    """A textured rectangle at a sub-pixel place on another texture."""
    image = texture(0, (320, 240))
    matrix = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
    alpha = cv2.warpAffine(np.ones((70, 60, 1), np.float32), matrix, (320, 240))[..., None]
    target = cv2.warpAffine(texture(seed, (60, 70)), matrix, (320, 240), borderMode=cv2.BORDER_REPLICATE)
    return (alpha * target + (1 - alpha) * image).astype(np.uint8)


BOX = (100.0, 80.0, 60.0, 70.0)


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (1.5, 0.0), (-4.0, 2.0), (9.0, -11.0)])
def test_measures_the_offset_to_a_fraction_of_a_cell(x, y):
    place = TranslationFilter(scene(100, 80), BOX)
    offset = place.measure(scene(100 + x, 80 + y), BOX)
    assert offset.x == pytest.approx(x, abs=0.75)  # a cell is 5 pixels of this frame
    assert offset.y == pytest.approx(y, abs=0.75)


def test_something_else_in_its_place_is_unlike_the_target():
    place = TranslationFilter(scene(100, 80), BOX)
    same = place.measure(scene(101, 80), BOX)
    other = place.measure(scene(101, 80, seed=7), BOX)
    assert same.likeness > 0.3
    assert other.likeness < 0.5 * same.likeness


def test_far_answers_are_not_believed():
    options = TranslationFilterOptions(limit=0.1)
    place = TranslationFilter(scene(100, 80), BOX, options=options)
    offset = place.measure(scene(114, 80), BOX)
    assert (offset.x, offset.y) == (0.0, 0.0)


def test_learning_makes_a_new_look_familiar():
    place = TranslationFilter(scene(100, 80), BOX, options=TranslationFilterOptions(learning_rate=0.3))
    turned = scene(100, 80, seed=7)
    before = place.measure(turned, BOX).likeness
    for _ in range(5):
        place.learn(turned, BOX)
    assert place.measure(turned, BOX).likeness > before + 0.3


@pytest.mark.parametrize(
    "box", [(-20.0, -30.0, 60.0, 80.0), (300.0, 200.0, 90.0, 90.0), (3.0, 3.0, 2.0, 40.0)]
)
def test_targets_at_the_border_and_thin_ones_are_measured(box):
    image = scene(100, 80)
    place = TranslationFilter(image, box)
    offset = place.measure(image, box)
    assert np.hypot(offset.x, offset.y) < 0.5
    place.learn(image, box)
