"""Numpy memory given to QPainter as it is, without one Python object per rectangle or line.

QRectF, QLineF and PixmapFragment are plain runs of doubles, and the painter has overloads that take a
pointer and a count; shiboken makes the pointer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shiboken6
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QImage, QPainter, QPixmap


def _doubles(values: ArrayLike, width: int) -> NDArray[np.float64]:
    return np.ascontiguousarray(values, dtype=np.float64).reshape(-1, width)


def _pointer(data: NDArray[np.float64], kind: type) -> Any:
    return shiboken6.wrapInstance(data.ctypes.data, kind)


def draw_rects(painter: QPainter, rects: ArrayLike) -> None:
    """Draw (N, 4) x, y, w, h with the painter's pen and brush."""
    data = _doubles(rects, 4)
    if len(data):
        painter.drawRects(_pointer(data, QRectF), len(data))


def draw_lines(painter: QPainter, lines: ArrayLike) -> None:
    """Draw (N, 4) x1, y1, x2, y2 with the painter's pen."""
    data = _doubles(lines, 4)
    if len(data):
        painter.drawLines(_pointer(data, QLineF), len(data))


def draw_fragments(painter: QPainter, fragments: ArrayLike, pixmap: QPixmap) -> None:
    """Draw (N, 10) centre x, y, source x, y, w, h, scale x, y, rotation, opacity out of one pixmap."""
    data = _doubles(fragments, 10)
    if len(data):
        painter.drawPixmapFragments(_pointer(data, QPainter.PixmapFragment), len(data), pixmap)


def rgb_image(pixels: NDArray[np.uint8]) -> QImage:
    """A QImage on the memory of (H, W, 3) uint8 RGB with contiguous rows; keep the array alive."""
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGB888)


def argb_image(pixels: NDArray[Any]) -> QImage:
    """A QImage on (H, W, 4) uint8 B, G, R, A or (H, W) uint32, premultiplied; keep the array alive."""
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_ARGB32_Premultiplied)
