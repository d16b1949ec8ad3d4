"""Drawing an :class:`Overlay`: everything of one kind in one call, only what can be seen.

From back to front: trails, skeletons, predicted boxes, confirmed boxes, labels and marks. What a box is
can be read without its colour: predicted = thin dashes, a ring and a hollow label with "?"; occluded =
dots; interpolated = thin and faded; confirmed = a solid double line; keyframe = diamond; verified = tick;
selected = white outline. A dark rim under every line keeps it visible on bright and on dark pictures.

In a crowd the rim, the second line and the smooth edges go, and long trails lose points: nobody can see
them there, and the frame still takes a bounded time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from workbench.ui.canvas import raster
from workbench.ui.canvas.labels import LabelAtlas, Stamp
from workbench.ui.canvas.qtarrays import argb_image, draw_fragments, draw_rects
from workbench.ui.canvas.scene import BoxFlag, Overlay
from workbench.ui.canvas.transform import ViewTransform

FEW, MANY = 40, 300  # visible boxes
TRAIL_BUDGET = 25_000  # points
SMALLEST_LABELLED = 9.0  # widget pixels
_RIM = raster.pixel((0, 0, 0), 0.5)
_WHITE = raster.pixel((255, 255, 255))


@dataclass(frozen=True)
class Detail:
    """How much effort a frame with this many visible boxes gets; widths are device pixels."""

    line: int
    rim: bool
    smooth: bool
    dots: bool

    @classmethod
    def of(cls, count: int, ratio: float) -> Detail:
        """Full up to ``FEW`` boxes, plain 1-pixel lines beyond ``MANY``."""
        unit = max(round(ratio), 1)
        return cls(2 * unit if count <= MANY else unit, count <= MANY, count <= FEW, count <= MANY)


class OverlayPainter:
    """Keeps the drawing buffer and the label atlas between frames."""

    def __init__(self) -> None:
        self._buffer = np.zeros((0, 0, 4), np.uint8)
        self._image = QImage()
        self._atlas = LabelAtlas()

    def paint(
        self,
        painter: QPainter,
        overlay: Overlay,
        *,
        device: ViewTransform,
        size: tuple[int, int],
        ratio: float = 1.0,
        skip: int = -1,
    ) -> None:
        """Draw the overlay.

        Args:
            painter: one unit is one device pixel.
            overlay: what to draw.
            device: source to device pixels.
            size: width and height of the visible area, device pixels.
            ratio: device pixels per widget pixel.
            skip: index of a box that is left out (it is being dragged), or -1.
        """
        if len(overlay) == 0:
            return
        self._prepare(size, ratio)
        rects, shown = visible_rects(overlay, device, size)
        shown = shown[shown != skip]
        detail = Detail.of(len(shown), ratio)
        _draw_trails(self._buffer, overlay, device, detail)
        _draw_skeletons(self._buffer, overlay, device, detail)
        self._draw_boxes(overlay, rects, shown, detail)
        painter.drawImage(0, 0, self._image)
        stamps = Stamps(self._atlas, overlay, rects, size[1])
        stamps.add_labels(shown)
        stamps.add_marks(shown)
        stamps.draw(painter)

    def _prepare(self, size: tuple[int, int], ratio: float) -> None:
        width, height = size
        if self._buffer.shape[:2] != (height, width):
            self._buffer = np.zeros((height, width, 4), np.uint8)
            self._image = argb_image(self._buffer)
        else:
            self._buffer.fill(0)
        if self._atlas.ratio != ratio:
            self._atlas = LabelAtlas(ratio)
        self._atlas.make_room()

    def _draw_boxes(self, overlay: Overlay, rects: raster.Ints, shown: NDArray[Any], detail: Detail) -> None:
        flags = np.asarray(overlay.flags)[shown]
        chosen = shown[(flags & BoxFlag.SELECTED) != 0]
        broken = (flags & (BoxFlag.PREDICTED | BoxFlag.OCCLUDED)) != 0
        faded = ~broken & ((flags & BoxFlag.INTERPOLATED) != 0)
        if detail.rim:
            grow = np.array([-1, -1, 1, 1], np.int32)
            raster.outline(self._buffer, rects[shown[~broken & ~faded]] + grow, _RIM)
            thin = broken & ((flags & BoxFlag.PREDICTED) != 0)
            raster.outline(self._buffer, rects[shown[thin]], _RIM)
            raster.outline(self._buffer, rects[shown[broken & ~thin]], _RIM, width=detail.line)
            raster.outline(self._buffer, rects[shown[faded]] + grow, raster.pixel((0, 0, 0), 0.3))
        if broken.any():
            self._draw_broken(overlay, rects, shown[broken], detail)
        plain = shown[~broken & ~faded]
        for part, width, alpha in ((shown[faded], 1, 0.65), (plain, detail.line, 1.0)):
            for color, indices in raster.by_color(overlay.colors[part]):
                raster.outline(self._buffer, rects[part[indices]], raster.pixel(color, alpha), width=width)
        for step, value in ((2, _WHITE), (3, _WHITE), (4, _RIM)):
            grow = np.array([-step, -step, step, step], np.int32)
            raster.outline(self._buffer, rects[chosen] + grow, value)

    def _draw_broken(self, overlay: Overlay, rects: raster.Ints, part: NDArray[Any], detail: Detail) -> None:
        """Dashed and dotted boxes; OpenCV has no dashes, so the painter draws them into the same image."""
        dotted = overlay.having(BoxFlag.OCCLUDED)[part]
        predicted = overlay.having(BoxFlag.PREDICTED)[part]
        painter = QPainter(self._image)
        for pattern, chosen in (([6.0, 4.0], ~dotted), ([1.5, 2.5], dotted)):
            for width, these in ((1, part[chosen & predicted]), (detail.line, part[chosen & ~predicted])):
                for color, indices in raster.by_color(overlay.colors[these]):
                    pen = QPen(QColor(*color), 1)
                    pen.setDashPattern(pattern)
                    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
                    painter.setPen(pen)
                    for inset in range(width):
                        draw_rects(painter, _as_xywh(rects[these[indices]], inset))
        painter.end()


def visible_rects(
    overlay: Overlay, device: ViewTransform, size: tuple[int, int]
) -> tuple[raster.Ints, NDArray[np.int64]]:
    """All boxes as (N, 4) left, top, right, bottom in device pixels, and the indices that can be seen."""
    low = device.to_widget(overlay.boxes[:, :2])
    high = low + overlay.boxes[:, 2:] * device.zoom
    rects = raster.to_ints(np.concatenate([low, high], axis=1))
    seen = (rects[:, 2:] >= 0).all(axis=1) & (rects[:, :2] < size).all(axis=1)
    return rects, np.flatnonzero(seen)


def _as_xywh(rects: raster.Ints, inset: int) -> NDArray[np.float64]:
    out = np.empty((len(rects), 4))
    out[:, :2] = rects[:, :2] + inset
    out[:, 2:] = rects[:, 2:] - rects[:, :2] - 2 * inset
    return out


def _draw_trails(buffer: NDArray[np.uint8], overlay: Overlay, device: ViewTransform, detail: Detail) -> None:
    if len(overlay.trail_lengths) == 0:
        return
    points, lengths = raster.thin_trails(overlay.trail_points, overlay.trail_lengths, budget=TRAIL_BUDGET)
    raster.draw_trails(
        buffer,
        raster.to_ints(device.to_widget(points)),
        lengths,
        overlay.colors,
        width=detail.line if detail.smooth else 1,
        smooth=detail.smooth,
    )


def _draw_skeletons(
    buffer: NDArray[np.uint8], overlay: Overlay, device: ViewTransform, detail: Detail
) -> None:
    """Limbs in the track's colour over a dark rim, joints as pale dots; unmarked joints leave a gap."""
    if overlay.joints.size == 0:
        return
    height, width = buffer.shape[:2]
    points = device.to_widget(overlay.joints[..., :2])  # N, K, 2
    limbs = points[:, overlay.edges].reshape(-1, 2, 2)
    owner = np.repeat(np.arange(len(points)), len(overlay.edges))
    seen = np.isfinite(limbs).all(axis=(1, 2))
    with np.errstate(invalid="ignore"):
        seen &= (limbs.max(axis=1) >= 0).all(axis=1) & (limbs.min(axis=1) < (width, height)).all(axis=1)
    limbs, owner = raster.to_ints(limbs[seen]), owner[seen]
    if detail.smooth:
        raster.draw_limbs(buffer, limbs, (0, 0, 0), width=detail.line + 2, smooth=True)
    for color, indices in raster.by_color(overlay.colors[owner]):
        raster.draw_limbs(
            buffer, limbs[indices], color, width=detail.line if detail.smooth else 1, smooth=detail.smooth
        )
    if detail.dots:
        _draw_joints(buffer, overlay, points, detail)


def _draw_joints(buffer: NDArray[np.uint8], overlay: Overlay, points: NDArray[Any], detail: Detail) -> None:
    marked = np.isfinite(points).all(axis=2)
    owner = np.nonzero(marked)[0]
    pale = (overlay.colors // 3 + 170).astype(np.uint8)
    raster.stamp_dots(
        buffer, raster.to_ints(points[marked]), pale[owner], radius=detail.line if detail.smooth else 1
    )


class Stamps:
    """Labels and marks of one frame, collected and then stamped page by page.

    Args:
        atlas: where they come from.
        overlay: the boxes.
        rects: (N, 4) left, top, right, bottom, device pixels.
        height: of the visible area, device pixels.
    """

    def __init__(self, atlas: LabelAtlas, overlay: Overlay, rects: raster.Ints, height: int) -> None:
        self._atlas = atlas
        self._overlay = overlay
        self._rects: list[list[int]] = rects.tolist()
        self._colors: list[list[int]] = overlay.colors.tolist()
        self._flags: list[int] = np.asarray(overlay.flags).tolist()
        self._height = height
        self._placed: list[tuple[Stamp, float, float]] = []

    def add_labels(self, shown: NDArray[np.int64]) -> None:
        """A pill on top of each box, or just inside it where there is no room above."""
        if len(self._overlay.labels) == 0:
            return
        smallest = SMALLEST_LABELLED * self._atlas.ratio
        gap = round(2 * self._atlas.ratio)
        for i in shown.tolist():
            text, flags = self._overlay.labels[i], self._flags[i]
            left, top, right, bottom = self._rects[i]
            tiny = right - left < smallest and bottom - top < smallest
            if not text or (tiny and not flags & BoxFlag.SELECTED):
                continue
            predicted = bool(flags & BoxFlag.PREDICTED)
            stamp = self._atlas.label(f"{text} ?" if predicted else text, self._color(i), hollow=predicted)
            lift = gap + (3 * gap // 2 if flags & BoxFlag.SELECTED else 0)
            y = top - stamp.height - lift
            if y < 0:
                y = min(max(top + gap, 0), self._height - stamp.height)
            self._placed.append((stamp, max(left, 0), y))

    def add_marks(self, shown: NDArray[np.int64]) -> None:
        """Diamond, tick, ring and lock, each at its own corner."""
        atlas, smallest = self._atlas, 1.5 * self._atlas.mark_size
        for i in shown.tolist():
            flags = self._flags[i]
            left, top, right, bottom = self._rects[i]
            if not flags or (right - left < smallest and bottom - top < smallest):
                continue
            color = self._color(i)
            if flags & BoxFlag.KEYFRAME:
                self._center(atlas.mark("keyframe", color), left, bottom)
            if flags & BoxFlag.VERIFIED:
                self._center(atlas.mark("verified", (0, 0, 0)), right, bottom)
            if flags & BoxFlag.PREDICTED:
                self._center(atlas.mark("predicted", color), right, top)
            elif flags & BoxFlag.LOCKED:
                self._center(atlas.mark("locked", (0, 0, 0)), right, top)

    def draw(self, painter: QPainter) -> None:
        """Stamp everything, one call a page."""
        if not self._placed:
            return
        table = np.array([(*stamp, x, y) for stamp, x, y in self._placed], np.float64)
        page, source_x, source_y, width, height, x, y = table.T
        ones, zeros = np.ones(len(table)), np.zeros(len(table))
        columns = (x + width / 2, y + height / 2, source_x, source_y, width, height, ones, ones, zeros, ones)
        fragments = np.stack(columns, axis=1)
        for number in np.unique(page):
            draw_fragments(painter, fragments[page == number], self._atlas.pages[int(number)])

    def _color(self, index: int) -> tuple[int, int, int]:
        red, green, blue = self._colors[index]
        return (red, green, blue)

    def _center(self, stamp: Stamp, x: int, y: int) -> None:
        self._placed.append((stamp, x - stamp.width // 2, y - stamp.height // 2))
