"""Hit tests, drags and the view transform: the parts of the canvas that need no window."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.ui.canvas.hit import hit_test, next_under, shown_handles
from workbench.ui.canvas.interaction import MIN_SIDE, Drag, resized, spanned
from workbench.ui.canvas.scene import BoxFlag, Overlay
from workbench.ui.canvas.transform import ViewTransform

BOXES = np.array([[0, 0, 400, 300], [100, 100, 100, 100], [150, 150, 200, 100]], float)


def test_smallest_box_under_the_cursor_is_hit() -> None:
    assert hit_test(BOXES, (160, 160), zoom=1).index == 1
    assert hit_test(BOXES, (300, 200), zoom=1).index == 2
    assert hit_test(BOXES, (20, 280), zoom=1).index == 0
    assert hit_test(BOXES, (600, 600), zoom=1).kind == "none"


def test_handles_of_the_selected_box_come_before_smaller_boxes() -> None:
    target = hit_test(BOXES, (153, 148), zoom=1, selected=2)
    assert (target.kind, target.index, target.handle) == ("handle", 2, "nw")
    assert hit_test(BOXES, (153, 148), zoom=1).index == 1
    assert hit_test(BOXES, (153, 148), zoom=1, selected=2, locked=True).index == 1


def test_edge_of_the_selected_box_resizes_and_of_another_selects() -> None:
    edge = hit_test(BOXES, (351, 180), zoom=1, selected=2)
    assert (edge.kind, edge.handle) == ("edge", "e")
    other = hit_test(BOXES, (-3, 50), zoom=1)
    assert (other.kind, other.index, other.handle) == ("edge", 0, "")


def test_reach_is_in_widget_pixels() -> None:
    assert hit_test(BOXES, (-3, 50), zoom=1).index == 0
    assert hit_test(BOXES, (-3, 50), zoom=4).kind == "none"
    assert hit_test(BOXES, (-12, 50), zoom=0.25).index == 0


def test_middle_of_a_small_selected_box_still_moves_it() -> None:
    small = np.array([[10, 10, 12, 12]], float)
    assert hit_test(small, (16, 16), zoom=1, selected=0).kind == "inside"
    assert hit_test(small, (10, 10), zoom=1, selected=0).handle == "nw"
    assert shown_handles((0, 0, 12, 12), 1.0) == ["nw", "ne", "se", "sw"]


def test_repeated_clicks_cycle_by_area() -> None:
    order = [next_under(BOXES, (160, 160), zoom=1, current=c) for c in (-1, 1, 2, 0)]
    assert order == [1, 2, 0, 1]
    assert next_under(BOXES, (900, 900), zoom=1, current=1) == -1
    assert hit_test(BOXES, (160, 160), zoom=1, selected=0).index == 0


def test_drawing_works_in_every_direction() -> None:
    drag = Drag.drawing((50, 60)).to((20, 100))
    assert drag.box == (20, 60, 30, 40)
    assert drag.to((20, 100), proportional=True).box == (10, 60, 40, 40)
    assert spanned((0, 0), (-3, -4)) == (-3, -4, 3, 4)


def test_moving_keeps_the_size_and_returning_changes_nothing() -> None:
    drag = Drag.editing((5, 5), (0, 0, 10, 20), 7)
    assert drag.to((8, 4)).box == (3, -1, 10, 20)
    assert not drag.to((8, 4)).to((5, 5)).changed()


@pytest.mark.parametrize("handle", ["nw", "n", "ne", "e", "se", "s", "sw", "w"])
def test_resizing_keeps_the_opposite_side_and_the_smallest_size(handle: str) -> None:
    x, y, w, h = resized((10, 20, 30, 40), handle, dx=500 if "w" in handle else -500, dy=500)
    assert w >= MIN_SIDE
    assert h >= MIN_SIDE
    if "w" in handle:
        assert x + w == 40
    if "e" in handle:
        assert x == 10
    if "n" in handle:
        assert y + h == 60
    if "s" in handle:
        assert y == 20


@pytest.mark.parametrize("handle", ["nw", "n", "ne", "e", "se", "s", "sw", "w"])
def test_resizing_proportionally_keeps_the_aspect(handle: str) -> None:
    _, _, w, h = resized((10, 20, 30, 40), handle, dx=7, dy=-9, keep_aspect=True)
    assert w / h == pytest.approx(30 / 40)


def test_zoom_keeps_the_point_under_the_cursor() -> None:
    view = ViewTransform(0.5, 30, -20)
    before = view.to_source((200, 100))
    zoomed = view.zoomed(3.0, 200, 100)
    assert zoomed.to_source((200, 100)) == pytest.approx(before)
    assert zoomed.to_widget(before) == pytest.approx((200, 100))


def test_overlay_refuses_lengths_that_contradict() -> None:
    with pytest.raises(ValueError, match="colors has 0 entries for 1 boxes"):
        Overlay(boxes=np.zeros((1, 4)))
    with pytest.raises(ValueError, match="trail_lengths"):
        Overlay(trail_points=np.zeros((3, 2)))


def test_sole_selected_needs_exactly_one() -> None:
    def chosen(*flags: int) -> int:
        count = len(flags)
        return Overlay(
            boxes=np.zeros((count, 4)),
            colors=np.zeros((count, 3), np.uint8),
            track_ids=np.arange(count),
            flags=np.array(flags),
        ).sole_selected()

    selected = int(BoxFlag.SELECTED)
    assert chosen(0, selected | BoxFlag.LOCKED) == 1
    assert chosen(selected, selected) == -1
