"""What a correction rules out: that it is taken back. It goes into the queue's memory, where nobody is asked.

The search knows only boxes, and finds the halves of a smooth track that somebody split as alike as before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence

from workbench.core.fixes import Operation
from workbench.core.issues import Issue
from workbench.core.rows import RULED_OUT, BoxRow, ReviewItemRow
from workbench.review import breaks, fragments
from workbench.review.undoing import joining_again, splitting_again, swapping_again
from workbench.services.identities.case import Case
from workbench.services.review_items import Place, ReviewItem, row_of

Pair = tuple[BoxRow, BoxRow]


def ruled_out(
    case: Case,
    parted: Iterable[Pair],
    joined: Iterable[Pair],
    boxes_of: Callable[[int], Sequence[BoxRow]],
) -> list[ReviewItemRow]:
    """Review items of what is not to be asked.

    Args:
        case: whose tracks they are.
        parted: boxes that followed each other in one track, and are in two now.
        joined: boxes that follow each other in a track now, and were in two.
        boxes_of: a track's boxes afterwards, those in the span and the ones beside it.
    """
    if case.fix.operation == Operation.SWAP:
        ends = [frame for frame in (case.start, case.stop) if 0 < frame < case.video.frame_count]
        one, two = case.ids
        issues = [swapping_again(one, two, frame) for frame in ends]
    else:
        issues = [joining_again(a.track_id, b.track_id, last=a.frame, first=b.frame) for a, b in parted]
        issues += [
            splitting_again(b.track_id, last=a.frame, first=b.frame)
            for a, b in joined
            if b.frame - a.frame > 1  # without a gap, the boxes at the seam are verified, which says enough
        ]
    return [_row(case, issue, boxes_of) for issue in issues]


def allowed_again(
    case: Case, tracks: Collection[int], parted: Iterable[Pair], joined: Iterable[Pair]
) -> list[ReviewItemRow]:
    """Review items of what was ruled out and is done now all the same: the last word counts.

    Args:
        tracks: ids of those concerned.
        parted, joined: see ``ruled_out``.
    """
    done = [(fragments.KIND, *pair) for pair in joined] + [(breaks.CHANGE, *pair) for pair in parted]
    return [
        row
        for row in case.items(tracks)
        if row.verdict == RULED_OUT
        and set(ReviewItem(row).tracks) <= set(tracks)
        and any(kind == row.kind and a.frame < row.stop and row.start <= b.frame for kind, a, b in done)
    ]


def _row(case: Case, issue: Issue, boxes_of: Callable[[int], Sequence[BoxRow]]) -> ReviewItemRow:
    boxes = [rows for track in issue.tracks if (rows := boxes_of(track))]
    place = [Place(row.frame, row.box) for row in (_nearest(rows, issue.frame) for rows in boxes)]
    row = row_of(issue, case.new_id("review_item"), case.video.id, place=place)
    return row._replace(verdict=RULED_OUT)


def _nearest(rows: Sequence[BoxRow], frame: int) -> BoxRow:
    at = bisect_left(rows, frame, key=lambda row: row.frame)
    return min(rows[max(at - 1, 0) : at + 1], key=lambda row: abs(row.frame - frame))
