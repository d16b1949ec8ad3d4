"""An export is there as a whole or not at all, and never at the cost of what others wrote."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pytest

from tests.formats.made import contents, finished, pictures, two_tracks
from workbench.core.errors import UserError, VideoError
from workbench.core.report import Report
from workbench.formats import got10k, lasot, mot_challenge
from workbench.formats.clips import Clip
from workbench.formats.folder import ExportFolder, earlier_export

REPORT = Report("Made", "written", 0, 0)


def export(
    target: Path, files: dict[str, str], videos: tuple[str, ...] = ("clip",), title: str = "Made"
) -> Report:
    with ExportFolder(target, title, videos) as folder:
        for path, text in files.items():
            folder.write_text(path, text)
        return folder.finish(REPORT if title == "Made" else Report(title, "written", 0, 0))


def test_exporting_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    finished(lasot.write(tmp_path, [Clip(two_tracks(), pictures(10))]))
    first = contents(tmp_path)
    finished(lasot.write(tmp_path, [Clip(two_tracks(), pictures(10))]))
    assert contents(tmp_path) == first
    assert sorted(json.loads(first["report.json"])["files"]) == sorted(first)


def export_until_the_disk_is_full(target: Path) -> None:
    with ExportFolder(target, "Made", ["clip"]) as folder:
        folder.write_text("a.txt", "new")
        raise OSError(errno.ENOSPC, "No space left on device")


def test_full_disk_leaves_the_old_export_whole(tmp_path: Path) -> None:
    export(tmp_path, {"a.txt": "old", "b/c.txt": "old"})
    before = contents(tmp_path)
    with pytest.raises(UserError, match="No space left on device") as caught:
        export_until_the_disk_is_full(tmp_path)
    assert "nothing was changed" in str(caught.value)
    assert contents(tmp_path) == before


def test_stopping_half_way_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "new"
    steps = mot_challenge.write(target, [Clip(two_tracks(), pictures(10))])
    next(steps)
    assert target.exists()
    steps.close()
    assert not target.exists()


def test_a_missing_picture_stops_the_export(tmp_path: Path) -> None:
    some = [(f, image) for f, image in pictures(10) if f != 4]
    with pytest.raises(VideoError, match="frame 4 could not be read"):
        finished(got10k.write(tmp_path / "new", [Clip(two_tracks(), some)]))
    assert not (tmp_path / "new").exists()


def test_pictures_of_another_size_stop_the_export(tmp_path: Path) -> None:
    wrong = [(0, np.zeros((5, 6, 3), np.uint8))]
    with pytest.raises(VideoError, match="frame 0 is 6 × 5, not 64 × 48"):
        finished(mot_challenge.write(tmp_path, [Clip(two_tracks(), wrong)]))


def test_what_the_last_export_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    export(tmp_path, {"a.txt": "old", "b/c.txt": "old", "b/d/e.txt": "old"})
    (tmp_path / "b" / "mine.txt").write_text("mine")
    export(tmp_path, {"a.txt": "new"})
    assert set(contents(tmp_path)) == {"a.txt", "b/mine.txt", "report.json", "report.txt"}
    assert (tmp_path / "a.txt").read_text() == "new"


@pytest.mark.parametrize("name", ["a.txt", "report.txt", "report.json"])
def test_files_of_others_are_not_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(UserError, match="was not written by an export"):
        export(tmp_path, {"a.txt": "new"})
    assert contents(tmp_path) == {name: b"mine"}


def test_other_formats_and_videos_keep_their_folder(tmp_path: Path) -> None:
    export(tmp_path, {"a.txt": "old"})
    with pytest.raises(UserError, match=r"holds another export \(Made of clip\)"):
        export(tmp_path, {"a.txt": "new"}, videos=("other",))
    with pytest.raises(UserError, match="holds another export"):
        export(tmp_path, {"a.txt": "new"}, title="Otherwise")
    export(tmp_path, {"a.txt": "new"}, videos=("clip", "other"))


def test_a_report_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    target = tmp_path / "export"
    target.mkdir()
    files = ["../precious.txt", str(precious), "report.txt", "report.json", 7, ""]
    (target / "report.json").write_text(json.dumps({"format": "Made", "videos": ["clip"], "files": files}))
    export(target, {"a.txt": "new"})
    assert precious.read_text() == "mine"


def test_a_file_in_place_of_the_folder_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="could not be written"):
        export(tmp_path / "file", {"a.txt": "new"})


def test_kill_while_moving_can_be_exported_over(tmp_path: Path) -> None:
    with ExportFolder(tmp_path, "Made", ["clip"]) as folder:
        folder.write_text("a.txt", "first")
        both = Report("Made", "written", 0, 0, ("clip",), files=("a.txt", "report.json", "report.txt"))
        folder._write_report(both)
        (tmp_path / ".unfinished-export" / "report.json").rename(tmp_path / "report.json")
        (tmp_path / ".unfinished-export" / "a.txt").rename(tmp_path / "a.txt")
    export(tmp_path, {"a.txt": "second"})
    assert (tmp_path / "a.txt").read_text() == "second"


def test_what_an_earlier_export_left_is_said_whatever_its_report_names(tmp_path: Path) -> None:
    report = {"format": "COCO", "videos": ["clip"], "files": ["a" * 300, "there.txt"]}
    (tmp_path / "report.json").write_text(json.dumps(report))
    assert earlier_export(tmp_path) == ""
    (tmp_path / "there.txt").touch()
    assert earlier_export(tmp_path) == "COCO of clip, 2 files"
