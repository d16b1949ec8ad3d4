"""A heatmap laid over the picture: values through a colour map, transparent where they are low."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from workbench.ui.canvas.qtarrays import argb_image

COLORMAPS = {
    "turbo": cv2.COLORMAP_TURBO,
    "inferno": cv2.COLORMAP_INFERNO,
    "viridis": cv2.COLORMAP_VIRIDIS,
    "jet": cv2.COLORMAP_JET,
    "hot": cv2.COLORMAP_HOT,
}


def color_table(colormap: str, opacity: float) -> NDArray[np.uint32]:
    """(256,) premultiplied ARGB; opacity rises with the value, steeply at first, up to ``opacity``.

    Raises:
        ValueError: for a colour map that is not in ``COLORMAPS``.
    """
    if colormap not in COLORMAPS:
        raise ValueError(f"no colour map is called {colormap!r}; there are {', '.join(COLORMAPS)}")
    ramp = np.arange(256, dtype=np.uint8)
    bgr = cv2.applyColorMap(ramp[:, None], COLORMAPS[colormap])[:, 0].astype(np.float64)
    alpha = opacity * np.sqrt(ramp / 255.0)
    bgra = np.concatenate([bgr * alpha[:, None], 255.0 * alpha[:, None]], axis=1)
    return np.ascontiguousarray(bgra.round().astype(np.uint8)).view(np.uint32)[:, 0]


class Heatmap:
    """One heatmap, coloured once.

    Args:
        values: (h, w) floats in [0, 1] (others are clipped, NaN is 0) or uint8; any resolution, it covers
            the whole picture.
        colormap: a key of ``COLORMAPS``.
        opacity: of the highest value, [0, 1].
    """

    def __init__(self, values: NDArray[Any], *, colormap: str = "turbo", opacity: float = 0.6) -> None:
        if values.dtype != np.uint8:
            values = (np.clip(np.nan_to_num(values), 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
        self._pixels = np.take(color_table(colormap, opacity), values)
        self._image: QImage = argb_image(self._pixels)

    def paint(self, painter: QPainter, place: QRectF) -> None:
        """Paint over ``place``, smoothly."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        painter.drawImage(place, self._image)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
