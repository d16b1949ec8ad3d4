"""Drawing an :class:`Overlay`: everything of one kind at once, only what can be seen.

From back to front: trails, skeletons, predicted boxes, confirmed boxes, labels and marks. What a box is
can be read without its colour: predicted = thin dashes, a ring and a hollow label with "?"; occluded =
dots; interpolated = thin and faded; confirmed = a solid double line; keyframe = diamond; verified = tick;
selected = white outline; proposed = bold dashes. A dark rim beside every line keeps it visible on bright
and on dark pictures.

In a crowd the rim, the second line and the smooth edges go, and long trails lose points: nobody can see
them there, and the frame still takes a bounded time.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPainter

from workbench.ui.canvas import raster
from workbench.ui.canvas.labels import LabelAtlas
from workbench.ui.canvas.qtarrays import argb_image
from workbench.ui.canvas.scene import BoxFlag, Overlay
from workbench.ui.canvas.stamps import Stamps
from workbench.ui.canvas.transform import ViewTransform

FEW, SOME, MANY = 40, 120, 300  # visible boxes
TRAIL_BUDGET = 8_000  # points
FADE = (0.2, 0.4, 0.65, 0.9)  # opacity of a trail from its old end to its new one
_RIM, _FAINT_RIM = np.uint32(0x80000000), np.uint32(0x50000000)
_BETWEEN = np.uint32(0x28000000)  # in the gaps of dashes
_WHITE = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True)
class Detail:
    """How much effort a frame with this many visible boxes gets; widths are device pixels."""

    thin: int
    line: int
    rim: bool
    dots: bool
    smooth: bool

    @classmethod
    def of(cls, count: int, ratio: float) -> Detail:
        """Smooth up to ``FEW`` boxes, joints up to ``SOME``, plain 1-pixel lines beyond ``MANY``."""
        unit = max(round(ratio), 1)
        return cls(unit, 2 * unit if count <= MANY else unit, count <= MANY, count <= SOME, count <= FEW)


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
        draw_trails(self._buffer, overlay, device, detail)
        draw_skeletons(self._buffer, overlay, device, detail)
        draw_boxes(self._buffer, overlay, rects, shown, detail)
        painter.drawImage(0, 0, self._image)
        stamps = Stamps(self._atlas, overlay, rects, shown)
        stamps.add_labels(size[1])
        stamps.add_marks()
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


def visible_rects(
    overlay: Overlay, device: ViewTransform, size: tuple[int, int]
) -> tuple[raster.Ints, NDArray[np.int64]]:
    """All boxes as (N, 4) left, top, right, bottom in device pixels, and the indices that can be seen."""
    low = device.to_widget(overlay.boxes[:, :2])
    high = low + overlay.boxes[:, 2:] * device.zoom
    rects = raster.to_ints(np.concatenate([low, high], axis=1))
    seen = (rects[:, 2:] >= 0).all(axis=1) & (rects[:, :2] < size).all(axis=1)
    return rects, np.flatnonzero(seen)


def draw_boxes(
    buffer: raster.Buffer, overlay: Overlay, rects: raster.Ints, shown: NDArray[Any], detail: Detail
) -> None:
    """Outlines of the boxes ``shown``, the predicted ones beneath the others."""
    rects, colors, flags = rects[shown], overlay.colors[shown], np.asarray(overlay.flags)[shown]
    predicted, occluded, interpolated, selected, proposed = (
        (flags & int(flag)) != 0
        for flag in (
            BoxFlag.PREDICTED,
            BoxFlag.OCCLUDED,
            BoxFlag.INTERPOLATED,
            BoxFlag.SELECTED,
            BoxFlag.PROPOSED,
        )
    )
    faded = interpolated & ~predicted & ~occluded
    bold = ~predicted & ~interpolated & ~occluded & ~proposed
    values = raster.pixels(colors)
    thin, line = detail.thin, detail.line
    if detail.rim:
        _outline_all(
            buffer,
            _Set(rects[predicted | occluded], _BETWEEN, thin),
            _Set(_grown(rects[bold], thin), _RIM, thin),
            _Set(_grown(rects[faded], thin), _FAINT_RIM, thin),
        )
    dashed = predicted & ~occluded
    _outline_all(buffer, _Set(rects[dashed], values[dashed], thin), pattern=_times(raster.DASHES, thin))
    _outline_all(buffer, _Set(rects[occluded], values[occluded], line), pattern=_times(raster.DOTS, thin))
    _outline_all(
        buffer,
        _Set(rects[faded], raster.pixels(colors[faded], 0.65), thin),
        _Set(rects[bold], values[bold], line),
        _Set(_grown(rects[selected], 3 * thin), _WHITE, 2 * thin),
        _Set(_grown(rects[selected], 4 * thin), _RIM, thin),
    )
    _outline_all(buffer, _Set(_grown(rects[proposed], thin), _RIM, line + 2 * thin))
    wide = _Set(rects[proposed], values[proposed], line + thin)
    _outline_all(buffer, wide, pattern=_times(raster.DASHES, thin))


class _Set(NamedTuple):
    """Rectangles with a colour each, or one for all, and the width of their lines."""

    rects: raster.Ints
    values: raster.Pixels | np.uint32
    width: int


def _outline_all(buffer: raster.Buffer, *sets: _Set, pattern: tuple[int, int] | None = None) -> None:
    """Several sets in one go, later ones on top."""
    rects = np.concatenate([raster.nested(s.rects, s.width) for s in sets])
    values = [np.tile(np.broadcast_to(s.values, len(s.rects)), s.width) for s in sets]
    raster.outlines(buffer, rects, np.concatenate(values), pattern=pattern)


def _grown(rects: raster.Ints, by: int) -> raster.Ints:
    return rects + by * np.array([-1, -1, 1, 1], np.int32)


def _times(pattern: tuple[int, int], factor: int) -> tuple[int, int]:
    return (pattern[0] * factor, pattern[1] * factor)


def draw_trails(buffer: raster.Buffer, overlay: Overlay, device: ViewTransform, detail: Detail) -> None:
    """Where targets have been, fading with age; the older half is, when smooth, thinner."""
    if len(overlay.trail_points) == 0:
        return
    shades = np.stack([raster.pixels(overlay.colors, alpha) for alpha in FADE])
    if not detail.smooth:
        _draw_plain_trails(buffer, overlay, device, shades)
        return
    points = device.to_widget(overlay.trail_points)
    stop = 0
    for owner, length in enumerate(np.asarray(overlay.trail_lengths).tolist()):
        start, stop = stop, stop + length
        cuts = np.linspace(start, stop - 1, len(FADE) + 1).round().astype(int).tolist()
        for shade, (first, last) in enumerate(pairwise(cuts)):
            width = detail.line if 2 * shade >= len(FADE) else 1
            color = raster.bgra(int(shades[shade, owner]))
            raster.smooth_path(buffer, points[first : last + 1], color, width=width)


def _draw_plain_trails(
    buffer: raster.Buffer, overlay: Overlay, device: ViewTransform, shades: NDArray[np.uint32]
) -> None:
    lengths = np.asarray(overlay.trail_lengths)
    index, owner = raster.thinned(lengths, budget=TRAIL_BUDGET)
    points = device.to_widget(overlay.trail_points[index])
    joined = owner[1:] == owner[:-1]
    ends = np.concatenate([points[:-1], points[1:]], axis=1)[joined]
    owner, index = owner[1:][joined], index[1:][joined]
    along = (index - (np.cumsum(lengths) - lengths)[owner]) / np.maximum(lengths[owner] - 1, 1)
    shade = np.minimum((along * len(FADE)).astype(int), len(FADE) - 1)
    raster.lines(buffer, ends, shades[shade, owner])


def draw_skeletons(buffer: raster.Buffer, overlay: Overlay, device: ViewTransform, detail: Detail) -> None:
    """Limbs in the track's colour, joints as pale dots; a joint that is not marked leaves a gap."""
    if overlay.joints.size == 0 or len(overlay.edges) == 0:
        return
    height, width = buffer.shape[:2]
    points = device.to_widget(overlay.joints[..., :2])  # N, K, 2
    ends = points[:, overlay.edges].reshape(-1, 4)
    owner = np.repeat(np.arange(len(points)), len(overlay.edges))
    values = raster.pixels(overlay.colors)
    if detail.smooth:
        ends, kept = raster.clipped(ends, width, height)
        raster.smooth_lines(buffer, ends, (0, 0, 0, 160), width=detail.line + 2)
        for index, value in enumerate(values.tolist()):
            mine = ends[owner[kept] == index]
            raster.smooth_lines(buffer, mine, raster.bgra(value), width=detail.line)
    else:
        raster.lines(buffer, ends, values[owner])
    if detail.dots:
        draw_joints(buffer, points, overlay.colors, radius=detail.line if detail.smooth else 1)


def draw_joints(
    buffer: raster.Buffer, points: NDArray[Any], colors: NDArray[np.uint8], *, radius: int
) -> None:
    """Pale dots at the marked joints (N, K, 2)."""
    marked = np.isfinite(points).all(axis=2)
    pale = raster.pixels((colors // 3 + 170).astype(np.uint8))
    raster.dots(buffer, raster.to_ints(points[marked]), pale[np.nonzero(marked)[0]], radius=radius)
