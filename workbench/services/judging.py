"""Whether an issue is true, and whose each box is, for somebody who has the ground truth in hand.

Boxes belong to the true track they are matched with as CLEAR matches them, or else to the one they lie on
most: a person sees whose a box is even if it does not fit. A correction is judged by what lies on the two
sides of its place: the true tracks of the last few boxes before, and of the first few behind. Boxes that
were put between others and not seen do not count there: across a gap that was filled in, they lie on one side
or the other by chance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from workbench.core.fixes import Operation
from workbench.core.issues import Issue
from workbench.core.track_boxes import TrackBoxes
from workbench.metrics.clear import match
from workbench.metrics.sequence import Sequence, TrackRows, prepare

Index = NDArray[np.int64]
Mask = NDArray[np.bool_]
NOBODY = -1
SIDE = 8  # boxes of a track that are looked at on each side
NEAR = 0.3  # overlap from which on a box that is not matched is of a true track
SOON = 5  # frames about an end in which its target is looked for


@dataclass(frozen=True, eq=False)
class Judge:
    """Tracks beside their ground truth.

    Args:
        tracks: what is judged.
        sequence: both, prepared for measures.
        who: (N,) index of the true track each box is matched with, or ``NOBODY``.
        near: (N,) the same, or the true track that the box overlaps most, if by ``NEAR``.
        filled: (N,) the box was put between others.
    """

    tracks: TrackBoxes
    sequence: Sequence
    who: Index
    near: Index
    filled: Mask

    @classmethod
    def of(
        cls, tracks: TrackBoxes, truth: TrackRows, frames: int | None = None, *, filled: Mask | None = None
    ) -> Judge:
        """Match tracks with their truth; nothing was filled in where ``filled`` is None.

        Raises:
            UserError: see ``metrics.sequence.prepare``.
        """
        sequence = prepare(truth, TrackRows(tracks.frames, tracks.tracks, tracks.boxes), frame_count=frames)
        order = np.argsort(tracks.frames, kind="stable")
        order = order[~np.isnan(tracks.boxes[order]).any(axis=1)]
        who, near = np.full(len(tracks), NOBODY), np.full(len(tracks), NOBODY)
        pairs = np.flatnonzero(sequence.overlaps >= NEAR)
        pairs = pairs[np.argsort(sequence.overlaps[pairs], kind="stable")]
        near[order[sequence.predicted_rows[pairs]]] = sequence.truth.ids[sequence.truth_rows[pairs]]
        matched = match(sequence)
        who[order[sequence.predicted_rows[matched]]] = sequence.truth.ids[sequence.truth_rows[matched]]
        near = np.where(who != NOBODY, who, near)
        return cls(tracks, sequence, who, near, np.zeros(len(tracks), np.bool_) if filled is None else filled)

    def is_true(self, issue: Issue) -> bool:
        """Whether what an issue suspects is so."""
        operation = issue.fix.operation if issue.fix else None
        judged = _JUDGED.get(operation)
        return judged(self, issue) if judged else self._is_wrong(issue)

    def _rows(self, track: int, start: int = 0, stop: int | None = None) -> slice:
        low, high = np.searchsorted(self.tracks.tracks, (track, track + 1))
        frames = self.tracks.frames[low:high]
        begin = low + int(np.searchsorted(frames, start))
        return slice(begin, high if stop is None else low + int(np.searchsorted(frames, stop)))

    def _before(self, track: int, frame: int) -> int:
        return self._last(self._rows(track, 0, frame))

    def _behind(self, track: int, frame: int) -> int:
        return self._first(self._rows(track, frame))

    def _last(self, rows: slice) -> int:
        """Whose the last few boxes that were seen are."""
        return _most(self.near[rows][~self.filled[rows]][-SIDE:])

    def _first(self, rows: slice) -> int:
        """Whose the first few boxes that were seen are."""
        return _most(self.near[rows][~self.filled[rows]][:SIDE])

    def _exchange(self, issue: Issue) -> bool:
        assert issue.fix
        (a, b), frame = issue.fix.tracks, issue.fix.start
        before, behind = ([side(t, frame) for t in (a, b)] for side in (self._before, self._behind))
        kept = sum(x == y != NOBODY for x, y in zip(before, behind, strict=True))
        return sum(x == y != NOBODY for x, y in zip(before, behind[::-1], strict=True)) > kept

    def _join(self, issue: Issue) -> bool:
        assert issue.fix
        pieces = sorted((self._rows(t) for t in issue.fix.tracks), key=lambda r: self.tracks.frames[r.start])
        sides = [(self._last(a), self._first(b)) for a, b in pairwise(pieces)]
        return all(before == behind != NOBODY for before, behind in sides)

    def _double(self, issue: Issue) -> bool:
        assert issue.fix
        first, second = issue.fix.tracks
        one = _most(self.near[self._rows(first, issue.start, issue.stop)])
        return one == _most(self.near[self._rows(second)]) != NOBODY

    def _split(self, issue: Issue) -> bool:
        assert issue.fix
        (track,), frame = issue.fix.tracks, issue.fix.start
        before, behind = self._before(track, frame), self._behind(track, frame)
        return before != behind and NOBODY not in (before, behind)

    def _phantom(self, issue: Issue) -> bool:
        assert issue.fix
        rows = self._rows(issue.fix.tracks[0], issue.fix.start, issue.fix.stop)
        return bool((self.near[rows] == NOBODY).mean() > 0.5)

    def _gap(self, issue: Issue) -> bool:
        track = issue.tracks[0]
        before, behind = self._before(track, issue.start + 1), self._behind(track, issue.stop - 1)
        return before == behind != NOBODY and self._there(before, issue.start + 1, issue.stop - 1)

    def _end(self, issue: Issue) -> bool:
        track = issue.tracks[0]
        if issue.kind == "death":
            last = self._before(track, issue.frame + 1)
            return last != NOBODY and self._there(last, issue.frame + 1, issue.frame + 1 + SOON)
        first = self._behind(track, issue.frame)
        return first != NOBODY and self._there(first, issue.frame - SOON, issue.frame)

    def _is_wrong(self, issue: Issue) -> bool:
        """Most of the boxes in the span are not where their target is."""
        rows = self._rows(issue.tracks[0], issue.start, issue.stop)
        return bool((self.who[rows] == NOBODY).mean() > 0.5) if rows.start < rows.stop else False

    def _there(self, target: int, start: int, stop: int) -> bool:
        """The target is seen in more than half of the frames."""
        keys = self._presence
        span = self.sequence.frame_count + SOON + 1
        low, high = np.searchsorted(keys, (target * span + max(start, 0), target * span + max(stop, 0)))
        return bool(high - low > 0.5 * (stop - start) - 0.5 and high > low)

    @cached_property
    def _presence(self) -> Index:
        truth = self.sequence.truth
        return np.sort(truth.ids * (self.sequence.frame_count + SOON + 1) + truth.frames)


def _most(who: Index) -> int:
    """The one that most of the boxes are of; nobody, if those are more than half."""
    values, count = np.unique(who[who != NOBODY], return_counts=True)
    return int(values[count.argmax()]) if len(values) and count.sum() * 2 >= len(who) else NOBODY


_JUDGED: dict[Operation | None, Callable[[Judge, Issue], bool]] = {
    Operation.SWAP: Judge._exchange,
    Operation.JOIN: Judge._join,
    Operation.MERGE: Judge._double,
    Operation.SPLIT: Judge._split,
    Operation.DELETE: Judge._phantom,
    Operation.FILL: Judge._gap,
    Operation.EXTEND: Judge._end,
}
