"""The canvas as a widget: what it shows and what it says when the mouse works on it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.ui.canvas import BoxFlag, CanvasView, Heatmap, Overlay

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
SHIFT = Qt.KeyboardModifier.ShiftModifier


def overlay(
    boxes: list[tuple[float, float, float, float]], *, flags: dict[int, int] | None = None
) -> Overlay:
    """Boxes with track ids 10, 11, ..."""
    marks = np.zeros(len(boxes), np.uint8)
    for index, flag in (flags or {}).items():
        marks[index] = flag
    return Overlay(
        boxes=np.array(boxes, float),
        colors=np.tile(np.array([[255, 0, 0]], np.uint8), (len(boxes), 1)),
        labels=[f"{i} person" for i in range(len(boxes))],
        track_ids=np.arange(len(boxes)) + 10,
        flags=marks,
    )


@pytest.fixture
def view(qtbot: QtBot) -> CanvasView:
    """A canvas of 400 x 300 that shows one picture pixel a widget pixel, from the corner."""
    widget = CanvasView()
    qtbot.addWidget(widget)
    widget.resize(400, 300)
    widget.show()
    widget.set_image(np.full((300, 400, 3), 90, np.uint8))
    widget.reset_zoom()
    assert widget.to_widget(QPointF(0, 0)) == QPointF(0, 0)
    return widget


class Mouse:
    """Press, move and release at widget points, which here are source points."""

    def __init__(self, bot: QtBot, widget: CanvasView) -> None:
        self._bot, self._widget = bot, widget

    def drag(self, start: tuple[int, int], stop: tuple[int, int], *, button=LEFT, modifier=None) -> None:
        keys = modifier or Qt.KeyboardModifier.NoModifier
        self._bot.mousePress(self._widget, button, keys, QPoint(*start))
        for share in (0.3, 0.7, 1.0):
            x = round(start[0] + share * (stop[0] - start[0]))
            y = round(start[1] + share * (stop[1] - start[1]))
            self._move(QPoint(x, y), button, keys)
        self._bot.mouseRelease(self._widget, button, keys, QPoint(*stop))

    def _move(self, at: QPoint, button: Qt.MouseButton, keys: Qt.KeyboardModifier) -> None:

        place = QPointF(at)
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            place,
            self._widget.mapToGlobal(place),
            Qt.MouseButton.NoButton,
            button,
            keys,
        )
        QApplication.sendEvent(self._widget, event)

    def click(self, at: tuple[int, int], modifier: Qt.KeyboardModifier | None = None) -> None:
        self._bot.mouseClick(self._widget, LEFT, modifier or Qt.KeyboardModifier.NoModifier, QPoint(*at))


@pytest.fixture
def mouse(qtbot: QtBot, view: CanvasView) -> Mouse:
    return Mouse(qtbot, view)


def record(signal) -> list[tuple]:
    seen: list[tuple] = []
    signal.connect(lambda *values: seen.append(values))
    return seen


def shot(view: CanvasView) -> QImage:
    return view.grab().toImage()


def test_drawing_mode_draws_one_box_and_ends(view: CanvasView, mouse: Mouse) -> None:
    drawn, modes = record(view.box_drawn), record(view.drawing_changed)
    view.start_drawing()
    mouse.drag((50, 40), (150, 100))
    assert drawn == [(QRectF(50, 40, 100, 60),)]
    assert modes == [(True,), (False,)]


def test_a_slip_in_drawing_mode_is_no_box(view: CanvasView, mouse: Mouse) -> None:
    drawn = record(view.box_drawn)
    view.start_drawing()
    mouse.click((50, 50))
    mouse.drag((50, 50), (90, 51))
    assert drawn == []
    assert view.is_drawing


def test_escape_gives_up_the_drag_and_then_the_mode(qtbot: QtBot, view: CanvasView) -> None:
    drawn = record(view.box_drawn)
    view.start_drawing()
    qtbot.mousePress(view, LEFT, pos=QPoint(20, 20))
    qtbot.mouseMove(view, QPoint(90, 90))
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    qtbot.mouseRelease(view, LEFT, pos=QPoint(90, 90))
    assert view.is_drawing
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not view.is_drawing
    assert drawn == []


def test_dragging_the_selected_box_reports_once_and_changes_nothing_itself(
    view: CanvasView, mouse: Mouse
) -> None:
    scene = overlay([(50, 50, 100, 80)], flags={0: BoxFlag.SELECTED})
    view.set_overlay(scene)
    changed = record(view.box_changed)
    mouse.drag((100, 90), (120, 85))
    assert changed == [(10, QRectF(70, 45, 100, 80))]
    assert view.overlay is scene
    assert scene.box(0) == (50, 50, 100, 80)


def test_dragging_a_handle_resizes_and_shift_keeps_the_aspect(view: CanvasView, mouse: Mouse) -> None:
    view.set_overlay(overlay([(50, 50, 100, 80)], flags={0: BoxFlag.SELECTED}))
    changed = record(view.box_changed)
    mouse.drag((150, 130), (170, 170))
    mouse.drag((150, 130), (200, 130), modifier=SHIFT)
    assert changed[0] == (10, QRectF(50, 50, 120, 120))
    rect = changed[1][1]
    assert rect.width() / rect.height() == pytest.approx(100 / 80)


def test_a_drag_survives_new_overlays(qtbot: QtBot, view: CanvasView, mouse: Mouse) -> None:
    view.set_overlay(overlay([(50, 50, 100, 80)]))
    changed = record(view.box_changed)
    view.box_selected.connect(
        lambda *_: view.set_overlay(overlay([(300, 200, 20, 20), (50, 50, 100, 80)], flags={1: 32}))
    )
    mouse.drag((100, 90), (110, 100))
    assert [c[0] for c in changed] == [10]


def test_locked_box_can_be_selected_but_not_dragged(view: CanvasView, mouse: Mouse) -> None:
    view.set_overlay(overlay([(50, 50, 100, 80)], flags={0: BoxFlag.LOCKED}))
    changed, selected = record(view.box_changed), record(view.box_selected)
    mouse.drag((100, 90), (140, 90))
    assert changed == []
    assert selected == [(10, False)]


def test_clicks_select_cycle_add_and_deselect(view: CanvasView, mouse: Mouse) -> None:
    boxes = [(50.0, 50.0, 200.0, 150.0), (100.0, 80.0, 60.0, 60.0)]

    def select(track_id: int, _additive: bool) -> None:
        view.set_overlay(overlay(boxes, flags={track_id - 10: BoxFlag.SELECTED} if track_id >= 0 else {}))

    view.set_overlay(overlay(boxes))
    selected = record(view.box_selected)
    view.box_selected.connect(select)
    mouse.click((130, 110))
    mouse.click((130, 110))
    mouse.click((130, 110))
    assert selected == [(11, False), (10, False), (11, False)]
    mouse.click((60, 190), SHIFT)
    assert selected[-1] == (10, True)
    mouse.click((390, 290))
    assert selected[-1] == (-1, False)


def test_box_reached_by_cycling_can_be_dragged_under_a_smaller_one(view: CanvasView, mouse: Mouse) -> None:
    boxes = [(50.0, 50.0, 200.0, 150.0), (100.0, 80.0, 60.0, 60.0)]
    view.box_selected.connect(lambda track, _: view.set_overlay(overlay(boxes, flags={track - 10: 32})))
    view.set_overlay(overlay(boxes))
    changed = record(view.box_changed)
    mouse.click((130, 110))
    mouse.click((130, 110))
    mouse.drag((130, 110), (140, 110))
    assert [c[0] for c in changed] == [10]


def test_the_selected_box_is_dragged_and_not_a_smaller_one_on_it(view: CanvasView, mouse: Mouse) -> None:
    boxes = [(50.0, 50.0, 200.0, 150.0), (100.0, 80.0, 60.0, 60.0)]
    view.set_overlay(overlay(boxes, flags={0: BoxFlag.SELECTED}))  # as in the list, or by a tracker
    changed, selected = record(view.box_changed), record(view.box_selected)
    mouse.drag((130, 110), (140, 110))
    assert [c[0] for c in changed] == [10]
    assert selected == []
    mouse.click((130, 110))
    assert selected == [(11, False)]


def test_dragging_nothing_pans_and_is_no_click(view: CanvasView, mouse: Mouse) -> None:
    selected = record(view.box_selected)
    mouse.drag((200, 200), (230, 190))
    assert view.to_widget(QPointF(0, 0)) == QPointF(30, -10)
    mouse.drag((200, 200), (190, 200), button=MIDDLE)
    assert view.to_widget(QPointF(0, 0)) == QPointF(20, -10)
    assert selected == []


def test_space_pans_over_a_box_and_a_tap_is_reported(qtbot: QtBot, view: CanvasView, mouse: Mouse) -> None:
    view.set_overlay(overlay([(50, 50, 100, 80)]))
    taps, changed = record(view.space_tapped), record(view.box_changed)
    qtbot.keyPress(view, Qt.Key.Key_Space)
    mouse.drag((100, 90), (120, 90))
    qtbot.keyRelease(view, Qt.Key.Key_Space)
    assert (taps, changed) == ([], [])
    assert view.to_widget(QPointF(0, 0)) == QPointF(20, 0)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert taps == [()]


def test_wheel_zooms_at_the_cursor(view: CanvasView) -> None:
    at = QPointF(120, 80)
    before = view.to_source(at)
    event = QWheelEvent(
        at,
        at,
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)
    assert view.transform.zoom == pytest.approx(1.44)
    assert (view.to_source(at) - before).manhattanLength() < 1e-9


def test_what_was_asked_for_is_kept_in_view_when_the_widget_is_resized_until_the_user_zooms(
    view: CanvasView,
) -> None:
    view.fit()
    view.resize(800, 600)
    assert view.transform.zoom == pytest.approx(min((800 - 16) / 400, (600 - 16) / 300))
    view.zoom_to(QRectF(100, 50, 100, 100))
    view.resize(400, 300)
    assert view.transform.zoom == pytest.approx((300 - 16) / 100)
    assert view.to_source(QPointF(200, 150)) == QPointF(150, 100)
    view.zoom_by(1.5)
    zoom = view.transform.zoom
    view.resize(500, 500)
    assert view.transform.zoom == zoom


def test_half_resolution_image_covers_the_source(view: CanvasView) -> None:
    image = np.zeros((150, 200, 3), np.uint8)
    image[75:, 100:] = (200, 10, 10)
    view.set_image(image, 2.0)
    assert view.source_size == (400, 300)
    assert shot(view).pixelColor(390, 290) == QColor(200, 10, 10)
    assert shot(view).pixelColor(190, 140) == QColor(0, 0, 0)


@pytest.mark.parametrize("zoom", [0.3, 1.0, 1.7, 6.0])
def test_box_lies_on_its_pixels_at_any_zoom(view: CanvasView, zoom: float) -> None:
    image = np.zeros((300, 400, 3), np.uint8)
    image[100:140, 100:180] = (0, 255, 0)
    view.set_image(image)
    view.zoom_by(zoom, QPointF(120, 120))
    corner = view.to_widget(QPointF(140, 120))
    assert shot(view).pixelColor(corner.toPoint()).green() > 200
    for x, y, inside in ((98, 120, False), (102, 120, True), (178, 120, True), (182, 120, False)):
        at = view.to_widget(QPointF(x, y)).toPoint()
        if view.rect().contains(at) and zoom >= 1:
            assert (shot(view).pixelColor(at).green() > 128) == inside


def test_predicted_is_dashed_and_confirmed_is_solid(view: CanvasView) -> None:
    view.set_overlay(overlay([(50, 60, 100, 80), (200, 60, 100, 80)], flags={0: BoxFlag.PREDICTED}))
    picture = shot(view)
    dashed = [picture.pixelColor(x, 60).red() > 200 for x in range(60, 140)]
    solid = [picture.pixelColor(x, 60).red() > 200 for x in range(210, 290)]
    assert all(solid)
    assert 0.3 < np.mean(dashed) < 0.8


def test_every_flag_changes_the_picture_in_grey_too(view: CanvasView) -> None:
    seen = set()
    for flag in (0, *BoxFlag):
        scene = overlay([(50, 60, 100, 80)], flags={0: int(flag)})
        view.set_overlay(scene)
        grey = shot(view).convertToFormat(QImage.Format.Format_Grayscale8)
        seen.add(bytes(grey.constBits()))
    assert len(seen) == 1 + len(BoxFlag)


def test_trails_and_skeletons_show_and_missing_joints_do_not_crash(view: CanvasView) -> None:
    joints = np.full((1, 3, 3), np.nan, np.float32)
    joints[0, 0], joints[0, 1] = (60, 200, 1), (120, 200, 1)
    scene = overlay([(50, 60, 100, 80)])
    view.set_overlay(
        Overlay(
            scene.boxes,
            scene.colors,
            (),
            scene.track_ids,
            scene.flags,
            trail_points=np.array([[200.0, 250.0], [250.0, 250.0], [300.0, 250.0]]),
            trail_lengths=np.array([3]),
            joints=joints,
            edges=np.array([[0, 1], [1, 2]]),
        )
    )
    picture = shot(view)
    assert picture.pixelColor(280, 250).red() > 150
    assert picture.pixelColor(90, 200).red() > 150
    assert picture.pixelColor(90, 230) == QColor(90, 90, 90)


def test_heatmap_is_transparent_where_it_is_low(view: CanvasView) -> None:
    values = np.zeros((30, 40))
    values[:, 20:] = 1.0
    view.set_heatmaps([Heatmap(values, colormap="jet", opacity=0.5)])
    picture = shot(view)
    assert picture.pixelColor(50, 150) == QColor(90, 90, 90)
    assert picture.pixelColor(350, 150).red() > 95
    view.set_heatmaps([])
    assert shot(view).pixelColor(350, 150) == QColor(90, 90, 90)
    with pytest.raises(ValueError, match="no colour map"):
        Heatmap(values, colormap="mud")


def test_heatmap_covers_its_place_from_its_threshold_on(view: CanvasView) -> None:
    values = np.full((10, 10), 0.2)
    values[:, 5:] = 0.9
    view.set_heatmaps([Heatmap(values, place=(100, 50, 200, 200), colormap="jet", threshold=0.5)])
    picture = shot(view)
    plain = QColor(90, 90, 90)
    assert picture.pixelColor(150, 150) == plain, "below the threshold"
    assert picture.pixelColor(250, 150) != plain
    assert picture.pixelColor(330, 150) == plain, "beside the map"


def test_heatmap_marks_its_peaks(view: CanvasView) -> None:
    values = np.zeros((30, 40), np.float32)
    values[10, 20], values[10, 21], values[20, 5] = 0.9, 0.4, 0.3
    heatmap = Heatmap(values, peaks=True, threshold=0.25)
    assert heatmap.peaks.tolist() == [[20.5, 10.5], [5.5, 20.5]]
    view.set_heatmaps([heatmap])
    picture = shot(view)
    assert max(picture.pixelColor(58, y).lightness() for y in (204, 205)) > 200, "the arm of a cross"


def test_context_menu_selects_first_and_gives_up_drawing(view: CanvasView) -> None:
    view.set_overlay(overlay([(50, 50, 100, 80)]))
    menus, selected = record(view.context_menu_requested), record(view.box_selected)

    def ask(x: int, y: int) -> None:
        QApplication.sendEvent(
            view, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(x, y), QPoint(x + 7, y))
        )

    view.start_drawing()
    ask(100, 90)
    assert (menus, view.is_drawing) == ([], False)
    ask(100, 90)
    ask(380, 290)
    assert menus == [(10, QPoint(107, 90)), (-1, QPoint(387, 290))]
    assert selected == [(10, False)]


def test_double_click_activates(qtbot: QtBot, view: CanvasView) -> None:
    view.set_overlay(overlay([(50, 50, 100, 80)]))
    activated = record(view.box_activated)
    qtbot.mouseDClick(view, LEFT, pos=QPoint(100, 90))
    assert activated == [(10,)]


def test_image_must_be_rgb(view: CanvasView) -> None:
    with pytest.raises(ValueError, match="H, W, 3"):
        view.set_image(np.zeros((10, 10), np.uint8))
    view.set_image(None)
    assert view.source_size == (0.0, 0.0)
    shot(view)


def test_crowd_is_drawn_with_every_label(view: CanvasView) -> None:
    rng = np.random.default_rng(0)
    boxes = [tuple(b) for b in np.c_[rng.uniform(0, 380, (900, 2)), rng.uniform(8, 30, (900, 2))].tolist()]
    flags = {i: int(f) for i, f in enumerate(rng.integers(0, 128, 900))}
    empty = shot(view)
    for _ in range(3):  # also from the atlas that the first time filled
        view.set_overlay(overlay(boxes, flags=flags))
        assert shot(view) != empty


def test_half_of_an_odd_size_does_not_move_a_fitted_view(view: CanvasView) -> None:
    view.set_image(np.zeros((301, 401, 3), np.uint8))
    view.fit()
    before = view.transform
    view.set_image(np.zeros((151, 201, 3), np.uint8), 2.0)
    assert view.transform == before


def test_read_only_and_cut_out_images_are_shown(view: CanvasView) -> None:
    image = np.full((600, 800, 3), 50, np.uint8)
    image[100:400, 100:500] = 77
    part = image[100:400, 100:500]
    part.flags.writeable = False
    view.set_image(part)
    for _ in range(3):
        assert shot(view).pixelColor(5, 5) == QColor(77, 77, 77)
