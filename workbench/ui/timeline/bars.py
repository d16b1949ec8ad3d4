"""The bars of the lanes. Kinds differ by shape, not only by colour.

human = full and solid; imported = full, hollow; model = lower, finely striped; interpolated = a thin line;
not in the frame = nothing between two small crosses. Over them: a diamond at each keyframe, diagonal
hatching where occluded, a line along the top where verified. Far out, or in very low lanes, where no
shape could be seen, one picture of shades takes their place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QPixmap

from workbench.core.rows import Origin
from workbench.ui.canvas.qtarrays import argb_image, draw_fragments, draw_lines, draw_rects
from workbench.ui.timeline.axis import TimeAxis
from workbench.ui.timeline.look import Look, mix
from workbench.ui.timeline.model import OUTSIDE, LaneData, Spans
from workbench.ui.timeline.occupancy import RANKED, Occupancy

MOST_RUNS = 20_000  # in view; beyond, the occupancy picture is faster
LOWEST_SHAPED = 7  # pixels of lane height; below, shapes are not told apart
LEAST_APART = 8.0  # pixels between diamonds; denser ones would be a smear
FARTHEST_KEY = 0.15  # pixels a frame; below, a diamond would hide more than it tells

_FULL = (0.1, 0.9)
_HEIGHTS: dict[int, tuple[float, float]] = {
    Origin.HUMAN: _FULL,
    Origin.IMPORTED: _FULL,
    Origin.MODEL: (0.25, 0.85),
    Origin.INTERPOLATED: (0.4, 0.6),
}
"""Where a bar lies in its lane, as shares of the lane's height."""

_SHADES = {Origin.MODEL: 0.5, Origin.INTERPOLATED: 0.35, Origin.IMPORTED: 0.75, Origin.HUMAN: 1.0}


@dataclass(frozen=True, eq=False)
class LanesInView:
    """The lanes a painting is about, top to bottom.

    Args:
        rows: (L,) row of each in the data, -1 = empty.
        colors: (L, 3) uint8.
        top: y of the first.
        height: of each, pixels.
    """

    rows: NDArray[np.int64]
    colors: NDArray[np.uint8]
    top: float
    height: int

    def __len__(self) -> int:
        return len(self.rows)

    def tops(self, lanes: NDArray[Any]) -> NDArray[np.float64]:
        """y of these lanes."""
        return self.top + lanes * float(self.height)


def paint_bars(
    painter: QPainter,
    data: LaneData,
    occupancy: Occupancy,
    lanes: LanesInView,
    *,
    axis: TimeAxis,
    look: Look,
    ratio: float = 1.0,
) -> None:
    """Paint all bars and marks; x = 0 is the left border of the axis.

    Args:
        painter: in widget pixels.
        data, occupancy: of the same boxes.
        lanes: what to paint.
        axis: the visible time.
        look: colours.
        ratio: device pixels per widget pixel.
    """
    if len(lanes) == 0:
        return
    few = data.boxes.count(lanes.rows, *axis.visible) <= MOST_RUNS
    if not few or lanes.height < LOWEST_SHAPED:
        _paint_picture(painter, occupancy, lanes, axis, look, ratio)
        return
    _paint_kinds(painter, data.boxes, lanes, axis, look)
    _paint_occluded(painter, data.occluded, lanes, axis, look)
    _paint_verified(painter, data.verified, lanes, axis, look)
    _paint_keyframes(painter, data.keyframes, lanes, axis, ratio)


def by_color(colors: NDArray[np.uint8]) -> Iterator[tuple[QColor, NDArray[np.int64]]]:
    """Each distinct colour of (N, 3) RGB with the indices that have it."""
    if len(colors) == 0:
        return
    wide = colors.astype(np.int64)
    packed = wide[:, 0] << 16 | wide[:, 1] << 8 | wide[:, 2]
    order = np.argsort(packed, kind="stable")
    packed = packed[order]
    cuts = [0, *(np.flatnonzero(np.diff(packed)) + 1).tolist(), len(order)]
    for value, first, last in zip(packed[cuts[:-1]].tolist(), cuts, cuts[1:], strict=False):
        yield QColor.fromRgb(value), order[first:last]


def _places(
    spans: Spans, lanes: LanesInView, axis: TimeAxis
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64]]:
    """Lane, index and (M, 2) x and width of the runs in view; a run is at least a pixel wide."""
    lane, found = spans.select(lanes.rows, *axis.visible)
    left = np.maximum(axis.x_of(spans.start[found]), -4.0)
    right = np.minimum(axis.x_of(spans.stop[found]), axis.width + 4.0)
    return lane, found, np.stack([left, np.maximum(right - left, 1.0)], axis=1)


def _bars(
    lanes: LanesInView, lane: NDArray[Any], place: NDArray[Any], low: float, high: float
) -> NDArray[np.float64]:
    """(M, 4) rectangles from share ``low`` to ``high`` of the lane's inner height, on whole pixels."""
    inner = lanes.height - 2
    top, bottom = 1 + round(low * inner), 1 + round(high * inner)
    rects = np.empty((len(lane), 4))
    rects[:, 0], rects[:, 2] = place[:, 0], place[:, 1]
    rects[:, 1], rects[:, 3] = lanes.tops(lane) + top, max(bottom - top, 1)
    return rects


def _paint_kinds(painter: QPainter, spans: Spans, lanes: LanesInView, axis: TimeAxis, look: Look) -> None:
    lane, found, place = _places(spans, lanes, axis)
    kinds = spans.kind[found]
    for kind in range(OUTSIDE + 1):
        mine = kinds == kind
        if not mine.any():
            continue
        if kind == OUTSIDE:
            _paint_outside(painter, lanes, lane[mine], place[mine], look)
            continue
        rects = _bars(lanes, lane[mine], place[mine], *_HEIGHTS[kind])
        for color, indices in by_color(lanes.colors[lane[mine]]):
            _set_style(painter, kind, color, look)
            draw_rects(painter, _hollow(rects[indices]) if kind == Origin.IMPORTED else rects[indices])


def _set_style(painter: QPainter, kind: int, color: QColor, look: Look) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    if kind == Origin.MODEL:
        painter.setBrush(_striped(color, mix(color, look.ground, 0.35)))
    elif kind == Origin.IMPORTED:
        painter.setPen(QPen(color, 1))
        painter.setBrush(mix(color, look.ground, 0.25))
    else:
        painter.setBrush(color)


def _hollow(rects: NDArray[np.float64]) -> NDArray[np.float64]:
    """Room for the outline, which a painter draws half outside."""
    out = rects.copy()
    out[:, 2:] = (rects[:, 2:] - 1.0).clip(0.0)
    return out


def _striped(color: QColor, pale: QColor) -> QBrush:
    """Upright stripes, two pixels of each."""
    tile = QImage(4, 1, QImage.Format.Format_ARGB32_Premultiplied)
    for x in range(4):
        tile.setPixelColor(x, 0, color if x < 2 else pale)
    return QBrush(tile)


def _paint_outside(
    painter: QPainter, lanes: LanesInView, lane: NDArray[Any], place: NDArray[Any], look: Look
) -> None:
    """A cross at the first frame of each span."""
    arm = min(3.0, lanes.height / 5)
    x = place[:, 0] + arm + 1
    y = lanes.tops(lane) + lanes.height / 2
    slash = np.stack([x - arm, y - arm, x + arm, y + arm], axis=1)
    back = np.stack([x - arm, y + arm, x + arm, y - arm], axis=1)
    painter.setPen(QPen(look.dim, 1))
    draw_lines(painter, np.concatenate([slash, back]))


def _paint_occluded(painter: QPainter, spans: Spans, lanes: LanesInView, axis: TimeAxis, look: Look) -> None:
    lane, _, place = _places(spans, lanes, axis)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(look.hatch, Qt.BrushStyle.BDiagPattern))
    draw_rects(painter, _bars(lanes, lane, place, *_FULL))


def _paint_verified(painter: QPainter, spans: Spans, lanes: LanesInView, axis: TimeAxis, look: Look) -> None:
    lane, _, place = _places(spans, lanes, axis)
    rects = np.empty((len(lane), 4))
    rects[:, 0], rects[:, 1] = place[:, 0], lanes.tops(lane)
    rects[:, 2], rects[:, 3] = place[:, 1], 2.0
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.verified)
    draw_rects(painter, rects)


def _paint_keyframes(
    painter: QPainter, spans: Spans, lanes: LanesInView, axis: TimeAxis, ratio: float
) -> None:
    """Diamonds in the middle of their frame, thinned out where they would touch."""
    lane, found = spans.select(lanes.rows, *axis.visible)
    if len(found) == 0 or axis.scale < FARTHEST_KEY:
        return
    x = axis.x_of(spans.start[found] + 0.5)
    slot = np.floor(x / LEAST_APART).astype(np.int64)
    first = np.concatenate([[True], (np.diff(slot) != 0) | (np.diff(lane) != 0)])
    x, lane = x[first], lane[first]
    diamond = _diamond(min(lanes.height - 4, 11 if axis.scale >= 1.0 else 8), ratio)
    side = diamond.width()
    fragments = np.zeros((len(x), 10))
    fragments[:, 0], fragments[:, 1] = x, lanes.tops(lane) + lanes.height / 2
    fragments[:, 4:6], fragments[:, 6:8], fragments[:, 9] = side, 1 / ratio, 1.0
    draw_fragments(painter, fragments, diamond)


def _diamond(side: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(round(side * ratio), round(side * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(pixmap.width() / side, pixmap.height() / side)
    painter.translate(side / 2, side / 2)
    painter.rotate(45)
    half = side / 2 / 1.4142 - 0.7
    painter.setPen(QPen(QColor(0, 0, 0, 200), 1.2))
    painter.setBrush(QColor(255, 255, 255))
    painter.drawRect(QRectF(-half, -half, 2 * half, 2 * half))
    painter.end()
    return pixmap


def _paint_picture(
    painter: QPainter, occupancy: Occupancy, lanes: LanesInView, axis: TimeAxis, look: Look, ratio: float
) -> None:
    width = round(axis.width * ratio)
    ranks = occupancy.picture(lanes.rows, axis, width)
    pixels = np.take(_shade_table(lanes.colors, look), _table_index(ranks))
    if lanes.height >= 3:  # a line of ground between the lanes, or they would run together
        pixels = np.stack([pixels] * (lanes.height - 1) + [np.zeros_like(pixels)], axis=1)
        pixels = pixels.reshape(-1, width)
    painter.drawImage(QRectF(0, lanes.top, axis.width, len(lanes) * lanes.height), argb_image(pixels))


def _table_index(ranks: NDArray[np.uint8]) -> NDArray[np.intp]:
    steps = len(RANKED) + 1
    return ranks + (np.arange(len(ranks)) * steps)[:, None]


def _shade_table(colors: NDArray[np.uint8], look: Look) -> NDArray[np.uint32]:
    """(L * ranks,) ARGB: transparent for rank 0, then towards the lane's full colour."""
    ground = np.array([look.ground.red(), look.ground.green(), look.ground.blue()], np.float64)
    shares = np.array([_SHADES[kind] for kind in RANKED])
    rgb = colors[:, None, :] * shares[:, None] + ground * (1 - shares)[:, None]  # L, ranks, 3
    c = rgb.round().astype(np.uint32)
    table = np.zeros((len(colors), len(RANKED) + 1), np.uint32)
    table[:, 1:] = 0xFF000000 | c[..., 0] << 16 | c[..., 1] << 8 | c[..., 2]
    return table.reshape(-1)
