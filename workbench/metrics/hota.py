"""HOTA: higher order tracking accuracy, the geometric mean of detection and association accuracy.

At each threshold of overlap, boxes are matched one to one so that identities which overlap all along come
first; DetA is the share of matched boxes among all, AssA asks of each match how much of its two tracks is
matched with each other. The figures are means over the thresholds 0.05, 0.10, ..., 0.95.

Luiten, Ošep, Dendorfer, Torr, Geiger, Leal-Taixé, Leibe: HOTA, IJCV 2020, arXiv:2009.07736. As in the
reference evaluator there is one matching for all thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.metrics.matching import best_matching
from workbench.metrics.overlapping import EPSILON, Array, Index
from workbench.metrics.sequence import Sequence

THRESHOLDS: Array = np.arange(0.05, 0.99, 0.05)  # (19,)


@dataclass(frozen=True, eq=False)
class Hota:
    """Sums over matches at each of ``THRESHOLDS``, all (19,); those of several sequences add up.

    Args:
        tp, fn, fp: matched boxes, true boxes and predicted boxes without a match.
        overlap: of the matches.
        association, recall, precision: of each match: boxes that its two tracks have matched with each other,
            as a share of both tracks together, of the true, of the predicted track.
    """

    tp: Array
    fn: Array
    fp: Array
    overlap: Array
    association: Array
    recall: Array
    precision: Array

    def __add__(self, other: Hota) -> Hota:
        return Hota(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    @property
    def det_a(self) -> Array:
        """Detection accuracy, (19,) in [0, 1], as all that follow."""
        return self.tp / np.maximum(1, self.tp + self.fn + self.fp)

    @property
    def det_re(self) -> Array:
        """Share of the true boxes that are matched."""
        return self.tp / np.maximum(1, self.tp + self.fn)

    @property
    def det_pr(self) -> Array:
        """Share of the predicted boxes that are matched."""
        return self.tp / np.maximum(1, self.tp + self.fp)

    @property
    def ass_a(self) -> Array:
        """Association accuracy."""
        return self.association / np.maximum(1, self.tp)

    @property
    def ass_re(self) -> Array:
        """How much of the true tracks the matched tracks cover."""
        return self.recall / np.maximum(1, self.tp)

    @property
    def ass_pr(self) -> Array:
        """How much of the predicted tracks keeps to the matched tracks."""
        return self.precision / np.maximum(1, self.tp)

    @property
    def loc_a(self) -> Array:
        """Mean overlap of the matches; 1 where there is none."""
        return np.maximum(1e-10, self.overlap) / np.maximum(1e-10, self.tp)

    @property
    def hota(self) -> Array:
        """The geometric mean of detection and association accuracy."""
        return np.sqrt(self.det_a * self.ass_a)

    def figures(self) -> dict[str, float]:
        """Means over the thresholds, by their names in the paper."""
        named = {
            "HOTA": self.hota,
            "DetA": self.det_a,
            "AssA": self.ass_a,
            "LocA": self.loc_a,
            "DetRe": self.det_re,
            "DetPr": self.det_pr,
            "AssRe": self.ass_re,
            "AssPr": self.ass_pr,
        }
        return {name: float(values.mean()) for name, values in named.items()}


def hota(sequence: Sequence) -> Hota:
    """Measure one sequence."""
    truth, predicted = sequence.truth, sequence.predicted
    weights = _alignment(sequence) * sequence.overlaps
    usable = np.flatnonzero(weights > 0)
    matches = best_matching(sequence, usable, weights[usable])
    overlaps = sequence.overlaps[matches]
    # A match counts at the first so many thresholds.
    levels = np.searchsorted(THRESHOLDS - EPSILON, overlaps, side="right")
    tp = _at_each(levels, np.ones(len(matches)))
    first, second, counts = _matches_of_tracks(sequence, matches, levels)
    ours, theirs = truth.per_id[first][:, None], predicted.per_id[second][:, None]
    return Hota(
        tp=tp,
        fn=len(truth) - tp,
        fp=len(predicted) - tp,
        overlap=_at_each(levels, overlaps),
        association=(counts * counts / np.maximum(1, ours + theirs - counts)).sum(axis=0),
        recall=(counts * counts / ours).sum(axis=0),
        precision=(counts * counts / theirs).sum(axis=0),
    )


def _alignment(sequence: Sequence) -> Array:
    """How well the two tracks of each pair go together over the whole sequence, (P,) in [0, 1].

    A soft count of the frames in which they are each other's partner, over the frames of both.
    """
    rows, others, overlaps = sequence.truth_rows, sequence.predicted_rows, sequence.overlaps
    of_row = np.bincount(rows, overlaps, minlength=len(sequence.truth))
    of_other = np.bincount(others, overlaps, minlength=len(sequence.predicted))
    around = of_other[others] + of_row[rows] - overlaps
    share = np.divide(overlaps, around, out=np.zeros_like(overlaps), where=around > EPSILON)
    first, second, index = sequence.id_pairs
    together = np.bincount(index, share, minlength=len(first))
    either = sequence.truth.per_id[first] + sequence.predicted.per_id[second] - together
    aligned: Array = (together / either)[index]
    return aligned


def _at_each(levels: Index, values: Array) -> Array:
    """Sum of the values that count at each threshold, (19,)."""
    return _from_the_top(np.bincount(levels, values, minlength=len(THRESHOLDS) + 1))


def _matches_of_tracks(sequence: Sequence, matches: Index, levels: Index) -> tuple[Index, Index, Array]:
    """True id, predicted id (K,) and number of matches at each threshold (K, 19) of tracks that meet."""
    first, second, index = sequence.id_pairs
    size = len(THRESHOLDS) + 1
    table = np.bincount(index[matches] * size + levels, np.ones(len(matches)), len(first) * size)
    return first, second, _from_the_top(table.reshape(-1, size))


def _from_the_top(histogram: NDArray[Any]) -> Array:
    """(..., 20) number of values that reach exactly so many thresholds, to (..., 19) that reach each."""
    result: Array = np.flip(np.cumsum(np.flip(histogram[..., 1:], axis=-1), axis=-1), axis=-1)
    return result
