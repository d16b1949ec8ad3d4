"""What a simulated annotator has answered, so as not to be asked again after other corrections.

The same holds in the program, see ``services.reconciling`` and ``identities.ruled_out``.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.core.track_boxes import TrackBoxes
from workbench.review.undoing import joining_again, splitting_again

Key = tuple[object, ...]


class AskedBefore:
    """Places that were asked, and what would take a correction back that was made."""

    def __init__(self) -> None:
        self._asked: set[Key] = set()
        self._ruled_out: set[Key] = set()

    def new(self, queue: Iterable[Issue], tracks: TrackBoxes) -> list[Issue]:
        """Those that are to be asked."""
        return [
            i for i in queue if _place(i, tracks) not in self._asked and not self._is_ruled_out(i, tracks)
        ]

    def add(self, together: Iterable[Issue], tracks: TrackBoxes) -> None:
        """Remember that these were asked."""
        self._asked.update(_place(issue, tracks) for issue in together)

    def rule_out_undoing(self, fix: Fix, before: TrackBoxes, after: TrackBoxes) -> None:
        """Remember that a correction was made of some tracks, and what they are now."""
        self._ruled_out.update(_place(issue, after) for issue in _undoing(fix, before, after))

    def _is_ruled_out(self, issue: Issue, tracks: TrackBoxes) -> bool:
        """Also a chain of tracks in which one link is."""
        assert issue.fix
        if issue.fix.operation != Operation.JOIN:
            return _place(issue, tracks) in self._ruled_out
        ends = [(track, tracks.of_track(track).frames) for track in issue.fix.tracks]
        links = [joining_again(a, b, last=int(x[-1]), first=int(y[0])) for (a, x), (b, y) in pairwise(ends)]
        return any(_place(link, tracks) in self._ruled_out for link in links)


def _undoing(fix: Fix, before: TrackBoxes, after: TrackBoxes) -> list[Issue]:
    """What would take a correction back; exchanging two tracks again is known by having been asked."""
    pieces = sorted((before.of_track(t).frames for t in fix.tracks), key=lambda frames: int(frames[0]))
    if fix.operation == Operation.JOIN:
        seams = [(int(a[-1]), int(b[0])) for a, b in pairwise(pieces)]
        return [splitting_again(fix.tracks[0], last=last, first=first) for last, first in seams]
    at = int(np.searchsorted(pieces[0], fix.start))
    if fix.operation == Operation.SPLIT and 0 < at < len(pieces[0]):
        last, first = pieces[0][at - 1 : at + 1].tolist()
        return [joining_again(fix.tracks[0], int(after.tracks.max()), last=last, first=first)]
    return []


def _place(issue: Issue, tracks: TrackBoxes) -> Key:
    """What is the same when an issue is found again after other corrections: boxes, whatever their tracks."""
    assert issue.fix
    boxes = []
    for track in issue.tracks:
        rows = tracks.of_track(track)
        at = min(int(np.searchsorted(rows.frames, issue.frame)), len(rows) - 1)
        boxes.append((int(rows.frames[at]), *np.round(rows.boxes[at], 1).tolist()))
    return (issue.fix.operation, issue.frame, *sorted(boxes))
