"""Recording a made camera, and writing clips."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.painted import paint, read_number
from workbench.core.errors import VideoError
from workbench.video import open_video
from workbench.video.camera import Camera
from workbench.video.info import Image
from workbench.video.writer import write_video


class MadeCamera:
    """Painted frames at uneven times."""

    def __init__(self, count: int) -> None:
        self.left = list(range(count))
        self.closed = False

    def read(self) -> tuple[float, Image] | None:
        if not self.left:
            return None
        number = self.left.pop(0)
        return 1000 + number * 0.04 + (number % 3) * 0.01, paint(number, (160, 120))

    def close(self) -> None:
        self.closed = True


def test_what_is_watched_is_recorded(tmp_path: Path) -> None:
    target = tmp_path / "take.mkv"
    watched = list(Camera(MadeCamera(40)).record(target))
    with open_video(target) as reader:
        assert [read_number(image) for _, image in reader.frames()] == list(range(40))
        seconds = [reader.seconds(frame) for frame in range(40)]
        assert reader.info.variable_rate
        assert not reader.info.long_gop
    assert [(item.frame, read_number(item.image)) for item in watched] == [(n, n) for n in range(40)]
    assert seconds == pytest.approx([item.seconds for item in watched], abs=0.002)


def test_stopping_finishes_the_file(tmp_path: Path) -> None:
    source = MadeCamera(1000)
    camera = Camera(source)
    recording = camera.record(tmp_path / "take.mkv")
    for _ in range(15):
        next(recording)
    recording.close()
    camera.close()
    assert source.closed
    with open_video(tmp_path / "take.mkv") as reader:
        assert reader.info.frame_count == 15
        assert reader.problems == ()


def test_a_recording_that_is_killed_can_be_read(tmp_path: Path) -> None:
    target = tmp_path / "take.mkv"
    code = (
        "import os, signal, pathlib\n"
        "from tests.video.test_camera import Camera, MadeCamera\n"
        f"for item in Camera(MadeCamera(1000)).record(pathlib.Path({str(target)!r})):\n"
        "    if item.frame == 150: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode != 0
    with open_video(target) as reader:
        assert reader.info.frame_count >= 100
        for frame in (0, 57, 99):
            assert read_number(reader.read(frame)) == frame


def test_a_recording_never_replaces_a_file(tmp_path: Path) -> None:
    target = tmp_path / "take.mkv"
    target.write_text("precious")
    with pytest.raises(VideoError, match="exists already"):
        next(Camera(MadeCamera(3)).record(target))
    assert target.read_text() == "precious"


def test_a_camera_that_does_not_open_says_so(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="does not open"):
        Camera(str(tmp_path / "no camera"))


def test_a_written_clip_is_short_in_groups(tmp_path: Path) -> None:
    path = write_video(tmp_path / "demo.mp4", (paint(n, (161, 121)) for n in range(30)), fps=29.97)
    with open_video(path) as reader:
        assert (reader.info.width, reader.info.height) == (160, 120)
        assert reader.info.fps == pytest.approx(29.97, abs=0.01)
        assert not reader.info.long_gop
        assert [read_number(image) for _, image in reader.frames()] == list(range(30))


def test_writing_to_a_place_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="cannot be written"):
        write_video(tmp_path / "none" / "a.mp4", [np.zeros((8, 8, 3), dtype=np.uint8)])
    with pytest.raises(VideoError, match="No encoder"):
        write_video(tmp_path / "a.mp4", [np.zeros((8, 8, 3), dtype=np.uint8)], codec="nonesuch")
