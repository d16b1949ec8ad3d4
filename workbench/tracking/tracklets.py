"""Tracklets that are surely right: detections of consecutive frames that nothing else can be confused with.

Two detections are joined where each overlaps the other best, by a margin before every rival of either, so
that the same pair is found forwards and backwards in time. Where people cross, the margin is missing and the
tracklet ends; linking decides there with more to go by than one frame (Huang, Wu and Nevatia, Robust Object
Tracking by Hierarchical Association of Detection Responses, ECCV 2008).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from workbench.core.detections import Detections
from workbench.core.errors import UserError
from workbench.tracking.costs import of_one_class, overlaps
from workbench.tracking.tracker import Array, Indices, usable

NONE = -1
"""No detection comes after."""


@dataclass(frozen=True, eq=False)
class Found:
    """All usable detections of a video in the order of their frames."""

    frames: Indices  # (N,) ascending
    boxes: Array  # (N, 4) x, y, w, h
    scores: Array  # (N,)
    classes: NDArray[np.int64]  # (N,)
    features: Array  # (N, D) of length 1, or 0 where there is none; D = 0 without appearance
    rows: Indices  # (N,) place among all detections of their frame

    @classmethod
    def of(cls, video: Sequence[Detections], *, appearance: bool = True) -> Found:
        """The detections of a video, frame by frame from 0; those that can be no target are left out.

        Raises:
            UserError: embeddings of different lengths.
        """
        seen = [usable(detections, appearance=appearance) for detections in video]
        widths = {part.features.shape[1] for part in seen} - {0}
        if len(widths) > 1:
            raise UserError(f"Embeddings of {sorted(widths)} numbers in one video; use one network for all.")
        width = max(widths, default=0)
        features = [
            part.features if part.features.shape[1] else np.zeros((len(part.rows), width)) for part in seen
        ]
        return cls(
            np.repeat(np.arange(len(seen)), [len(part.rows) for part in seen]),
            np.concatenate([np.empty((0, 4)), *(part.boxes for part in seen)]),
            np.concatenate([np.empty(0), *(part.scores for part in seen)]),
            np.concatenate([np.empty(0, np.int64), *(part.classes for part in seen)]),
            np.concatenate([np.empty((0, width)), *features]),
            np.concatenate([np.empty(0, np.intp), *(part.rows for part in seen)]),
        )

    def __len__(self) -> int:
        return len(self.frames)

    def moved(self, shift: Array) -> Found:
        """The same with the boxes of each frame moved by ``shift`` (frames, 2), pixels."""
        boxes = self.boxes.copy()
        boxes[:, :2] += shift[self.frames]
        return replace(self, boxes=boxes)


@dataclass(frozen=True, eq=False)
class Tracklets:
    """Chains of detections.

    Args:
        order: (N,) detections, those of one tracklet together and in the order of their frames.
        bounds: (T + 1,) tracklet t has the detections ``order[bounds[t]:bounds[t + 1]]``, at least one.
    """

    order: Indices
    bounds: Indices

    @classmethod
    def of(cls, after: Indices) -> Tracklets:
        """From the detection that follows each in its tracklet, (N,), or ``NONE``; by their first."""
        count = len(after)
        joined = np.flatnonzero(after != NONE)
        graph = csr_array((np.ones(len(joined), np.int8), (joined, after[joined])), shape=(count, count))
        label = connected_components(graph, directed=False)[1] if count else np.empty(0, np.intp)
        order = np.argsort(label, kind="stable")  # detections are in the order of their frames
        lengths = np.bincount(label, minlength=0)
        bounds = np.concatenate([[0], np.cumsum(lengths)])
        return cls(order, bounds)._by_first()

    def _by_first(self) -> Tracklets:
        return self.chosen(np.argsort(self.firsts, kind="stable"))

    def chosen(self, which: Indices | NDArray[np.bool_]) -> Tracklets:
        """Some of them, by mask (T,) or in the order of indices (K,)."""
        lengths = self.lengths[which]
        bounds = np.concatenate([[0], np.cumsum(lengths)])
        moved = np.repeat(self.bounds[:-1][which] - bounds[:-1], lengths) + np.arange(bounds[-1])
        return Tracklets(self.order[moved], bounds)

    @property
    def firsts(self) -> Indices:
        """Detection each begins with, (T,)."""
        return self.order[self.bounds[:-1]]

    @property
    def lasts(self) -> Indices:
        """Detection each ends with, (T,)."""
        return self.order[self.bounds[1:] - 1]

    @property
    def lengths(self) -> Indices:
        """Number of detections, (T,)."""
        return np.diff(self.bounds)

    def __len__(self) -> int:
        return len(self.bounds) - 1


def sure_links(found: Found, frame: int, *, overlap: float, margin: float) -> tuple[Indices, Indices]:
    """Detections of ``frame`` and of the next that are surely the same targets, (K,) each.

    Args:
        overlap: that a pair has at least, (0, 1].
        margin: by which it overlaps more than any other pair that shares a detection with it, [0, 1].
    """
    here, there, end = np.searchsorted(found.frames, [frame, frame + 1, frame + 2])
    pairs = overlaps(found.boxes[here:there], found.boxes[there:end])
    pairs = of_one_class(pairs, found.classes[here:there], found.classes[there:end])
    rows, columns, values = pairs
    best = (values >= overlap) & _leads(rows, values, margin) & _leads(columns, values, margin)
    return here + rows[best], there + columns[best]


def _leads(groups: Indices, values: Array, margin: float) -> NDArray[np.bool_]:
    """Which values are the best of their group by a margin before the next, (P,)."""
    order = np.lexsort((-values, groups))
    group, value = groups[order], values[order]
    first = np.concatenate([[True], group[1:] != group[:-1]]) if len(group) else np.empty(0, np.bool_)
    rival = np.zeros(len(order))
    followed = np.flatnonzero(first[:-1] & ~first[1:])
    rival[followed] = value[followed + 1]
    leads = np.zeros(len(order), np.bool_)
    leads[order] = first & (value >= rival + margin) & ((rival == 0) | (value > rival))
    return leads
