"""A heat map laid over the picture: values through a colour map, transparent where they are low.

Its peaks are marked, because a colour does not tell a peak from a shoulder.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from workbench.core.boxes import Box
from workbench.ui.canvas.qtarrays import argb_image, draw_lines
from workbench.ui.canvas.transform import ViewTransform

COLORMAPS = {
    "turbo": cv2.COLORMAP_TURBO,
    "inferno": cv2.COLORMAP_INFERNO,
    "viridis": cv2.COLORMAP_VIRIDIS,
    "jet": cv2.COLORMAP_JET,
    "hot": cv2.COLORMAP_HOT,
}
MOST_PEAKS = 100
ARM = 5.0  # half of a peak's cross, widget pixels


def color_table(colormap: str, opacity: float, *, threshold: float = 0.0) -> NDArray[np.uint32]:
    """(256,) premultiplied ARGB; nothing under ``threshold``, from there opacity rises up to ``opacity``.

    Raises:
        ValueError: for a colour map that is not in ``COLORMAPS``.
    """
    if colormap not in COLORMAPS:
        raise ValueError(f"no colour map is called {colormap!r}; there are {', '.join(COLORMAPS)}")
    ramp = np.arange(256, dtype=np.uint8)
    bgr = cv2.applyColorMap(ramp[:, None], COLORMAPS[colormap])[:, 0].astype(np.float64)
    alpha = np.where(ramp < 255.0 * threshold, 0.0, opacity * np.sqrt(ramp / 255.0))
    bgra = np.concatenate([bgr * alpha[:, None], 255.0 * alpha[:, None]], axis=1)
    return np.ascontiguousarray(bgra.round().astype(np.uint8)).view(np.uint32)[:, 0]


class Heatmap:
    """One heat map, coloured once.

    Args:
        values: (h, w) floats, shown in [0, 1] (others are clipped, NaN is 0), or uint8; any resolution.
        place: x, y, w, h of the part of the source that it covers, pixels; None = the whole picture.
        colormap: a key of ``COLORMAPS``.
        opacity: of the highest value, [0, 1].
        threshold: values below are not shown, [0, 1].
        peaks: mark the local maxima from the threshold on.
    """

    def __init__(
        self,
        values: NDArray[Any],
        *,
        place: Box | None = None,
        colormap: str = "turbo",
        opacity: float = 0.6,
        threshold: float = 0.0,
        peaks: bool = False,
    ) -> None:
        heat = values / np.float32(255) if values.dtype == np.uint8 else np.nan_to_num(values)
        self.place = place
        steps = (np.clip(heat, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
        self._pixels = np.take(color_table(colormap, opacity, threshold=threshold), steps)
        self._image: QImage = argb_image(self._pixels)
        self.peaks = peaks_of(heat, threshold) if peaks else np.zeros((0, 2))
        """(P, 2) x, y of the middle of their cells, in cells."""

    def paint(
        self, painter: QPainter, device: ViewTransform, size: tuple[float, float], *, ratio: float = 1.0
    ) -> None:
        """Paint it smoothly.

        Args:
            painter: one unit is one device pixel.
            device: source to device pixels.
            size: of the picture in source pixels; nothing is painted beside it.
            ratio: device pixels per widget pixel.
        """
        place = QRectF(*device.box_to_widget(self.place or (0.0, 0.0, *size)))
        painter.save()
        painter.setClipRect(QRectF(*device.box_to_widget((0.0, 0.0, *size))))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        painter.drawImage(place, self._image)
        painter.restore()
        if len(self.peaks):
            cell = np.array([place.width(), place.height()]) / self._pixels.shape[::-1]
            draw_crosses(painter, self.peaks * cell + (place.x(), place.y()), ratio)


def peaks_of(values: NDArray[Any], threshold: float) -> NDArray[np.float64]:
    """(P, 2) x, y of the cells that none of their neighbours exceeds: ``MOST_PEAKS``, highest first.

    Args:
        values: (h, w); only those above 0 and from ``threshold`` on count.
    """
    heat = np.asarray(values, np.float32)
    highest = cv2.dilate(heat, np.ones((3, 3), np.uint8))
    cells = np.flatnonzero((heat == highest) & (heat > 0) & (heat >= threshold))
    heights = heat.reshape(-1)[cells]
    if len(cells) > MOST_PEAKS:
        best = np.argpartition(heights, -MOST_PEAKS)[-MOST_PEAKS:]
        cells, heights = cells[best], heights[best]
    rows, columns = np.divmod(cells[np.argsort(-heights, kind="stable")], heat.shape[1])
    return np.stack([columns, rows], axis=1).astype(np.float64) + 0.5


def draw_crosses(painter: QPainter, centers: NDArray[np.float64], ratio: float) -> None:
    """White crosses with a dark rim at (P, 2) device pixels."""
    arm = ARM * ratio
    ends = np.concatenate(
        [np.concatenate([centers - d, centers + d], axis=1) for d in np.array([[arm, 0], [0, arm]])]
    )
    for color, width in ((QColor(0, 0, 0, 190), 3), (QColor(Qt.GlobalColor.white), 1)):
        painter.setPen(QPen(color, width * ratio))
        draw_lines(painter, ends)
