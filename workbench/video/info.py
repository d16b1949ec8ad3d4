"""What every reader of pictures in time offers, whatever they come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""(H, W, 3) RGB, contiguous, upright."""


_RUNS = 12  # frame numbers or runs of them in one sentence


@dataclass(frozen=True)
class VideoInfo:
    """The facts of a video that do not change.

    Args:
        path: the file or folder.
        kind: a video file, or a folder of images (or one image).
        width, height: pixels of the upright picture.
        frame_count: presented frames; frames are 0 .. frame_count - 1.
        fps: average frames a second.
        codec: name of the compression, as the decoder calls it.
        long_gop: random access costs many decoded frames, so a proxy is worth its disk space.
        variable_rate: the distance between frames changes.
    """

    path: Path
    kind: Literal["file", "images"]
    width: int
    height: int
    frame_count: int
    fps: float
    codec: str
    long_gop: bool
    variable_rate: bool


class VideoReader(Protocol):
    """Random access to frames, by one thread; only ``close`` may come from another."""

    @property
    def info(self) -> VideoInfo:
        """The facts of the video."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the video, one sentence each; grows when reading finds more damage."""

    def read(self, frame: int) -> Image:
        """One frame.

        Raises:
            IndexError: outside 0 .. frame_count - 1.
            VideoError: the frame is damaged; no other frame is given in its place.
        """

    def frames(
        self, start: int = 0, stop: int | None = None, step: Literal[1, -1] = 1
    ) -> Iterator[tuple[int, Image]]:
        """Numbered frames from ``start`` up to ``stop``, or down to it; ``stop`` is not included.

        None as ``stop`` means through the last frame, or through frame 0. A damaged frame is left out
        (its number is missing) and named in ``problems``.

        Raises:
            IndexError: ``start`` is outside; a ``stop`` beyond the ends is cut to them.
        """

    def seconds(self, frame: int) -> float:
        """Time of a frame after frame 0, for display."""

    def run_start(self, frame: int) -> int:
        """The first frame that decoding passes on its way to ``frame``; ``frame`` itself if none."""

    def fingerprint(self) -> str:
        """A cheap identity of the content: equal for a copy, different after an edit."""

    def close(self) -> None:
        """Release the file; nothing may be read after it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def span(count: int, start: int, stop: int | None, step: Literal[1, -1]) -> range:
    """The frame numbers that ``VideoReader.frames`` goes through.

    Raises:
        IndexError: ``start`` is outside 0 .. count - 1 (0 is allowed in an empty video).
        ValueError: ``step`` is neither 1 nor -1.
    """
    if step not in (1, -1):
        raise ValueError(f"a reader goes by steps of 1 or -1, not {step}")
    if count == 0 and start == 0:
        return range(0)
    check_frame(start, count)
    if step == 1:
        return range(start, count if stop is None else min(stop, count))
    return range(start, -1 if stop is None else max(stop, -1), -1)


def check_frame(frame: int, count: int) -> None:
    """Raise IndexError when ``frame`` is outside 0 .. count - 1."""
    if not 0 <= frame < count:
        raise IndexError(f"frame {frame} is outside this video of {count} frames")


def numbers(frames: Iterator[int] | list[int]) -> str:
    """Frame numbers for a sentence, runs drawn together and a long list cut: ``3, 7–9``."""
    runs: list[list[int]] = []
    for frame in sorted(frames):
        if runs and frame == runs[-1][-1] + 1:
            runs[-1][1:] = [frame]
        else:
            runs.append([frame])
    shown = ["–".join(map(str, run)) for run in runs[:_RUNS]]
    return ", ".join([*shown, f"and {len(runs) - _RUNS} more places"] if len(runs) > _RUNS else shown)
