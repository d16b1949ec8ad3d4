"""Where the source picture lies in the widget: one zoom and one offset, as a value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.boxes import Box

MIN_ZOOM, MAX_ZOOM = 0.02, 80.0


@dataclass(frozen=True)
class ViewTransform:
    """Source pixels to widget pixels.

    Args:
        zoom: widget (logical) pixels per source pixel.
        dx, dy: widget position of the source's top-left corner.
    """

    zoom: float = 1.0
    dx: float = 0.0
    dy: float = 0.0

    @classmethod
    def showing(cls, box: Box, width: float, height: float, *, margin: float = 0.0) -> ViewTransform:
        """The largest view of ``box`` (source pixels) centred in a widget of width x height."""
        x, y, w, h = box
        room_x, room_y = max(width - 2 * margin, 1.0), max(height - 2 * margin, 1.0)
        zoom = float(np.clip(min(room_x / max(w, 1e-6), room_y / max(h, 1e-6)), MIN_ZOOM, MAX_ZOOM))
        return cls(zoom, width / 2 - zoom * (x + w / 2), height / 2 - zoom * (y + h / 2))

    def zoomed(self, factor: float, x: float, y: float) -> ViewTransform:
        """Zoomed by ``factor``; the source point under widget point (x, y) stays there."""
        zoom = float(np.clip(self.zoom * factor, MIN_ZOOM, MAX_ZOOM))
        ratio = zoom / self.zoom
        return ViewTransform(zoom, x - ratio * (x - self.dx), y - ratio * (y - self.dy))

    def panned(self, dx: float, dy: float) -> ViewTransform:
        """Shifted by widget pixels."""
        return replace(self, dx=self.dx + dx, dy=self.dy + dy)

    def scaled(self, factor: float) -> ViewTransform:
        """The same view in device pixels, ``factor`` of them a widget pixel."""
        return ViewTransform(self.zoom * factor, self.dx * factor, self.dy * factor)

    def to_widget(self, points: ArrayLike) -> NDArray[Any]:
        """(..., 2) source points in widget pixels."""
        return np.asarray(points) * self.zoom + (self.dx, self.dy)

    def to_source(self, points: ArrayLike) -> NDArray[Any]:
        """(..., 2) widget points in source pixels."""
        return (np.asarray(points) - (self.dx, self.dy)) / self.zoom

    def box_to_widget(self, box: Box) -> Box:
        """x, y, w, h in widget pixels."""
        x, y, w, h = box
        return (x * self.zoom + self.dx, y * self.zoom + self.dy, w * self.zoom, h * self.zoom)

    def window(self, width: float, height: float) -> Box:
        """The part of the source plane that a widget of width x height shows."""
        x, y = self.to_source((0.0, 0.0)).tolist()
        return (x, y, width / self.zoom, height / self.zoom)
