"""What would take a correction back, as the search would propose it: once it is made, nobody is asked that.

Only the direct way back: that the two halves of a track that was split are one, that a track has to be split
where it was joined, that two tracks that changed places change them again.
"""

from __future__ import annotations

from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.review import breaks, fragments, switches


def joining_again(before: int, after: int, *, last: int, first: int) -> Issue:
    """Two tracks are one.

    Args:
        before, after: ids of the tracks.
        last, first: frame of the last box of the one and of the first of the other.
    """
    return _issue(fragments.KIND, last, (last, first + 1), Fix(Operation.JOIN, (before, after)))


def splitting_again(track: int, *, last: int, first: int) -> Issue:
    """A track is two, from frame ``first`` on; its box before that is in frame ``last``."""
    return _issue(breaks.CHANGE, first, (last, first + 1), Fix(Operation.SPLIT, (track,), first))


def swapping_again(one: int, two: int, frame: int) -> Issue:
    """Two tracks are exchanged from a frame on."""
    span = max(frame - switches.MARGIN, 0), frame + switches.MARGIN
    return _issue(switches.KIND, frame, span, Fix(Operation.SWAP, (one, two), frame))


def _issue(kind: str, frame: int, span: tuple[int, int], fix: Fix) -> Issue:
    return Issue(kind, frame, *span, fix.tracks, 0.0, 0.0, fix)
