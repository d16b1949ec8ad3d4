"""Tracks that may have exchanged their targets: where two meet, or one begins or ends beside another.

At such a place either each track goes on as itself, or each goes on as the other. What the ways, the sizes
and the looks say against the one is held against what they say against the other, close to the place and
further from it, where the two are apart again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from workbench.core.boxes import Array
from workbench.core.fixes import Operation
from workbench.review.candidates import TO_THE_END, Candidates
from workbench.review.likeness import MOST, Likeness, mean_looks
from workbench.review.motion import CLOSE, FAR, ends, misses
from workbench.review.nearness import Pairs, Shelf
from workbench.review.scene import Scene
from workbench.review.view import Index, Mask, View

KIND = "possible-switch"
TERMS = (
    *("constant", "way", "size", "far way", "far size", "looks", "overlap", "begins", "ends", "own way"),
    *("doubt", "no link", "filled", "lag", "linked"),
)
MIDDLE = 3  # frames from the place at which looks are compared
BLOCK = 12  # frames for which a meeting gives one place
LAGS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)  # frames from a track's end to where another is looked for
NEAREST = 1.0  # sizes that the other may be away from where it is looked for
LARGEST_CHANGE = 0.6  # of the logarithm of width or height
LONGEST = 64  # frames from the place to the boxes looked at
DECIDED = 4.0  # difference of misses from which on more says no more
MARGIN = 8  # frames that the span reaches beyond the place
WINDOW = 12  # frames about the place in which doubt counts
AT_ONCE = 1 << 16  # places


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


def switches(scene: Scene) -> Iterator[Candidates]:
    """Places where tracks meet, begin beside others, or end beside others, some at a time."""
    view = scene.view
    found = [_meetings(view, scene.pairs), _beside(view, last=False), _beside(view, last=True)]
    places = Places._make(np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((places.frame, places.second, places.first))
    for begin in range(0, max(len(order), 1), AT_ONCE):
        part = order[begin : begin + AT_ONCE]
        yield _measured(scene, Places._make(column[part] for column in places))


def _measured(scene: Scene, places: Places) -> Candidates:
    view = scene.view
    close = _sides(view, places, CLOSE)
    able = close.swappable()
    places = Places._make(column[able] for column in places)
    close = Sides(close.rows[able], close.known[able])
    keep, swap = _against(scene, close)
    far_keep, far_swap = _against(scene, _sides(view, places, FAR))
    odds = _looks(view, scene.likeness, _sides(view, places, MIDDLE))
    doubt, filled = _about(view, places)
    terms = np.column_stack([
        np.ones(len(keep)), _rather(keep, swap), _rather(far_keep, far_swap), odds,
        places.overlap, (~close.known[..., 0]).any(axis=1), (~close.known[..., 1]).any(axis=1), keep[:, 2],
        np.nan_to_num(doubt), np.isnan(doubt), filled, np.log(places.lag + 1.0),
        np.full(len(keep), view.linked),
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
    """Where the target of a run that ends goes on as another track (``last``), or was another before."""
    rows = _runs(view, last=last)
    line = ends(view, rows, back=last)
    shelf = Shelf.of(view, np.flatnonzero(~view.filled))
    found = [np.empty((0, 5), np.int64)]
    for lag in LAGS:
        frame = line.frame + (lag if last else -lag)
        steps = np.full(len(rows), float(lag if last else -lag))
        for place in (line.ahead(steps), line.place):
            asked, other = shelf.near(frame, place, NEAREST * line.size)
            apart = np.abs(view.place[other] - place[asked]).max(axis=1) / line.size[asked]
            near = (apart < NEAREST) & (view.number[other] != view.number[rows[asked]])
            near &= (np.abs(view.shape[other] - line.shape[asked]) < LARGEST_CHANGE).all(axis=1)
            near &= view.boxes.classes[other] == view.boxes.classes[rows[asked]]
            asked, other = asked[near], other[near]
            # From the frame on in which the other is seen there, or is no longer.
            since = frame[asked] if last else frame[asked] + 1
            columns = (view.number[rows[asked]], view.number[other], since, np.full(len(asked), lag), asked)
            found.append(np.column_stack(columns))
    one, two, since, lag, asked = np.concatenate(found).T
    # Of one run and another track the shortest lag is enough.
    order = np.lexsort((lag, two, asked))
    key = asked[order] * len(view.bounds) + two[order]
    kept = order[np.diff(key, prepend=-1) != 0]
    one, two = one[kept], two[kept]
    first, second = np.minimum(one, two), np.maximum(one, two)
    return Places(first, second, since[kept], lag[kept], np.zeros(len(kept)))


def _runs(view: View, *, last: bool) -> Index:
    """Last or first rows of stretches of boxes that were seen in consecutive frames."""
    seen = np.flatnonzero(~view.filled)
    keys = view.keys[seen]
    breaks = np.diff(keys, append=-1) != 1 if last else np.diff(keys, prepend=-2) != 1
    return np.asarray(seen[breaks])


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


def _against(scene: Scene, sides: Sides) -> tuple[Array, Array]:
    """Against keeping and against exchanging, (K, 3): ways, sizes, and the greatest miss of a way."""
    view = scene.view
    before = [ends(view, sides.rows[:, k, 0], back=True) for k in range(2)]
    after = [ends(view, sides.rows[:, k, 1], back=False) for k in range(2)]
    result = np.zeros((2, len(sides.rows), 3))
    count = np.zeros((2, len(sides.rows)))
    for one, two, exchanged in _WAYS:
        known = sides.known[:, one, 0] & sides.known[:, two, 1]
        miss = misses(before[one], after[two], scene.usual) * known[:, None]
        result[exchanged, :, :2] += miss
        result[exchanged, :, 2] = np.maximum(result[exchanged, :, 2], miss[:, 0])
        count[exchanged] += known
    comparable = (count > 0).all(axis=0)
    result[..., :2] *= (comparable * 2 / np.maximum(count, 1))[..., None]  # as if both were known
    return result[0], result[1]


def _rather(keep: Array, swap: Array) -> Array:
    """How much more is against keeping, ways and sizes (K, 2); motion alone decides nothing."""
    return np.clip(keep[:, :2] - swap[:, :2], -DECIDED, DECIDED)


def _looks(view: View, likeness: Likeness, sides: Sides) -> Array:
    """Log odds of the exchange by looks, (K,)."""
    before = [mean_looks(view, sides.rows[:, k, 0], back=True) for k in range(2)]
    after = [mean_looks(view, sides.rows[:, k, 1], back=False) for k in range(2)]
    total = np.zeros(len(sides.rows))
    for one, two, exchanged in _WAYS:
        known = sides.known[:, one, 0] & sides.known[:, two, 1]
        total += (1 if exchanged else -1) * known * likeness.log_odds(before[one], after[two])
    return np.clip(total, -MOST, MOST)


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
