"""Frames of a video shown to a detector in the order that it needs.

First what it wants to learn from the whole video, then the frames that warm it up, whose detections are
dropped, then the frames that are wanted. So a run that goes on in the middle finds what an unbroken one
would.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from workbench.core.detections import Detections
from workbench.core.detector import Detector, LearnsFirst
from workbench.core.errors import VideoError
from workbench.core.progress import Progress
from workbench.video import VideoReader


def shown_to(
    detector: Detector, reader: VideoReader, start: int, stop: int
) -> Generator[Progress | tuple[int, Detections], None, None]:
    """What a fresh detector finds in the frames [start, stop), as (frame, detections), and progress before.

    A damaged frame is left out.
    """
    if isinstance(detector, LearnsFirst):
        yield from learning(detector, reader)
    begin = max(start - detector.warm_up, 0)
    for frame, image in reader.frames(begin, stop):
        found = detector.detect(frame, image)
        if frame >= start:
            yield frame, found
        else:
            yield Progress(frame - begin, start - begin, "Looking at the frames before")


def learning(detector: LearnsFirst, reader: VideoReader) -> Generator[Progress, None, None]:
    """Show a detector what it wants to learn from."""
    frames = sample_frames(reader, detector.samples)
    for done, frame in enumerate(frames):
        yield Progress(done, len(frames), "Looking over the whole video")
        try:
            image = reader.read(frame)
        except VideoError:
            continue  # damaged, and named among the reader's problems
        detector.learn(frame, image)


def sample_frames(reader: VideoReader, count: int) -> list[int]:
    """At most ``count`` frames spread evenly over a video, where it can be, ones that are quick to reach."""
    total = reader.info.frame_count
    even = np.unique(np.linspace(0, max(total - 1, 0), min(count, total)).astype(int))
    frames: list[int] = []
    for frame in even.tolist():
        quick = reader.run_start(frame)
        frames.append(quick if frames and quick > frames[-1] else frame)
    return frames
