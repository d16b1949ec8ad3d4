"""GOT-10k as its toolkit and pytracking read it."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from tests.formats.made import annotations, finished, pictures, two_tracks
from workbench.formats.clips import Clip
from workbench.formats.got10k import Got10kOptions, write


def toolkit_sequence(root: Path, subset: str, name: str) -> tuple[list[Path], np.ndarray, dict]:
    """(pictures, boxes, meta) with the toolkit's own checks."""
    assert name in (root / subset / "list.txt").read_text().strip().split("\n")
    folder = root / subset / name
    images = sorted(folder.glob("*.jpg"))
    boxes = np.loadtxt(folder / "groundtruth.txt", delimiter=",")
    assert len(images) == len(boxes)
    lines = [line.split(": ") for line in (folder / "meta_info.ini").read_text().strip().split("\n")[1:]]
    meta = {line[0]: line[1] for line in lines}
    for label in ("cover", "absence", "cut_by_image"):
        meta[label] = np.loadtxt(folder / f"{label}.label")
        assert len(meta[label]) == len(boxes)
    return images, boxes, meta


def test_toolkit_reads_the_sequences(tmp_path: Path) -> None:
    finished(write(tmp_path, [Clip(two_tracks(), pictures(10))]))
    images, boxes, meta = toolkit_sequence(tmp_path, "train", "clip-7")
    assert [p.name for p in images] == [f"{n:08d}.jpg" for n in range(1, 7)]
    np.testing.assert_array_equal(boxes[[0, 3, 5]], [[1.5, 2.25, 10.1, 20], [0, 0, 0, 0], [30, 20, 8, 9]])
    assert meta["cover"].tolist() == [8, 8, 8, 0, 0, 4]
    assert meta["absence"].tolist() == [0, 0, 0, 1, 1, 0]
    assert ast.literal_eval(meta["resolution"]) == (64, 48)
    _, _, car = toolkit_sequence(tmp_path, "train", "clip-3")
    assert car["cut_by_image"].tolist() == [1, 1]


def test_pytracking_counts_the_lines_of_meta_info(tmp_path: Path) -> None:
    finished(write(tmp_path, [Clip(two_tracks())]))
    lines = (tmp_path / "train/clip-7/meta_info.ini").read_text().splitlines(keepends=True)
    keys = ["object_class", "motion_class", "major_class", "root_class", "motion_adverb"]
    assert [line.split(": ")[0] for line in lines[5:10]] == keys
    assert lines[5].split(": ")[-1][:-1] == "person"


def test_subset_and_cover_of_occluded_are_options(tmp_path: Path) -> None:
    options = Got10kOptions(subset="val", occluded_cover=2)
    finished(write(tmp_path, [Clip(two_tracks())], options=options))
    assert (tmp_path / "val/clip-7/cover.label").read_text().split()[-1] == "2"


def test_frames_without_annotation_are_absent_and_told(tmp_path: Path) -> None:
    rows = [{"frame": f, "track": 0, "box": (1, 1, 5, 5)} for f in (0, 4)]
    report = finished(write(tmp_path, [Clip(annotations(rows))]))
    assert (tmp_path / "train/clip-7/absence.label").read_text().split() == ["0", "1", "1", "1", "0"]
    assert "track 7 is written as absent in 3 frames without annotation" in str(report)
    assert "track 3 has no box to write and gets no sequence" in str(report)


@pytest.mark.parametrize("fps", [0.0, 29.97])
def test_clock_of_a_stretch(tmp_path: Path, fps: float) -> None:
    from dataclasses import replace

    source = two_tracks()
    source = replace(source, video=replace(source.video, fps=fps), start=2000)
    finished(write(tmp_path, [Clip(source)]))
    begin = (tmp_path / "train/clip-7/meta_info.ini").read_text().splitlines()[2]
    assert begin == ("begin: 00:01:06" if fps else "begin: 00:00:00")
