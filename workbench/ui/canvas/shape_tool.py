"""Drawing and editing lines and zones with the mouse, in front of what the mouse does to boxes.

It looks at the canvas's events first and takes those that are its own. Nothing changes on the screen for good
until the owner sets other shapes.
"""

from __future__ import annotations

from math import dist
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter

from workbench.ui.canvas.shapes import Point, Shape, middles, paint_shapes, paint_sketch

if TYPE_CHECKING:
    from workbench.ui.canvas.view import CanvasView

REACH = 8.0  # widget pixels from a point that still mean it
_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Backspace)


class ShapeTool(QObject):
    """Turns clicks into points.

    A line ends with its second point, which may be the end of a drag; a zone with a double click, with Return
    or on its first point. Backspace takes the last point back, Escape and the right button give up. The
    points of the chosen shape can be dragged, and new ones be pulled out of the middles of a zone's edges.

    Signals:
        drawn(points): a new shape, a tuple of source points.
        changed(key, points): the chosen shape was edited.
        drawing_changed(on): whether one is being drawn.
    """

    drawn = Signal(object)
    changed = Signal(str, object)
    drawing_changed = Signal(bool)

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._drawing = False
        self._closed = False
        self._points: list[Point] = []
        self._cursor: Point | None = None
        self._grabbed: Shape | None = None
        self._index = 0
        self._moved = False
        canvas.installEventFilter(self)

    def start(self, *, closed: bool) -> None:
        """The next clicks are points of a line, or of a zone."""
        self.stop()
        self._drawing, self._closed = True, closed
        self._canvas.setCursor(Qt.CursorShape.CrossCursor)
        self.drawing_changed.emit(True)

    def stop(self) -> bool:
        """Give up what is being drawn or dragged. Returns whether there was anything."""
        was_drawing, was_live = self._drawing, self.is_live
        self._drawing, self._points, self._cursor, self._grabbed = False, [], None, None
        if was_live:
            self._canvas.unsetCursor()
            self._canvas.redraw()
        if was_drawing:
            self.drawing_changed.emit(False)
        return was_live

    @property
    def is_drawing(self) -> bool:
        """Whether clicks are points."""
        return self._drawing

    @property
    def is_live(self) -> bool:
        """Whether something moves with the mouse."""
        return self._drawing or self._grabbed is not None

    @property
    def grabbed(self) -> str | None:
        """Key of the shape that is being dragged."""
        return self._grabbed.key if self._grabbed else None

    def paint(self, painter: QPainter) -> None:
        """What moves with the mouse."""
        if self._grabbed is not None:
            paint_shapes(painter, [self._grabbed], self._canvas.transform)
        elif self._points:
            points = [*self._points, self._cursor or self._points[-1]]
            paint_sketch(painter, points, self._canvas.transform, closed=self._closed)

    # Events

    def eventFilter(self, _canvas: QObject, event: QEvent) -> bool:
        """Take the events that are about shapes."""
        if isinstance(event, QMouseEvent):
            return not self._canvas.is_panning and self._take_mouse(event)
        if isinstance(event, QKeyEvent) and self._drawing and event.key() in _KEYS:
            event.accept()
            if event.type() == QEvent.Type.KeyPress:
                self._take_key(event)
            return event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
        return False

    def _take_key(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Backspace:
            self._finish()
        elif self._points:
            self._points.pop()
            self._canvas.update()

    def _take_mouse(self, event: QMouseEvent) -> bool:
        left = event.button() == Qt.MouseButton.LeftButton
        at = self._source(event.position())
        if event.type() == QEvent.Type.MouseMove:
            return self._move(at)
        if left and event.type() == QEvent.Type.MouseButtonPress:
            return self._press(at)
        if left and event.type() == QEvent.Type.MouseButtonRelease:
            return self._release(at)
        if left and event.type() == QEvent.Type.MouseButtonDblClick and self._drawing:
            self._finish()  # the first click of the two has made the last point
            return True
        return False

    def _press(self, at: Point) -> bool:
        if not self._drawing:
            return self._grab(at)
        self._canvas.setFocus(Qt.FocusReason.MouseFocusReason)
        if self._closed and len(self._points) > 2 and self._near(at, self._points[0]):
            self._finish()
        elif not self._points or not self._near(at, self._points[-1], reach=1.0):
            self._points.append(at)
            self._cursor = at
            self._canvas.update()
        return True

    def _move(self, at: Point) -> bool:
        if self._grabbed is not None:
            self._moved = True
            points = list(self._grabbed.points)
            points[self._index] = at
            self._grabbed = _moved(self._grabbed, tuple(points))
        elif self._drawing:
            self._cursor = at
        elif self._point_at(at) is None:
            return False
        else:
            self._canvas.setCursor(Qt.CursorShape.PointingHandCursor)
        self._canvas.cursor_moved.emit(*at)
        self._canvas.update()
        return True

    def _release(self, at: Point) -> bool:
        if self._grabbed is not None:
            shape, moved = self._grabbed, self._moved
            self.stop()
            if moved:
                self.changed.emit(shape.key, shape.points)
            return True
        if self._drawing and not self._closed:
            if len(self._points) == 1 and not self._near(at, self._points[0]):
                self._points.append(at)
            if len(self._points) == 2:
                self._finish()
        return self._drawing or not self._canvas.is_pressed

    def _finish(self) -> None:
        points = tuple(self._points)
        if len(points) >= (3 if self._closed else 2):
            self.stop()
            self.drawn.emit(points)

    # Editing

    def _grab(self, at: Point) -> bool:
        found = self._point_at(at)
        if found is None:
            return False
        shape, index, is_new = found
        if is_new:
            shape = _moved(shape, (*shape.points[:index], at, *shape.points[index:]))
        self._grabbed, self._index, self._moved = shape, index, is_new
        self._canvas.redraw()
        return True

    def _point_at(self, at: Point) -> tuple[Shape, int, bool] | None:
        """The chosen shape and its point there, or the place where a new one would be."""
        shape = next((shape for shape in self._canvas.shapes if shape.chosen), None)
        if shape is None:
            return None
        for index, point in enumerate(shape.points):
            if self._near(at, point):
                return shape, index, False
        for index, point in enumerate(middles(shape.points, closed=shape.closed)):
            if self._near(at, point):
                return shape, index + 1, True
        return None

    def _near(self, one: Point, other: Point, *, reach: float = REACH) -> bool:
        return dist(one, other) * self._canvas.transform.zoom <= reach

    def _source(self, position: QPointF) -> Point:
        x, y = self._canvas.transform.to_source((position.x(), position.y())).tolist()
        return (x, y)


def _moved(shape: Shape, points: tuple[Point, ...]) -> Shape:
    return Shape(shape.key, points, shape.closed, shape.color, shape.label, shape.chosen)
