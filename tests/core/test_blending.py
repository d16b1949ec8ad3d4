import numpy as np

from workbench.core.blending import blend
from workbench.core.boxes import between

FIRST, LAST = (10.0, 20.0, 8.0, 16.0), (40.0, 20.0, 16.0, 32.0)
NONE = np.full((5, 4), np.nan)


def path(start, step, count=5):
    return np.array([np.add(start, np.multiply(step, k)) for k in range(1, count + 1)])


def test_a_pass_that_drifts_is_made_to_go_through_both_boxes():
    last = (35.0, 20.0, 8.0, 16.0)  # 5 frames on
    drifting = path(FIRST, (6, 1, 0, 0))  # true motion is (5, 0)
    np.testing.assert_allclose(blend(FIRST, last, drifting, NONE), path(FIRST, (5, 0, 0, 0), 4))
    backward = path(last, (-6, 1, 0, 0))[::-1]
    np.testing.assert_allclose(blend(FIRST, last, NONE, backward), path(FIRST, (5, 0, 0, 0), 4))


def test_near_a_box_the_pass_from_it_counts_most():
    still, moved = np.tile(FIRST, (5, 1)), np.tile((50.0, 20.0, 8.0, 16.0), (5, 1))
    forward, backward = still.copy(), moved.copy()
    forward[-1] = backward[0] = np.nan  # neither arrives
    left = blend(FIRST, tuple(moved[0]), forward, backward)[:, 0]
    np.testing.assert_allclose(left, [18, 26, 34, 42])


def test_where_one_pass_lost_the_target_the_other_one_stands():
    forward = path(FIRST, (1, 0, 0, 0))
    backward = np.vstack([NONE[:2], forward[1:4] + np.array([0, 2, 0, 0])])
    forward[-1] = np.nan
    blended = blend(FIRST, LAST, forward, backward)
    np.testing.assert_allclose(blended[0], forward[0])
    assert ((blended[2:, 1] > 20) & (blended[2:, 1] < 22)).all()


def test_nothing_is_made_up_where_neither_pass_found_it_and_neighbours_have_nothing_between_them():
    assert np.isnan(blend(FIRST, LAST, NONE, NONE)).all()
    assert blend(FIRST, LAST, NONE[:1], NONE[:1]).shape == (0, 4)


def test_exact_passes_are_kept():
    truth = between(FIRST, LAST, 4)
    forward, backward = np.vstack([truth, LAST]), np.vstack([FIRST, truth])
    np.testing.assert_allclose(blend(FIRST, LAST, forward, backward), truth)
