"""A camera that is recorded while it is watched.

The recording is Matroska in short clusters, written through at once: when the program or the machine
dies, what was recorded up to the last second can be read. Time stamps are those of the capture, so a
camera that stutters gives a video of variable rate and no frame is invented.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from workbench.core.errors import VideoError
from workbench.video.info import Image
from workbench.video.writer import SHORT_GOP, VideoWriter, best_encoder

_SURVIVES = {"cluster_time_limit": "1000", "flush_packets": "1"}  # milliseconds; write through
_AT_ONCE = {"libx264": {"preset": "veryfast", "tune": "zerolatency", "crf": "20"}}


@dataclass(frozen=True, eq=False)
class CameraFrame:
    """One frame as it was captured and recorded.

    Args:
        frame: its number in the recording.
        seconds: time of capture after the first frame.
        image: (H, W, 3) RGB.
    """

    frame: int
    seconds: float
    image: Image


class FrameSource(Protocol):
    """Where frames come from."""

    def read(self) -> tuple[float, Image] | None:
        """Seconds on any rising clock, and the next frame; None at the end."""

    def close(self) -> None:
        """Let the device go."""


class CaptureDevice:
    """A camera as OpenCV opens it.

    Args:
        device: index of a camera, or a URL.

    Raises:
        VideoError: it does not open.
    """

    def __init__(self, device: int | str) -> None:
        self._capture = cv2.VideoCapture(device)
        if not self._capture.isOpened():
            raise VideoError(f"Camera {device!r} does not open; is it connected, and does another use it?")

    def read(self) -> tuple[float, Image] | None:
        """Seconds of the monotonic clock, and the next frame; None when the camera gives no more."""
        given, image = self._capture.read()
        if not given:
            return None
        return time.monotonic(), np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)

    def close(self) -> None:
        """Let the camera go."""
        self._capture.release()


class Camera:
    """Records a camera.

    Args:
        device: index of a camera, a URL, or a source of frames.

    Raises:
        VideoError: the camera does not open.
    """

    def __init__(self, device: int | str | FrameSource) -> None:
        self._source = CaptureDevice(device) if isinstance(device, int | str) else device

    def record(self, target: Path, *, fps: float = 30.0) -> Generator[CameraFrame, None, Path]:
        """Write the frames to ``target`` (``.mkv``) and yield each; closing the generator ends it.

        Args:
            target: a new file.
            fps: nominal frames a second.

        Raises:
            VideoError: the file exists, or cannot be written.
        """
        if target.suffix.lower() != ".mkv":
            raise VideoError(f"A recording is a .mkv file, and {target.name} is not; choose another name.")
        if target.exists():
            raise VideoError(f"{target} exists already; choose another name for the recording.")
        codec = best_encoder()
        options = _AT_ONCE.get(codec)
        with VideoWriter(target, fps, gop=SHORT_GOP, options=options, container_options=_SURVIVES) as writer:
            yield from self._frames(writer)
        return target

    def close(self) -> None:
        """Let the camera go."""
        self._source.close()

    def _frames(self, writer: VideoWriter) -> Generator[CameraFrame, None, None]:
        number, first = 0, 0.0
        while (captured := self._source.read()) is not None:
            now, image = captured
            first = now if number == 0 else first
            writer.write(image, now - first)
            yield CameraFrame(number, now - first, image)
            number += 1
