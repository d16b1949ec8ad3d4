"""Columns of detections stay together."""

import numpy as np
import pytest

from workbench.core.boxes3d import Boxes3D
from workbench.core.detections import Detections


def made(n, **more):
    boxes3d = Boxes3D(np.arange(3.0 * n).reshape(n, 3), np.zeros((n, 3)), np.arange(1.0 * n), np.zeros(n))
    boxes = np.arange(4.0 * n).reshape(n, 4)
    return Detections(boxes, np.linspace(1, 0, n), np.arange(n), boxes3d=boxes3d, **more)


@pytest.mark.parametrize("chosen", [[2, 0], np.array([True, False, True]), slice(0, 2), np.zeros(0, int)])
def test_rows_are_taken_from_every_column(chosen):
    some = made(3, poses=np.arange(6.0).reshape(3, 1, 2))[chosen]
    rows = some.classes
    assert (some.boxes[:, 0] == 4 * rows).all()
    assert (some.boxes3d.rotation_y == rows).all()
    assert (some.poses[:, 0, 0] == 2 * rows).all()
    assert some.embeddings is None


def test_joined_keeps_what_all_parts_have():
    both = Detections.joined([made(2, poses=np.zeros((2, 1, 3))), made(1)])
    assert both.boxes.shape == (3, 4)
    assert len(both.boxes3d) == 3
    assert both.poses is None
    assert len(Detections.joined([Detections.none(), Detections.none()])) == 0


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="lengths"):
        Detections(np.zeros((2, 4)), np.zeros(3), np.zeros(2, np.int64))
