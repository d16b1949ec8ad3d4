"""OTB as the GOT-10k toolkit and pysot read it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from tests.formats.made import annotations, finished, pictures, two_tracks
from workbench.formats.clips import Clip, picture_name
from workbench.formats.otb import OtbOptions, write


def toolkit_sequence(folder: Path) -> tuple[list[Path], np.ndarray]:
    """(pictures, boxes) as the GOT-10k toolkit has them: any separator, as many lines as pictures."""
    images = sorted((folder / "img").glob("*.jpg"))
    boxes = np.loadtxt(io.StringIO((folder / "groundtruth_rect.txt").read_text().replace(",", " ")))
    assert len(images) == len(boxes)
    assert boxes.shape[1] == 4
    return images, boxes


def test_toolkit_reads_1_based_boxes(tmp_path: Path) -> None:
    report = finished(write(tmp_path, [Clip(two_tracks(), pictures(10))]))
    images, boxes = toolkit_sequence(tmp_path / "clip-7")
    assert images[0].name == "0001.jpg"
    zero_based = boxes - (1, 1, 0, 0)  # pysot's rect1_2_cxy_wh
    np.testing.assert_allclose(zero_based[0], [1.5, 2.25, 10.1, 20])
    np.testing.assert_array_equal(boxes[3], [0, 0, 0, 0])
    assert "Coordinates count from 1; the right edge is x + w, not included." in report.conventions


def test_absent_as_nan_and_0_based(tmp_path: Path) -> None:
    options = OtbOptions(coordinate_base=0, absent="nan")
    finished(write(tmp_path, [Clip(two_tracks())], options=options))
    boxes = np.loadtxt(tmp_path / "clip-7" / "groundtruth_rect.txt", delimiter=",")
    assert np.isnan(boxes[3]).all()
    assert boxes[0, 0] == 1.5


def test_decimals_round_and_leave_out_what_vanishes(tmp_path: Path) -> None:
    rows = [
        {"frame": 0, "track": 0, "box": (1.26, 2, 3, 4)},
        {"frame": 1, "track": 0, "box": (1, 2, 0.01, 4)},
    ]
    report = finished(write(tmp_path, [Clip(annotations(rows))], options=OtbOptions(decimals=1)))
    assert (tmp_path / "clip-7" / "groundtruth_rect.txt").read_text() == "2.3,3,3,4\n"
    assert report.count("left out") == 1


def test_pictures_of_long_sequences_still_sort() -> None:
    names = [picture_name(frame, 12_000, 4) for frame in (0, 999, 9_999, 11_999)]
    assert names == sorted(names) == ["00001.jpg", "01000.jpg", "10000.jpg", "12000.jpg"]
