"""How alike two tracklets look: what a distance of embeddings says in this video.

Networks differ in how far apart they put two views of one target and two targets, so the distances are
compared with the video's own: those between pieces of one tracklet, and those between pieces of tracklets
that are seen in one frame. What few samples show is joined with what is known before.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workbench.tracking.tracker import Array, Indices
from workbench.tracking.tracklets import Found, Tracklets

ENOUGH = 5.0  # samples from which on a video tells its own distances
NARROWEST = 0.03  # standard deviation of a cosine distance
MOST = 20_000  # pairs that are compared
AT_ONCE = 1 << 14  # pairs whose embeddings are held at a time
PIECE = 4  # detections whose mean embeddings are compared


class Distances(NamedTuple):
    """Cosine distances: mean and standard deviation of those of one target, and of those of two."""

    same: float = 0.2
    same_spread: float = 0.15
    other: float = 0.7
    other_spread: float = 0.25

    def speak(self, distance: Array) -> Array:
        """Log of how much likelier a distance is of one target than of two; beyond the means as at them."""
        if self.other <= self.same:
            return np.zeros(len(distance))
        at = np.clip(distance, self.same, self.other)
        one, two = (at - self.same) / self.same_spread, (at - self.other) / self.other_spread
        return np.asarray((two**2 - one**2) / 2 + np.log(self.other_spread / self.same_spread))


def looks_of(found: Found, tracklets: Tracklets) -> Array:
    """Mean embeddings (T, D) at length one, or 0; D = 0 without appearance."""
    return _mean_looks(found, tracklets.order, tracklets.bounds[:-1])


def differences(before: Array, after: Array, rows: Indices, columns: Indices, known: Distances) -> Array:
    """What looks say for links from tracklets ``rows`` to ``columns``, (P,); 0 where one is not known."""
    if not before.shape[1]:
        return np.zeros(len(rows))
    seen = (before != 0).any(axis=1)[rows] & (after != 0).any(axis=1)[columns]
    distance = np.empty(len(rows))
    for begin in range(0, len(rows), AT_ONCE):
        part = slice(begin, begin + AT_ONCE)
        distance[part] = 1 - np.einsum("pd,pd->p", before[rows[part]], after[columns[part]])
    return np.asarray(np.where(seen, known.speak(distance), 0.0))


def distances_of(found: Found, tracklets: Tracklets, known: Distances) -> Distances:
    """The distances of a video, from tracklets that are surely right; ``known`` before it is seen."""
    if not found.features.shape[1]:
        return known
    same, other = _within(found, tracklets), _between(found, tracklets)
    return Distances(
        *_joined(known.same, known.same_spread, same), *_joined(known.other, known.other_spread, other)
    )


def _joined(mean: float, spread: float, seen: Array) -> tuple[float, float]:
    """Mean and standard deviation of what was known, as ``ENOUGH`` samples, and of what is seen."""
    share = len(seen) / (len(seen) + ENOUGH)
    if not len(seen):
        return mean, spread
    return (
        (1 - share) * mean + share * float(seen.mean()),
        max((1 - share) * spread + share * float(seen.std()), NARROWEST),
    )


def _pieces(tracklets: Tracklets) -> Tracklets:
    """Tracklets cut into pieces of ``PIECE`` detections, the last shorter."""
    number = np.arange(len(tracklets.order)) - np.repeat(tracklets.bounds[:-1], tracklets.lengths)
    starts = np.flatnonzero(number % PIECE == 0)
    return Tracklets(tracklets.order, np.append(starts, len(tracklets.order)))


def _within(found: Found, tracklets: Tracklets) -> Array:
    """Distances between neighbouring pieces of tracklets."""
    pieces = _pieces(tracklets)
    of = np.searchsorted(tracklets.bounds, pieces.bounds[:-1], side="right")
    next_ = np.flatnonzero((of[1:] == of[:-1]) & (pieces.lengths[1:] == PIECE))
    next_ = next_[:: len(next_) // MOST + 1]
    looks = looks_of(found, pieces)
    return _apart(looks[next_], looks[next_ + 1])


def _between(found: Found, tracklets: Tracklets) -> Array:
    """Distances between pieces of tracklets that are seen in one frame, neighbours by their number there."""
    pieces = _pieces(tracklets)
    number = np.empty(len(found), np.intp)
    number[pieces.order] = np.repeat(np.arange(len(pieces)), pieces.lengths)
    beside = np.flatnonzero(
        (found.frames[1:] == found.frames[:-1]) & (found.classes[1:] == found.classes[:-1])
    )  # fmt: skip
    pairs = np.unique(np.stack([number[beside], number[beside + 1]], axis=1), axis=0)
    pairs = pairs[:: len(pairs) // MOST + 1]
    looks = looks_of(found, pieces)
    return _apart(looks[pairs[:, 0]], looks[pairs[:, 1]])


def _apart(one: Array, other: Array) -> Array:
    """Cosine distances of those that are both known."""
    known = (one != 0).any(axis=1) & (other != 0).any(axis=1)
    return np.asarray(1 - (one[known] * other[known]).sum(axis=1))


def _mean_looks(found: Found, order: Indices, starts: Indices) -> Array:
    """Mean embeddings of the parts of ``order`` that begin at ``starts``, at length one, or 0."""
    if not found.features.shape[1] or not len(starts):
        return np.zeros((len(starts), found.features.shape[1]))
    total = np.add.reduceat(found.features[order], starts, axis=0)
    length = np.sqrt((total**2).sum(axis=1, keepdims=True))
    return np.asarray(np.divide(total, length, out=np.zeros_like(total), where=length > 0))
