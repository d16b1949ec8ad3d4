from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.formats.made import contents, finished
from tests.painted import make_clip, read_number
from workbench.core.edits import ChangeSet
from workbench.core.errors import UserError
from workbench.core.rows import BoxRow, Origin, TrackRow
from workbench.formats.mot_challenge import MotOptions
from workbench.services.exporting import annotations_of, export
from workbench.store import Project, Video

FRAMES = 12


@pytest.fixture
def project(tmp_path: Path):
    with Project.create(tmp_path / "p.wbp") as made:
        yield made


@pytest.fixture
def video(project: Project, tmp_path: Path) -> Video:
    return add_video(project, make_clip(tmp_path / "clip.mp4", FRAMES, (160, 120)))


def add_video(project: Project, path: Path) -> Video:
    video = project.add_video(path, width=160, height=120, frame_count=FRAMES, fps=25.0)
    known = [c.name for c in project.categories()] or [
        project.add_category(n).name for n in ("dog", "person")
    ]
    person = project.categories()[known.index("person")].id
    a, b = project.new_ids("track", 2)
    tracks = [TrackRow(a, video.id, person, 4, "left", None), TrackRow(b, video.id, person, 9, "", None)]
    boxes = [drawn(video.id, a, frame) for frame in range(2, 8)]
    boxes[3] = boxes[3]._replace(outside=1)
    boxes += [drawn(video.id, b, frame, score=0.5, origin=Origin.MODEL) for frame in range(5)]
    project.apply(ChangeSet.of("Draw", track=((), tracks), box=((), boxes)))
    return video


def drawn(video_id: int, track_id: int, frame: int, score: float | None = None, origin: int = 0) -> BoxRow:
    return BoxRow(video_id, frame, track_id, 10.0 + frame, 20.25, 30.0, 40.0, score, origin, None, 0, 1, 0, 0)


def test_project_becomes_mot_challenge_with_its_pictures(
    project: Project, video: Video, tmp_path: Path
) -> None:
    report = finished(export(project, video.id, "mot-challenge", tmp_path / "out", images=True))
    folder = tmp_path / "out" / "train" / "clip"
    gt = np.loadtxt(folder / "gt" / "gt.txt", delimiter=",")
    assert gt.shape == (10, 9)
    np.testing.assert_array_equal(gt[0], [3, 4, 12, 20.25, 30, 40, 1, 1, 1])
    assert (folder / "gt" / "labels.txt").read_text() == "person\n"
    numbers = [read_number(cv2.imread(str(p))) for p in sorted((folder / "img1").iterdir())]
    assert numbers == list(range(FRAMES))
    assert report.count("left out") == 1
    assert "Left out 1 box: target marked as outside the picture." in str(report)


def test_a_stretch_of_one_track(project: Project, video: Video, tmp_path: Path) -> None:
    track = project.tracks(video.id)[0].id
    steps = export(project, video.id, "got-10k", tmp_path / "o", start=4, stop=8, tracks=[track], images=True)
    report = finished(steps)
    folder = tmp_path / "o" / "train" / "clip-4"
    assert report.sequences == (("clip-4", "track 4 of clip, frames 4 to 7 counted from 0"),)
    assert (folder / "absence.label").read_text().split() == ["0", "1", "0", "0"]
    assert read_number(cv2.imread(str(folder / "00000001.jpg"))) == 4


def test_several_videos_become_one_data_set(project: Project, video: Video, tmp_path: Path) -> None:
    other = add_video(project, make_clip(tmp_path / "other.mp4", FRAMES, (160, 120)))
    finished(export(project, [video.id, other.id], "coco", tmp_path / "out"))
    data = json.loads((tmp_path / "out" / "annotations.json").read_text())
    assert [v["name"] for v in data["videos"]] == ["clip", "other"]
    assert len(data["annotations"]) == 20
    assert len({t["id"] for t in data["tracks"]}) == 4


def test_scores_come_as_nan_where_nobody_measured(project: Project, video: Video) -> None:
    scores = annotations_of(project, video.id).boxes["score"]
    assert np.isnan(scores).sum() == 6
    assert np.nanmax(scores) == 0.5


def test_a_video_without_boxes_can_be_exported(project: Project, tmp_path: Path) -> None:
    empty = project.add_video(tmp_path / "none.mp4", width=160, height=120, frame_count=3)
    for name in ("mot-challenge", "coco", "lasot", "got-10k", "otb", "boxes"):
        assert finished(export(project, empty.id, name, tmp_path / name)).boxes == 0


def test_stopping_leaves_the_earlier_export(project: Project, video: Video, tmp_path: Path) -> None:
    finished(export(project, video.id, "otb", tmp_path / "out"))
    before = contents(tmp_path / "out")
    steps = export(project, video.id, "otb", tmp_path / "out", images=True)
    for _ in range(3):
        next(steps)
    steps.close()
    assert contents(tmp_path / "out") == before


def test_options_reach_the_format(project: Project, video: Video, tmp_path: Path) -> None:
    finished(export(project, video.id, "mot-challenge", tmp_path / "o", options=MotOptions(kind="result")))
    assert (tmp_path / "o" / "clip.txt").read_text().splitlines()[0] == "1,9,10,20.25,30,40,0.5,-1,-1,-1"


def test_what_cannot_be_done_is_said(project: Project, video: Video, tmp_path: Path) -> None:
    for wanted, words in (
        ({"format_name": "voc"}, "There is no format 'voc'"),
        ({"format_name": "boxes", "images": True}, "no place for pictures"),
        ({"format_name": "otb", "start": 12}, "has frames 0 to 11"),
        ({"format_name": "otb", "start": 5, "stop": 5}, "5 to 5 is no stretch"),
        ({"format_name": "otb", "video_id": [1, 2], "start": 5}, "one video at a time"),
    ):
        arguments = {"video_id": video.id, **wanted}
        with pytest.raises(UserError, match=words):
            finished(export(project, target=tmp_path / "out", **arguments))
    assert not (tmp_path / "out").exists()
