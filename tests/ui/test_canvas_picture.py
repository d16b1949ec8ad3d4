import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter

from workbench.ui.canvas.picture import Picture
from workbench.ui.canvas.qtarrays import rgb_image
from workbench.ui.canvas.transform import ViewTransform


@pytest.mark.parametrize("zoom", [0.13, 0.3, 0.45])
def test_a_fine_pattern_shown_small_is_even_grey_up_to_its_borders(zoom):
    rows, columns = np.indices((403, 601))
    board = np.repeat((255 * ((rows + columns) % 2)).astype(np.uint8)[..., None], 3, axis=2)
    width, height = round(601 * zoom), round(403 * zoom)
    shown = np.zeros((height, width, 3), np.uint8)
    target = rgb_image(shown).convertToFormat(QImage.Format.Format_RGB32)
    painter = QPainter(target)
    Picture(board).paint(painter, ViewTransform(zoom, 0.0, 0.0), width, height)
    painter.end()
    seen = {target.pixelColor(x, y).red() for x in range(width) for y in range(height)}
    assert min(seen) >= 126
    assert max(seen) <= 129
