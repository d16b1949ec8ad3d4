"""Pieces of frames: what is wanted stays until it is shown."""

import numpy as np
import pytest

from workbench.ui.review import crops
from workbench.ui.review.crops import Crop, CropLoader
from workbench.video.writer import write_video


@pytest.fixture
def loader(qapp):
    loader = CropLoader()
    yield loader
    loader.close()


def test_a_picture_that_is_wanted_gives_no_way_to_those_wanted_with_it(qtbot, loader, tmp_path, monkeypatch):
    clip = write_video(
        tmp_path / "clip.mp4", (np.full((48, 64, 3), 90, np.uint8) for _ in range(4)), fps=25.0
    )
    one, other, third = (Crop(frame, 0, 0, 32, 32) for frame in range(3))
    monkeypatch.setattr(crops, "MOST_BYTES", 2 * 32 * 32 * 4)
    loader.open(clip)
    loader.want([[one], [other]])
    qtbot.waitUntil(lambda: loader.picture(other) is not None, timeout=60_000)
    loader.want([[one, third]])
    qtbot.waitUntil(lambda: loader.picture(third) is not None, timeout=60_000)
    assert loader.picture(one) is not None
    assert loader.picture(other) is None
