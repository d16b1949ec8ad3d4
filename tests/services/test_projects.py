"""Opening what a user names."""

import os
import shutil

import numpy as np
import pytest

from workbench.core.errors import UserError, VideoError
from workbench.services.demo import make_demo
from workbench.services.info import describe
from workbench.services.projects import locate_media, missing_media, open_path
from workbench.store import Project
from workbench.training.synthetic.clip_types import ClipOptions
from workbench.video.writer import write_video


def clip(path, frames=5, shade=0):
    return write_video(path, (np.full((48, 64, 3), shade + 9 * i, np.uint8) for i in range(frames)), fps=25.0)


def test_a_video_gets_a_project_beside_it_and_finds_it_again(tmp_path):
    video = clip(tmp_path / "a.mp4")
    with open_path(video).project as project:
        assert project.path == tmp_path / "a.wbp"
        assert project.videos()[0].frame_count == 5
    with open_path(video).project as project:
        assert len(project.videos()) == 1


def test_what_is_no_video_leaves_no_project(tmp_path):
    (tmp_path / "notes.mp4").write_text("not a video")
    with pytest.raises(VideoError, match=r"notes\.mp4"):
        open_path(tmp_path / "notes.mp4")
    assert not (tmp_path / "notes.wbp").exists()


def test_a_place_that_cannot_be_written_is_said(tmp_path, monkeypatch):
    """Permissions are asked for with ``os.access``, since they do not bind a root that runs tests."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    video = clip(tmp_path / "a.mp4")
    open_path(video).project.close()
    other = clip(tmp_path / "b.mp4", shade=50)
    monkeypatch.setattr(os, "access", lambda path, mode, **_: mode != os.W_OK)
    opened = open_path(tmp_path / "a.wbp")
    assert opened.project.read_only
    assert "open for reading only; change its permissions" in opened.notices[0]
    opened.project.close()
    opened = open_path(other)
    assert opened.project.path.is_relative_to(tmp_path / "data")
    assert str(opened.project.path) in opened.notices[0]
    opened.project.close()


def test_what_does_not_exist_is_said(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        open_path(tmp_path / "nothing.mp4")


def test_a_moved_video_is_missed_and_can_be_located(tmp_path):
    video = clip(tmp_path / "a.mp4")
    with open_path(video).project as project:
        number = project.videos()[0].id
        (tmp_path / "far").mkdir()
        moved = shutil.move(video, tmp_path / "far" / "b.mp4")
        assert "Locate video" in missing_media(project, number)
        with pytest.raises(VideoError, match="has 7 frames"):
            locate_media(project, number, clip(tmp_path / "other.mp4", frames=7))
        locate_media(project, number, moved)
        assert missing_media(project, number) is None


def test_a_project_moved_with_its_video_still_finds_it(tmp_path):
    (tmp_path / "one").mkdir()
    open_path(clip(tmp_path / "one" / "a.mp4")).project.close()
    (tmp_path / "one").rename(tmp_path / "two")
    with open_path(tmp_path / "two" / "a.wbp").project as project:
        assert missing_media(project, project.videos()[0].id) is None


def test_the_demo_is_made_once_and_described(tmp_path):
    options = ClipOptions(width=160, height=120, frames=12, targets=4)
    first = finish(make_demo(tmp_path, options=options))
    stamp = (tmp_path / "demo.mp4").stat().st_mtime_ns
    assert finish(make_demo(tmp_path, options=options)) == first
    assert (tmp_path / "demo.mp4").stat().st_mtime_ns == stamp
    with Project.open(first) as project:
        assert len(project.tracks(project.videos()[0].id)) == 2
    assert "12 frames of 160×120" in describe(first)
    truth = np.loadtxt(tmp_path / "ground_truth.txt", delimiter=",")
    assert set(truth[:, 1]) == {1, 2, 3, 4}


def finish(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
