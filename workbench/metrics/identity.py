"""Identity measures: how many boxes have the right identity when a true track is given one predicted track.

True and predicted tracks are matched one to one over the whole sequence so that as many boxes as possible
agree, that is overlap by at least one half; IDF1 is the F1 score of those boxes.

Ristani, Solera, Zou, Cucchiara, Tomasi: Performance Measures and a Data Set for Multi-Target, Multi-Camera
Tracking, ECCV 2016 workshops, arXiv:1609.01775.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from workbench.metrics.sequence import Sequence


@dataclass(frozen=True)
class Identity:
    """Counts; those of several sequences add up.

    Args:
        tp, fn, fp: boxes with the right identity, other true boxes, other predicted boxes.
    """

    tp: int
    fn: int
    fp: int

    def __add__(self, other: Identity) -> Identity:
        return Identity(self.tp + other.tp, self.fn + other.fn, self.fp + other.fp)

    @property
    def idf1(self) -> float:
        """F1 score, [0, 1]."""
        return self.tp / max(1.0, self.tp + 0.5 * self.fp + 0.5 * self.fn)

    @property
    def idp(self) -> float:
        """Share of the predicted boxes with the right identity."""
        return self.tp / max(1, self.tp + self.fp)

    @property
    def idr(self) -> float:
        """Share of the true boxes with the right identity."""
        return self.tp / max(1, self.tp + self.fn)

    def figures(self) -> dict[str, float]:
        """By their names in the paper."""
        return {
            "IDF1": self.idf1,
            "IDP": self.idp,
            "IDR": self.idr,
            "IDTP": self.tp,
            "IDFN": self.fn,
            "IDFP": self.fp,
        }


def identity(sequence: Sequence, *, threshold: float = 0.5) -> Identity:
    """Measure one sequence; boxes agree from the overlap ``threshold`` on."""
    first, second, index = sequence.id_pairs
    agreed = np.bincount(index[sequence.overlaps >= threshold], minlength=len(first))
    meet = agreed > 0
    # Leaving a track alone costs its boxes, matching two saves twice what they agree on: only that matters.
    rows, row = np.unique(first[meet], return_inverse=True)
    columns, column = np.unique(second[meet], return_inverse=True)
    table = np.zeros((len(rows), len(columns)))
    table[row, column] = agreed[meet]
    tp = int(table[linear_sum_assignment(table, maximize=True)].sum())
    return Identity(tp, len(sequence.truth) - tp, len(sequence.predicted) - tp)
