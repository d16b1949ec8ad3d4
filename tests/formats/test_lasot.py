"""LaSOT as pytracking and the GOT-10k toolkit read it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from tests.formats.made import finished, pictures, two_tracks
from workbench.core.report import Report
from workbench.formats.clips import Clip
from workbench.formats.lasot import write


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text().splitlines()))


def pytracking_sequence(root: Path, name: str) -> dict[str, np.ndarray]:
    """Boxes, validity and visibility of a sequence; the class is what stands before the dash."""
    kind, number = name.split("-")
    folder = root / kind / f"{kind}-{number}"
    boxes = np.array([[np.float32(v) for v in row] for row in rows_of(folder / "groundtruth.txt")])
    valid = (boxes[:, 2] > 0) & (boxes[:, 3] > 0)
    hidden, gone = (
        np.array([int(v) for v in rows_of(folder / f"{flag}.txt")[0]], bool)
        for flag in ("full_occlusion", "out_of_view")
    )
    images = [folder / "img" / f"{i + 1:08}.jpg" for i in range(len(boxes))]
    assert all(image.is_file() for image in images)
    return {"boxes": boxes, "valid": valid, "hidden": hidden, "gone": gone}


@pytest.fixture
def exported(tmp_path: Path) -> tuple[Path, Report]:
    return tmp_path, finished(write(tmp_path, [Clip(two_tracks(), pictures(10))]))


def test_pytracking_reads_boxes_and_flags(exported) -> None:
    root, _ = exported
    person = pytracking_sequence(root, "person-1")
    np.testing.assert_allclose(person["boxes"][0], [1.5, 2.25, 10.1, 20], rtol=1e-6)
    assert person["valid"].tolist() == [True, True, True, False, False, True]
    assert person["gone"].tolist() == [False, False, False, True, False, False]
    assert person["hidden"].tolist() == [False, False, False, False, True, False]


def test_category_becomes_a_class_without_a_dash(exported) -> None:
    root, _ = exported
    car = pytracking_sequence(root, "traffic_light_big-1")
    np.testing.assert_array_equal(car["boxes"], [[50, 40, 14, 8], [50, 40, 14, 8]])


def test_pictures_start_with_the_first_box(exported) -> None:
    import cv2

    root, _ = exported
    first = cv2.imread(str(root / "traffic_light_big/traffic_light_big-1/img/00000001.jpg"))
    assert abs(int(first[0, 0, 0]) - 20) <= 2  # frame 2


def test_words_and_sources(exported) -> None:
    root, report = exported
    assert (root / "person/person-1/nlp.txt").read_text() == "the red one\n"
    assert ("person-1", "track 7 of clip, frames 0 to 5 counted from 0") in report.sequences
    assert report.boxes == 6


def test_sequences_of_several_videos_are_numbered_within_their_class(tmp_path: Path) -> None:
    finished(write(tmp_path, [Clip(two_tracks()), Clip(two_tracks())]))
    assert sorted(p.name for p in (tmp_path / "person").iterdir()) == ["person-1", "person-2"]
