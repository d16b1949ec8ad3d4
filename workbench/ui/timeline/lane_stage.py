"""The showing half of the timeline: ruler, headers and lanes at one zoom, and no mouse.

All that stands still is kept as one pixmap; the current frame, the range and a running tracker's spans
are painted over it, so that playing a video costs a copy per frame and not a thousand lanes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from workbench.core.plurals import counted
from workbench.ui.timeline.axis import TimeAxis
from workbench.ui.timeline.bars import LanesInView, paint_bars
from workbench.ui.timeline.headers import Lane, paint_headers
from workbench.ui.timeline.look import Look
from workbench.ui.timeline.marks import LaneMark, paint_mark
from workbench.ui.timeline.model import NO_LANES, BoxColumns, LaneData, replace_tracks
from workbench.ui.timeline.occupancy import Occupancy
from workbench.ui.timeline.ruler import HEIGHT as RULER_HEIGHT
from workbench.ui.timeline.ruler import paint_cursor, paint_ruler

HEADER_WIDTH = 168
LOWEST_LANE, HIGHEST_LANE = 1, 40
NO_RANGE = (-1, -1)


class LaneStage(QWidget):
    """Shows the lanes of one video."""

    axis_changed = Signal(object)
    """The new TimeAxis, after every zoom, scroll or resize."""
    lanes_changed = Signal()
    """The number, height or scroll position of the lanes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._axis = TimeAxis()
        self._lanes: Sequence[Lane] = ()
        self._index: dict[int, int] = {}
        self._colors = np.zeros((0, 3), np.uint8)
        self._data: LaneData = NO_LANES
        self._occupancy = Occupancy(NO_LANES, 0)
        self._seconds_of: Callable[[int], float] | None = None
        self._loaded: list[tuple[int, int]] = []
        self._selected: frozenset[int] = frozenset()
        self._provisional: list[tuple[int, int, int]] = []
        self._marks: list[LaneMark] = []
        self._note = ""
        self._frame = 0
        self._range = NO_RANGE
        self._lane_height = 20
        self._scroll = 0  # pixels of lanes above the view
        self._header_width = HEADER_WIDTH
        self._still: QPixmap | None = None

    # What is shown

    def set_video(self, frames: int, *, seconds_of: Callable[[int], float] | None = None) -> None:
        """Another video: its length, and the time of a frame where that is known."""
        self._seconds_of = seconds_of
        self._occupancy = Occupancy(self._data, frames)
        self._frame, self._range, self._loaded, self._provisional = 0, NO_RANGE, [], []
        self._marks = []
        self._set_axis(TimeAxis.whole(frames, self._time_width()))

    def set_lanes(self, lanes: Iterable[Lane]) -> None:
        """Which tracks have a lane, top to bottom."""
        self._lanes = tuple(lanes)
        self._index = {lane.track_id: i for i, lane in enumerate(self._lanes)}
        self._colors = np.array([lane.color for lane in self._lanes], np.uint8).reshape(-1, 3)
        self._scroll_lanes_to(self._scroll)
        self._refresh()
        self.lanes_changed.emit()

    def set_data(self, data: LaneData) -> None:
        """All boxes of the video."""
        self._data = data
        self._occupancy = Occupancy(self._data, self._axis.frames)
        self._refresh()

    def update_tracks(self, track_ids: Iterable[int], columns: BoxColumns) -> None:
        """All boxes of these tracks, which have changed; the other tracks stay as they are."""
        changed = list(track_ids)
        self._data = replace_tracks(self._data, changed, columns)
        self._occupancy = self._occupancy.updated(self._data, changed)
        self._refresh()

    def set_note(self, note: str) -> None:
        """What is said in place of boxes; "" = nothing."""
        self._note = note
        self.update()

    def set_frame(self, frame: int) -> None:
        """Move the cursor; a cursor that leaves the view turns the page."""
        if frame == self._frame:
            return
        self._frame = frame
        x = float(self._axis.x_of(frame))
        if not 0 <= x < self._axis.width and not self._is_scrubbing():
            lead = 0.1 if x >= self._axis.width else 0.9
            self._set_axis(self._axis.scrolled(x - lead * self._axis.width))
        self.update()

    def set_selected(self, track_ids: Iterable[int]) -> None:
        """Highlight these tracks."""
        self._selected = frozenset(track_ids)
        self._refresh()

    def set_provisional(self, spans: Iterable[tuple[int, int, int]]) -> None:
        """(track id, start, stop) of what a running tracker has found and not yet stored."""
        self._provisional = list(spans)
        self.update()

    def set_marks(self, marks: Iterable[LaneMark]) -> None:
        """Stretches as a correction would leave them."""
        self._marks = list(marks)
        self.update()

    def set_loaded(self, spans: Iterable[tuple[int, int]]) -> None:
        """Frames [start, stop) that can be shown at once, for the bar under the ruler."""
        self._loaded = list(spans)
        self._refresh()

    def set_range(self, start: int, stop: int) -> None:
        """Show a range of frames [start, stop), or none for (-1, -1); emits nothing."""
        self._range = (start, stop) if 0 <= start < stop else NO_RANGE
        self.update()

    def set_lane_height(self, height: int) -> None:
        """Pixels a lane, from 1 (an overview of a thousand) to 40."""
        first = self._scroll / self._lane_height
        self._lane_height = min(max(height, LOWEST_LANE), HIGHEST_LANE)
        self._scroll_lanes_to(round(first * self._lane_height))
        self._refresh()
        self.lanes_changed.emit()

    def show_track(self, track_id: int) -> None:
        """Scroll so that the lane can be seen."""
        index = self._index.get(track_id)
        if index is None:
            return
        top, room = index * self._lane_height, self._lanes_room()
        if top < self._scroll or top + self._lane_height > self._scroll + room:
            self.scroll_lanes_to(top - (room - self._lane_height) // 2)

    # Time and place

    @property
    def axis(self) -> TimeAxis:
        """What is visible of the video."""
        return self._axis

    @property
    def data(self) -> LaneData:
        """The runs of all tracks."""
        return self._data

    @property
    def header_width(self) -> int:
        """Pixels left of the lanes."""
        return self._header_width

    @property
    def selected_range(self) -> tuple[int, int]:
        """Frames [start, stop), or (-1, -1)."""
        return self._range

    @property
    def scroll_extent(self) -> tuple[int, int, int]:
        """Position, highest position and page of the lanes, pixels."""
        room = self._lanes_room()
        return self._scroll, max(len(self._lanes) * self._lane_height - room, 0), room

    def set_axis(self, axis: TimeAxis) -> None:
        """Show another part of the video."""
        self._set_axis(axis)

    def _set_axis(self, axis: TimeAxis) -> None:
        self._axis = axis
        self._refresh()
        self.axis_changed.emit(axis)

    def scroll_lanes_to(self, pixels: int) -> None:
        """Scroll the lanes."""
        if self._scroll_lanes_to(pixels):
            self._refresh()
            self.lanes_changed.emit()

    def _scroll_lanes_to(self, pixels: int) -> bool:
        before = self._scroll
        self._scroll = min(max(pixels, 0), self.scroll_extent[1])
        return self._scroll != before

    def _time_width(self) -> float:
        return max(self.width() - self._header_width, 1)

    def _lanes_room(self) -> int:
        return max(self.height() - RULER_HEIGHT, 1)

    def _overhang(self, index: int, room: int | None = None) -> int:
        """Pixels by which a lane reaches below the room for lanes."""
        return (index + 1) * self._lane_height - self._scroll - (self._lanes_room() if room is None else room)

    def _lane_at(self, y: float) -> int:
        """Index of the lane at widget y, or -1."""
        index = int((y - RULER_HEIGHT + self._scroll) // self._lane_height)
        return index if y >= RULER_HEIGHT and 0 <= index < len(self._lanes) else -1

    def _is_scrubbing(self) -> bool:
        return False

    # Painting

    def sizeHint(self) -> QSize:
        """Room for about eight lanes."""
        return QSize(900, RULER_HEIGHT + 8 * 20)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The same start at the same zoom; the whole video stays the whole video, a chosen lane in sight."""
        room = event.oldSize().height() - RULER_HEIGHT
        chosen = [self._index[t] for t in self._selected if t in self._index]
        self._scroll_lanes_to(self._scroll)
        if len(chosen) == 1 and self._overhang(chosen[0], room) <= 0 < (below := self._overhang(chosen[0])):
            self._scroll_lanes_to(self._scroll + below)
        self._set_axis(self._axis.resized(frames=self._axis.frames, width=self._time_width()))
        self.lanes_changed.emit()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Another palette or font."""
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._refresh()
        super().changeEvent(event)

    def _refresh(self) -> None:
        self._still = None
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """What stands still, then what moves."""
        look = Look.of(self.palette())
        ratio = self.devicePixelRatioF()
        if self._still is None or self._still.devicePixelRatio() != ratio:
            self._still = QPixmap(self.size() * ratio)
            self._still.setDevicePixelRatio(ratio)
            painter = QPainter(self._still)
            self._paint_still(painter, look, ratio)
            painter.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._still)
        self._paint_moving(painter, look)
        painter.end()

    def _paint_still(self, painter: QPainter, look: Look, ratio: float) -> None:
        painter.fillRect(self.rect(), look.ground)
        height, axis = self._lane_height, self._axis
        first = self._scroll // height
        shown = self._lanes[first : first + self._lanes_room() // height + 2]
        top = RULER_HEIGHT + first * height - self._scroll
        self._paint_grounds(painter, shown, first, top, look)
        painter.save()
        painter.translate(self._header_width, 0)
        painter.setClipRect(QRectF(0, RULER_HEIGHT, axis.width, self._lanes_room()))
        self._paint_ends(painter, look)
        rows = self._data.rows_of([lane.track_id for lane in shown])
        lanes = LanesInView(rows, self._colors[first : first + len(shown)], top, height)
        paint_bars(painter, self._data, self._occupancy, lanes, axis=axis, look=look, ratio=ratio)
        painter.setClipping(False)
        painter.restore()
        self._paint_panel(painter, shown, top, look)

    def _paint_grounds(
        self, painter: QPainter, shown: Sequence[Lane], first: int, top: int, look: Look
    ) -> None:
        height = self._lane_height
        for i, lane in enumerate(shown if height >= 4 else ()):
            if lane.track_id in self._selected:
                painter.fillRect(0, top + i * height, self.width(), height, look.chosen)
            elif (first + i) % 2:
                painter.fillRect(0, top + i * height, self.width(), height, look.stripe)

    def _paint_ends(self, painter: QPainter, look: Look) -> None:
        """Shade what is before the first and after the last frame."""
        first, last = float(self._axis.x_of(0)), float(self._axis.x_of(self._axis.frames))
        room = self._lanes_room()
        painter.fillRect(QRectF(0, RULER_HEIGHT, max(first, 0), room), look.panel)
        painter.fillRect(QRectF(last, RULER_HEIGHT, max(self._axis.width - last, 0), room), look.panel)

    def _paint_panel(self, painter: QPainter, shown: Sequence[Lane], top: int, look: Look) -> None:
        """Headers and ruler over the borders of the lanes."""
        width, height = self._header_width, self._lane_height
        painter.fillRect(0, RULER_HEIGHT, width, self._lanes_room(), look.panel)
        for i, lane in enumerate(shown):
            if lane.track_id in self._selected:
                painter.fillRect(0, top + i * height, width, height, look.chosen)
        paint_headers(painter, shown, top=top, height=height, width=width, look=look)
        painter.fillRect(0, 0, width, RULER_HEIGHT, look.panel)
        painter.setPen(look.dim)
        count = counted(len(self._lanes), "track")
        painter.drawText(QRectF(8, 0, width - 12, RULER_HEIGHT), Qt.AlignmentFlag.AlignVCenter, count)
        painter.save()
        painter.translate(width, 0)
        painter.setClipRect(QRectF(0, 0, self._axis.width, RULER_HEIGHT))
        paint_ruler(painter, self._axis, seconds_of=self._seconds_of, loaded=self._loaded, look=look)
        painter.restore()
        painter.setPen(QPen(look.line, 1))
        painter.drawLine(width - 1, 0, width - 1, self.height())
        painter.drawLine(0, RULER_HEIGHT - 1, width, RULER_HEIGHT - 1)

    def _paint_moving(self, painter: QPainter, look: Look) -> None:
        painter.save()
        painter.translate(self._header_width, 0)
        painter.setClipRect(QRectF(0, 0, self._axis.width, self.height()))
        painter.setPen(look.dim)
        room = QRectF(0, RULER_HEIGHT, self._axis.width, self._lanes_room())
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, self._note)
        self._paint_provisional(painter)
        self._paint_band(painter, self._range, look)
        if self._axis.frames:
            paint_cursor(painter, self._axis, self._frame, bottom=self.height(), look=look)
        painter.restore()

    def _paint_provisional(self, painter: QPainter) -> None:
        """Dashed outlines: found, not stored, and what a correction would do."""
        painter.setClipRect(QRectF(0, RULER_HEIGHT, self._axis.width, self._lanes_room()))
        for track_id, start, stop in self._provisional:
            index = self._index.get(track_id)
            if index is None:
                continue
            color = QColor(*self._lanes[index].color)
            bar = self._bar(index, start, stop)
            fill = QColor(color)
            fill.setAlpha(60)
            painter.fillRect(bar, fill)
            painter.setPen(QPen(color, 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(bar)
        for mark in self._marks:
            if mark.track_id in self._index:
                paint_mark(painter, self._bar(self._index[mark.track_id], mark.start, mark.stop), mark.color)
        painter.setClipRect(QRectF(0, 0, self._axis.width, self.height()))

    def _bar(self, index: int, start: int, stop: int) -> QRectF:
        """Where frames [start, stop) of a lane are, right of the headers."""
        y = RULER_HEIGHT + index * self._lane_height - self._scroll
        left, right = (float(x) for x in self._axis.x_of([start, stop]))
        return QRectF(round(left), y + 1, max(round(right - left), 2), max(self._lane_height - 3, 1))

    def _paint_band(self, painter: QPainter, span: tuple[int, int], look: Look) -> None:
        """The range: a tinted band with a grip at both ends and its length in the ruler."""
        if span == NO_RANGE:
            return
        left, right = (round(float(x)) for x in self._axis.x_of(span))
        tint = self.palette().color(QPalette.ColorRole.Highlight)
        tint.setAlpha(48)
        painter.fillRect(QRectF(left, 0, right - left, self.height()), tint)
        painter.setPen(QPen(look.text, 1))
        for x in (left, right):
            painter.drawLine(x, 0, x, self.height())
            painter.fillRect(QRectF(x - 2, RULER_HEIGHT - 13, 5, 10), look.text)
        text = counted(span[1] - span[0], "frame")
        if right - left > painter.fontMetrics().horizontalAdvance(text) + 12:
            place = QRectF(left, self.height() - 18, right - left, 16)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
