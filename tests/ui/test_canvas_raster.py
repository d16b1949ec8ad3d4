"""What the canvas puts into its drawing buffer, pixel by pixel."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from workbench.ui.canvas import raster

RED = np.array([0xFFFF0000], np.uint32)


def drawn(buffer: np.ndarray) -> np.ndarray:
    return buffer.view(np.uint32)[..., 0] != 0


def blank(width: int = 60, height: int = 40) -> np.ndarray:
    return np.zeros((height, width, 4), np.uint8)


def test_outline_is_that_of_opencv() -> None:
    mine, theirs = blank(), blank()
    raster.outlines(mine, np.array([[5, 6, 30, 20]], np.int32), RED)
    cv2.rectangle(theirs, (5, 6), (30, 20), (0, 0, 255, 255), 1)
    assert np.array_equal(mine, theirs)


def test_outline_beyond_the_image_is_clipped() -> None:
    buffer = blank()
    rects = np.array([[-500, -500, 30, 20], [10, 10, 5000, 5000], [-9, -9, -2, -2]], np.int32)
    raster.outlines(buffer, rects, np.repeat(RED, 3))
    marks = drawn(buffer)
    assert marks[20, :31].all()
    assert marks[:21, 30].all()
    assert marks[10:, 10].all()
    assert marks.sum() == 31 + 20 + 50 + 29 - 2  # the two outlines cross twice


def test_dashes_leave_gaps_and_do_not_move_when_clipped() -> None:
    whole, cut = blank(), blank()
    raster.outlines(whole, np.array([[0, 5, 50, 30]], np.int32), RED, pattern=(10, 6))
    raster.outlines(cut, np.array([[-3, 5, 47, 30]], np.int32), RED, pattern=(10, 6))
    assert drawn(whole)[5, :12].tolist() == [True] * 6 + [False] * 4 + [True] * 2
    assert np.array_equal(drawn(whole)[5, 3:40], drawn(cut)[5, :37])


def test_lines_go_from_end_to_end_without_gaps() -> None:
    rng = np.random.default_rng(0)
    for ends in rng.integers(0, 40, (50, 4)).astype(float):
        buffer = blank(40, 40)
        raster.lines(buffer, ends[None], RED)
        marks = drawn(buffer)
        x1, y1, x2, y2 = ends.astype(int)
        assert marks[y1, x1]
        assert marks[y2, x2]
        assert marks.sum() == max(abs(x2 - x1), abs(y2 - y1)) + 1


def test_lines_are_cut_at_the_image_and_dropped_when_missing() -> None:
    buffer = blank()
    ends = np.array([[-1e6, 10, 1e6, 10], [np.nan, 0, 5, 5], [70, -5, 90, 60], [20, 0, 20, 1e5]])
    raster.lines(buffer, ends, np.repeat(RED, 4))
    marks = drawn(buffer)
    assert marks[10].all()
    assert marks[:, 20].all()
    assert marks.sum() == 60 + 40 - 1


def test_lines_of_many_chunks_keep_their_colours() -> None:
    buffer = blank(64, 64)
    count = raster.CHUNK + 10
    ends = np.tile([[0.0, 0.0, 3.0, 0.0]], (count, 1))
    ends[-1] = (10, 10, 20, 20)
    values = np.full(count, 0xFF00FF00, np.uint32)
    values[-1] = 0xFF123456
    raster.lines(buffer, ends, values)
    assert buffer.view(np.uint32)[15, 15, 0] == 0xFF123456
    assert buffer.view(np.uint32)[0, 2, 0] == 0xFF00FF00


@pytest.mark.parametrize("budget", [1, 7, 50, 10_000])
def test_thinned_trails_keep_their_ends(budget: int) -> None:
    lengths = np.array([30, 0, 1, 12])
    index, owner = raster.thinned(lengths, budget=budget)
    for trail, (start, stop) in enumerate([(0, 30), (30, 30), (30, 31), (31, 43)]):
        mine = index[owner == trail]
        if start == stop:
            assert len(mine) == 0
            continue
        assert mine[0] == stop - 1
        assert mine[-1] == start
        assert (np.diff(mine) < 0).all()
    if budget == 10_000:
        assert len(index) == 43


def test_premultiplied_pixels() -> None:
    values = raster.pixels(np.array([[255, 100, 0]], np.uint8), 0.5)
    assert hex(int(values[0])) == "0x80803200"
    assert raster.bgra(0xFF112233) == (0x33, 0x22, 0x11, 0xFF)
