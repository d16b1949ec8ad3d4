"""The canvas widget: the stage, and the mouse turned into signals.

It knows no project. What it shows is set; what the user wants comes out as a signal, in pixels of the
source frame, and nothing changes on the screen until the owner sets a new overlay. Only the box under
the mouse is drawn where it would go.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMetaMethod, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from workbench.ui.canvas import adorners
from workbench.ui.canvas.hit import NOTHING, HitTarget, hit_test, next_under
from workbench.ui.canvas.interaction import Drag
from workbench.ui.canvas.scene import BoxFlag
from workbench.ui.canvas.shape_tool import ShapeTool
from workbench.ui.canvas.stage import Stage

CLICK_SLACK = 3.0  # widget pixels a press may wander and still be a click
SMALLEST_DRAWN = 3.0  # widget pixels; less is a slip, not a box
WHEEL_STEP = 1.2

_CURSORS = {
    "nw": Qt.CursorShape.SizeFDiagCursor,
    "se": Qt.CursorShape.SizeFDiagCursor,
    "ne": Qt.CursorShape.SizeBDiagCursor,
    "sw": Qt.CursorShape.SizeBDiagCursor,
    "n": Qt.CursorShape.SizeVerCursor,
    "s": Qt.CursorShape.SizeVerCursor,
    "e": Qt.CursorShape.SizeHorCursor,
    "w": Qt.CursorShape.SizeHorCursor,
}
_ADDING = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


class CanvasView(Stage):
    """One frame with what was found in it.

    Wheel zooms at the cursor; dragging an empty place, the middle button or Space pans. A click selects
    the smallest box there, further clicks go on to those beneath; a click on nothing deselects. The only
    selected box moves by its inside and resizes by its edges and handles (Shift keeps the aspect).
    Escape gives up a drag or the drawing mode. Lines and zones are the business of ``shaping``.
    """

    box_drawn = Signal(QRectF)
    """A new box, after ``start_drawing``."""
    box_changed = Signal(int, QRectF)
    """Track id and the new box, once, at release."""
    box_selected = Signal(int, bool)
    """Track id, or -1 for a click on nothing; True = add to (or take from) the selection."""
    box_activated = Signal(int)
    """Double click on a track's box."""
    context_menu_requested = Signal(int, QPoint)
    """Track id or -1, and the global position."""
    tip_requested = Signal(int, QPoint)
    """The cursor rests on a track's box; the global position."""
    cursor_moved = Signal(float, float)
    """Source position of the cursor."""
    drawing_changed = Signal(bool)
    """Whether the drawing mode is on."""
    space_tapped = Signal()
    """Space without a pan. Only while this is connected does the canvas keep Space from shortcuts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._cursor: QPointF | None = None
        self._pressed_at: QPointF | None = None
        self._pressed_on: HitTarget = NOTHING
        self._adding = False
        self._drag: Drag | None = None
        self._dragging = False
        self._panning = False
        self._drawing = False
        self._sticky = False
        self._space = False
        self._space_used = False
        self._cycled = -1
        self.shaping = ShapeTool(self)

    # Drawing mode

    def start_drawing(self, *, sticky: bool = False) -> None:
        """The next left drag draws a box; sticky = stay in this mode until :meth:`stop_drawing`."""
        self.shaping.stop()
        self._sticky = sticky
        self._set_drawing(True)

    def stop_drawing(self) -> None:
        """Leave the drawing mode."""
        self._set_drawing(False)

    @property
    def is_drawing(self) -> bool:
        """Whether the drawing mode is on."""
        return self._drawing

    @property
    def is_dragging(self) -> bool:
        """Whether the mouse holds a box."""
        return self._drag is not None

    @property
    def is_panning(self) -> bool:
        """Whether the mouse moves the picture, or would at the next press because Space is held."""
        return self._panning or self._space

    @property
    def is_pressed(self) -> bool:
        """Whether a mouse button that was pressed here is held."""
        return self._pressed_at is not None

    def _set_drawing(self, on: bool) -> None:
        if on != self._drawing:
            self._drawing = on
            self._shape_cursor()
            self.update()
            self.drawing_changed.emit(on)

    def cancel(self) -> bool:
        """Give up what the mouse is doing, else the drawing mode. Returns whether there was anything."""
        if self._drag is not None or self._panning:
            self._forget_press()
            self.update()
            return True
        was_drawing = self._drawing
        self._set_drawing(False)
        return self.shaping.stop() or was_drawing

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin whatever the button begins here."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._cursor = event.position()
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (left and self._space):
            self._space_used = True
            self._pressed_at, self._panning, self._pressed_on = event.position(), True, NOTHING
        elif left:
            self._pressed_at = event.position()
            self._adding = bool(event.modifiers() & _ADDING)
            if self._drawing:
                self._drag = Drag.drawing(self._source_point(event.position()))
            else:
                self._press_on(self._target_at(event.position()), event.position())
        self._shape_cursor()

    def _press_on(self, target: HitTarget, position: QPointF) -> None:
        self._pressed_on = target
        self._panning = target.index < 0
        if target.index < 0:
            return
        overlay = self.overlay
        track_id = int(overlay.track_ids[target.index])
        flags = int(overlay.flags[target.index])
        if self._adding:
            if not target.handle:
                self.box_selected.emit(track_id, True)
                return
        elif not flags & BoxFlag.SELECTED:
            self._cycled = -1
            self._pressed_on = NOTHING  # so that the release does not go on to the next box
            self.box_selected.emit(track_id, False)
        if not flags & BoxFlag.LOCKED:
            point = self._source_point(position)
            self._drag = Drag.editing(point, overlay.box(target.index), track_id, handle=target.handle)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan, drag, or only look what is under the cursor."""
        previous, self._cursor = self._cursor, event.position()
        self.cursor_moved.emit(*self._source_point(event.position()))
        if self._pressed_at is None:
            self._shape_cursor()
            if self._drawing:
                self.update()
            return
        wandered = event.position() - self._pressed_at
        if not self._dragging and wandered.manhattanLength() <= CLICK_SLACK:
            return
        if self._panning and not self._dragging:
            previous = self._pressed_at
        self._dragging = True
        if self._panning and previous is not None:
            step = event.position() - previous
            self._look(self._transform.panned(step.x(), step.y()))
        elif self._drag is not None:
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._drag = self._drag.to(self._source_point(event.position()), proportional=shift)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Hand out what the drag or click came to."""
        if self._pressed_at is None or event.button() == Qt.MouseButton.RightButton:
            return
        drag, dragged, panned = self._drag, self._dragging, self._panning
        target, adding = self._pressed_on, self._adding
        self._forget_press()
        if drag is not None and dragged:
            self._finish(drag)
        elif not dragged and event.button() == Qt.MouseButton.LeftButton and not self._drawing:
            self._click(target, event.position(), nothing_there=panned and not self._space, adding=adding)
        self._shape_cursor()
        self.update()

    def _finish(self, drag: Drag) -> None:
        x, y, w, h = drag.box
        if drag.action != "draw":
            if drag.changed():
                self.box_changed.emit(drag.track_id, QRectF(x, y, w, h))
        elif min(w, h) * self._transform.zoom >= SMALLEST_DRAWN and min(w, h) >= 1.0:
            if not self._sticky:
                self._set_drawing(False)
            self.box_drawn.emit(QRectF(x, y, w, h))

    def _click(self, target: HitTarget, position: QPointF, *, nothing_there: bool, adding: bool) -> None:
        if nothing_there:
            self._cycled = -1
            self.box_selected.emit(-1, adding)
        elif target.index >= 0 and not target.handle and not adding:
            self._cycle(position)

    def _cycle(self, position: QPointF) -> None:
        """A click on the selected box goes on to the next beneath the cursor, at first to the smallest."""
        boxes, point, zoom = self.overlay.boxes, self._source_point(position), self._transform.zoom
        current = self.overlay.sole_selected()
        following = next_under(boxes, point, zoom=zoom, current=-1)
        if current >= 0 and (following == current or int(self.overlay.track_ids[current]) == self._cycled):
            following = next_under(boxes, point, zoom=zoom, current=current)
        if following not in (-1, current):
            self._cycled = int(self.overlay.track_ids[following])
            self.box_selected.emit(self._cycled, False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Activate the box; a double click is not two clicks."""
        target = self._target_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton or self._drawing or target.index < 0:
            self.mousePressEvent(event)
            return
        track_id = int(self.overlay.track_ids[target.index])
        if not int(self.overlay.flags[target.index]) & BoxFlag.SELECTED:
            self.box_selected.emit(track_id, False)  # the first click may have gone on to a box beneath
        self.box_activated.emit(track_id)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the cursor."""
        steps = event.angleDelta().y() / 120.0
        if steps:
            self.zoom_by(WHEEL_STEP**steps, event.position())
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask the owner for a menu; during a drag or in drawing mode the right button gives up instead."""
        event.accept()
        if self.cancel():
            return
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            index = self._target_at(QPointF(event.pos())).index
        else:
            index = self.overlay.sole_selected()
        track_id = int(self.overlay.track_ids[index]) if index >= 0 else -1
        if index >= 0 and not int(self.overlay.flags[index]) & BoxFlag.SELECTED:
            self.box_selected.emit(track_id, False)
        self.context_menu_requested.emit(track_id, event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        """No crosshair without a cursor."""
        self._cursor = None
        self.update()
        super().leaveEvent(event)

    def _target_at(self, position: QPointF) -> HitTarget:
        overlay = self.overlay
        selected = overlay.sole_selected()
        locked = selected >= 0 and bool(int(overlay.flags[selected]) & BoxFlag.LOCKED)
        return hit_test(
            overlay.boxes,
            self._source_point(position),
            zoom=self._transform.zoom,
            selected=selected,
            locked=locked,
        )

    def _source_point(self, position: QPointF) -> tuple[float, float]:
        x, y = self._transform.to_source((position.x(), position.y())).tolist()
        return (x, y)

    def _forget_press(self) -> None:
        self._pressed_at, self._drag, self._panning, self._dragging = None, None, False, False
        self._pressed_on = NOTHING

    def _shape_cursor(self) -> None:
        if self._panning or self._space:
            held = self._pressed_at is not None
            shape = Qt.CursorShape.ClosedHandCursor if held else Qt.CursorShape.OpenHandCursor
        elif self._drawing:
            shape = Qt.CursorShape.CrossCursor
        elif self._pressed_at is not None or self._cursor is None:
            return
        else:
            target = self._target_at(self._cursor)
            inside = Qt.CursorShape.ArrowCursor if target.index < 0 else Qt.CursorShape.PointingHandCursor
            if target.index >= 0 and target.index == self.overlay.sole_selected():
                inside = Qt.CursorShape.SizeAllCursor
            shape = _CURSORS.get(target.handle, inside)
        self.setCursor(shape)

    # Keys

    def event(self, event: QEvent) -> bool:
        """Keep Escape and Space from the window's shortcuts while they mean something here."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            busy = self._drawing or self._drag is not None or self.shaping.is_live
            escape = event.key() == Qt.Key.Key_Escape and busy
            listened = self.isSignalConnected(QMetaMethod.fromSignal(self.space_tapped))
            if escape or (event.key() == Qt.Key.Key_Space and listened):
                event.accept()
                return True
        elif event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self._target_at(QPointF(event.pos())).index
            if index >= 0 and self._pressed_at is None:
                self.tip_requested.emit(int(self.overlay.track_ids[index]), event.globalPos())
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape cancels, Space pans; everything else is the window's."""
        if event.key() == Qt.Key.Key_Escape and self.cancel():
            return
        if event.key() == Qt.Key.Key_Space and not event.modifiers():
            if not event.isAutoRepeat():
                self._space, self._space_used = True, False
                self._shape_cursor()
            return
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """The end of Space."""
        if event.key() != Qt.Key.Key_Space or not self._space:
            super().keyReleaseEvent(event)
        elif not event.isAutoRepeat():
            self._space = False
            self._shape_cursor()
            if not self._space_used:
                self.space_tapped.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """A key released elsewhere is not seen here."""
        self._space = False
        super().focusOutEvent(event)

    # What moves over the scene

    def _hidden_shape(self) -> str | None:
        return self.shaping.grabbed

    def _is_live(self) -> bool:
        if self.shaping.is_live:
            return True
        return (self._dragging and self._drag is not None) or (self._drawing and self._cursor is not None)

    def _skipped(self) -> int:
        if self._drag is None or not self._dragging or self._drag.track_id < 0:
            return -1
        mine = (self.overlay.track_ids == self._drag.track_id).nonzero()[0]
        return int(mine[0]) if len(mine) else -1

    def _paint_live(self, painter: QPainter) -> None:
        overlay = self.overlay
        selected = overlay.sole_selected()
        if self._drag is not None and self._dragging:
            adorners.paint_dragged(painter, self._drag.box, self._transform)
        elif selected >= 0 and not int(overlay.flags[selected]) & BoxFlag.LOCKED:
            adorners.paint_handles(painter, overlay.box(selected), self._transform)
        self.shaping.paint(painter)
        if self._drawing and self._cursor is not None and self._drag is None:
            adorners.paint_crosshair(painter, self._cursor, self.rect())
