"""The frame's picture under the overlay, scaled to the screen.

cv2.resize does the smooth scaling: a third of the cost of the painter's own, and kept until the picture
or the view changes. From ``PIXEL_ZOOM`` on single pixels are shown as squares.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from workbench.ui.canvas.qtarrays import rgb_image
from workbench.ui.canvas.transform import ViewTransform

PIXEL_ZOOM = 4.0

_Window = tuple[int, int, int, int]


class Picture:
    """One image and its scaled copy.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        scale: source pixels per image pixel; a half-resolution image has 2.

    Raises:
        ValueError: when the array is no such image.
    """

    def __init__(self, pixels: NDArray[np.uint8], scale: float = 1.0) -> None:
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
            raise ValueError(f"a picture is (H, W, 3) uint8, not {pixels.shape} {pixels.dtype}")
        self._pixels = np.ascontiguousarray(pixels)
        self._image = rgb_image(self._pixels)
        self.scale = scale
        self._shown: tuple[ViewTransform, _Window, QImage, NDArray[Any]] | None = None

    @property
    def source_size(self) -> tuple[float, float]:
        """Width and height in source pixels."""
        height, width = self._pixels.shape[:2]
        return width * self.scale, height * self.scale

    def paint(self, painter: QPainter, device: ViewTransform, width: int, height: int) -> None:
        """Paint the part that falls on width x height device pixels; the painter's unit is one of them."""
        zoom = device.zoom * self.scale
        if zoom == 1.0 or zoom >= PIXEL_ZOOM:
            self._paint_plain(painter, device, width, height)
            return
        left, top, right, bottom = self._window(device, width, height)
        if right <= left or bottom <= top:
            return
        window = (left, top, right, bottom)
        if self._shown is None or self._shown[:2] != (device, window):
            scaled = self._scaled(window, zoom)
            self._shown = (device, window, rgb_image(scaled), scaled)
        painter.drawImage(round(device.dx + left * zoom), round(device.dy + top * zoom), self._shown[2])

    def _paint_plain(self, painter: QPainter, device: ViewTransform, width: int, height: int) -> None:
        left, top, right, bottom = self._window(device, width, height)
        zoom = device.zoom * self.scale
        part = QRectF(left, top, right - left, bottom - top)
        place = QRectF(
            device.dx + left * zoom, device.dy + top * zoom, part.width() * zoom, part.height() * zoom
        )
        if not part.isEmpty():
            painter.drawImage(place, self._image, part)

    def _window(self, device: ViewTransform, width: int, height: int) -> _Window:
        """Image pixels [left, right) x [top, bottom) that can be seen."""
        zoom = device.zoom * self.scale
        rows, columns = self._pixels.shape[:2]
        left, right = math.floor(-device.dx / zoom), math.ceil((width - device.dx) / zoom)
        top, bottom = math.floor(-device.dy / zoom), math.ceil((height - device.dy) / zoom)
        return max(left, 0), max(top, 0), min(right, columns), min(bottom, rows)

    def _scaled(self, window: _Window, zoom: float) -> NDArray[np.uint8]:
        left, top, right, bottom = window
        part = self._pixels[top:bottom, left:right]
        size = (max(round((right - left) * zoom), 1), max(round((bottom - top) * zoom), 1))
        # Linear sampling skips pixels below a half and shimmers; averaging two by two is as quick.
        while zoom < 0.5 and min(part.shape[:2]) > 1:
            part, zoom = _halved(part), 2 * zoom
        return np.ascontiguousarray(cv2.resize(part, size, interpolation=cv2.INTER_LINEAR))


def _halved(part: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Averages of two by two pixels; the last of an odd number, which is hardly seen, is left out."""
    height, width = part.shape[0] // 2, part.shape[1] // 2
    even = part[: 2 * height, : 2 * width]
    return np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
