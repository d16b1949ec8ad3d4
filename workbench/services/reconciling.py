"""What a search found against what is in the queue: nothing is asked twice, and what no longer holds goes.

An issue is one that is known when it is of the same kind, their spans meet, and it is in the same place: its
tracks have boxes where those of the known one had theirs. Ids of tracks alone would not do, for the next run
makes new tracks. What was rejected is never asked again; nor is what was accepted, as a crossing goes on
looking like a switch after it was put right; nor what would take back a correction. The exception: what an
accepted fix took away (boxes deleted, tracks joined, gaps filled) can be found again only where it is there
again, so it is asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Array
from workbench.core.fixes import Operation
from workbench.core.issues import Issue
from workbench.core.rows import ReviewItemRow
from workbench.core.track_boxes import TrackBoxes
from workbench.services.review_items import (
    ACCEPTED,
    OPEN,
    SKIPPED,
    Place,
    ReviewItem,
    row_of,
)

NEAR = 10  # frames between a place and the box that is compared with it
SAME = 0.3  # overlap from which on two boxes are in the same place
UNDECIDED = (OPEN, SKIPPED)
_TAKES_AWAY = (Operation.DELETE, Operation.MERGE, Operation.JOIN, Operation.FILL)

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Reconciled:
    """What becomes of the queue: rows that go, rows that come, and how many of which kind.

    Args:
        before, after: review items, for a change set.
        new: items that are asked for the first time.
        kept: items that still hold, perhaps with other figures.
        gone: undecided items that hold no more.
        answered: issues that were decided before.
    """

    before: tuple[ReviewItemRow, ...]
    after: tuple[ReviewItemRow, ...]
    new: int
    kept: int
    gone: int
    answered: int


def reconcile(
    stored: Sequence[ReviewItemRow],
    issues: Sequence[Issue],
    boxes: TrackBoxes,
    *,
    video_id: int,
    new_ids: Callable[[int], Iterable[int]],
    runs: dict[int, int | None] | None = None,
) -> Reconciled:
    """Bring the queue up to date.

    Args:
        stored: the items there are, judgements of tracks and frames not among them.
        issues: everything that was found now.
        boxes: the tracks as they are now.
        new_ids: ids for so many new items.
        runs: for each track the run that made it.
    """
    tracks = _Tracks(boxes)
    known = _Stored(stored)
    places = [tracks.place(issue) for issue in issues]
    partner: dict[int, Issue] = {}  # by the index of an undecided item
    where: dict[int, tuple[Place, ...]] = {}
    fresh: list[tuple[Issue, tuple[Place, ...]]] = []
    answered = 0
    for issue, place in zip(issues, places, strict=True):
        matches = known.matches(issue, tracks)
        if any(known.is_answer(i) for i in matches):
            answered += 1
            continue
        free = [i for i in matches if stored[i].verdict in UNDECIDED and i not in partner]
        if free:
            partner[free[0]], where[free[0]] = issue, place
        else:
            fresh.append((issue, place))
    before: list[ReviewItemRow] = []
    after: list[ReviewItemRow] = []
    gone = 0

    def row(issue: Issue, item_id: int, place: tuple[Place, ...]) -> ReviewItemRow:
        run = (runs or {}).get(issue.tracks[0])
        return row_of(issue, item_id, video_id, place=place, run_id=run)

    for i, old in enumerate(stored):
        if old.verdict not in UNDECIDED:
            continue
        if i in partner:
            new = row(partner[i], old.id, where[i])._replace(verdict=old.verdict, comment=old.comment)
            if new != old:
                before.append(old)
                after.append(new)
        elif not old.comment:  # what a person wrote stays
            before.append(old)
            gone += 1
    after += [row(issue, i, place) for (issue, place), i in zip(fresh, new_ids(len(fresh)), strict=True)]
    return Reconciled(tuple(before), tuple(after), len(fresh), len(partner), gone, answered)


class _Tracks:
    """Where tracks are near a frame."""

    def __init__(self, boxes: TrackBoxes) -> None:
        self._boxes = boxes
        bounds = boxes.bounds
        ids = boxes.tracks[bounds[:-1]].tolist()
        self._rows = dict(zip(ids, zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True), strict=True))

    def place(self, issue: Issue) -> tuple[Place, ...]:
        """The box of each of its tracks that is nearest to the frame to look at."""
        found = []
        for track in issue.tracks:
            rows, frames, boxes = self._nearest(track, np.array([issue.frame]))
            if len(rows):
                x, y, w, h = boxes[0].tolist()
                found.append(Place(int(frames[0]), (x, y, w, h)))
        return tuple(found)

    def at(self, track: int, frames: NDArray[np.int64], boxes: Array) -> Mask:
        """Whether a track is in each of some places."""
        rows, near, mine = self._nearest(track, frames)
        if not len(rows):
            return np.zeros(len(frames), np.bool_)
        close = np.abs(near - frames) <= NEAR
        return np.asarray(close & (_overlaps(mine, boxes) >= SAME))

    def _nearest(
        self, track: int, frames: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
        low, high = self._rows.get(track, (0, 0))
        own = self._boxes.frames[low:high]
        if not len(own):
            return np.empty(0, np.int64), own, np.empty((0, 4))
        right = np.clip(np.searchsorted(own, frames), 0, len(own) - 1)
        left = np.clip(right - 1, 0, len(own) - 1)
        rows = np.where(np.abs(own[left] - frames) <= np.abs(own[right] - frames), left, right)
        return rows, own[rows], self._boxes.boxes[low + rows]


class _Stored:
    """The items there are, to look them up by kind, span and place."""

    def __init__(self, rows: Sequence[ReviewItemRow]) -> None:
        self._items = [ReviewItem(row) for row in rows]
        self._named: dict[tuple[str, frozenset[int]], list[int]] = defaultdict(list)
        kinds: dict[str, list[int]] = defaultdict(list)
        for i, item in enumerate(self._items):
            kinds[item.kind].append(i)
            self._named[item.kind, frozenset(item.tracks)].append(i)
        self._kinds = {kind: _Kind.of([self._items[i] for i in own], own) for kind, own in kinds.items()}

    def matches(self, issue: Issue, tracks: _Tracks) -> list[int]:
        """Indices of the items that are the same issue; where some are of the same tracks, these alone."""
        named = self._named.get((issue.kind, frozenset(issue.tracks)), [])
        same = [i for i in named if self._meet(self._items[i].row, issue)]
        kind = self._kinds.get(issue.kind)
        if same or kind is None:
            return same
        near = kind.matches(issue, tracks)
        return [i for i in near if not self._is_of_another(self._items[i], issue, tracks)]

    @staticmethod
    def _is_of_another(item: ReviewItem, issue: Issue, tracks: _Tracks) -> bool:
        """Whether a track of the item is where it was, and the issue is about another in its stead."""
        replaced = set(item.tracks) - set(issue.tracks)
        if not replaced or set(issue.tracks) <= set(item.tracks):
            return False
        frames = np.array([place.frame for place in item.place], np.int64)
        boxes = np.array([place.box for place in item.place], np.float64)
        return any(tracks.at(track, frames, boxes).any() for track in replaced)

    @staticmethod
    def _meet(row: ReviewItemRow, issue: Issue) -> bool:
        return row.start < max(issue.stop, issue.start + 1) and issue.start < max(row.stop, row.start + 1)

    def is_answer(self, index: int) -> bool:
        """Whether an issue that is like this item need not be asked."""
        item = self._items[index]
        if item.verdict in UNDECIDED:
            return False
        taken = item.fix is not None and item.fix.operation in _TAKES_AWAY
        return not (item.verdict == ACCEPTED and taken)


@dataclass(frozen=True, eq=False)
class _Kind:
    """The items of one kind: spans (M,), and their places one after the other (P,)."""

    indices: NDArray[np.int64]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    frames: NDArray[np.int64]
    boxes: Array
    count: NDArray[np.int64]  # places of each item
    first: NDArray[np.int64]

    @classmethod
    def of(cls, items: Sequence[ReviewItem], indices: Sequence[int]) -> _Kind:
        places = [item.place for item in items]
        count = np.array([len(p) for p in places], np.int64)
        return cls(
            np.array(indices, np.int64),
            np.array([item.row.start for item in items], np.int64),
            np.array([max(item.row.stop, item.row.start + 1) for item in items], np.int64),
            np.array([p.frame for own in places for p in own], np.int64),
            np.array([p.box for own in places for p in own], np.float64).reshape(-1, 4),
            count,
            np.cumsum(count) - count,
        )

    def matches(self, issue: Issue, tracks: _Tracks) -> list[int]:
        """Items whose span meets the issue's and in whose places its tracks are."""
        met = (self.start < max(issue.stop, issue.start + 1)) & (self.stop > issue.start)
        chosen = np.flatnonzero(met & (self.count > 0))
        if not len(chosen):
            return []
        count = self.count[chosen]
        begins = np.cumsum(count) - count
        rows = np.arange(count.sum()) + np.repeat(self.first[chosen] - begins, count)
        there = np.array([tracks.at(t, self.frames[rows], self.boxes[rows]) for t in issue.tracks])
        visited = np.add.reduceat(there.any(axis=0).astype(int), begins)
        present = np.logical_or.reduceat(there, begins, axis=1).sum(axis=0)
        needed = np.minimum(count, len(issue.tracks))
        same = (visited >= needed) & (present >= needed)
        return [int(i) for i in self.indices[chosen[same]]]


def _overlaps(a: Array, b: Array) -> Array:
    """Intersection over union, pair by pair, (N,)."""
    low = np.maximum(a[:, :2], b[:, :2])
    high = np.minimum(a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:])
    shared = np.clip(high - low, 0.0, None).prod(axis=1)
    union = a[:, 2:].prod(axis=1) + b[:, 2:].prod(axis=1) - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))
