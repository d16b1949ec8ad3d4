"""Who a run's tracks are among those a project has: the rules of ``run_layers``, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import iou
from workbench.core.rows import BoxRow
from workbench.tracking.assignment import solve
from workbench.tracking.costs import Pairs
from workbench.tracking.offline import Tracks

SAME = 0.5  # overlap above which two boxes are of one target
ACROSS = 0.3  # the same of boxes on two sides of a border, between which the target moved
REACH = 5  # frames from a border within which a track counts as reaching it
NONE = -1

Indices = NDArray[np.int64]
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StoredRows:
    """Stored rows as columns, (N,) each, by frame."""

    frames: Indices
    tracks: Indices
    boxes: Array  # (N, 4)
    categories: Indices
    there: NDArray[np.bool_]  # not marked as outside
    looked_at: NDArray[np.bool_]  # by a person, who made or verified it

    @classmethod
    def of(cls, rows: Sequence[BoxRow], categories: Mapping[int, int]) -> StoredRows:
        """Rows in any order, and the class of each of their tracks."""
        count = len(rows)
        frames, tracks = (np.fromiter((row[i] for row in rows), np.int64, count) for i in (1, 2))
        boxes = np.fromiter((value for row in rows for value in row.box), np.float64, 4 * count).reshape(
            -1, 4
        )
        there = np.fromiter((not row.outside for row in rows), np.bool_, count)
        looked_at = np.fromiter((row.protected for row in rows), np.bool_, count)
        order = np.lexsort((tracks, frames))
        kinds = np.fromiter((categories.get(track, NONE) for track in tracks.tolist()), np.int64, count)
        return cls(frames[order], tracks[order], boxes[order], kinds[order], there[order], looked_at[order])

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True, eq=False)
class Overlapping:
    """A new box and a stored one of the same frame that overlap, (P,) each."""

    new: Indices
    stored: Indices
    overlaps: Array
    alike: NDArray[np.bool_]  # of the same class


def overlapping(new: Tracks, category: Indices, rows: StoredRows) -> Overlapping:
    """Boxes that overlap more than ``SAME``, frame by frame; none with a row that is outside."""
    order = np.argsort(new.frames, kind="stable")
    frames = new.frames[order]
    parts: list[tuple[Indices, Indices, Array]] = []
    for frame in np.intersect1d(frames, rows.frames).tolist():
        mine = order[slice(*np.searchsorted(frames, (frame, frame + 1)))]
        first, last = np.searchsorted(rows.frames, (frame, frame + 1)).tolist()
        overlap = iou(new.boxes[mine], rows.boxes[first:last])
        near, at = np.nonzero((overlap > SAME) & rows.there[first:last])
        parts.append((mine[near], at + first, overlap[near, at]))
    none = np.empty(0, np.int64)
    a = np.concatenate([none, *(p[0] for p in parts)])
    b = np.concatenate([none, *(p[1] for p in parts)])
    return Overlapping(
        a, b, np.concatenate([np.empty(0), *(p[2] for p in parts)]), category[a] == rows.categories[b]
    )


def identities(new: Tracks, stay: StoredRows, lying: Overlapping) -> Indices:
    """The stored track that each new box belongs to by the boxes that stay, (M,); NONE = none."""
    track_of = np.full(len(new), NONE, np.int64)
    events = _events(new, stay, lying)
    if not len(events):
        return track_of
    _split(new, events, track_of)
    _share(new, events, track_of)
    return track_of


_EVENT = np.dtype([("frame", "i8"), ("new", "i8"), ("track", "i8")])
"""In a frame, a new track lies on a box of a stored track that stays."""


def _events(new: Tracks, stay: StoredRows, lying: Overlapping) -> NDArray[np.void]:
    """One to one in each frame. A single box that nobody looked at says nothing of who is who."""
    several = np.isin(stay.tracks, _repeated(stay.tracks))
    telling = (stay.looked_at | several)[lying.stored]
    mine, theirs = lying.new[telling], lying.stored[telling]
    overlap = lying.overlaps[telling] - np.where(lying.alike[telling], 0.0, 1.0 - SAME)
    _, pair = np.unique(places(stay.tracks[theirs], new.ids[mine]), return_inverse=True)
    agreement = np.bincount(pair, overlap)[pair] if len(pair) else overlap
    worth = overlap + agreement / max(float(agreement.max(initial=0.0)), 1.0)
    chosen = solve(Pairs(mine.astype(np.intp), theirs.astype(np.intp), -worth), 0.0)
    events = np.empty(len(chosen.rows), _EVENT)
    events["frame"] = new.frames[chosen.rows]
    events["new"] = new.ids[chosen.rows]
    events["track"] = stay.tracks[chosen.columns]
    return events


def _repeated(values: Indices) -> Indices:
    found, counts = np.unique(values, return_counts=True)
    return found[counts > 1]


def _split(new: Tracks, events: NDArray[np.void], track_of: Indices) -> None:
    """Give each new track the identity it lies on, from cut to cut where these are several."""
    events = np.sort(events, order=("new", "frame"))
    for name in np.unique(events["new"]).tolist():
        own = events[events["new"] == name]
        rows = slice(*np.searchsorted(new.ids, (name, name + 1)))
        change = np.flatnonzero(np.diff(own["track"])) + 1
        cuts = [_cut(new, name, own["frame"][i - 1], own["frame"][i]) for i in change]
        label = own["track"][np.append(0, change)]
        track_of[rows] = label[np.searchsorted(cuts, new.frames[rows], side="right")]


def _cut(new: Tracks, name: int, before: int, after: int) -> int:
    """The first frame of the later one of two targets that a track took for one: (before, after]."""
    links = new.links
    inside = np.flatnonzero((links.ids == name) & (links.before >= before) & (links.after <= after))
    if len(inside):
        return int(links.after[inside[np.argmin(links.probabilities[inside])]])
    return int(before + after + 1) // 2


def _share(new: Tracks, events: NDArray[np.void], track_of: Indices) -> None:
    """Where several new tracks lie on one stored one, leave each the frames about those where it does."""
    events = np.sort(events, order=("track", "frame"))
    for track in np.unique(events["track"]).tolist():
        own = events[events["track"] == track]
        claimed = np.flatnonzero(track_of == track)
        if len(np.unique(new.ids[claimed])) < 2:
            continue
        change = np.flatnonzero(np.diff(own["new"])) + 1
        cuts = [_change(new, claimed, own[i - 1], own[i]) for i in change]
        owner = own["new"][np.append(0, change)]
        owned = owner[np.searchsorted(cuts, new.frames[claimed], side="right")]
        track_of[claimed[owned != new.ids[claimed]]] = NONE


def _change(new: Tracks, claimed: Indices, earlier: np.void, later: np.void) -> int:
    """The frame from which the later of two new tracks has a stored track's identity."""
    frames, names = new.frames[claimed], new.ids[claimed]
    between = (frames > earlier["frame"]) & (frames <= later["frame"])
    last = int(frames[(names == earlier["new"]) & between].max(initial=earlier["frame"]))
    first = int(frames[(names == later["new"]) & between].min(initial=later["frame"]))
    if last < first:
        return first
    middle = int(earlier["frame"] + later["frame"] + 1) // 2
    return min(max(middle, int(earlier["frame"]) + 1), int(later["frame"]))


class Taken:
    """New tracks that have no identity yet, and the frames in which each stored track is taken."""

    def __init__(self, new: Tracks, stay: StoredRows, track_of: Indices) -> None:
        self._new, self.track_of = new, track_of
        known = track_of != NONE
        self._given = set(track_of[known].tolist())
        tracks = np.concatenate([track_of[known], stay.tracks])
        frames = np.concatenate([new.frames[known], stay.frames])
        order = np.argsort(tracks, kind="stable")
        every, first = np.unique(tracks[order], return_index=True)
        self._frames = dict(zip(every.tolist(), np.split(frames[order], first[1:]), strict=False))

    def fits(self, name: int, track: int) -> bool:
        """Whether what is left of a new track could be a stored one: they share no frame."""
        mine = self._new.frames[self._left(name)]
        theirs = self._frames.get(track)
        return len(mine) > 0 and (theirs is None or not np.isin(mine, theirs).any())

    def untouched(self, track: int) -> bool:
        """Whether no new track has a stored one's identity yet."""
        return track not in self._given

    def give(self, name: int, track: int) -> None:
        """Let what is left of a new track be a stored one."""
        rows = self._left(name)
        self.track_of[rows] = track
        self._given.add(track)
        before = self._frames.get(track, self._new.frames[:0])
        self._frames[track] = np.concatenate([before, self._new.frames[rows]])

    def _left(self, name: int) -> Indices:
        low, high = np.searchsorted(self._new.ids, (name, name + 1))
        return np.asarray(np.flatnonzero(self.track_of[low:high] == NONE) + low, np.int64)


def join_at_borders(
    new: Tracks, category: Indices, beside: StoredRows, span: tuple[int, int], taken: Taken
) -> None:
    """Go on with the tracks on the other side of the run's first and last frame."""
    start, stop = span
    by_track = np.lexsort((beside.frames, beside.tracks))
    for first in (True, False):
        near = new.frames < start + REACH if first else new.frames >= stop - REACH
        mine = np.flatnonzero(_ends(new.ids, first=first) & near & (taken.track_of == NONE))
        across = beside.frames < start if first else beside.frames >= stop
        theirs = by_track[(across & beside.there)[by_track]]
        theirs = theirs[_ends(beside.tracks[theirs], first=not first)]
        overlap = iou(new.boxes[mine], beside.boxes[theirs])
        alike = category[mine][:, None] == beside.categories[theirs]
        rows, columns = np.nonzero((overlap > ACROSS) & alike)
        matches = solve(Pairs(rows, columns, -overlap[rows, columns]), 0.0)
        for row, column in zip(mine[matches.rows], theirs[matches.columns], strict=True):
            name, track = int(new.ids[row]), int(beside.tracks[column])
            if taken.fits(name, track):
                taken.give(name, track)


def _ends(tracks: Indices, *, first: bool) -> NDArray[np.bool_]:
    """Whether a row is the first (or else the last) of its track, for rows by track and frame."""
    change = np.diff(tracks) != 0
    edge = np.ones(min(len(tracks), 1), np.bool_)
    return np.concatenate([edge, change] if first else [change, edge])


def join_replaced(new: Tracks, category: Indices, go: StoredRows, taken: Taken) -> None:
    """Let new tracks take over the identities of those they replace, one to one, most overlap first."""
    pairs = overlapping(new, category, go)
    free = pairs.alike & (taken.track_of[pairs.new] == NONE)
    names, tracks = new.ids[pairs.new[free]], go.tracks[pairs.stored[free]]
    _, at, which, counts = np.unique(
        places(tracks, names), return_index=True, return_inverse=True, return_counts=True
    )
    weights = np.bincount(which, pairs.overlaps[free], minlength=len(counts))
    own, theirs = Counter(new.ids.tolist()), Counter(go.tracks.tolist())
    given: set[int] = set()
    for i in np.argsort(-weights, kind="stable").tolist():
        name, track = int(names[at[i]]), int(tracks[at[i]])
        much = 2 * counts[i] >= min(own[name], theirs[track])
        if much and name not in given and taken.untouched(track) and taken.fits(name, track):
            taken.give(name, track)
            given.add(name)


def places(tracks: Indices, frames: Indices) -> Indices:
    """One number for each track and frame, or for each two tracks."""
    return (tracks << 32) + frames
