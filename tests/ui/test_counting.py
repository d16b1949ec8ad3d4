"""Lines and zones in the real window: drawn by mouse, counted, edited, remembered."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QTableWidget

from workbench.core.regions import Anchor, Kind
from workbench.services import editing
from workbench.services.regions import regions_of
from workbench.video.writer import write_video

FRAMES = 20
TIMEOUT = 120_000  # ms
LEFT, SHIFT, NONE = (
    Qt.MouseButton.LeftButton,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    ground = np.random.default_rng(1).integers(0, 255, (120, 160, 3)).astype(np.uint8)
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return write_video(path, (ground for _ in range(FRAMES)), fps=10.0)


@pytest.fixture
def window(open_window, clip, tmp_path):
    """Two targets walk to the right, 5 pixels a frame, feet at y = 60; the other one is 10 frames behind."""
    copy = tmp_path / "clip.mp4"
    copy.write_bytes(clip.read_bytes())
    window = open_window(copy)
    project, video = window.project, window.state.video.id
    for start in (0, 10):
        drawn = editing.draw_box(project, video, frame=start, box=(30, 40, 10, 20), category_id=1)
        project.apply(drawn.change)
        for i in range(1, FRAMES - start):
            project.apply(
                editing.place_box(project, drawn.track_id, frame=start + i, box=(30 + 5 * i, 40, 10, 20))
            )
    window.places["Statistics"].raise_()
    return window


class Mouse:
    """Presses and moves at points of the picture."""

    def __init__(self, bot, canvas):
        self._bot, self._canvas = bot, canvas

    def _at(self, point):
        return self._canvas.to_widget(QPointF(*point)).toPoint()

    def click(self, *points):
        for point in points:
            self._bot.mouseClick(self._canvas, LEFT, NONE, self._at(point))

    def double_click(self, point):
        self.click(point)
        self._bot.mouseDClick(self._canvas, LEFT, NONE, self._at(point))

    def move(self, point, button=Qt.MouseButton.NoButton):
        at = QPointF(self._at(point))
        event = QMouseEvent(
            QEvent.Type.MouseMove, at, self._canvas.mapToGlobal(at), Qt.MouseButton.NoButton, button, NONE
        )
        QApplication.sendEvent(self._canvas, event)

    def drag(self, start, stop):
        self._bot.mousePress(self._canvas, LEFT, NONE, self._at(start))
        self.move(stop, LEFT)
        self._bot.mouseRelease(self._canvas, LEFT, NONE, self._at(stop))


@pytest.fixture
def mouse(qtbot, window):
    return Mouse(qtbot, window.canvas)


def counted(qtbot, window, *names):
    """What was counted, once it is of these lines and zones."""
    counting = window.counting

    def done():
        found = counting.found
        return bool(found) and not counting.is_counting and {*found.lines, *found.zones} == set(names)

    qtbot.waitUntil(done, timeout=TIMEOUT)
    return counting.found


def rows(window):
    table = window.counting.panel.findChild(QTableWidget)
    return [[table.item(r, c).text() for c in range(3)] for r in range(table.rowCount())]


def test_a_line_drawn_by_mouse_counts(qtbot, window, mouse):
    qtbot.keyClick(window.canvas, Qt.Key.Key_L)
    mouse.click((78, 100))
    mouse.move((78, 50))
    assert window.canvas.shaping.is_drawing
    mouse.click((78, 10))
    found = counted(qtbot, window, "Line 1")
    assert found.lines["Line 1"].so_far() == (2, 0)  # feet at 35 + 5 i pass 78 with i = 9
    assert found.lines["Line 1"].frames.tolist() == [9, 19]
    window.state.go_to(12)
    qtbot.waitUntil(lambda: window.state.shown == 12, timeout=TIMEOUT)
    assert rows(window)[1] == ["Line 1", "1 in · 0 out", "2 in · 0 out"]
    assert window.canvas.shapes[0].label == "Line 1   1 in · 0 out"
    assert window.state.selection == ()


def test_a_line_may_be_dragged_and_its_points_moved(qtbot, window, mouse):
    qtbot.keyClick(window.canvas, Qt.Key.Key_L)
    mouse.drag((78, 100), (78, 10))
    counted(qtbot, window, "Line 1")
    mouse.drag((78, 10), (140, 20))
    video = window.state.video.id
    qtbot.waitUntil(lambda: regions_of(window.project, video)[0].points[1][0] > 130, timeout=TIMEOUT)
    assert regions_of(window.project, video)[0].points[0] == pytest.approx((78, 100), abs=1)
    qtbot.waitUntil(
        lambda: counted(qtbot, window, "Line 1").lines["Line 1"].so_far() == (1, 0), timeout=TIMEOUT
    )


def test_a_zone_ends_with_a_double_click_and_is_counted_again_after_an_edit(qtbot, window, mouse):
    qtbot.keyClick(window.canvas, Qt.Key.Key_L, SHIFT)
    mouse.click((52, 30), (72, 30), (72, 80))
    mouse.double_click((52, 80))
    found = counted(qtbot, window, "Zone 1")
    assert found.zones["Zone 1"].starts.tolist() == [4, 14]
    assert found.zones["Zone 1"].stops.tolist() == [8, 18]
    first = window.project.tracks(window.state.video.id)[0].id
    window.state.select([first])
    window.edits.delete_track()
    qtbot.waitUntil(
        lambda: counted(qtbot, window, "Zone 1").zones["Zone 1"].starts.tolist() == [14], timeout=TIMEOUT
    )


def test_escape_and_backspace_while_drawing_are_about_the_zone(qtbot, window, mouse):
    qtbot.keyClick(window.canvas, Qt.Key.Key_L, SHIFT)
    mouse.click((50, 30), (70, 30), (150, 110), (70, 80))
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert not window.canvas.shaping.is_drawing
    assert regions_of(window.project, window.state.video.id) == ()
    qtbot.keyClick(window.canvas, Qt.Key.Key_L, SHIFT)
    mouse.click((50, 30), (70, 30), (150, 110))
    qtbot.keyClick(window.canvas, Qt.Key.Key_Backspace)
    mouse.click((70, 80))
    qtbot.keyClick(window.canvas, Qt.Key.Key_Return)
    (zone,) = regions_of(window.project, window.state.video.id)
    assert zone.kind is Kind.ZONE
    np.testing.assert_allclose(zone.points, [(50, 30), (70, 30), (70, 80)], atol=1)


def test_lines_are_renamed_turned_anchored_and_deleted_in_the_panel(qtbot, window, mouse):
    qtbot.keyClick(window.canvas, Qt.Key.Key_L)
    mouse.click((78, 100), (78, 50))
    counted(qtbot, window, "Line 1")
    panel, video = window.counting.panel, window.state.video.id
    assert panel.current == "Line 1"
    table = panel.findChild(QTableWidget)
    table.item(1, 0).setText("Gate")
    assert counted(qtbot, window, "Gate").lines["Gate"].so_far() == (2, 0)
    panel.turned.emit("Gate")
    qtbot.waitUntil(lambda: counted(qtbot, window, "Gate").lines["Gate"].so_far() == (0, 2), timeout=TIMEOUT)
    panel.anchored.emit("Gate", Anchor.CENTRE)  # at y = 50, where the line ends
    qtbot.waitUntil(lambda: regions_of(window.project, video)[0].anchor is Anchor.CENTRE, timeout=TIMEOUT)
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    counted(qtbot, window)
    assert regions_of(window.project, video) == ()
    assert window.canvas.shapes == ()
    assert len(window.project.tracks(video)) == 2


def test_statistics_are_written(qtbot, window, mouse, tmp_path):
    qtbot.keyClick(window.canvas, Qt.Key.Key_L)
    mouse.click((78, 100), (78, 10))
    window.counting.commands.save_statistics_to(tmp_path / "out")
    qtbot.waitUntil((tmp_path / "out" / "statistics.svg").exists, timeout=TIMEOUT)
    text = (tmp_path / "out" / "crossings.csv").read_text(encoding="utf-8")
    assert text.splitlines()[1].startswith("Line 1,9,0.900,1,object,in,")
