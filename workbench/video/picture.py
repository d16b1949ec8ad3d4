"""A decoded picture as an upright RGB array."""

from __future__ import annotations

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from workbench.video.info import Image

# A phone writes how it was held; counter-clockwise degrees to the turn that brings the picture upright.
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


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
        self._reformatter = VideoReformatter()  # kept, because its set-up costs more than a picture

    def __call__(self, picture: VideoFrame) -> Image:
        """The image (H, W, 3) RGB; it may keep the memory of the converted picture alive."""
        turn = _quarter(picture)
        width, height = self._size if turn in (0, 180) else self._size[::-1]
        # One thread: the decoder's own threads are busy with the next pictures.
        rgb = self._reformatter.reformat(picture, width, height, "rgb24", threads=1)
        plane = rgb.planes[0]
        rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)[
            :height, : width * 3
        ]
        image: Image = np.ascontiguousarray(rows).reshape(height, width, 3)
        return np.asarray(cv2.rotate(image, _TURNS[turn]), dtype=np.uint8) if turn else image


def half(image: Image) -> Image:
    """The image at half its width and height (rounded up)."""
    height, width = image.shape[:2]
    smaller = cv2.resize(image, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, dtype=np.uint8)


def _quarter(picture: VideoFrame) -> int:
    """Degrees counter-clockwise by which the picture has to be turned: 0, 90, 180 or 270."""
    return round(picture.rotation / 90) * 90 % 360
