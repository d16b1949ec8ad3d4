import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment

from tests.reference_golden import Golden
from workbench.tracking.assignment import greedy, solve_matrix

COSTS = arrays(
    np.float64,
    st.tuples(st.integers(0, 9), st.integers(0, 9)),
    elements=st.sampled_from([0.0, 0.1, 0.2, 0.25, 0.5, 0.7, 0.9, 2.0, np.inf, np.nan, -0.3]),
)


def gain(cost, matches, limit):
    assert len(set(matches.rows)) == len(matches.rows)
    assert len(set(matches.columns)) == len(matches.columns)
    taken = cost[matches.rows, matches.columns]
    assert (taken < limit).all()
    return (limit - taken).sum()


def best_gain(cost, limit):
    gains = np.where(cost < limit, limit - cost, 0.0)
    rows, columns = linear_sum_assignment(gains, maximize=True)
    return gains[rows, columns].sum()


@pytest.mark.parametrize(
    ("cost", "name", "limit"),
    [
        ("fuse_motion", "la_fuse", 0.4),
        ("iou_distance", "la_iou", 0.5),
        ("iou_distance", "la_iou7", 0.7),
        ("la_rand_cost", "la_rand", 0.6),
    ],
)
def test_matches_are_the_published_ones(cost, name, limit):
    golden = Golden("fairmot_kalman_matching")
    costs = golden[f"match/{cost}"]
    matches = solve_matrix(costs, limit)
    assert np.column_stack(matches).tolist() == golden[f"match/{name}_matches"].tolist()
    for side, taken, count in zip("ab", matches, costs.shape, strict=True):
        assert np.setdiff1d(np.arange(count), taken).tolist() == golden[f"match/{name}_u{side}"].tolist()


@settings(max_examples=300, deadline=None)
@given(COSTS)
def test_no_other_matches_cost_less_even_among_equals(cost):
    assert gain(cost, solve_matrix(cost, 0.8), 0.8) == pytest.approx(best_gain(cost, 0.8))


@pytest.mark.parametrize("density", [0.004, 0.02, 1.0])
def test_large_crowds_are_solved_exactly(density):
    rng = np.random.default_rng(3)
    cost = np.where(rng.random((300, 280)) < density, rng.random((300, 280)), np.inf)
    assert gain(cost, solve_matrix(cost, 0.7), 0.7) == pytest.approx(best_gain(cost, 0.7))


def test_greedy_matches_are_the_published_ones():
    golden = Golden("ct_tracker")
    matches = greedy(golden["greedy_dist"].T, 1e16)  # there a row is a detection
    assert sorted(zip(matches.columns, matches.rows, strict=True)) == [*map(tuple, golden["greedy_match"])]


def test_greedy_lets_each_column_take_the_nearest_row_left():
    cost = np.array([[1.0, 0.5, np.nan], [2.0, 3.0, 9.0]])
    matches = greedy(cost, 5.0)
    assert list(zip(*matches, strict=True)) == [(0, 0), (1, 1)]
    assert len(greedy(np.empty((0, 3)), 5.0).rows) == len(greedy(np.empty((3, 0)), 5.0).rows) == 0
