"""How well one target was followed: success, precision, and the difference between two trackers.

The measures of the Object Tracking Benchmark, over one pass from the first frame, which counts too:
success is the share of frames whose overlap (intersection over union) is above a threshold, AUC its mean
over the thresholds 0, .05, ..., 1; precision is the share whose centre is at most so many pixels away.
Normalised precision measures that distance in widths and heights of the true box, so that it does not depend
on the size of pictures and targets; its figure is the mean over the thresholds 0, .01, ..., .5.
Frames in which the target has no box in the ground truth are left out; a frame without a predicted box
counts as missed.

Wu, Lim, Yang: Online Object Tracking: A Benchmark, CVPR 2013, and Object Tracking Benchmark, TPAMI 2015.
Müller, Bibi, Giancola, Al-Subaihi, Ghanem: TrackingNet, ECCV 2018, arXiv:1803.10794, with the thresholds of
LaSOT (Fan et al., CVPR 2019, arXiv:1809.07845).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.boxes import as_boxes
from workbench.core.errors import UserError
from workbench.core.plurals import counted

Array = NDArray[np.float64]

OVERLAP_THRESHOLDS: Array = np.linspace(0.0, 1.0, 21)
DISTANCE_THRESHOLDS: Array = np.arange(51, dtype=np.float64)  # pixels
NORMALISED_THRESHOLDS: Array = np.arange(51) / 100  # of the true box's size


@dataclass(frozen=True)
class SingleTargetScores:
    """The measures of one sequence.

    Args:
        frames: frames with a box in the ground truth.
        success: share of frames above each of ``OVERLAP_THRESHOLDS``, (21,).
        precision: share of frames within each of ``DISTANCE_THRESHOLDS``, (51,).
        normalised_precision: share of frames within each of ``NORMALISED_THRESHOLDS``, (51,).
    """

    frames: int
    success: Array
    precision: Array
    normalised_precision: Array

    @property
    def auc(self) -> float:
        """Mean success over the thresholds, [0, 1]."""
        return float(self.success.mean())

    @property
    def success_at_half(self) -> float:
        """Share of frames with an overlap above one half."""
        return float(self.success[10])

    @property
    def precision_at_20(self) -> float:
        """Share of frames whose centre is at most 20 pixels away."""
        return float(self.precision[20])

    @property
    def normalised_precision_auc(self) -> float:
        """Mean normalised precision over the thresholds, [0, 1]."""
        return float(self.normalised_precision.mean())


@dataclass(frozen=True)
class Difference:
    """Mean of paired differences over sequences with its 95 % interval."""

    mean: float
    low: float
    high: float


def overlaps(predicted: ArrayLike, truth: ArrayLike) -> Array:
    """Intersection over union of each pair of boxes, (N,) in [0, 1]; NaN where either box has a NaN."""
    p, t = as_boxes(predicted), as_boxes(truth)
    low = np.maximum(p[:, :2], t[:, :2])
    high = np.minimum(p[:, :2] + p[:, 2:], t[:, :2] + t[:, 2:])
    shared = np.maximum(high - low, 0.0).prod(axis=1)
    union = p[:, 2:].prod(axis=1) + t[:, 2:].prod(axis=1) - shared
    nothing = np.where(np.isnan(union), np.nan, 0.0)
    result: Array = np.divide(shared, union, out=nothing, where=union > 0)
    return result


def centre_errors(predicted: ArrayLike, truth: ArrayLike) -> Array:
    """Distance between the centres of each pair of boxes in pixels, (N,); NaN where either has a NaN."""
    apart = _between_centres(as_boxes(predicted), as_boxes(truth))
    return np.asarray(np.hypot(apart[:, 0], apart[:, 1]), dtype=np.float64)


def normalised_centre_errors(predicted: ArrayLike, truth: ArrayLike) -> Array:
    """Distance between the centres of each pair of boxes in widths and heights of the true one, (N,).

    NaN where either has a NaN or the true box has no width or no height.
    """
    t = as_boxes(truth)
    apart = _between_centres(as_boxes(predicted), t)
    share = np.divide(apart, t[:, 2:], out=np.full_like(apart, np.nan), where=t[:, 2:] > 0)
    return np.asarray(np.hypot(share[:, 0], share[:, 1]), dtype=np.float64)


def _between_centres(predicted: Array, truth: Array) -> Array:
    return (predicted[:, :2] + predicted[:, 2:] / 2) - (truth[:, :2] + truth[:, 2:] / 2)


def score(predicted: ArrayLike, truth: ArrayLike) -> SingleTargetScores:
    """Measure one sequence.

    Args:
        predicted: (N, 4) boxes; a row of NaN = the tracker gave none, which counts as missed.
        truth: (N, 4) boxes; a row with a NaN = not annotated or absent, left out.

    Raises:
        UserError: the two differ in length, or no frame has a box in the ground truth.
    """
    p, t = as_boxes(predicted), as_boxes(truth)
    if len(p) != len(t):
        raise UserError(f"{counted(len(p), 'predicted box')} cannot be scored against {len(t)} true.")
    known = ~np.isnan(t).any(axis=1)
    if not known.any():
        raise UserError("The ground truth has no box, so there is nothing to score against.")
    overlap, error = overlaps(p[known], t[known]), centre_errors(p[known], t[known])
    # A comparison with NaN is False, so a missing prediction is a miss at every threshold.
    success = (overlap[:, None] > OVERLAP_THRESHOLDS).mean(axis=0)
    precision = (error[:, None] <= DISTANCE_THRESHOLDS).mean(axis=0)
    normalised_error = normalised_centre_errors(p[known], t[known])
    normalised = (normalised_error[:, None] <= NORMALISED_THRESHOLDS).mean(axis=0)
    return SingleTargetScores(int(known.sum()), success, precision, normalised)


def paired_bootstrap(
    ours: ArrayLike, theirs: ArrayLike, *, rounds: int = 10_000, seed: int = 0
) -> Difference:
    """How far one tracker is ahead of another, with sequences drawn again with replacement.

    Args:
        ours, theirs: one figure a sequence, in the same order, (S,).
        rounds: how often the sequences are drawn.
        seed: of the draws.

    Returns:
        The mean of ours - theirs and the middle 95 % of the means drawn.

    Raises:
        UserError: the two differ in length or are empty.
    """
    a, b = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    if a.shape != b.shape or a.size == 0:
        raise UserError("A paired comparison needs the same sequences on both sides, and at least one.")
    ahead = a - b
    drawn = np.random.default_rng(seed).integers(0, len(ahead), size=(rounds, len(ahead)))
    low, high = np.percentile(ahead[drawn].mean(axis=1), [2.5, 97.5])
    return Difference(float(ahead.mean()), float(low), float(high))
