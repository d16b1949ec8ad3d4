"""Which track gets which detection: the assignment of least cost, and the greedy one.

The optimum with a cost limit is the set of disjoint pairs with the largest sum of gains, limit - cost. Three
steps find it exactly. A pair that gains more than the best rival of its row and the best rival of its column
together is in every optimum, since it could replace both; taking such pairs away makes more of them. What is
left falls into groups that share no row or column, which are put together in small matrices. Each of these is
solved by Jonker and Volgenant's algorithm.

Jonker, Volgenant: A Shortest Augmenting Path Algorithm for Dense and Sparse Linear Assignment Problems, 1987.
"""

from __future__ import annotations

from typing import NamedTuple

import lap
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from workbench.tracking.costs import Pairs, pairs_of

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

BATCH = 96  # rows that are solved in one matrix; smaller ones cost more calls, larger ones more arithmetic


class Matches(NamedTuple):
    """Pairs of a row and a column, each at most once, sorted by row; (K,) each."""

    rows: Indices
    columns: Indices


def solve(pairs: Pairs, limit: float) -> Matches:
    """The disjoint pairs of least total cost, where leaving two ends unmatched costs ``limit``.

    Args:
        pairs: candidates and their costs; pairs with cost not below ``limit``, and NaN, are never matched.
        limit: cost that a match has to stay below, finite.
    """
    open_ = pairs.values < limit  # False for NaN
    rows, columns = pairs.rows[open_], pairs.columns[open_]
    gains = np.minimum(limit - pairs.values[open_], _LARGEST)
    found: list[tuple[Indices, Indices]] = []
    while len(rows):
        sure = _undisputed(rows, columns, gains)
        chosen = np.flatnonzero(sure) if sure.any() else _solve_rest(rows, columns, gains)
        found.append((rows[chosen], columns[chosen]))
        if not sure.any() or len(chosen) == len(rows):
            break
        rest = ~(_among(rows, rows[chosen]) | _among(columns, columns[chosen]))
        rows, columns, gains = rows[rest], columns[rest], gains[rest]
    return _sorted(found)


def solve_matrix(cost: Array, limit: float) -> Matches:
    """As ``solve`` for a matrix (N, M); infinite and NaN entries are never matched."""
    return solve(pairs_of(cost), limit)


def greedy(cost: Array, limit: float) -> Matches:
    """Each column in its order takes the cheapest row still free, if its cost is below ``limit``.

    Args:
        cost: (N, M); infinite and NaN entries are never matched.
        limit: cost that a match has to stay below.
    """
    cost = np.where(np.isnan(cost), np.inf, cost)
    found: list[tuple[int, int]] = []
    for column in range(cost.shape[1] if len(cost) else 0):
        row = int(cost[:, column].argmin())
        if cost[row, column] < limit:
            cost[row] = np.inf
            found.append((row, column))
    pairs = np.array(sorted(found), dtype=np.intp).reshape(-1, 2)
    return Matches(pairs[:, 0], pairs[:, 1])


_LARGEST = 1e150  # gains beyond it would overflow when added


def _undisputed(rows: Indices, columns: Indices, gains: Array) -> NDArray[np.bool_]:
    """Pairs that gain more than the best rival in their row and the best in their column together, (P,)."""
    best_in_row, rival_in_row = _best_and_rival(rows, gains)
    best_in_column, rival_in_column = _best_and_rival(columns, gains)
    return best_in_row & best_in_column & (gains > rival_in_row[rows] + rival_in_column[columns])


def _best_and_rival(groups: Indices, gains: Array) -> tuple[NDArray[np.bool_], Array]:
    """Which pairs gain most in their group (P,), and what the next of each group gains, or 0 (groups,)."""
    best = np.zeros(int(groups.max()) + 1)
    np.maximum.at(best, groups, gains)
    is_best = gains == best[groups]
    rival = np.zeros_like(best)
    np.maximum.at(rival, groups[~is_best], gains[~is_best])
    tied = np.bincount(groups[is_best], minlength=len(best)) > 1
    rival[tied] = best[tied]
    return is_best, rival


def _among(values: Indices, chosen: Indices) -> NDArray[np.bool_]:
    """Whether each value is one of ``chosen``."""
    mask = np.zeros(int(values.max()) + 1, dtype=np.bool_)
    mask[chosen] = True
    return np.asarray(mask[values])


def _numbered(values: Indices) -> tuple[Indices, int]:
    """Values replaced by their rank among the different ones, and how many these are."""
    present = np.zeros(int(values.max()) + 1, dtype=np.bool_)
    present[values] = True
    rank = np.cumsum(present)
    return rank[values] - 1, int(rank[-1])


def _solve_rest(rows: Indices, columns: Indices, gains: Array) -> Indices:
    """The best disjoint ones of pairs in dispute."""
    row, height = _numbered(rows)
    column, width = _numbered(columns)
    if min(height, width) <= BATCH:
        return _solve_dense(row, column, gains)
    return np.concatenate(
        [
            members[_solve_dense(_numbered(row[members])[0], _numbered(column[members])[0], gains[members])]
            for members in _batches(row, column, height, width)
        ]
    )


def _batches(row: Indices, column: Indices, height: int, width: int) -> list[Indices]:
    """Pairs in parts of about ``BATCH`` rows that share no row and no column, where there are such parts."""
    nodes = height + width
    ends = np.searchsorted(row, np.arange(nodes + 1))  # pairs are sorted by row
    graph = csr_array((np.ones(len(row)), column + height, ends), shape=(nodes, nodes))
    label = connected_components(graph, directed=False)[1]
    rows_before = np.cumsum(np.bincount(label[:height]))
    part = (rows_before // BATCH)[label[row]]
    order = np.argsort(part, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(part[order])) + 1)


def _solve_dense(row: Indices, column: Indices, gains: Array) -> Indices:
    """Which of the pairs are in the best set, by one matrix."""
    # Absent pairs gain nothing, like leaving both ends free, so no further rows or columns are needed.
    cost = np.zeros((int(row.max()) + 1, int(column.max()) + 1))
    cost[row, column] = -gains
    taken = lap.lapjv(cost, extend_cost=True)[1]
    return np.flatnonzero(taken[row] == column)


def _sorted(found: list[tuple[Indices, Indices]]) -> Matches:
    if not found:
        nothing = np.empty(0, dtype=np.intp)
        return Matches(nothing, nothing)
    rows, columns = (np.concatenate(side) for side in zip(*found, strict=True))
    order = np.argsort(rows)
    return Matches(rows[order], columns[order])
