"""What hangs on a track and moves along with its boxes: poses, actions, and items of the review queue.

Each function returns the rows that go and the rows that come, as a change set takes them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

from workbench.core.rows import ActionRow, Origin, PoseRow, ReviewItemRow
from workbench.services.identities.case import Case
from workbench.services.poses import is_persons
from workbench.services.review_items import OPEN, TRACK, handed_over

Hands = Mapping[int, int | None]
Change = tuple[list[PoseRow], list[PoseRow]]


def move_poses(
    case: Case,
    hands: Hands,
    heirs: Hands,
    *,
    losers: Collection[tuple[int, int]],
    replaced: Collection[tuple[int, int]] = (),
) -> Change:
    """Poses go where their boxes go.

    Args:
        case: whose span it is.
        hands: for each track the one that gets its boxes in the span; None = they are deleted.
        heirs: the same for tracks that are gone afterwards: what they have outside of the span goes, too.
        losers: (frame, track) of boxes that gave way to another; their poses go with them.
        replaced: (frame, track) of boxes in whose place a pass put its own; only poses of persons stay.
    """
    before = [row for t in hands for row in _poses(case, t, whole=t in heirs)]
    after: dict[tuple[int, int, int], PoseRow] = {}
    for row in before:
        target = hands[row.track_id]
        if target is None or (row.frame, row.track_id) in losers:
            continue
        moved = row._replace(track_id=target)
        if (moved.frame, target) in replaced and not is_persons(moved):
            continue
        key = moved.frame, moved.track_id, moved.skeleton_id
        if key not in after or _rank(after[key]) < _rank(moved):
            after[key] = moved
    old, new = set(before), set(after.values())
    return sorted(old - new), sorted(new - old)


def _poses(case: Case, track_id: int, *, whole: bool) -> list[PoseRow]:
    start, stop = (0, None) if whole else (case.start, case.stop)
    return cast(list[PoseRow], case.project.rows("pose", track_id=track_id, start=start, stop=stop))


def _rank(row: PoseRow) -> tuple[bool, bool, float]:
    return row.origin == Origin.HUMAN, bool(row.verified), row.score or 0.0


# Actions ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Piece:
    """A part of an action, and which track it comes from."""

    row: ActionRow
    source: int


def move_actions(case: Case, hands: Hands, heirs: Hands) -> tuple[list[ActionRow], list[ActionRow]]:
    """Actions are cut at the ends of the span, and what lies in it goes where the boxes go.

    The first part keeps the id. Parts that came from different tracks, mean the same and touch are one again.
    """
    before = [cast(ActionRow, row) for t in hands for row in case.project.rows("action", track_id=t)]
    pieces: list[_Piece] = []
    for row in before:
        for part in _cut(row, case.start, case.stop):
            inside = case.start <= part.start < case.stop
            target = hands[row.track_id] if inside or row.track_id in heirs else row.track_id
            if target is not None:
                pieces.append(_Piece(part._replace(track_id=target), row.track_id))
    after = _with_ids(case, _rejoined(pieces))
    old, new = set(before), set(after)
    return sorted(old - new), sorted(new - old)


def _cut(row: ActionRow, start: int, stop: int) -> list[ActionRow]:
    """The parts before, in and behind a span, those that there are."""
    ends = sorted({row.start, row.stop, *(f for f in (start, stop) if row.start < f < row.stop)})
    return [row._replace(start=a, stop=b) for a, b in pairwise(ends)] or [row]


def _rejoined(pieces: Iterable[_Piece]) -> list[ActionRow]:
    done: list[_Piece] = []
    for piece in sorted(pieces, key=lambda p: (p.row.track_id, p.row.label, p.row.start, p.row.id)):
        last = done[-1] if done else None
        if last is not None and _continues(last, piece):
            stop = max(last.row.stop, piece.row.stop)
            done[-1] = _Piece(last.row._replace(id=min(last.row.id, piece.row.id), stop=stop), piece.source)
        else:
            done.append(piece)
    return [piece.row for piece in done]


def _continues(a: _Piece, b: _Piece) -> bool:
    """One goes on where the other ends, and only the operation brought them together or cut them."""
    same = a.row._replace(id=0, start=0, stop=0) == b.row._replace(id=0, start=0, stop=0)
    return same and b.row.start <= a.row.stop and (a.source != b.source or a.row.id == b.row.id)


def _with_ids(case: Case, rows: Iterable[ActionRow]) -> list[ActionRow]:
    """Each id once: the first part of an action keeps it."""
    used: set[int] = set()
    found = []
    for row in sorted(rows, key=lambda row: (row.id, row.start)):
        if row.id in used:
            row = row._replace(id=case.new_id("action"))
        used.add(row.id)
        found.append(row)
    return found


# Review items -------------------------------------------------------------------------------------


def move_items(case: Case, hands: Hands, heirs: Hands) -> tuple[list[ReviewItemRow], list[ReviewItemRow]]:
    """Items follow their tracks.

    An item is about what is at its frame: it follows when that lies in the span, or when its track is gone.
    An open item that means nothing any more goes; one with a verdict stays as it is, for it is known by its
    place. What was said of a whole track goes with the track.
    """
    before: list[ReviewItemRow] = []
    after: list[ReviewItemRow] = []
    for row in case.items(hands):
        if row.kind == TRACK:
            moved = None if row.track_id in heirs else row
        else:
            followed = hands if case.start <= row.frame < case.stop else heirs
            moved = handed_over(row, followed) if followed else row
        if moved is None and row.kind != TRACK and row.verdict != OPEN:
            moved = row
        if moved == row:
            continue
        before.append(row)
        after += [] if moved is None else [moved]
    return before, after
