"""Average precision: how well boxes are found, whatever their identity, as their score is lowered.

Two definitions. COCO's: in the order of their scores boxes take the free true box that they overlap most, and
the precision, made falling, is read at 101 values of recall (Lin et al.: Microsoft COCO, 2014,
arXiv:1405.0312; evaluation code of 2017). PASCAL VOC's since 2010: a box takes the true box that it
overlaps most, and is false if that one is taken; the area under the whole curve (Everingham et al., IJCV
2015).

There is no limit on the boxes of a frame, and pixels are as everywhere here, without VOC's "+ 1".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.metrics.matching import contested_pairs
from workbench.metrics.overlapping import EPSILON, Array, Index
from workbench.metrics.sequence import Sequence

COCO_THRESHOLDS: Array = np.linspace(0.5, 0.95, 10)
RECALLS: Array = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True, eq=False)
class Found:
    """Which boxes are right at each threshold of overlap; those of several sequences add up.

    Args:
        scores: (N,) of the predicted boxes.
        right: (T, N) whether each box has a true one of its own.
        truth: number of true boxes.
    """

    scores: Array
    right: NDArray[np.bool_]
    truth: int

    def __add__(self, other: Found) -> Found:
        return Found(
            np.concatenate([self.scores, other.scores]),
            np.concatenate([self.right, other.right], axis=1),
            self.truth + other.truth,
        )


def found_as_coco(sequence: Sequence, *, thresholds: Array = COCO_THRESHOLDS) -> Found:
    """Match by COCO's rule at each threshold."""
    ranks = _ranks(sequence)[sequence.predicted_rows]
    order = np.lexsort((-sequence.truth_rows, -sequence.overlaps, ranks))
    right = [_greedy(sequence, order, min(float(t), 1 - 1e-10)) for t in thresholds]
    return Found(sequence.predicted.scores, np.array(right), len(sequence.truth))


def found_as_voc(sequence: Sequence, *, threshold: float = 0.5) -> Found:
    """Match by PASCAL VOC's rule."""
    rows, others = sequence.truth_rows, sequence.predicted_rows
    ranks = _ranks(sequence)
    order = np.lexsort((rows, -sequence.overlaps, ranks[others]))
    favourite = order[np.unique(ranks[others[order]], return_index=True)[1]]  # of each box, best box first
    favourite = favourite[sequence.overlaps[favourite] >= threshold]
    first = favourite[np.unique(rows[favourite], return_index=True)[1]]
    right = np.zeros((1, len(sequence.predicted)), np.bool_)
    right[0, others[first]] = True
    return Found(sequence.predicted.scores, right, len(sequence.truth))


def average_precision(found: Found, *, method: Literal["coco", "voc"] = "coco") -> Array:
    """The average precision at each threshold.

    Args:
        found: of one or more sequences.
        method: "coco" reads the curve at 101 values of recall, "voc" takes the whole area.

    Returns:
        (T,) in [0, 1]; NaN where there is no true box.
    """
    if not found.truth:
        return np.full(len(found.right), np.nan)
    order = np.argsort(-found.scores, kind="stable")
    right = np.cumsum(found.right[:, order], axis=1)  # (T, N)
    recall = right / found.truth
    precision = right / (np.arange(1, right.shape[1] + 1) + EPSILON)
    falling = np.flip(np.maximum.accumulate(np.flip(precision, axis=1), axis=1), axis=1)
    read = _at_recalls if method == "coco" else _area
    return np.array([read(r, p) for r, p in zip(recall, falling, strict=True)])


def _ranks(sequence: Sequence) -> Index:
    """Place of each predicted box when all are ordered by score, best first."""
    ranks = np.empty(len(sequence.predicted), np.int64)
    ranks[np.argsort(-sequence.predicted.scores, kind="stable")] = np.arange(len(ranks))
    return ranks


def _greedy(sequence: Sequence, order: Index, threshold: float) -> NDArray[np.bool_]:
    """Which predicted boxes get a true one when each in turn takes its best that is free."""
    right = np.zeros(len(sequence.predicted), np.bool_)
    able = sequence.overlaps >= threshold
    contested = np.zeros(len(able), np.bool_)
    contested[able] = contested_pairs(sequence, np.flatnonzero(able))
    right[sequence.predicted_rows[able & ~contested]] = True
    taken: set[int] = set()
    served: set[int] = set()
    hard = order[contested[order]]
    pairs = zip(sequence.truth_rows[hard].tolist(), sequence.predicted_rows[hard].tolist(), strict=True)
    for row, other in pairs:
        if row not in taken and other not in served:
            taken.add(row)
            served.add(other)
    right[list(served)] = True
    return right


def _at_recalls(recall: Array, precision: Array) -> float:
    at = np.searchsorted(recall, RECALLS, side="left")
    return float(np.append(precision, 0.0)[at].mean())


def _area(recall: Array, precision: Array) -> float:
    return float((np.diff(recall, prepend=0.0) * precision).sum())
