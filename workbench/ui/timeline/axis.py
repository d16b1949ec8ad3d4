"""Frames to pixels and back, and where the ruler has its ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAX_SCALE = 48.0  # pixels a frame
OVERHANG = 24.0  # pixels that may be empty beyond either end


@dataclass(frozen=True)
class TimeAxis:
    """The visible part of a video.

    Args:
        frames: length of the video.
        width: of the view in pixels.
        start: frame (with fraction) at the left border.
        scale: pixels per frame.
    """

    frames: int = 0
    width: float = 1.0
    start: float = 0.0
    scale: float = 1.0

    @classmethod
    def whole(cls, frames: int, width: float) -> TimeAxis:
        """The whole video."""
        return cls(frames, max(width, 1.0), 0.0, _fit_scale(frames, width)).clamped()

    def clamped(self) -> TimeAxis:
        """Within the limits of zoom and of the video."""
        lowest = _fit_scale(self.frames, self.width)
        scale = min(max(self.scale, lowest), max(MAX_SCALE, lowest))
        slack = OVERHANG / scale if scale > lowest else 0.0
        last = self.frames + slack - self.width / scale
        return replace(self, scale=scale, start=max(min(self.start, last), -slack if last > 0 else 0.0))

    def zoomed(self, factor: float, x: float) -> TimeAxis:
        """Zoomed by ``factor``; the frame under pixel x stays there."""
        at = self.frame_at(x)
        grown = replace(self, scale=self.scale * factor).clamped()
        return replace(grown, start=at - x / grown.scale).clamped()

    def scrolled(self, pixels: float) -> TimeAxis:
        """Shifted so that what was at x = pixels is at 0."""
        return replace(self, start=self.start + pixels / self.scale).clamped()

    def showing(self, start: float, stop: float) -> TimeAxis:
        """Frames [start, stop) over the full width."""
        return replace(self, start=start, scale=self.width / max(stop - start, 1e-6)).clamped()

    def resized(self, *, frames: int, width: float) -> TimeAxis:
        """For another length or width; the whole video stays the whole video."""
        if self.scale <= _fit_scale(self.frames, self.width) * 1.0001:
            return TimeAxis.whole(frames, width)
        return replace(self, frames=frames, width=max(width, 1.0)).clamped()

    def x_of(self, frames: ArrayLike) -> NDArray[Any]:
        """Pixel of the left border of each frame."""
        return (np.asarray(frames, np.float64) - self.start) * self.scale

    def frame_at(self, x: float) -> float:
        """Frame, with fraction, at a pixel."""
        return self.start + x / self.scale

    def nearest(self, x: float) -> int:
        """The frame of the video whose pixels hold x, the first or last beyond the ends."""
        return min(max(math.floor(self.frame_at(x)), 0), max(self.frames - 1, 0))

    @property
    def visible(self) -> tuple[int, int]:
        """Frames [first, stop) of the video that can be seen."""
        stop = math.ceil(self.frame_at(self.width))
        return max(math.floor(self.start), 0), max(min(stop, self.frames), 0)

    def ticks(self, room: float) -> tuple[int, list[int]]:
        """Step and frames of ticks at least ``room`` pixels apart, on round numbers."""
        step = round_step(room / self.scale)
        first, stop = self.visible
        return step, list(range(-(-first // step) * step, stop, step))


def round_step(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, ... that is at least this."""
    power = int(10 ** math.floor(math.log10(max(least, 1.0))))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= min(least, power * 10))


def _fit_scale(frames: int, width: float) -> float:
    return min(max(width, 1.0) / max(frames, 1), MAX_SCALE)


def clock(seconds: float, *, fine: bool = False) -> str:
    """h:mm:ss or m:ss, with hundredths when fine."""
    hundredths = round(seconds * 100)
    whole = hundredths // 100
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    text = f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
    return f"{text}.{hundredths % 100:02d}" if fine else text
