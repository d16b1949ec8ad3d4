"""The lanes with their mouse: seek, select, scroll, zoom, and the range that commands work on."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from workbench.core.rows import Origin
from workbench.ui.timeline.axis import clock
from workbench.ui.timeline.lane_stage import NO_RANGE, LaneStage
from workbench.ui.timeline.look import Look
from workbench.ui.timeline.model import OUTSIDE
from workbench.ui.timeline.ruler import HEIGHT as RULER_HEIGHT

CLICK_SLACK = 4.0
GRIP = 5.0  # pixels around an end of the range
WHEEL_STEP = 1.25
NARROWEST_HEADER, WIDEST_HEADER = 60, 420

Doing = Literal["", "press", "scroll", "scrub", "range", "zoom", "divide"]

_KIND_NAMES = {
    Origin.HUMAN: "human",
    Origin.MODEL: "model",
    Origin.INTERPOLATED: "interpolated",
    Origin.IMPORTED: "imported",
    OUTSIDE: "not in the frame",
}


class LaneView(LaneStage):
    """Lanes of one video.

    Wheel zooms in time at the cursor; Shift+wheel or dragging scrolls; Ctrl+wheel makes lanes lower or
    higher; the wheel over the headers scrolls them. A click on a lane selects its track and seeks,
    Ctrl+click adds it to the selection; the ruler scrubs. Shift+drag selects a range whose ends can be
    dragged; Escape clears it. Alt+drag zooms into a stretch.
    """

    seek_requested = Signal(int)
    track_selected = Signal(int)
    track_toggled = Signal(int)
    """Ctrl+click on a lane."""
    track_activated = Signal(int)
    """Double click on a lane or its header."""
    range_changed = Signal(int, int)
    """Frames [start, stop), or (-1, -1) when cleared."""
    context_menu_requested = Signal(int, int, QPoint)
    """Track id or -1, frame, and the global position."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._doing: Doing = ""
        self._pressed = QPointF()
        self._last = QPointF()
        self._anchor = 0
        self._stretch = NO_RANGE
        self._sought = -1

    def clear_range(self) -> None:
        """No range any more."""
        self._change_range(NO_RANGE)

    def _change_range(self, span: tuple[int, int]) -> None:
        if span != self._range:
            self._range = span
            self.update()
            self.range_changed.emit(*span)

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin what this button begins here."""
        self._pressed = self._last = event.position()
        if event.button() == Qt.MouseButton.MiddleButton:
            self._doing = "scroll"
        elif event.button() == Qt.MouseButton.LeftButton:
            self._doing = self._begun_at(event.position(), event.modifiers())
            if self._doing == "scrub":
                self._seek(event.position().x())
        if self._doing == "scroll":
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def _begun_at(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> Doing:
        frame = self._axis.nearest(position.x() - self._header_width)
        if abs(position.x() - self._header_width) <= GRIP / 2:
            return "divide"
        if position.x() < self._header_width:
            return "press"
        end = self._range_end_at(position.x())
        if end >= 0 and not modifiers:
            # The other end stays; as a frame that belongs to the range.
            self._anchor = self._range[1] - 1 if end == 0 else self._range[0]
            return "range"
        self._anchor = frame
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            return "range"
        if modifiers & Qt.KeyboardModifier.AltModifier:
            return "zoom"
        return "scrub" if position.y() < RULER_HEIGHT else "press"

    def _range_end_at(self, x: float) -> int:
        """0 or 1 for an end of the range under the cursor, else -1."""
        if self._range == NO_RANGE:
            return -1
        near = [abs(float(self._axis.x_of(end)) + self._header_width - x) <= GRIP for end in self._range]
        return near.index(True) if any(near) else -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with what was begun."""
        position = event.position()
        far = (position - self._pressed).manhattanLength() > CLICK_SLACK
        if self._doing == "press" and far:
            self._doing = "scroll"
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        frame = self._axis.nearest(position.x() - self._header_width)
        if self._doing == "":
            self._shape_cursor(position)
        elif self._doing == "scrub":
            self._seek(position.x())
        elif self._doing == "scroll":
            self._scroll_by(self._last - position)
        elif self._doing == "divide":
            self._set_header_width(round(position.x()))
        elif far:
            span = (min(self._anchor, frame), max(self._anchor, frame) + 1)
            if self._doing == "range":
                self._change_range(span)
            elif self._doing == "zoom":
                self._stretch = span
                self.update()
        self._last = position

    def _scroll_by(self, step: QPointF) -> None:
        if step.x() and self._pressed.x() >= self._header_width:
            self.set_axis(self._axis.scrolled(step.x()))
        if step.y():
            self.scroll_lanes_to(self._scroll + round(step.y()))

    def _set_header_width(self, width: int) -> None:
        self._header_width = min(max(width, NARROWEST_HEADER), WIDEST_HEADER)
        self.set_axis(self._axis.resized(frames=self._axis.frames, width=self._time_width()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A press that did not become a drag is a click."""
        doing, self._doing = self._doing, ""
        if doing == "press":
            self._click(event.position(), event.modifiers())
        elif doing == "zoom" and self._stretch != NO_RANGE:
            stretch, self._stretch = self._stretch, NO_RANGE
            self.set_axis(self._axis.showing(*stretch))
        elif doing == "range" and (event.position() - self._pressed).manhattanLength() <= CLICK_SLACK:
            self._drop_range(event.modifiers())
        self._sought = -1
        self._shape_cursor(event.position())

    def _drop_range(self, modifiers: Qt.KeyboardModifier) -> None:
        """Shift+click takes the range away."""
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.clear_range()

    def _click(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        index = self._lane_at(position.y())
        if index >= 0 and modifiers & Qt.KeyboardModifier.ControlModifier:
            self.track_toggled.emit(self._lanes[index].track_id)
            return
        if index >= 0:
            self.track_selected.emit(self._lanes[index].track_id)
        if position.x() >= self._header_width:
            self._seek(position.x())
            self._sought = -1

    def _seek(self, x: float) -> None:
        """Ask for the frame at widget x, once per frame."""
        frame = self._axis.nearest(x - self._header_width)
        if frame != self._sought and self._axis.frames:
            self._sought = frame
            self.seek_requested.emit(frame)

    def _is_scrubbing(self) -> bool:
        return self._doing == "scrub"

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """On a lane: activate its track. On the ruler: the whole video."""
        index = self._lane_at(event.position().y())
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if index >= 0:
            self.track_activated.emit(self._lanes[index].track_id)
        elif event.position().y() < RULER_HEIGHT:
            self.show_all()

    def show_all(self) -> None:
        """The whole video over the full width."""
        self.set_axis(type(self._axis).whole(self._axis.frames, self._time_width()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom in time, scroll, or make lanes higher, by modifier and place."""
        delta, modifiers, x = event.angleDelta(), event.modifiers(), event.position().x()
        steps = delta.y() / 120.0
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            step = max(self._lane_height // 8, 1)
            self.set_lane_height(self._lane_height + (step if steps > 0 else -step))
        elif x < self._header_width:
            self.scroll_lanes_to(self._scroll - round(steps * 3 * max(self._lane_height, 8)))
        elif modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.set_axis(self._axis.scrolled(-(delta.y() or delta.x()) * 0.8))
        elif abs(delta.x()) > abs(delta.y()):
            self.set_axis(self._axis.scrolled(-delta.x() * 0.8))
        elif steps:
            self.set_axis(self._axis.zoomed(WHEEL_STEP**steps, x - self._header_width))
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask the owner for a menu."""
        position = event.pos()
        index = self._lane_at(position.y())
        track_id = self._lanes[index].track_id if index >= 0 else -1
        over_time = position.x() >= self._header_width
        frame = self._axis.nearest(position.x() - self._header_width) if over_time else self._frame
        event.accept()
        self.context_menu_requested.emit(track_id, frame, event.globalPos())

    def _shape_cursor(self, position: QPointF) -> None:
        divider = abs(position.x() - self._header_width) <= GRIP / 2
        end = position.x() > self._header_width and self._range_end_at(position.x()) >= 0
        self.setCursor(Qt.CursorShape.SplitHCursor if divider or end else Qt.CursorShape.ArrowCursor)

    # Keys and tips

    def event(self, event: QEvent) -> bool:
        """Keep Escape from the window's shortcuts while there is a range; tell what is under the cursor."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape and self._range != NO_RANGE:
                event.accept()
                return True
        elif event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tip_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape clears the range; everything else is the window's."""
        if event.key() == Qt.Key.Key_Escape and self._range != NO_RANGE:
            self._doing = ""
            self.clear_range()
            return
        super().keyPressEvent(event)

    def tip_at(self, position: QPointF) -> str:
        """Track, frame, time and kind at a place, for the tool tip."""
        index = self._lane_at(position.y())
        parts = [self._lanes[index].title] if index >= 0 else []
        if position.x() >= self._header_width and self._axis.frames:
            frame = self._axis.nearest(position.x() - self._header_width)
            parts.append(f"frame {frame}")
            if self._seconds_of is not None:
                parts.append(clock(self._seconds_of(frame), fine=True))
            kind = self._data.kind_at(self._lanes[index].track_id, frame) if index >= 0 else None
            if kind is not None:
                parts.append(_KIND_NAMES[kind])
        return " · ".join(parts)

    def _paint_moving(self, painter: QPainter, look: Look) -> None:
        super()._paint_moving(painter, look)
        painter.save()
        painter.translate(self._header_width, 0)
        self._paint_band(painter, self._stretch, look)
        painter.restore()
