"""One-to-one matching of true and predicted boxes, frame by frame.

Where no box of a frame has a choice between two partners, the best matching is all of its pairs, so only the
other frames need an assignment solved (Kuhn 1955). Those are solved as the reference evaluator does, on the
whole matrix of the frame with zeros for the pairs that are not to be matched, so that equally good matchings
are told apart alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from workbench.metrics.overlapping import Array, Index
from workbench.metrics.sequence import Sequence


def contested_pairs(sequence: Sequence, pairs: Index) -> NDArray[np.bool_]:
    """Which of these pairs are in a frame where some box is in two or more of them.

    Args:
        pairs: (Q,) indices of pairs of the sequence, ascending.

    Returns:
        (Q,) bool.
    """
    rows, others = sequence.truth_rows[pairs], sequence.predicted_rows[pairs]
    choice = (np.bincount(rows, minlength=1)[rows] > 1) | (np.bincount(others, minlength=1)[others] > 1)
    frames = sequence.pair_frames[pairs]
    contested = np.zeros(sequence.frame_count, np.bool_)
    contested[frames[choice]] = True
    return contested[frames]


def assign(sequence: Sequence, pairs: Index, weights: Array) -> Index:
    """The matching of the greatest total weight within one frame.

    Args:
        pairs: (Q,) ascending indices of pairs that are all in the same frame, at least one.
        weights: (Q,) above 0.

    Returns:
        The pairs that are matched, ascending.
    """
    frame = sequence.pair_frames[pairs[0]]
    rows = sequence.truth_rows[pairs] - sequence.truth.starts[frame]
    others = sequence.predicted_rows[pairs] - sequence.predicted.starts[frame]
    costs = np.zeros((sequence.truth.per_frame[frame], sequence.predicted.per_frame[frame]))
    costs[rows, others] = -weights
    partner = np.full(len(costs), -1)
    matched_rows, matched_others = linear_sum_assignment(costs)
    partner[matched_rows] = matched_others
    matched: Index = pairs[partner[rows] == others]
    return matched


def best_matching(sequence: Sequence, pairs: Index, weights: Array) -> Index:
    """The matching of the greatest total weight in every frame.

    Args:
        pairs: (Q,) ascending indices of pairs that may be matched.
        weights: (Q,) above 0.

    Returns:
        The pairs that are matched, ascending.
    """
    contested = contested_pairs(sequence, pairs)
    weight_of = np.zeros(len(sequence.overlaps))
    weight_of[pairs] = weights
    found = [assign(sequence, part, weight_of[part]) for part in by_frame(sequence, pairs[contested])]
    return np.sort(np.concatenate([pairs[~contested], *found]))


def by_frame(sequence: Sequence, pairs: Index) -> Iterator[Index]:
    """Ascending pairs, those of one frame at a time; frames without any are passed over."""
    cuts = np.flatnonzero(np.diff(sequence.pair_frames[pairs])) + 1
    bounds = [0, *cuts.tolist(), len(pairs)]
    return (pairs[a:b] for a, b in pairwise(bounds) if a < b)
