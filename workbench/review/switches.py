"""Tracks that may have exchanged their targets: where two meet, or one begins or ends beside another.

At such a place either each track goes on as itself, or each goes on as the other. What the ways, the sizes
and the looks say against the one is held against what they say against the other, close to the place and
further from it, where the two are apart again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from workbench.core.boxes import Array
from workbench.core.fixes import Operation
from workbench.review.candidates import TO_THE_END, Candidates
from workbench.review.likeness import Likeness, mean_looks
from workbench.review.motion import ends, misses
from workbench.review.nearness import Pairs, Shelf
from workbench.review.view import Index, Mask, View

KIND = "possible-switch"
TERMS = (
    *("constant", "way", "size", "far way", "far size", "looks", "overlap", "begins", "ends", "own way"),
    *("doubt", "no link", "filled", "lag"),
)
CLOSE, MIDDLE, FAR = 1, 3, 6  # frames from the place at which both sides are looked at
BLOCK = 12  # frames for which a meeting gives one place
LAGS = (1, 2, 4, 8, 16, 32, 64)  # frames from a track's end to where another is looked for
NEAREST = 1.0  # sizes that the other may be away from where it is looked for
LARGEST_CHANGE = 0.6  # of the logarithm of width or height
LONGEST = 64  # frames from the place to the boxes looked at
MARGIN = 8  # frames that the span reaches beyond the place
WINDOW = 12  # frames about the place in which doubt counts


class Places(NamedTuple):
    """Where two tracks may have been exchanged, from ``frame`` on; (K,) each."""

    first: Index  # numbers of the tracks
    second: Index
    frame: Index
    lag: Index  # frames between the boxes of the two that are near
    overlap: Array  # of the two at their nearest, in one frame


@dataclass(frozen=True, eq=False)
class Sides:
    """Last rows before and first rows from a place on, (K, track, side), and which there are."""

    rows: Index
    known: Mask

    def swappable(self) -> Mask:
        """Places at which there is something to keep and something to exchange, (K,)."""
        return np.asarray(
            (self.known[:, 0] & self.known[:, 1]).any(axis=1)
            & self.known[..., 0].any(axis=1)
            & self.known[..., 1].any(axis=1)
            & (self.known.sum(axis=(1, 2)) >= 3)
        )


def switches(view: View, likeness: Likeness, pairs: Pairs) -> Candidates:
    """Places where tracks meet, begin beside others, or end beside others."""
    found = [_meetings(view, pairs), _beside(view, last=False), _beside(view, last=True)]
    places = Places._make(np.concatenate(column) for column in zip(*found, strict=True))
    close = _sides(view, places, CLOSE)
    able = close.swappable()
    places = Places._make(column[able] for column in places)
    close = Sides(close.rows[able], close.known[able])
    keep, swap = _against(view, close)
    far_keep, far_swap = _against(view, _sides(view, places, FAR))
    odds = _looks(view, likeness, _sides(view, places, MIDDLE))
    doubt, filled = _about(view, places)
    terms = np.column_stack([
        np.ones(len(keep)), keep[:, :2] - swap[:, :2], far_keep[:, :2] - far_swap[:, :2], odds,
        places.overlap, (~close.known[..., 0]).any(axis=1), (~close.known[..., 1]).any(axis=1), keep[:, 2],
        np.nan_to_num(doubt), np.isnan(doubt), filled, np.log(places.lag + 1.0),
    ])  # fmt: skip
    frame = places.frame
    return Candidates(
        KIND,
        terms,
        frame,
        np.maximum(frame - MARGIN - places.lag, 0),
        frame + MARGIN + places.lag,
        np.column_stack([places.first, places.second]),
        _gain(view, places),
        Operation.SWAP,
        frame,
        np.full(len(frame), TO_THE_END),
        {
            "overlap": places.overlap,
            "motion prefers exchange": terms[:, 1] + terms[:, 3],
            "looks prefer exchange": np.where(odds == 0, np.nan, odds),
        },
    )


def _meetings(view: View, pairs: Pairs) -> Places:
    """The frame of the greatest overlap of two tracks in every block of frames in which they are near."""
    first, second = view.number[pairs.first], view.number[pairs.second]
    frame = view.boxes.frames[pairs.first]
    key = (first * len(view.bounds) + second) * (view.frames // BLOCK + 1) + frame // BLOCK
    order = np.lexsort((-pairs.overlaps, key))
    best = order[np.diff(key[order], prepend=-1) != 0]
    nothing = np.zeros(len(best), np.int64)
    return Places(first[best], second[best], frame[best], nothing, pairs.overlaps[best])


def _beside(view: View, *, last: bool) -> Places:
    """Where the target of a track that ends goes on as another (``last``), or was another before."""
    rows = view.lasts if last else view.firsts
    line = ends(view, rows, back=last)
    shelf = Shelf.of(view, np.arange(len(view)))
    found = []
    for lag in LAGS:
        ahead = line.ahead(np.full(len(rows), float(lag if last else -lag)))
        frame = line.frame + (lag if last else -lag)
        asked, other = shelf.near(frame, ahead, NEAREST * line.size)
        apart = np.linalg.norm(view.place[other] - ahead[asked], axis=1) / line.size[asked]
        near = (apart < NEAREST) & (view.number[other] != view.number[rows[asked]])
        near &= (np.abs(view.shape[other] - line.shape[asked]) < LARGEST_CHANGE).all(axis=1)
        near &= view.boxes.classes[other] == view.boxes.classes[rows[asked]]
        asked, other = asked[near], other[near]
        one, two = view.number[rows[asked]], view.number[other]
        # From the frame on in which the other is seen there, or is no longer.
        place = frame[asked] if last else frame[asked] + 1
        found.append(
            np.column_stack([np.minimum(one, two), np.maximum(one, two), place, np.full(len(one), lag)])
        )
    first, second, place, lag = np.concatenate(found).T
    # Of one pair the shortest lag is enough.
    order = np.lexsort((lag, second, first))
    key = first * len(view.bounds) + second
    kept = order[np.diff(key[order], prepend=-1) != 0]
    return Places(first[kept], second[kept], place[kept], lag[kept], np.zeros(len(kept)))


def _sides(view: View, places: Places, apart: int) -> Sides:
    rows, known = np.empty((len(places.frame), 2, 2), np.int64), np.empty((len(places.frame), 2, 2), np.bool_)
    for k, track in enumerate((places.first, places.second)):
        before = view.rows_from(track, places.frame - apart + 1) - 1
        after = view.rows_from(track, places.frame + apart - 1)
        rows[:, k, 0], rows[:, k, 1] = before, after
        known[:, k, 0], known[:, k, 1] = before >= view.bounds[track], after < view.bounds[track + 1]
    rows = np.clip(rows, 0, max(len(view) - 1, 0))
    known &= np.abs(view.boxes.frames[rows] - places.frame[:, None, None]) <= LONGEST
    return Sides(rows, known)


_WAYS = ((0, 0, 0), (1, 1, 0), (0, 1, 1), (1, 0, 1))  # track before, track behind, exchanged?


def _against(view: View, sides: Sides) -> tuple[Array, Array]:
    """Against keeping and against exchanging, (K, 3): ways, sizes, and the greatest miss of a way."""
    before = [ends(view, sides.rows[:, k, 0], back=True) for k in range(2)]
    after = [ends(view, sides.rows[:, k, 1], back=False) for k in range(2)]
    result = np.zeros((2, len(sides.rows), 3))
    count = np.zeros((2, len(sides.rows)))
    for one, two, exchanged in _WAYS:
        known = sides.known[:, one, 0] & sides.known[:, two, 1]
        miss = misses(before[one], after[two]) * known[:, None]
        result[exchanged, :, :2] += miss
        result[exchanged, :, 2] = np.maximum(result[exchanged, :, 2], miss[:, 0])
        count[exchanged] += known
    comparable = (count > 0).all(axis=0)
    result[..., :2] *= (comparable * 2 / np.maximum(count, 1))[..., None]  # as if both were known
    return result[0], result[1]


def _looks(view: View, likeness: Likeness, sides: Sides) -> Array:
    """Log odds of the exchange by looks, (K,)."""
    before = [mean_looks(view, sides.rows[:, k, 0], back=True) for k in range(2)]
    after = [mean_looks(view, sides.rows[:, k, 1], back=False) for k in range(2)]
    total = np.zeros(len(sides.rows))
    for one, two, exchanged in _WAYS:
        known = sides.known[:, one, 0] & sides.known[:, two, 1]
        total += (1 if exchanged else -1) * known * likeness.log_odds(before[one], after[two])
    return total


def _about(view: View, places: Places) -> tuple[Array, Array]:
    """Greatest doubt of a link of either track near the place, or NaN, and share of boxes not seen."""
    doubt = np.full(len(places.frame), np.nan)
    filled, count = np.zeros(len(places.frame)), np.zeros(len(places.frame))
    for track in (places.first, places.second):
        begin = view.rows_from(track, places.frame - WINDOW)
        for step in range(2 * WINDOW):
            row = np.minimum(begin + step, max(len(view) - 1, 0))
            inside = (begin + step < view.bounds[track + 1]) & (
                view.boxes.frames[row] < places.frame + WINDOW
            )
            doubt = np.fmax(doubt, np.where(inside, view.doubt[row], np.nan))
            filled += inside & view.filled[row]
            count += inside
    return doubt, filled / np.maximum(count, 1)


def _gain(view: View, places: Places) -> Array:
    """Boxes that change their identity: the fewer of those that would be right as it is, and exchanged."""
    before = [view.rows_from(t, places.frame) - view.bounds[t] for t in (places.first, places.second)]
    behind = [view.lengths[t] - n for t, n in zip((places.first, places.second), before, strict=True)]
    return np.asarray(np.minimum(before[0] + before[1], behind[0] + behind[1]), np.float64)
