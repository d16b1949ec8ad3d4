"""Folders of images and single images."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.painted import paint, read_number
from workbench.core.errors import VideoError
from workbench.video import open_video
from workbench.video.images import header_size


def save(path: Path, number: int, size: tuple[int, int] = (120, 90)) -> Path:
    assert cv2.imwrite(str(path), np.ascontiguousarray(paint(number, size)[..., ::-1]))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(12):
        save(tmp_path / f"img{number}.jpg", number)
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / ".hidden.jpg").write_bytes(b"")
    return tmp_path


def test_images_come_in_natural_order(folder: Path) -> None:
    with open_video(folder) as reader:
        assert (reader.info.kind, reader.info.frame_count) == ("images", 12)
        assert (reader.info.width, reader.info.height) == (120, 90)
        assert [(frame, read_number(image)) for frame, image in reader.frames()] == [
            (n, n) for n in range(12)
        ]
        assert [frame for frame, _ in reader.frames(5, 2, -1)] == [5, 4, 3]


@pytest.mark.parametrize("suffix", ["png", "bmp", "webp", "tif", "jpeg", "JPG"])
def test_one_image_is_a_video_of_one_frame(tmp_path: Path, suffix: str) -> None:
    with open_video(save(tmp_path / f"one é.{suffix}", 77)) as reader:
        assert reader.info.frame_count == 1
        image = reader.read(0)
    assert read_number(image) == 77
    assert np.abs(image.astype(int) - paint(77, (120, 90))).mean() < 6, "red and blue are not exchanged"


def test_grey_sixteen_bit_and_transparent_images_become_rgb(tmp_path: Path) -> None:
    picture = paint(5, (64, 48))
    cv2.imwrite(str(tmp_path / "a.png"), picture[..., 0].astype(np.uint16) * 256)
    cv2.imwrite(str(tmp_path / "b.png"), np.dstack([picture, np.full((48, 64), 9, np.uint8)]))
    with open_video(tmp_path) as reader:
        for _, image in reader.frames():
            assert image.shape == (48, 64, 3)
            assert image.dtype == np.uint8
            assert read_number(image) == 5


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp"])
def test_a_folder_of_mixed_sizes_names_the_odd_one(tmp_path: Path, suffix: str) -> None:
    for number in range(4):
        save(tmp_path / f"{number}.{suffix}", number, (130, 90) if number == 2 else (120, 90))
    with pytest.raises(VideoError, match=rf"2\.{suffix} is 130 x 90 but 0\.{suffix} is 120 x 90"):
        open_video(tmp_path)


def test_a_broken_image_is_reported_and_left_out(folder: Path) -> None:
    broken = folder / "img4.jpg"
    broken.write_bytes(broken.read_bytes()[:10])
    with open_video(folder) as reader:
        assert [frame for frame, _ in reader.frames(3, 6)] == [3, 5]
        assert len(reader.problems) == 1
        assert "img4.jpg" in reader.problems[0]
        with pytest.raises(VideoError, match=r"img4\.jpg is broken"):
            reader.read(4)


def test_a_folder_without_images_says_so(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="holds no images"):
        open_video(tmp_path)


def test_a_fingerprint_follows_names_and_sizes(folder: Path) -> None:
    with open_video(folder) as reader:
        before = reader.fingerprint()
        assert reader.fingerprint() == before
    (folder / "img3.jpg").rename(folder / "img30.jpg")
    with open_video(folder) as reader:
        assert reader.fingerprint() != before


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp"])
def test_the_head_of_an_image_tells_its_size(tmp_path: Path, suffix: str) -> None:
    assert header_size(save(tmp_path / f"a.{suffix}", 1, (123, 77))) == (123, 77)
