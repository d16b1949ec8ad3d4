"""Frames for a window: quick, and never another frame than the one asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.painted import make_clip, read_number
from tests.video.kinds import FRAMES
from workbench.core.errors import VideoError
from workbench.video.cache import FrameCache
from workbench.video.display import DisplayReader
from workbench.video.index import read_index
from workbench.video.proxy import build_proxy, open_proxy, proxy_path

Clips = Callable[[str], Path]


def run(steps) -> list:
    return list(steps)


def test_a_cache_forgets_what_was_used_longest_ago() -> None:
    cache = FrameCache(max_bytes=300)
    images = [np.full((10, 10, 1), n, dtype=np.uint8) for n in range(4)]
    for frame in range(3):
        cache.put(frame, images[frame])
    assert cache.get(0) is images[0]
    cache.put(3, images[3])
    assert [frame in cache for frame in range(4)] == [True, False, True, True]
    cache.put(9, np.zeros((20, 20, 1), dtype=np.uint8))
    assert 9 not in cache
    assert len(cache) == 3


def test_exact_frames_are_full_size_and_stay_cached(clip: Clips) -> None:
    display = DisplayReader(clip("H.264, GOP 250"))
    shown = display.frame(40, exact=True)
    assert (shown.scale, shown.image.shape, read_number(shown.image)) == (1.0, (240, 320, 3), 40)
    assert display.frame(40, exact=False).image is shown.image
    display.close()


@pytest.mark.parametrize("exact", [True, False])
def test_stepping_backward_gives_each_frame(clip: Clips, exact: bool) -> None:
    display = DisplayReader(clip("H.264, GOP 250"), full_bytes=30 * 320 * 240 * 3)
    for frame in range(FRAMES - 1, 0, -1):
        shown = display.frame(frame, exact=exact)
        assert shown.frame == frame == read_number(shown.image)
        assert shown.scale == 1.0 or not exact
    display.close()


def test_scrubbing_shows_the_frame_asked_for_at_any_size(clip: Clips, tmp_path: Path) -> None:
    path = clip("H.264, GOP 250")
    display = DisplayReader(path, tmp_path)
    assert display.wants_proxy
    assert display.proxy_target is not None
    run(build_proxy(path, display.proxy_target))
    assert display.find_proxy()
    assert not display.wants_proxy
    for frame in (50, 3, 88, 87, 51):
        shown = display.frame(frame, exact=False)
        assert (shown.scale, shown.image.shape) == (0.5, (120, 160, 3))
        assert read_number(shown.image) == frame
    assert display.frame(3, exact=True).scale == 1.0
    display.close()


def test_a_proxy_reports_progress_and_leaves_one_file(clip: Clips, tmp_path: Path) -> None:
    path = clip("H.264, turned by 90")
    target = proxy_path(path, tmp_path / "cache")
    steps = run(build_proxy(path, target))
    assert steps[-1].total == FRAMES
    assert all(step.done < FRAMES for step in steps)
    assert list(target.parent.iterdir()) == [target]
    proxy = open_proxy(target, path, FRAMES)
    assert proxy is not None
    image = proxy.read(33)
    assert image is not None
    assert image.shape == (120, 160, 3)
    assert read_number(image) == 33
    assert proxy.read(FRAMES) is None
    proxy.close()


def test_a_stopped_proxy_leaves_nothing(clip: Clips, tmp_path: Path) -> None:
    steps = build_proxy(clip("H.264, GOP 250"), tmp_path / "proxy.mkv")
    next(steps)
    steps.close()
    assert list(tmp_path.iterdir()) == []


def test_a_proxy_of_another_state_of_the_video_is_not_used(tmp_path: Path) -> None:
    path, target = make_clip(tmp_path / "a.mp4", 8), tmp_path / "proxy.mkv"
    run(build_proxy(path, target))
    assert open_proxy(target, path, 9) is None
    with path.open("ab") as file:
        file.write(b"more")
    assert open_proxy(target, path, 8) is None
    target.write_bytes(b"broken")
    assert open_proxy(target, path, 8) is None


def test_a_proxy_has_no_picture_for_a_damaged_frame(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.avi", 20, codec="mjpeg", pix_fmt="yuvj420p")
    index = read_index(path)
    place, size = int(index.position[0]), int(index.size[0])
    data = bytearray(path.read_bytes())
    data[place : place + size] = bytes(size)
    path.write_bytes(data)
    target = tmp_path / "proxy.mkv"
    run(build_proxy(path, target))
    proxy = open_proxy(target, path, 20)
    assert proxy is not None
    assert proxy.read(0) is None
    image = proxy.read(1)
    assert image is not None
    assert read_number(image) == 1
    proxy.close()
    display = DisplayReader(path)
    with pytest.raises(VideoError, match="Frame 0 "):
        display.frame(0, exact=False)
    display.close()
