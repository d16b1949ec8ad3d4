"""Review items as the project keeps them, and as the rest of the program reads them.

A row holds its lists as JSON, so that reading ten thousand of them costs no parsing; ``ReviewItem`` parses
what is asked for.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from workbench.core.boxes import Box
from workbench.core.errors import UserError
from workbench.core.fixes import Fix
from workbench.core.issues import Issue, worth
from workbench.core.rows import ReviewItemRow

Parsed = TypeVar("Parsed")

OPEN, ACCEPTED, REJECTED, SKIPPED, FIXED = "", "accepted", "rejected", "skipped", "fixed"
VERDICTS = (OPEN, ACCEPTED, REJECTED, SKIPPED, FIXED)
"""Of an issue; ``FIXED`` = true, and put right in another way than the item proposed."""

TRACK, FRAME = "track", "frame"
JUDGEMENTS = (TRACK, FRAME)
"""Kinds of the items that say what a person thinks of a track or a frame."""


class Place(NamedTuple):
    """A box by which an item is known again when its tracks are gone."""

    frame: int
    box: Box


@dataclass(frozen=True)
class ReviewItem:
    """A stored item; its numbers are the row's, its lists are parsed when asked for.

    A list that somebody has damaged is as good as none: the item is asked all the same.
    """

    row: ReviewItemRow

    @property
    def id(self) -> int:
        """Never issued twice."""
        return self.row.id

    @property
    def kind(self) -> str:
        """What is suspected."""
        return self.row.kind

    @property
    def frame(self) -> int:
        """Where to look."""
        return self.row.frame

    @property
    def probability(self) -> float:
        """That it is true, [0, 1]."""
        return self.row.score

    @property
    def order(self) -> tuple[float, int]:
        """What the queue is sorted by: those first that are worth most."""
        return -worth(self.row.score, self.row.gain), self.row.id

    @property
    def verdict(self) -> str:
        """One of ``VERDICTS``, or ``rows.RULED_OUT``; of a track or frame, one of ``verdicts.VERDICTS``."""
        return self.row.verdict

    @cached_property
    def tracks(self) -> tuple[int, ...]:
        """Ids of the tracks it concerns."""
        columns = [t for t in (self.row.track_id, self.row.other_track_id) if t is not None]
        return _parsed(self.row.tracks, _ids, tuple(columns))

    @cached_property
    def fix(self) -> Fix | None:
        """What would put it right; None = only a person can tell."""
        return _parsed(self.row.fix, Fix.from_json, None) if self.row.fix else None

    @cached_property
    def evidence(self) -> tuple[tuple[str, float | str], ...]:
        """(name, value) of what speaks for it."""
        return _parsed(self.row.evidence, _named, ())

    @cached_property
    def issue(self) -> Issue:
        """What was found."""
        row = self.row
        return Issue(
            row.kind,
            row.frame,
            row.start,
            row.stop,
            self.tracks,
            row.score,
            row.gain,
            self.fix,
            self.evidence,
        )

    @cached_property
    def place(self) -> tuple[Place, ...]:
        """Where its tracks were when it was found."""
        return _parsed(self.row.place, _places, ())


def row_of(
    issue: Issue, item_id: int, video_id: int, *, place: Sequence[Place] = (), run_id: int | None = None
) -> ReviewItemRow:
    """An open item for an issue."""
    tracks = [int(t) for t in issue.tracks]
    first, other = [*tracks, None, None][:2]
    return ReviewItemRow(
        id=item_id,
        video_id=video_id,
        kind=issue.kind,
        frame=int(issue.frame),
        start=int(issue.start),
        stop=int(issue.stop),
        track_id=first,
        other_track_id=other,
        tracks=json.dumps(tracks),
        score=_number(issue.probability),
        gain=_number(issue.gain),
        fix=_fix_text(issue.fix),
        evidence=json.dumps([[str(name), _value(value)] for name, value in issue.evidence]),
        place=json.dumps([[int(p.frame), *map(float, p.box)] for p in place]),
        verdict=OPEN,
        comment="",
        run_id=run_id,
    )


def handed_over(row: ReviewItemRow, hands: Mapping[int, int | None]) -> ReviewItemRow | None:
    """An item whose tracks have changed hands; its fix follows.

    Args:
        row: an item.
        hands: for each track the one that has its boxes now, None where they are gone; others stay.

    Returns:
        None when it means nothing any more: a track is gone, or two of its tracks are one now.
    """
    item = ReviewItem(row)
    tracks = [hands.get(t, t) for t in item.tracks]
    if tracks == list(item.tracks):
        return row
    known = [t for t in tracks if t is not None]
    fix = item.fix
    if len(set(known)) < len(item.tracks):
        return None
    if fix is not None:
        concerned = tuple(hands.get(t, t) for t in fix.tracks)
        ids = tuple(t for t in concerned if t is not None)
        if len(set(ids)) < len(fix.tracks):
            return None
        fix = Fix(fix.operation, ids, fix.start, fix.stop, fix.number)
    first, other = [*known, None, None][:2]
    return row._replace(track_id=first, other_track_id=other, tracks=json.dumps(known), fix=_fix_text(fix))


def _parsed(text: str, make: Callable[[Any], Parsed], otherwise: Parsed) -> Parsed:
    try:
        return make(json.loads(text))
    except (ValueError, TypeError, OverflowError, RecursionError, UserError):
        return otherwise


def _ids(data: Any) -> tuple[int, ...]:
    return tuple(map(_whole, data))


def _named(data: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((str(name), None if value is None else _value(value)) for name, value in data)


def _places(data: Any) -> tuple[Place, ...]:
    places = tuple(Place(_whole(frame), (x, y, w, h)) for frame, x, y, w, h in data)
    if not all(math.isfinite(side) for place in places for side in place.box):
        raise ValueError
    return places


def _whole(value: Any) -> int:
    """An id or frame."""
    if not isinstance(value, int) or not 0 <= value < 2**62:
        raise ValueError
    return value


def _fix_text(fix: Fix | None) -> str:
    if fix is None:
        return ""
    plain = Fix(
        fix.operation,
        tuple(int(t) for t in fix.tracks),
        int(fix.start),
        None if fix.stop is None else int(fix.stop),
        None if fix.number is None else int(fix.number),
    )
    return json.dumps(plain.to_json())


def _value(value: float | str) -> float | str | None:
    """Evidence as JSON can hold it; what was not measured is None."""
    return value if isinstance(value, str) else float(value) if math.isfinite(value) else None


def _number(value: float) -> float:
    return float(value) if math.isfinite(value) else 0.0
