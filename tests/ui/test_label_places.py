"""Where labels go in a crowd."""

import numpy as np

from workbench.ui.canvas.label_places import MANY, above, crowded, spread

SIZE = (40.0, 16.0)


def sizes(count, size=SIZE):
    return np.tile(np.array(size), (count, 1))


def placed(rects):
    return above(rects, sizes(len(rects)), lift=np.full(len(rects), 18), gap=2, height=300)


def clashing(places):
    return crowded(places, sizes(len(places))).tolist()


def test_a_label_is_above_its_box_or_inside_where_there_is_no_room():
    rects = np.array([[10, 50, 60, 90], [10, 5, 60, 90], [-20, -30, 60, 90]], np.int32)
    assert placed(rects).tolist() == [[10, 32], [10, 7], [0, 0]]


def test_labels_that_lie_on_each_other_are_crowded():
    rects = np.array([[10, 50, 60, 90], [40, 55, 90, 99], [200, 50, 250, 90]], np.int32)
    assert clashing(placed(rects)) == [True, True, False]


def test_they_are_spread_over_the_corners_of_their_boxes():
    rects = np.array([[10, 50, 110, 150], [12, 52, 112, 152], [14, 54, 114, 154]], np.int32)
    start = placed(rects)
    fixed = np.array([True, False, False])
    result = spread(start, sizes(3), rects, fixed=fixed, gap=2)
    assert clashing(result) == [False] * 3
    np.testing.assert_array_equal(result[0], start[0])
    np.testing.assert_array_equal(result[2], [114 - SIZE[0], start[2, 1]])  # the nearest box chooses first
    assert (result[1] >= (12, 52)).all(), "it went inside its box or beneath it"


def test_boxes_in_one_place_keep_their_labels_there_when_all_corners_are_taken():
    rects = np.tile(np.array([[10, 50, 60, 90]], np.int32), (9, 1))
    result = spread(placed(rects), sizes(9), rects, fixed=np.zeros(9, bool), gap=2)
    assert len({tuple(p) for p in result.tolist()}) == 3  # on the right it would lie on the one at the left


def test_very_many_labels_are_not_compared():
    rects = np.tile(np.array([[10, 50, 60, 90]], np.int32), (MANY + 1, 1))
    start = placed(rects)
    assert not any(clashing(start))
    np.testing.assert_array_equal(
        spread(start, sizes(len(start)), rects, fixed=rects[:, 0] < 0, gap=2), start
    )
