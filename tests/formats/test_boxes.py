from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tests.formats.made import VIDEO, finished, two_tracks
from workbench.core.errors import FormatError, UserError
from workbench.formats.boxes import BoxFileReadOptions, read, write, write_boxes
from workbench.formats.clips import Clip


def test_a_line_a_frame_and_nan_where_lost(tmp_path: Path) -> None:
    finished(write(tmp_path, [Clip(two_tracks())]))
    boxes = np.loadtxt(tmp_path / "clip-7.txt", delimiter=",")
    assert boxes.shape == (10, 4)
    np.testing.assert_array_equal(np.isnan(boxes[:, 0]), [0, 0, 0, 1, 1, 0, 1, 1, 1, 1])
    assert boxes[2, 0] == 1 / 3


def test_reads_back_exactly(tmp_path: Path) -> None:
    finished(write(tmp_path, [Clip(two_tracks())]))
    back, report = read(tmp_path / "clip-3.txt", VIDEO)
    assert back.boxes["frame"].tolist() == [2, 3]
    assert back.boxes["w"].tolist() == [14.0, 20.0]  # reaches over the edge, and is not clipped
    assert "8 frames say that the target is lost" in str(report)


@pytest.mark.parametrize(
    "text", ["5\t6\t7\t8\n0\t0\t0\t0\n", "5 6  7 8\n0 0 0 0\n", "5, 6, 7, 8\nnan,nan,nan,nan\n"]
)
def test_separators_of_the_benchmarks(tmp_path: Path, text: str) -> None:
    path = tmp_path / "groundtruth.txt"
    path.write_text(text)
    back, _ = read(path, options=BoxFileReadOptions(first_frame=3, coordinate_base=1, category="car"))
    assert [tuple(b)[:6] for b in back.boxes.tolist()] == [(3, 0, 4.0, 5.0, 7.0, 8.0)]
    assert back.tracks[0].category == "car"
    assert back.video.frame_count == 5


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", None, "is empty"),
        ("1,2,3,4\n\n1,2,3,4\n", 2, "is empty"),
        ("1,2,3\n", 1, "has 3 columns"),
        ("1,2,3,4,5,6\n", 1, "has 6 columns"),
        ("1,2,3,x\n", 1, "not a number"),
        ("1,2,3,nan\n", 1, "is not a box"),
        ("1,2,3,4\n1,2,-3,4\n", 2, "is not a box"),
        ("1,2,inf,4\n", 1, "is not a box"),
    ],
)
def test_malformed_file_is_refused(tmp_path: Path, text: str, line: int | None, words: str) -> None:
    path = tmp_path / "boxes.txt"
    path.write_text(text)
    with pytest.raises(FormatError, match=words) as caught:
        read(path)
    assert caught.value.line == line


def test_write_boxes_replaces_a_file_only_when_all_is_written(tmp_path: Path) -> None:
    path = tmp_path / "boxes.txt"
    write_boxes(path, [(1, 2.5, 3, 4), (math.nan,) * 4])
    assert path.read_text() == "1,2.5,3,4\nnan,nan,nan,nan\n"

    def crashes():
        yield (1.0, 2.0, 3.0, 4.0)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_boxes(path, crashes())
    assert path.read_text() == "1,2.5,3,4\nnan,nan,nan,nan\n"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(UserError, match="cannot be written"):
        write_boxes(tmp_path / "no" / "boxes.txt", [])
