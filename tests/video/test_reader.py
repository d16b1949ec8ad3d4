"""Frame accuracy: the number painted into a frame is the number it is read by."""

from __future__ import annotations

import gc
import itertools
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
import pytest

from tests.painted import make_clip, read_number
from tests.video.kinds import FRAMES, KINDS
from workbench.core.errors import VideoError
from workbench.video import VideoReader, open_video
from workbench.video.reader import FileReader

Clips = Callable[[str], Path]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_clip_gives_the_frame_asked_for(clip: Clips, kind: str) -> None:
    with open_video(clip(kind)) as reader:
        assert reader.info.frame_count == FRAMES
        assert reader.problems == ()
        order = random.Random(kind).choices(range(FRAMES), k=60)
        assert [read_number(reader.read(frame)) for frame in order] == order


@pytest.mark.parametrize("kind", ["H.264, open GOP", "H.264, edit list", "AV1", "H.264, slow refresh"])
def test_iteration_gives_each_frame_once_in_both_directions(clip: Clips, kind: str) -> None:
    with open_video(clip(kind)) as reader:
        there = [(frame, read_number(image)) for frame, image in reader.frames(7)]
        back = [(frame, read_number(image)) for frame, image in reader.frames(FRAMES - 1, 6, -1)]
    assert there == [(frame, frame) for frame in range(7, FRAMES)]
    assert back == there[::-1]


def test_going_backward_through_a_long_group_keeps_few_frames(clip: Clips, monkeypatch) -> None:
    monkeypatch.setattr("workbench.video.reader.HELD_BYTES", 10 * 320 * 240 * 3 // 2)
    with open_video(clip("H.264, GOP 250")) as reader:
        frames = [(frame, read_number(image)) for frame, image in reader.frames(80, 40, -1)]
    assert frames == [(frame, frame) for frame in range(80, 40, -1)]


def test_reading_while_iterating_disturbs_neither(clip: Clips) -> None:
    with open_video(clip("H.264, B-frames")) as reader:
        for frame, image in reader.frames(20, 40):
            assert read_number(image) == frame
            assert read_number(reader.read(FRAMES - 1 - frame)) == FRAMES - 1 - frame


def test_a_reader_may_be_closed_while_a_thread_reads_from_it(clip: Clips) -> None:
    """Or else the decoder reads from a file that is no more, and the whole program dies of it."""
    for _ in range(20):
        begun = threading.Event()
        reader = open_video(clip("H.264, GOP 250"))

        def read_on(reader: VideoReader = reader, begun: threading.Event = begun) -> None:
            for step in itertools.cycle((1, -1)):
                for _ in reader.frames(0 if step == 1 else FRAMES - 1, step=step):
                    begun.set()

        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(read_on)
            begun.wait()
            reader.close()
            with pytest.raises(ValueError, match="closed"):
                reading.result()


@pytest.mark.parametrize("width", [192, 200], ids=["whole lines", "padded lines"])
def test_images_stay_as_they_were_when_more_is_read_and_the_reader_is_gone(
    tmp_path: Path, width: int
) -> None:
    path = make_clip(tmp_path / "clip.mp4", FRAMES, size=(width, 240))
    reader = open_video(path)
    kept = [reader.read(frame) for frame in range(5)]
    copies = [image.copy() for image in kept]
    for _ in reader.frames(5):
        pass
    reader.close()
    del reader
    gc.collect()
    with open_video(path) as another:
        held = list(another.frames())  # takes the memory that is free
    assert all(np.array_equal(image, copy) for image, copy in zip(kept, copies, strict=True))
    assert len(held) == FRAMES


def test_facts_of_a_clip(clip: Clips) -> None:
    with open_video(clip("H.264, GOP 250")) as reader:
        info = reader.info
        image = reader.read(3)
    assert (info.width, info.height, info.codec, info.kind) == (320, 240, "h264", "file")
    assert info.long_gop
    assert not info.variable_rate
    assert info.fps == pytest.approx(25)
    assert image.shape == (240, 320, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous


def test_variable_rate_is_told_by_seconds(clip: Clips) -> None:
    with open_video(clip("H.264, variable rate")) as reader:
        assert reader.info.variable_rate
        assert [round(reader.seconds(frame), 3) for frame in range(4)] == [0, 0.04, 0.14, 0.173]


def test_an_offset_stream_starts_at_zero_seconds(clip: Clips) -> None:
    with open_video(clip("H.264, transport stream")) as reader:
        assert reader.seconds(0) == 0
        assert reader.seconds(25) == pytest.approx(1.0)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_turned_clips_are_delivered_upright(clip: Clips, turn: int) -> None:
    with open_video(clip("H.264, B-frames")) as plain, open_video(clip(f"H.264, turned by {turn}")) as turned:
        assert (turned.info.width, turned.info.height) == (320, 240)
        difference = np.abs(plain.read(11).astype(int) - turned.read(11).astype(int))
    assert difference.mean() < 4


def test_odd_sizes_keep_their_last_row_and_column(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "odd.mkv", 4, (323, 241), "ffv1", pix_fmt="yuv444p")
    with open_video(clip) as reader:
        assert reader.read(2).shape == (241, 323, 3)
        assert read_number(reader.read(2)) == 2


def test_colours_survive(tmp_path: Path) -> None:
    red = np.full((64, 64, 3), (200, 30, 60), dtype=np.uint8)
    clip = make_clip(tmp_path / "red.mkv", 2, (64, 64), picture=lambda _: red)
    with open_video(clip) as reader:
        assert np.abs(reader.read(1)[:8, :8].astype(int) - red[:8, :8]).max() <= 6


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi"])
def test_a_video_of_one_frame(tmp_path: Path, suffix: str) -> None:
    codec = "mpeg4" if suffix == "avi" else "libx264"
    with open_video(make_clip(tmp_path / f"one.{suffix}", 1, codec=codec)) as reader:
        assert reader.info.frame_count == 1
        assert [read_number(image) for _, image in reader.frames(0, None, -1)] == [0]
        assert reader.seconds(0) == 0


def test_a_video_of_no_frames(tmp_path: Path) -> None:
    path = tmp_path / "none.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    with open_video(path) as reader:
        assert (reader.info.frame_count, reader.info.width, reader.info.height) == (0, 64, 48)
        assert list(reader.frames()) == []
        with pytest.raises(IndexError):
            reader.read(0)


def test_frames_outside_raise_index_error(clip: Clips) -> None:
    with open_video(clip("H.264, B-frames")) as reader:
        for frame in (-1, FRAMES):
            with pytest.raises(IndexError, match="outside"):
                reader.read(frame)
        assert [frame for frame, _ in reader.frames(FRAMES - 2, FRAMES + 50)] == [FRAMES - 2, FRAMES - 1]


def test_a_fingerprint_follows_the_content(clip: Clips, tmp_path: Path) -> None:
    source = clip("H.264, B-frames")
    copy, changed = tmp_path / "copy.mp4", tmp_path / "changed.mp4"
    data = bytearray(source.read_bytes())
    copy.write_bytes(data)
    data[len(data) // 2] ^= 1
    changed.write_bytes(data)
    prints = [FileReader(path).fingerprint() for path in (source, copy, changed)]
    assert prints[0] == prints[1] != prints[2]


def test_a_name_with_a_colon_is_a_file(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "plain.mkv", 2).rename(tmp_path / "http:x é.mkv")
    with open_video(clip) as reader:
        assert reader.info.frame_count == 2


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.mp4", None, "does not exist"),
        ("empty.mp4", b"", "is empty"),
        ("text.mp4", b"hello world, this is no video\n" * 20, "is not a video"),
        ("noise.mp4", random.Random(0).randbytes(5000), "is not a video"),
        (
            "list.m3u8",
            b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
            "not a video|no video",
        ),
    ],
)
def test_what_is_no_video_says_so(tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(VideoError, match=words) as caught:
        open_video(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), dtype=np.int16), layout="mono")
        frame.rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(VideoError, match="holds no video"):
        open_video(path)
