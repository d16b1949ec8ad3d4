"""What it costs to join a track with a detection.

Boxes that do not touch have no overlap, so overlaps are not held as a matrix but as the pairs that have one:
a crowd of a thousand has a million pairs of which a few thousand touch. The published +1 pixel convention
(FairMOT measures a box from its first pixel to its last, both included) is ``widened``.

GIoU: Rezatofighi et al., Generalized Intersection over Union, 2019, arXiv:1902.09630. Fusing with the score:
Zhang et al., ByteTrack, 2021, arXiv:2110.06864. Fusing with motion: Wang et al., Towards Real-Time
Multi-Object Tracking, 2019, arXiv:1909.12605.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import iou, xywh_to_xyxy

Array = NDArray[np.float64]
Indices = NDArray[np.intp]


class Pairs(NamedTuple):
    """Some of the pairs of N rows and M columns with a value each, sorted by row; (P,) each."""

    rows: Indices
    columns: Indices
    values: Array


def widened(boxes: Array) -> Array:
    """Boxes one pixel wider and higher, so that their overlap is that of the +1 pixel convention."""
    return np.asarray(boxes + np.array([0.0, 0.0, 1.0, 1.0]))


def touching(a: Array, b: Array) -> tuple[Indices, Indices]:
    """Rows and columns of the pairs of boxes (N, 4), (M, 4) x, y, w, h that share some area."""
    left, top, width, height = a.T
    order = np.argsort(b[:, 0], kind="stable")
    lefts = b[order, 0]
    widest = b[:, 2].max(initial=0.0)
    first = np.searchsorted(lefts, left - widest, side="left")
    count = np.searchsorted(lefts, left + width, side="left") - first
    rows = np.repeat(np.arange(len(a)), count)
    columns = order[np.arange(len(rows)) - np.repeat(np.cumsum(count) - count - first, count)]
    right, low, bottom = b[:, 0] + b[:, 2], b[:, 1], b[:, 1] + b[:, 3]
    near = right[columns] > left[rows]
    near &= low[columns] < (top + height)[rows]
    near &= bottom[columns] > top[rows]
    return rows[near], columns[near]


def overlaps(a: Array, b: Array) -> Pairs:
    """Intersection over union of the pairs of boxes that share some area, (0, 1]."""
    rows, columns = touching(a, b)
    p, q = a[rows], b[columns]
    ends = np.minimum(p[:, :2] + p[:, 2:], q[:, :2] + q[:, 2:])
    sides = ends - np.maximum(p[:, :2], q[:, :2])
    shared = sides[:, 0] * sides[:, 1]
    union = p[:, 2] * p[:, 3] + q[:, 2] * q[:, 3] - shared
    return Pairs(rows, columns, shared / union)


def of_one_class(pairs: Pairs, row_classes: Indices, column_classes: Indices) -> Pairs:
    """The pairs whose two sides are of the same class."""
    same = row_classes[pairs.rows] == column_classes[pairs.columns]
    return pairs if same.all() else Pairs._make(part[same] for part in pairs)


def pairs_of(matrix: Array) -> Pairs:
    """The finite entries of a matrix (N, M) as pairs."""
    rows, columns = np.nonzero(np.isfinite(matrix))
    return Pairs(rows, columns, matrix[rows, columns])


def matrix_of(pairs: Pairs, shape: tuple[int, int], *, missing: float) -> Array:
    """Pairs as a matrix (N, M); ``missing`` stands where there is no pair."""
    matrix = np.full(shape, missing)
    matrix[pairs.rows, pairs.columns] = pairs.values
    return matrix


def fused_with_score(pairs: Pairs, scores: Array) -> Pairs:
    """Cost 1 - overlap * score of overlapping pairs: a sure detection is taken before a doubtful one."""
    return pairs._replace(values=1.0 - pairs.values * scores[pairs.columns])


def giou(a: Array, b: Array) -> Array:
    """Generalised intersection over union of every pair, (N, M) in [-1, 1]: below 0 the further apart."""
    p, q = xywh_to_xyxy(a), xywh_to_xyxy(b)
    hull = np.maximum(p[:, None, 2:], q[None, :, 2:]) - np.minimum(p[:, None, :2], q[None, :, :2])
    around = hull.prod(axis=2)
    overlap = iou(a, b)
    areas = a[:, 2:].prod(axis=1)[:, None] + b[:, 2:].prod(axis=1)
    # The union is (areas - shared) and the overlap shared / union, so union = areas / (1 + overlap).
    union = areas / (1.0 + overlap)
    empty = np.divide(around - union, around, out=np.zeros_like(around), where=around > 0)
    return np.asarray(overlap - empty)


def cosine(a: NDArray[np.floating], b: NDArray[np.floating]) -> Array:
    """Cosine distance of every pair of embeddings (N, D), (M, D), at least 0; 1 where one has no length."""
    return np.maximum(1.0 - unit(a) @ unit(b).T, 0.0)


def unit(vectors: NDArray[np.floating]) -> Array:
    """Vectors (N, D) at length one, float64; those with no or no finite length become 0."""
    v = np.asarray(vectors, dtype=np.float64)
    if not v.size:
        return v
    with np.errstate(over="ignore", invalid="ignore"):
        length = np.sqrt((v * v).sum(axis=1, keepdims=True))
    usable = np.isfinite(length) & (length > 0)
    return np.where(usable, np.divide(v, length, out=np.zeros_like(v), where=usable), 0.0)


def fused_with_motion(cost: Array, gating: Array, *, limit: float, share: float) -> Array:
    """Appearance cost mixed with how far from its predicted place a detection lies.

    Args:
        cost: (N, M) appearance cost.
        gating: (N, M) squared Mahalanobis distance.
        limit: pairs further than this become infinite.
        share: of the appearance in the sum, [0, 1].
    """
    return share * np.where(gating > limit, np.inf, cost) + (1.0 - share) * gating
