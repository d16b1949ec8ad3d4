"""The timeline as a widget: the mouse, the range, and what is painted."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QImage, QMouseEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.core.rows import Origin
from workbench.ui.timeline import BoxColumns, Lane, TimelineView, lane_data
from workbench.ui.timeline.ruler import HEIGHT as RULER

LEFT = Qt.MouseButton.LeftButton
NONE, SHIFT, ALT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
)
FRAMES = 1000


@pytest.fixture
def view(qtbot: QtBot) -> TimelineView:
    """Three tracks of 1000 frames."""
    widget = TimelineView()
    qtbot.addWidget(widget)
    widget.resize(900, 220)
    widget.set_video(FRAMES, fps=25)
    widget.set_lanes([Lane(t, t - 10, "", "person", (200, 60, 60)) for t in (11, 12, 13)])
    columns = BoxColumns.of(np.repeat([11, 12], 300), np.tile(np.arange(100, 400), 2), score=0.5)
    widget.set_data(lane_data(columns))
    widget.show()
    return widget


def at(view: TimelineView, frame: float, lane: int = -1) -> QPoint:
    """Where a frame is, in a lane or in the ruler."""
    lanes = view.lanes
    x = lanes.header_width + float(lanes.axis.x_of(frame)) + min(0.5 * lanes.axis.scale, 2)
    return QPoint(round(x), RULER // 2 if lane < 0 else RULER + 20 * lane + 10)


def record(signal) -> list[tuple]:
    seen: list[tuple] = []
    signal.connect(lambda *values: seen.append(values))
    return seen


def send(view: TimelineView, kind: QEvent.Type, point: QPoint, *, button=LEFT, keys=NONE) -> None:
    place = QPointF(point)
    buttons = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
    pressed = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else button
    event = QMouseEvent(kind, place, view.lanes.mapToGlobal(place), pressed, buttons, keys)
    QApplication.sendEvent(view.lanes, event)


def drag(view: TimelineView, start: QPoint, stop: QPoint, *, button=LEFT, keys=NONE) -> None:
    send(view, QEvent.Type.MouseButtonPress, start, button=button, keys=keys)
    for point in ((start + stop) / 2, stop):
        send(view, QEvent.Type.MouseMove, point, button=button, keys=keys)
    send(view, QEvent.Type.MouseButtonRelease, stop, button=button, keys=keys)


def wheel(view: TimelineView, point: QPoint, delta: int, keys=NONE) -> None:
    place = QPointF(point)
    event = QWheelEvent(
        place,
        place,
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.lanes, event)


def test_click_on_a_lane_selects_and_seeks(qtbot: QtBot, view: TimelineView) -> None:
    sought, selected = record(view.seek_requested), record(view.track_selected)
    qtbot.mouseClick(view.lanes, LEFT, pos=at(view, 250, lane=1))
    assert selected == [(12,)]
    assert abs(sought[0][0] - 250) <= 1
    qtbot.mouseClick(view.lanes, LEFT, pos=QPoint(40, RULER + 50))
    assert selected[-1] == (13,)
    assert len(sought) == 1


def test_ruler_scrubs_once_a_frame(view: TimelineView) -> None:
    view.zoom_to(0, 20)
    sought = record(view.seek_requested)
    drag(view, at(view, 3), at(view, 5))
    assert sought == [(3,), (4,), (5,)]


def test_dragging_lanes_scrolls_and_is_no_click(view: TimelineView) -> None:
    view.zoom_to(300, 400)
    sought, selected = record(view.seek_requested), record(view.track_selected)
    drag(view, at(view, 350, lane=0), at(view, 340, lane=0))
    assert view.lanes.axis.start == pytest.approx(310, abs=0.5)
    assert (sought, selected) == ([], [])


def test_wheel_zooms_scrolls_and_sizes_lanes(view: TimelineView) -> None:
    point = at(view, 500, lane=0)
    x = point.x() - view.lanes.header_width
    before, scale = view.lanes.axis.frame_at(x), view.lanes.axis.scale
    wheel(view, point, 480)
    assert view.lanes.axis.scale == pytest.approx(scale * 1.25**4)
    assert view.lanes.axis.frame_at(x) == pytest.approx(before)
    start = view.lanes.axis.start
    wheel(view, point, -120, SHIFT)
    assert view.lanes.axis.start > start
    view.set_lanes([Lane(t, t) for t in range(100)])
    before_lanes = view.lanes.scroll_extent[1]
    wheel(view, point, 120, CTRL)
    assert view.lanes.scroll_extent[1] > before_lanes
    wheel(view, QPoint(40, 100), -120)
    assert view.lanes.scroll_extent[0] > 0


def test_shift_drag_selects_a_range_in_either_direction(view: TimelineView) -> None:
    view.zoom_to(0, 100)
    changed = record(view.range_changed)
    drag(view, at(view, 40, lane=0), at(view, 20, lane=1), keys=SHIFT)
    assert changed[-1] == (20, 41)
    assert view.selected_range == (20, 41)


def test_ends_of_the_range_can_be_dragged_and_escape_clears(qtbot: QtBot, view: TimelineView) -> None:
    view.zoom_to(0, 100)
    view.set_range(20, 41)
    changed = record(view.range_changed)
    edge = view.lanes.header_width + round(float(view.lanes.axis.x_of(20)))
    drag(view, QPoint(edge, 15), at(view, 10))
    assert changed[-1] == (10, 41)
    edge = view.lanes.header_width + round(float(view.lanes.axis.x_of(41)))
    drag(view, QPoint(edge, 60), at(view, 50))
    assert changed[-1] == (10, 51)
    qtbot.keyClick(view.lanes, Qt.Key.Key_Escape)
    assert changed[-1] == (-1, -1)


def test_setting_a_range_emits_nothing(view: TimelineView) -> None:
    changed = record(view.range_changed)
    view.set_range(5, 9)
    view.set_range(-1, -1)
    assert changed == []
    view.set_range(5, 9)
    view.clear_range()
    assert changed == [(-1, -1)]


def test_alt_drag_zooms_into_a_stretch(view: TimelineView) -> None:
    drag(view, at(view, 200), at(view, 300), keys=ALT)
    first, stop = view.lanes.axis.visible
    assert abs(first - 200) <= 3
    assert abs(stop - 300) <= 3


def test_cursor_that_leaves_the_view_turns_the_page(view: TimelineView) -> None:
    view.zoom_to(0, 100)
    view.set_frame(99)
    assert view.lanes.axis.visible[0] == 0
    view.set_frame(100)
    first, stop = view.lanes.axis.visible
    assert first > 50
    assert first <= 100 < stop


def test_context_menu_names_track_and_frame(view: TimelineView) -> None:
    view.zoom_to(0, 100)
    asked = record(view.context_menu_requested)
    point = at(view, 42, lane=1)
    QApplication.sendEvent(view.lanes, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, QPoint(1, 2)))
    assert asked == [(12, 42, QPoint(1, 2))]


def test_tool_tip_says_what_is_there(view: TimelineView) -> None:
    view.zoom_to(90, 190)
    text = view.lanes.tip_at(QPointF(at(view, 125, lane=0)))
    assert text == "#1 person · frame 125 · 0:05.00 · human"
    assert view.lanes.tip_at(QPointF(at(view, 95, lane=0))).endswith("0:03.80")


def test_score_strip_follows_the_selection(view: TimelineView) -> None:
    assert not view.score_strip.isVisible()
    view.set_selected([11])
    assert view.score_strip.isVisible()
    view.set_selected([13])
    assert not view.score_strip.isVisible()
    view.update_tracks([13], BoxColumns.of([13] * 3, [1, 2, 3], score=[0.1, 0.2, 0.3]))
    assert view.score_strip.isVisible()


def test_the_selected_lane_stays_in_sight_when_its_score_takes_room(view: TimelineView, qtbot: QtBot) -> None:
    last = view.lanes.scroll_extent[2] // 20 - 1  # of as many as there is room for
    view.set_lanes([Lane(t, t) for t in range(last + 1)])
    view.set_selected([last])
    assert view.lanes.scroll_extent[:2] == (0, 0)
    view.set_provisional({last: {0: 0.5, 1: 0.6}})
    qtbot.waitUntil(lambda: view.lanes.scroll_extent[1] > 0)
    position, highest, _ = view.lanes.scroll_extent
    assert position == highest
    view.lanes.scroll_lanes_to(0)
    view.resize(900, 200)
    assert view.lanes.scroll_extent[0] == 0  # who has scrolled away from it is not taken back


def test_lanes_scroll_only_as_far_as_there_are_any(view: TimelineView) -> None:
    view.set_lanes([Lane(t, t) for t in range(500)])
    view.lanes.scroll_lanes_to(10**6)
    position, highest, page = view.lanes.scroll_extent
    assert position == highest == 500 * 20 - page
    view.show_track(0)
    assert view.lanes.scroll_extent[0] == 0
    view.set_lanes([])
    assert view.lanes.scroll_extent[:2] == (0, 0)


def lane_image(view: TimelineView, frames: tuple[int, int], lane: int = 0) -> QImage:
    left, right = at(view, frames[0], lane).x(), at(view, frames[1], lane).x()
    return view.lanes.grab().toImage().copy(left, RULER + 20 * lane, right - left, 20)


def test_kinds_and_marks_differ_in_grey_too(view: TimelineView) -> None:
    view.zoom_to(0, 40)
    seen = []
    marks: list[dict] = [{"origin": kind} for kind in Origin]
    marks += [{"occluded": 1}, {"verified": 1}, {"keyframe": 1}, {"outside": 1}]
    for mark in marks:
        view.set_data(lane_data(BoxColumns.of([11] * 20, range(10, 30), **mark)))
        grey = lane_image(view, (8, 32)).convertToFormat(QImage.Format.Format_Grayscale8)
        seen.append(bytes(grey.constBits()))
    assert len(set(seen)) == len(marks)


def test_gap_is_left_empty_and_provisional_spans_are_drawn(view: TimelineView) -> None:
    empty = lane_image(view, (500, 700), lane=2)
    assert len({empty.pixel(x, 10) for x in range(empty.width())}) == 1
    view.set_provisional({13: dict.fromkeys(range(500, 700), 0.5), 999: dict.fromkeys(range(10), 0.5)})
    assert len({lane_image(view, (500, 700), lane=2).pixel(x, 1) for x in range(40)}) > 1


@pytest.mark.parametrize("height", [1, 2, 3, 6, 20])
def test_every_lane_height_shows_the_same_boxes(view: TimelineView, height: int) -> None:
    view.lanes.set_lane_height(height)
    image = view.lanes.grab().toImage()
    y = RULER + height // 2
    ground = image.pixelColor(at(view, 900).x(), y)
    assert image.pixelColor(at(view, 250).x(), y) != ground
    assert image.pixelColor(at(view, 450).x(), y) == ground


def test_colours_follow_the_palette(view: TimelineView) -> None:
    palette = QPalette(view.palette())
    palette.setColor(QPalette.ColorRole.Base, QColor(10, 20, 30))
    view.setPalette(palette)
    image = view.lanes.grab().toImage()
    assert image.pixelColor(at(view, 900, lane=0)) == QColor(10, 20, 30)


def test_nothing_to_show_is_no_error(qtbot: QtBot) -> None:
    widget = TimelineView()
    qtbot.addWidget(widget)
    widget.resize(400, 100)
    widget.grab()
    widget.set_video(0)
    widget.set_lanes([Lane(1, 1)])
    widget.set_data(lane_data(BoxColumns.of([], [])))
    widget.set_selected([1])
    wheel(widget, QPoint(300, 60), 120)
    sought = record(widget.seek_requested)
    qtbot.mouseClick(widget.lanes, LEFT, pos=QPoint(300, 15))
    widget.grab()
    assert sought == []


def test_score_strip_seeks(qtbot: QtBot, view: TimelineView) -> None:
    view.set_selected([11])
    view.zoom_to(100, 200)
    sought = record(view.seek_requested)
    qtbot.mouseClick(view.score_strip, LEFT, pos=QPoint(at(view, 150).x(), 20))
    assert sought == [(150,)]
