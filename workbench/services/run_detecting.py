"""The detecting part of a run: frames of a video through a detector, and what it found onto the disk.

Decoding and detecting have a thread each. In the caller's an online tracker gives provisional identities, so
that somebody who looks on sees tracks while the run goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.core.detections import Detections
from workbench.core.prefetching import prefetched
from workbench.core.progress import Progress
from workbench.services.run_detectors import OpenDetector, Tapped
from workbench.services.run_files import DetectionWriter, Found
from workbench.tracking.byte_track import ByteTrack
from workbench.tracking.camera_motion import CameraMotion
from workbench.tracking.tracker import usable
from workbench.video.info import VideoReader

AHEAD = 2  # frames that the detector may be ahead of who takes what it found

Chosen = Callable[[Detections], Detections]
"""Those of a frame's detections that take part."""


@dataclass(frozen=True, eq=False)
class RunFrame:
    """What was found in one frame, with identities that are provisional until the run ends.

    Args:
        frame: its number.
        boxes: (M, 4) x, y, w, h in pixels.
        ids, scores, classes: (M,); ids have nothing to do with those of the project.
        done, total: frames looked at, of how many.
        rate: frames a second.
        seconds_left: until all are looked at.
    """

    frame: int
    boxes: NDArray[np.float64]
    ids: NDArray[np.int64]
    scores: NDArray[np.float64]
    classes: NDArray[np.int64]
    done: int
    total: int
    rate: float
    seconds_left: float


def detect_into(
    folder: Path,
    reader: VideoReader,
    detector: OpenDetector,
    *,
    key: str,
    span: tuple[int, int],
    known: Found,
    camera: bool,
    chosen: Chosen,
) -> Generator[Progress | RunFrame, None, None]:
    """Look at the frames of a span that are not known yet; all that was found is on disk when this ends.

    Args:
        folder: where chunks are kept.
        key: of the detector and the video, see ``run_files``.
        span: frames [start, stop).
        known: what the folder has, from ``start`` on.
        camera: measure the camera's motion, too.
        chosen: what is shown.

    Raises:
        ProjectError: the folder cannot be written.
        VideoError, PluginError, ModelError: the video or the detector failed.
    """
    start, stop = span
    if known.stop >= stop:
        return
    writer = DetectionWriter(folder, key=key, start=known.stop)
    yield from detector.learn(reader)
    lead = max(detector.warm_up, 1 if camera and known.stop > start else 0)
    frames = Tapped(reader.frames(max(known.stop - lead, 0), stop), hold=camera)
    motion = CameraMotion()
    preview = _Preview(span, known.stop)
    ahead = prefetched(detector.look(frames, known.detections), lambda look: look, ahead=AHEAD)
    with closing(ahead) as looks:
        try:
            for frame, found in looks:
                moved = motion.step(frames.take(frame), usable(found).boxes) if camera else None
                if frame < known.stop:
                    preview.begin()
                    continue
                writer.add(frame, found, moved)
                yield preview.of(frame, chosen(found))
            writer.flush(stop)
        finally:
            writer.flush()


class _Preview:
    """Provisional tracks, and how fast they come."""

    def __init__(self, span: tuple[int, int], first: int) -> None:
        self._start, self._total, self._first = span[0], span[1] - span[0], first
        self._tracker = ByteTrack()
        self.begin()

    def begin(self) -> None:
        """Count the time from now on."""
        self._begun = time.monotonic()

    def of(self, frame: int, found: Detections) -> RunFrame:
        """The next frame."""
        tracked = self._tracker.update(frame - self._start, found)
        done = frame + 1 - self._start
        rate = (frame + 1 - self._first) / max(time.monotonic() - self._begun, 1e-9)
        left = (self._total - done) / rate
        columns = (tracked.boxes, tracked.ids, tracked.scores, tracked.classes)
        return RunFrame(frame, *columns, done, self._total, rate, left)
