from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.formats.made import finished, two_tracks
from workbench.core.annotations import Poses, Skeleton
from workbench.core.errors import FormatError, UserError
from workbench.formats.clips import Clip
from workbench.formats.names import UniqueNames, file_name
from workbench.formats.registry import FORMATS, find_format, recognise


@pytest.mark.parametrize("known", [f for f in FORMATS if f.write], ids=lambda f: f.name)
def test_every_format_writes_and_says_how_it_counts(tmp_path: Path, known) -> None:
    report = finished(known.write(tmp_path, [Clip(two_tracks())], options=known.write_options()))
    said = " ".join(report.conventions)
    assert "count" in said
    assert "Coordinates count from" in said
    assert "not included" in said
    assert report.boxes == 6
    assert {"report.txt", "report.json"} <= set(report.files)


@pytest.mark.parametrize("known", [f for f in FORMATS if f.write], ids=lambda f: f.name)
def test_poses_are_written_or_said_to_be_left_out(tmp_path: Path, known) -> None:
    poses = Poses(Skeleton(("nose",)), np.array([0]), np.array([0]), np.ones((1, 1, 3), np.float32))
    clip = Clip(replace(two_tracks(), poses=(poses,)))
    report = finished(known.write(tmp_path, [clip], options=known.write_options()))
    said = "1 pose of clip was left out, for this format has no place for poses" in str(report)
    assert said == (known.name != "coco")


@pytest.mark.parametrize(
    ("name", "path"), [("mot-challenge", "train/clip"), ("coco", "annotations.json"), ("boxes", "clip-7.txt")]
)
def test_what_was_written_is_recognised(tmp_path: Path, name: str, path: str) -> None:
    finished(find_format(name).write(tmp_path, [Clip(two_tracks())]))
    assert recognise(tmp_path / path).name == name


def test_what_is_nothing_of_ours(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Dear diary\n")
    for path in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(FormatError, match="none of the formats"):
            recognise(path)
    with pytest.raises(FormatError, match="does not exist"):
        recognise(tmp_path / "nothing")
    with pytest.raises(UserError, match="choose mot-challenge"):
        find_format("mot")


def test_names_are_safe_on_every_file_system() -> None:
    names = ["my clip: 1/2", "..", "", "CON", "a,b", "Überblick"]
    assert [file_name(n) for n in names] == ["my_clip_1_2", "unnamed", "unnamed", "CON_", "a_b", "Überblick"]
    unique = UniqueNames()
    assert [unique.take(n) for n in ("a", "A", "a")] == ["a", "A_2", "a_3"]
