"""Frames are read ahead, in a thread that ends with the generator."""

import threading

import numpy as np
import pytest

from tests.inference.detection.bright_spots import BrightSpots, header
from workbench.core.errors import VideoError
from workbench.inference.detection.centernet import CenterNetSession
from workbench.inference.detection.frames import detect_frames
from workbench.inference.detection.options import DetectionOptions


class Reader:
    """Ten frames with a square that moves; remembers what was read of it, and that it was closed."""

    def __init__(self, fails_at=None):
        self.read, self.closed, self.fails_at = [], False, fails_at
        self.thread = None

    def frames(self):
        try:
            for number in range(5, 15):
                if number == self.fails_at:
                    raise VideoError("frame 8 is damaged")
                self.thread = threading.current_thread()
                self.read.append(number)
                image = np.zeros((128, 128, 3), np.uint8)
                image[40:60, 8 * number - 26 : 8 * number - 6] = (255, 0, 0)
                yield number, image
        finally:
            self.closed = True


def session():
    return CenterNetSession(BrightSpots(), header(), DetectionOptions(0.05, limit=1))


@pytest.mark.parametrize("batch", [1, 4])
def test_frames_come_in_order_with_their_numbers(batch):
    reader, detector = Reader(), session()
    outputs = list(detect_frames(detector, reader.frames(), batch=batch))
    assert [number for number, _ in outputs] == list(range(5, 15))
    for number, output in outputs:
        assert abs(output.detections.boxes[0, 0] + 16 - (8 * number - 16)) <= 2
    assert max(detector.network.batches) == batch
    assert reader.closed
    assert reader.thread is not threading.current_thread()


def test_only_a_few_frames_are_read_beforehand_and_closing_ends_the_thread():
    reader = Reader()
    outputs = detect_frames(session(), reader.frames(), ahead=3)
    next(outputs)
    outputs.close()
    assert len(reader.read) <= 5
    assert reader.closed
    assert not reader.thread.is_alive()


def test_what_the_reader_raises_arrives_after_the_frames_before_it():
    reader, seen = Reader(fails_at=8), []
    with pytest.raises(VideoError, match="damaged"):
        seen.extend(number for number, _ in detect_frames(session(), reader.frames()))
    assert seen == [] or seen == [5, 6, 7]
    assert not reader.thread.is_alive()


def test_no_frames():
    assert list(detect_frames(session(), iter(()))) == []
