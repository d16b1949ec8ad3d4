"""The ONNX plugin on networks whose answers are known, in each layout of the YOLO family."""

import numpy as np
import pytest

from tests.plugins.onnx_bytes import onnx_bytes
from workbench.core.errors import ModelError, UserError
from workbench.services.plugins import find_detector

SIZE = 64
PLACES = 84  # of grids of 8, 4 and 2
RED = np.zeros((32, 64, 3), np.uint8)
RED[..., 0] = 255  # with its grey border the input's red channel has this mean:
MEAN = (255 + 114) / 2 / 255
BOX = (20.0, 32.0, 16.0, 8.0)  # cx, cy, w, h in pixels of the input
SEEN = (12.0, 12.0, 16.0, 8.0)  # x, y, w, h in pixels of the image, which begins 16 pixels down


def rows(count, columns):
    return np.zeros((count, columns)), np.zeros((count, columns))


def without_objectness(classes=2):
    """A box whose second class has the score 0.9 * red, one that overlaps it, and one of the first class."""
    table, slope = rows(PLACES, 4 + classes)
    table[3, :4], table[5, :4], table[7, :4] = BOX, (21, 32, 16, 8), (50, 40, 8, 8)
    slope[3, 4 + classes - 1], slope[5, 4 + classes - 1] = 0.9, 0.6
    table[7, 4] = 0.3
    return table.T, slope.T


def with_objectness(classes=2):
    table, slope = rows(3 * PLACES, 5 + classes)
    table[3, :4], table[3, 4], slope[3, 5 + classes - 1] = BOX, 0.5, 1.8
    return table, slope


def end_to_end():
    table, slope = rows(20, 6)
    table[0] = (12, 28, 28, 36, 0, 1)
    slope[0, 4] = 0.9
    return table, slope


NAMES = "{0: 'cat', 1: 'dog'}"


def detector(tmp_path, table, slope, *, said=NAMES, **settings):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(onnx_bytes(table, slope, size=SIZE, names=said))
    choice = find_detector("onnx")
    return choice.make(choice.configured({"file": str(path), **settings}))


@pytest.mark.parametrize("made", [without_objectness, with_objectness, end_to_end])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("said", [NAMES, None])
def test_layouts_are_told_by_their_shape(tmp_path, made, transposed, said):
    table, slope = made()
    if transposed:
        table, slope = table.T, slope.T
    found = detector(tmp_path, table, slope, said=said)
    best = found.detect(0, RED)[:1]
    np.testing.assert_allclose(best.boxes, [SEEN], atol=1e-3)
    np.testing.assert_allclose(best.scores, [0.9 * MEAN], atol=1e-3)
    assert found.classes[best.classes[0]] == ("dog" if said else "class 1")


def test_overlapping_boxes_are_suppressed_and_low_ones_left_out(tmp_path):
    found = detector(tmp_path, *without_objectness())
    assert found.detect(0, RED).classes.tolist() == [1, 0]
    strict = detector(tmp_path, *without_objectness(), score=0.5)
    assert strict.detect(0, RED).classes.tolist() == [1]
    lenient = detector(tmp_path, *without_objectness(), overlap=0.95)
    assert len(lenient.detect(0, RED)) == 3


def test_shares_of_the_input_become_pixels(tmp_path):
    table, slope = without_objectness()
    table[:4] /= SIZE
    np.testing.assert_allclose(detector(tmp_path, table, slope).detect(0, RED).boxes[:1], [SEEN], atol=1e-3)


def test_one_class_with_and_without_objectness(tmp_path):
    for made in (without_objectness, with_objectness):
        found = detector(tmp_path, *made(classes=1), said=None)
        assert found.classes == ("class 0",)
        np.testing.assert_allclose(found.detect(0, RED).scores[0], 0.9 * MEAN, atol=1e-3)


def test_names_come_from_a_file_too(tmp_path):
    (tmp_path / "names.txt").write_text("fly\nspider\n")
    found = detector(tmp_path, *without_objectness(), names=str(tmp_path / "names.txt"))
    assert found.classes == ("fly", "spider")


def test_what_is_no_detector_is_refused_in_a_sentence(tmp_path):
    choice = find_detector("onnx")
    with pytest.raises(UserError, match="file has to be set"):
        choice.make()
    with pytest.raises(UserError, match="cannot be read"):
        choice.make(choice.configured({"file": str(tmp_path / "none.onnx")}))
    (tmp_path / "text.onnx").write_text("hello, this is no network at all")
    with pytest.raises(ModelError, match="is no ONNX file"):
        choice.make(choice.configured({"file": str(tmp_path / "text.onnx")}))
    (tmp_path / "three.txt").write_text("a\nb\nc\nd\ne\n")
    with pytest.raises(ModelError, match="does not fit 5 classes"):
        detector(tmp_path, *without_objectness(), names=str(tmp_path / "three.txt"))
