"""A decoded picture as an upright RGB array.

The conversion runs in a small FFmpeg filter graph, because a graph keeps a pool of output buffers: six
megabytes of fresh memory a picture would cost as much in page faults as the conversion itself.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import cv2
import numpy as np
from av.filter import Graph
from av.video.frame import VideoFrame

from workbench.video.info import Image

# A phone writes how it was held; counter-clockwise degrees to the filters that bring the picture upright.
_TURNS = {
    0: (),
    90: (("transpose", "cclock"),),
    180: (("hflip", ""), ("vflip", "")),
    270: (("transpose", "clock"),),
}


class _Form(NamedTuple):
    """What a graph is built for."""

    width: int
    height: int
    pixels: str
    colorspace: int
    color_range: int
    turn: int


def upright_size(picture: VideoFrame) -> tuple[int, int]:
    """(width, height) of a picture after its rotation."""
    size = (picture.width, picture.height)
    return size[::-1] if _quarter(picture) in (90, 270) else size


class Converter:
    """Turns decoded pictures into images of one size.

    Args:
        width, height: of the upright image. A stream that changes its size on the way is scaled to it.
    """

    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)
        self._form: _Form | None = None
        self._graph = Graph()

    def __call__(self, picture: VideoFrame) -> Image:
        """The image (H, W, 3) RGB; its memory returns to the converter's pool when nobody holds it."""
        form = _Form(
            picture.width,
            picture.height,
            picture.format.name,
            int(picture.colorspace),
            int(picture.color_range),
            _quarter(picture),
        )
        if form != self._form:
            self._form, self._graph = form, _graph(form, self._size)
        self._graph.push(picture)
        rgb = self._graph.pull()
        assert isinstance(rgb, VideoFrame)
        width, height = self._size
        plane = rgb.planes[0]
        rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
        return np.ascontiguousarray(rows[:height, : width * 3]).reshape(height, width, 3)


def half(image: Image) -> Image:
    """The image at half its width and height (rounded up)."""
    height, width = image.shape[:2]
    smaller = cv2.resize(image, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, dtype=np.uint8)


def _graph(form: _Form, size: tuple[int, int]) -> Graph:
    """Source, conversion to RGB of the wanted size, turn, sink."""
    graph = Graph()
    source = graph.add(
        "buffer",
        video_size=f"{form.width}x{form.height}",
        pix_fmt=form.pixels,
        colorspace=str(form.colorspace),
        range=str(form.color_range),
        time_base=str(Fraction(1, 1000)),
    )
    width, height = size if form.turn in (0, 180) else size[::-1]
    nodes = [
        source,
        graph.add("scale", f"{width}:{height}:flags=bilinear:threads=1"),
        graph.add("format", "rgb24"),
    ]
    nodes += [graph.add(name, options or None) for name, options in _TURNS[form.turn]]
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes)
    graph.configure()
    return graph


def _quarter(picture: VideoFrame) -> int:
    """Degrees counter-clockwise by which the picture has to be turned: 0, 90, 180 or 270."""
    return round(picture.rotation / 90) * 90 % 360
