"""What happens along one track: which rows anchor it, and what is filled in between.

Pure functions of a track's rows; services.editing turns their results into change sets.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from workbench.core.boxes import between
from workbench.core.rows import BoxRow, Origin


def is_anchor(row: BoxRow) -> bool:
    """Whether interpolation starts or ends at this row: a keyframe, or what a person made or verified."""
    return bool(row.keyframe) or row.protected


def fill_between(first: BoxRow, last: BoxRow) -> list[BoxRow]:
    """The interpolated rows strictly between two anchors of a track.

    Nothing is filled after an anchor that is marked outside: the target is not there.

    Args:
        first, last: rows of one track, ``first.frame < last.frame``.
    """
    if first.outside:
        return []
    middle = between(first.box, last.box, last.frame - first.frame - 1)
    return [
        BoxRow(
            video_id=first.video_id,
            frame=first.frame + 1 + i,
            track_id=first.track_id,
            x=float(x),
            y=float(y),
            w=float(w),
            h=float(h),
            score=None,
            origin=Origin.INTERPOLATED,
            run_id=None,
            verified=0,
            keyframe=0,
            occluded=first.occluded,
            outside=0,
        )
        for i, (x, y, w, h) in enumerate(middle)
    ]


def interpolate(rows: Sequence[BoxRow]) -> list[BoxRow]:
    """Every row that interpolation puts between consecutive anchors of one track.

    Args:
        rows: the track's rows in order of frame.
    """
    anchors = [row for row in rows if is_anchor(row)]
    filled: list[BoxRow] = []
    for first, last in itertools.pairwise(anchors):
        filled += fill_between(first, last)
    return filled


def refill_around(rows: Sequence[BoxRow], frame: int) -> list[BoxRow]:
    """The interpolated rows that follow a change at ``frame``: the spans on its two sides, filled anew.

    A span is filled again only if every frame in it was interpolated before, so moving a box neither invents
    rows in a gap nor replaces what a tracker found.

    Args:
        rows: the track's rows in order of frame, the changed one included.
        frame: where an anchor was put, moved or taken away.
    """
    anchors = [row for row in rows if is_anchor(row)]
    was_filled = {row.frame for row in rows if row.origin == Origin.INTERPOLATED}
    before = [a for a in anchors if a.frame < frame][-1:]
    here = [a for a in anchors if a.frame == frame]
    after = [a for a in anchors if a.frame > frame][:1]
    chain = before + here + after
    filled: list[BoxRow] = []
    for first, last in itertools.pairwise(chain):
        inner = [f for f in range(first.frame + 1, last.frame) if f != frame]
        if inner and was_filled.issuperset(inner):
            filled += fill_between(first, last)
    return filled


def overlay(rows: Iterable[BoxRow], new: Iterable[BoxRow]) -> tuple[list[BoxRow], list[BoxRow]]:
    """Lay ``new`` rows over a track's rows without touching what a person made or verified.

    Returns:
        (before, after): the rows that go and the rows that come, for a change of table "box".
    """
    stored = {row.frame: row for row in rows}
    after = [row for row in new if row.frame not in stored or not stored[row.frame].protected]
    before = [stored[row.frame] for row in after if row.frame in stored]
    return before, after


def nearest(rows: Iterable[BoxRow], frame: int, *, step: int = 1) -> BoxRow | None:
    """The first of some rows after ``frame``; for step -1 the last before it; None when there is none."""
    ahead = (row for row in rows if (row.frame - frame) * step > 0)
    return min(ahead, key=lambda row: abs(row.frame - frame), default=None)


def next_protected(rows: Iterable[BoxRow], frame: int, *, step: int = 1) -> BoxRow | None:
    """The nearest row in a direction that a run must not replace."""
    return nearest((row for row in rows if row.protected), frame, step=step)


def next_anchor(rows: Iterable[BoxRow], frame: int, *, step: int = 1) -> BoxRow | None:
    """The nearest row in a direction that interpolation starts or ends at."""
    return nearest((row for row in rows if is_anchor(row)), frame, step=step)
