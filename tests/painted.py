"""Clips whose frames carry their own number, so that a test sees which frame a reader really gave.

The number is painted as a square of 6 x 6 dark and light cells in the middle of the image, half as high
as its shorter side: 24 bits of number and 12 bits of checksum. Its place depends on the image alone, so
it is found again at half size, and the checksum tells which of the four right-angle turns it is in.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

CELLS = 6
DARK, LIGHT = 40, 216


def _bits(number: int) -> NDArray[np.bool_]:
    """Number and checksum as (CELLS, CELLS) booleans."""
    word = number << 12 | zlib.crc32(number.to_bytes(3, "big")) & 0xFFF
    return np.array([word >> i & 1 for i in range(CELLS * CELLS)], dtype=bool).reshape(CELLS, CELLS)


def _edges(image: Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Row and column borders of the cells, each (CELLS + 1,), in pixels."""
    height, width = image.shape[:2]
    steps = (np.arange(CELLS + 1) - CELLS / 2) * min(height, width) / (2 * CELLS)
    return height / 2 + steps, width / 2 + steps


def background(number: int, size: tuple[int, int]) -> Image:
    """A smooth coloured texture that wanders with the number; size is (width, height)."""
    width, height = size
    y, x = np.ogrid[:height, :width]
    red = 127 + 90 * np.sin((x + 3 * number) / 17) * np.ones_like(y)
    green = 127 + 90 * np.cos((y + 2 * number) / 23) * np.ones_like(x)
    blue = 127 + 90 * np.sin((x + y - number) / 31)
    return np.stack([red, green, blue], axis=2).astype(np.uint8)


def paint(number: int, size: tuple[int, int] = (320, 240), picture: Image | None = None) -> Image:
    """A frame (H, W, 3) RGB that carries ``number``, on ``picture`` or on a texture of its own."""
    image = background(number, size) if picture is None else picture.copy()
    number %= 1 << 24  # numbers below zero are hidden frames, see make_clip
    rows, columns = (np.rint(edges).astype(int) for edges in _edges(image))
    for i, line in enumerate(_bits(number)):
        for j, bit in enumerate(line):
            image[rows[i] : rows[i + 1], columns[j] : columns[j + 1]] = LIGHT if bit else DARK
    return image


def read_number(image: Image) -> int:
    """The number painted into an image of any size, turned by any right angle.

    Raises:
        ValueError: no number can be read.
    """
    rows, columns = _edges(image)
    grey = image.mean(axis=2) if image.ndim == 3 else image
    cells = np.empty((CELLS, CELLS), dtype=bool)
    for i in range(CELLS):
        for j in range(CELLS):
            cells[i, j] = _middle(grey, rows[i : i + 2], columns[j : j + 2]).mean() > (DARK + LIGHT) / 2
    for turn in range(4):
        bits = np.rot90(cells, turn)
        number = int(sum(int(bit) << i for i, bit in enumerate(bits.ravel()))) >> 12
        if np.array_equal(_bits(number), bits):
            return number
    raise ValueError("no painted number can be read in this image")


def _middle(grey: NDArray[np.floating], rows: NDArray[np.float64], columns: NDArray[np.float64]):
    """The inner half of a cell, at least one pixel."""
    (top, bottom), (left, right) = rows, columns
    y, x = (bottom - top) / 4, (right - left) / 4
    return grey[
        int(top + y) : max(int(bottom - y), int(top + y) + 1),
        int(left + x) : max(int(right - x), int(left + x) + 1),
    ]


def make_clip(
    path: Path | str,
    frames: int = 60,
    size: tuple[int, int] = (320, 240),
    codec: str = "libx264",
    gop: int = 12,
    fps: int = 25,
    *,
    bframes: int | None = None,
    options: Mapping[str, str] | None = None,
    times: Sequence[float] | None = None,
    start: int = 0,
    hidden: int = 0,
    rotation: int = 0,
    picture: Callable[[int], Image] | None = None,
    pix_fmt: str = "yuv420p",
) -> Path:
    """Write a clip whose presented frames carry the numbers 0 .. frames - 1.

    Args:
        path: the suffix chooses the container.
        frames: presented frames.
        size: (width, height) as shown, after rotation.
        codec: name of an encoder.
        gop: largest distance of key frames.
        fps: frames a second.
        bframes: B-frames in a row, or None for the encoder's habit.
        options: more options of the encoder.
        times: seconds of each frame, for a variable rate.
        start: the first timestamp, in frames.
        hidden: frames in front that an edit list hides (MP4 and MOV only).
        rotation: degrees counter-clockwise by which a player has to turn the coded picture: 0, 90, 180, 270.
        picture: makes the (H, W, 3) picture a number is painted on.
        pix_fmt: pixel format of the coded picture.
    """
    path = Path(path)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps, options=dict(options or {}))
        stream.width, stream.height = size if rotation % 180 == 0 else size[::-1]
        stream.pix_fmt = pix_fmt
        stream.gop_size = gop
        if bframes is not None:
            stream.max_b_frames = bframes
        tick = Fraction(1, fps) if times is None else Fraction(1, 1000)
        stream.codec_context.time_base = tick
        if rotation:
            stream.set_display_rotation(rotation)
        for number in range(-hidden, frames):
            image = paint(number, size, picture(number) if picture else None)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.rot90(image, -rotation // 90)))
            frame.time_base = tick
            shown = number + hidden if times is None else round(times[number] * 1000)
            frame.pts = start + shown
            _mux(container, stream.encode(frame), hidden * tick)
        _mux(container, stream.encode(None), hidden * tick)
    return path


def _mux(container: av.container.OutputContainer, packets: list[av.Packet], earlier: Fraction) -> None:
    """Write packets ``earlier`` seconds early; what falls before zero goes behind an edit list."""
    for packet in packets:
        shift = int(earlier / packet.time_base) if earlier else 0
        packet.pts -= shift
        packet.dts -= shift
        container.mux(packet)
