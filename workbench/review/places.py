"""Issues about one and the same place: the ways in which what is wrong there may be put right.

Where a track breaks off it may go on as one of several others; where two meet they may have changed places,
or only one of them may have gone over. Whoever looks at such a place sees at once which of these it is, so
they are asked together, the one that is worth most first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from workbench.core.fixes import Operation
from workbench.core.issues import Issue

NEAR = 12  # frames between the places of two issues about the same
MOST = 2  # alternatives of one

Spot = tuple[int, int | None]
"""A track and where in it something is suspected; None = all of it."""


def alternatives(of: Issue, others: Sequence[Issue], *, most: int = MOST) -> list[int]:
    """Numbers of the first ``most`` of ``others`` that would put the same place right in another way."""
    if of.fix is None:
        return []
    spots, found = _spots(of), list[int]()
    for number, other in enumerate(others):
        if len(found) == most:
            break
        if other.fix is not None and _meet(spots, _spots(other)):
            found.append(number)
    return found


def by_place(issues: Sequence[Issue], *, most: int = MOST) -> list[tuple[Issue, ...]]:
    """Issues as they are asked: each with its alternatives, which are not asked again by themselves.

    Args:
        issues: those that are worth most first.
        most: alternatives of one.
    """
    of_track: dict[int, list[int]] = defaultdict(list)
    for number, issue in enumerate(issues):
        for track in dict.fromkeys(issue.tracks):
            of_track[track].append(number)
    asked, result = set[int](), list[tuple[Issue, ...]]()
    for number, issue in enumerate(issues):
        if number in asked:
            continue
        near = sorted({n for track in issue.tracks for n in of_track[track]} - asked - {number})
        found = [near[i] for i in alternatives(issue, [issues[n] for n in near], most=most)]
        asked.update((number, *found))
        result.append((issue, *(issues[n] for n in found)))
    return result


def independent(asked: Sequence[tuple[Issue, ...]], most: int) -> list[int]:
    """Numbers of the first ``most`` places of which no two concern one track: a sheet of them.

    What is decided about one of them leaves the others as they are.
    """
    taken, found = set[int](), list[int]()
    for number, together in enumerate(asked):
        if len(found) == most:
            break
        tracks = {track for issue in together for track in issue.tracks}
        if taken.isdisjoint(tracks):
            taken |= tracks
            found.append(number)
    return found


def _spots(issue: Issue) -> list[Spot]:
    assert issue.fix is not None
    match issue.fix.operation:
        case Operation.DELETE:
            return [(track, None) for track in issue.tracks]
        case Operation.FILL:
            return [(issue.tracks[0], issue.start), (issue.tracks[0], issue.stop - 1)]
        case Operation.JOIN if len(issue.tracks) == 2:
            before, after = issue.tracks
            return [(before, issue.frame), (after, issue.stop - 1)]
        case _:
            return [(track, issue.frame) for track in issue.tracks]


def _meet(some: Sequence[Spot], others: Sequence[Spot]) -> bool:
    """Whether they share a place, or all of a track."""
    return any(
        a == b and (f == g or (f is not None and g is not None and abs(f - g) <= NEAR))
        for a, f in some
        for b, g in others
    )
