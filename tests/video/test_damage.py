"""Broken files open as far as they go, say what is missing, and never give one frame for another."""

from __future__ import annotations

import random
from pathlib import Path

import av
import pytest

from tests.painted import make_clip, read_number
from workbench.core.errors import VideoError
from workbench.video import open_video

FRAMES = 60


def packets(path: Path) -> list[tuple[int, int]]:
    """(byte offset, size) of each packet in decoding order."""
    with av.open(str(path)) as container:
        return [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]


def break_packet(path: Path, number: int) -> None:
    """Overwrite a packet with noise."""
    place, size = packets(path)[number]
    data = bytearray(path.read_bytes())
    data[place + 6 : place + size] = random.Random(0).randbytes(size - 6)
    path.write_bytes(data)


def cut(path: Path, share: float) -> Path:
    """Keep the first part of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def readable(image) -> int | None:
    try:
        return read_number(image)
    except ValueError:
        return None


@pytest.mark.parametrize("number", [20, FRAMES - 1])
def test_a_broken_packet_costs_its_frame_and_is_reported(tmp_path: Path, number: int) -> None:
    # Without B-frames packets are in the order of frames.
    path = make_clip(tmp_path / "broken.mp4", FRAMES, gop=30, bframes=0)
    break_packet(path, number)
    with open_video(path) as reader:
        assert reader.info.frame_count == FRAMES
        given = [frame for frame, _ in reader.frames()]
        assert sorted(set(range(FRAMES)) - set(given)) == [number]
        with pytest.raises(VideoError, match=f"Frame {number} "):
            reader.read(number)
        assert any(f"not shown: frame {number}." in problem for problem in reader.problems)
        assert read_number(reader.read(number - 1)) == number - 1
        if number < 30:
            assert read_number(reader.read(35)) == 35


@pytest.mark.parametrize(("codec", "suffix"), [("libx264", "mp4"), ("libx265", "mkv"), ("mjpeg", "avi")])
def test_no_frame_stands_in_for_a_damaged_one(tmp_path: Path, codec: str, suffix: str) -> None:
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    form = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = make_clip(
        tmp_path / f"broken.{suffix}", FRAMES, codec=codec, gop=30, options=options, pix_fmt=form
    )
    break_packet(path, 20)
    with open_video(path) as reader:
        count = reader.info.frame_count
        shown = {frame: readable(image) for frame, image in reader.frames()}
        backward = {frame: readable(image) for frame, image in reader.frames(count - 1, None, -1)}
    if count == FRAMES:
        assert all(number in (frame, None) for frame, number in shown.items())
        assert shown == backward
    assert len(shown) < FRAMES
    assert reader.problems


def test_a_truncated_mp4_opens_as_far_as_it_goes(tmp_path: Path) -> None:
    whole, front = make_clip(tmp_path / "whole.mp4", FRAMES), tmp_path / "front.mp4"
    with av.open(str(front), "w", options={"movflags": "faststart"}) as target, av.open(str(whole)) as source:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    with open_video(cut(front, 0.6)) as reader:
        count = reader.info.frame_count
        assert 10 < count < FRAMES - 10
        assert any("missing" in problem for problem in reader.problems)
        frames = [(frame, read_number(image)) for frame, image in reader.frames()]
    assert all(frame == number for frame, number in frames[:-3])
    assert len(frames) >= count - 2


@pytest.mark.parametrize(("suffix", "codec"), [("mkv", "libx264"), ("webm", "libvpx-vp9"), ("avi", "mpeg4")])
def test_a_truncated_file_says_how_much_is_missing(tmp_path: Path, suffix: str, codec: str) -> None:
    path = cut(make_clip(tmp_path / f"cut.{suffix}", FRAMES, codec=codec), 0.6)
    with open_video(path) as reader:
        frames = [(frame, read_number(image)) for frame, image in reader.frames()]
        assert any("missing" in problem for problem in reader.problems)
    assert len(frames) > 10
    assert frames == [(frame, frame) for frame in range(len(frames))]


def test_an_mp4_cut_before_its_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="was cut off: the index"):
        open_video(cut(make_clip(tmp_path / "cut.mp4", 20), 0.6))


@pytest.mark.parametrize(("name", "codec"), [("cut.ts", "libx264"), ("cut.mpg", "mpeg2video")])
def test_a_stream_cut_at_its_beginning_counts_what_can_be_decoded(
    tmp_path: Path, name: str, codec: str
) -> None:
    path = make_clip(tmp_path / name, FRAMES, codec=codec, bframes=2)
    data = path.read_bytes()
    path.write_bytes(data[len(data) // 3 // 188 * 188 :])
    with av.open(str(path)) as container:
        plain = [readable(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    with open_video(path) as reader:
        assert [readable(image) for _, image in reader.frames()] == plain
        order = random.Random(0).choices(range(len(plain)), k=30)
        assert [readable(reader.read(frame)) for frame in order] == [plain[frame] for frame in order]


def test_a_group_without_its_key_frame_is_named_as_one(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "broken.mp4", FRAMES, gop=20, bframes=0, options={"sc_threshold": "0"})
    break_packet(path, 0)
    with open_video(path) as reader:
        assert (reader.info.width, reader.info.height) == (320, 240)
        assert [frame for frame, _ in reader.frames()] == list(range(20, FRAMES))
        assert reader.problems == ("Damaged, and not shown: frame 0–19.",)
