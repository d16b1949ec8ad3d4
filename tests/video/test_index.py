"""The packet index."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.video.kinds import FRAMES
from workbench.video import index
from workbench.video.index import build_index, read_index
from workbench.video.reader import FileReader

Clips = Callable[[str], Path]


def test_building_an_index_reports_progress(clip: Clips, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_REPORT_EVERY", 20)
    path = clip("H.264, B-frames")
    steps = list(build_index(path))
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert len(steps) == FRAMES // 20
    assert steps[-1].total == path.stat().st_size


def test_a_reader_takes_an_index_made_before(clip: Clips) -> None:
    path = clip("H.264, B-frames")
    with FileReader(path, index=read_index(path)) as reader:
        assert reader.info.frame_count == FRAMES


def test_hidden_packets_are_no_frames(clip: Clips) -> None:
    found = read_index(clip("H.264, edit list"))
    assert len(found.pts) > len(found.order) == FRAMES
    assert (found.frame == -1).sum() == len(found.pts) - FRAMES


def test_wrong_stamps_are_replaced_by_the_order_of_decoding(clip: Clips) -> None:
    found = read_index(clip("H.264 in AVI"))
    stamps = found.pts[found.order]
    assert (stamps[1:] < stamps[:-1]).any()
    assert (found.seconds[1:] > found.seconds[:-1]).all()


def test_leading_pictures_start_one_group_earlier(clip: Clips) -> None:
    found = read_index(clip("H.264, open GOP"))
    key = found.keys[2]
    shown = int(found.frame[key])
    assert found.keys[found.start(shown)] == key
    assert found.order[shown - 1] > key
    assert found.start(shown - 1) == 1
