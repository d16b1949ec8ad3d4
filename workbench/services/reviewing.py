"""The review queue: what is asked next, and what a verdict does.

Items about one place are asked together (``alternatives``): one of them is accepted and the others go with
it, or all are rejected.

A verdict and the correction it accepts are one edit, so that Undo brings the item back with the boxes.
Functions that decide return a change set, as ``services.editing`` does; the caller applies it.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass

from workbench.core.edits import Change, ChangeSet
from workbench.core.errors import UserError
from workbench.core.fixes import Fix
from workbench.core.rows import ReviewItemRow
from workbench.review import places
from workbench.services import identities
from workbench.services.editing import join
from workbench.services.identities import Plan
from workbench.services.review_items import (
    ACCEPTED,
    FIXED,
    JUDGEMENTS,
    OPEN,
    REJECTED,
    SKIPPED,
    VERDICTS,
    ReviewItem,
)
from workbench.store import Project

AT_ONCE = 1 + places.MOST
"""Items that are asked together at most."""


@dataclass(frozen=True)
class Filters:
    """Which items are asked for.

    Args:
        kinds: of issue; empty = all.
        verdicts: of ``review_items.VERDICTS``.
        tracks: at least one of these is concerned; empty = any.
        start, stop: frames [start, stop) that the item's span meets; None = to the end.
        least: probability from which on.
    """

    kinds: frozenset[str] = frozenset()
    verdicts: frozenset[str] = frozenset({OPEN})
    tracks: frozenset[int] = frozenset()
    start: int = 0
    stop: int | None = None
    least: float = 0.0


@dataclass(frozen=True)
class ReviewProgress:
    """How far the review of a video is.

    Args:
        reviewed: items with a verdict, those skipped not counted.
        remaining: items that are open or were skipped.
        expected_errors: errors expected among those that remain: the sum of their probabilities.
    """

    reviewed: int
    remaining: int
    expected_errors: float


def is_listed(row: ReviewItemRow) -> bool:
    """Whether it is an issue that is or was asked: no judgement, and not ruled out unasked."""
    return row.kind not in JUDGEMENTS and row.verdict in VERDICTS


def queue(project: Project, video_id: int, filters: Filters | None = None) -> list[ReviewItem]:
    """The items that pass the filters, those first that are worth most."""
    filters = filters or Filters()
    rows = [row for row in project.review_items(video_id) if _passes(row, filters)]
    items = sorted(map(ReviewItem, rows), key=lambda item: item.order)
    return [item for item in items if not filters.tracks or filters.tracks.intersection(item.tracks)]


def progress_of(items: Collection[ReviewItem]) -> ReviewProgress:
    """How far the review is whose items these are, the answered ones among them."""
    left = [item.row.score for item in items if item.row.verdict in (OPEN, SKIPPED)]
    return ReviewProgress(len(items) - len(left), len(left), sum(left))


def progress(project: Project, video_id: int) -> ReviewProgress:
    """How far the review of a video is."""
    return progress_of(queue(project, video_id, Filters(verdicts=frozenset(VERDICTS))))


def alternatives(item: ReviewItem, others: Sequence[ReviewItem]) -> list[ReviewItem]:
    """The few open items that put the place of an item right in another way, those worth most first.

    One that a person wrote a comment on is asked by itself.
    """
    left = [o for o in others if o.verdict == OPEN and o.id != item.id and not o.row.comment]
    left.sort(key=lambda other: other.order)
    return [left[i] for i in places.alternatives(item.issue, [other.issue for other in left])]


def accept(
    project: Project, item: ReviewItem, *, instead_of: Sequence[ReviewItem] = (), plan: Plan | None = None
) -> ChangeSet:
    """Carry out what an item proposes, and note that it was right.

    Args:
        instead_of: the others about its place; they go, and the next search finds them if they still hold.
        plan: the item's fix, made by ``identities.carry_out`` where it takes a tracker; None = made here.

    Raises:
        UserError: it proposes nothing, was accepted before, or its fix cannot be done any more.
    """
    if item.fix is None:
        raise UserError("Only a person can tell what is right here; choose an operation, or reject it.")
    _refuse_done(item)
    plan = identities.plan(project, item.fix) if plan is None else plan
    return _with_verdict(plan.change, item, ACCEPTED, gone=instead_of)


def fix_otherwise(project: Project, item: ReviewItem, fix: Fix, *, plan: Plan | None = None) -> ChangeSet:
    """Carry out another fix than an item proposes, and note that there was an error.

    Raises:
        UserError: the fix cannot be done as it says, or the item was accepted before.
    """
    _refuse_done(item)
    plan = identities.plan(project, fix) if plan is None else plan
    return _with_verdict(plan.change, item, FIXED)


def reject(*items: ReviewItem) -> ChangeSet:
    """Note that there is no error at a place; it is not asked again."""
    return _decided("Reject issue", *items, verdict=REJECTED)


def skip(*items: ReviewItem) -> ChangeSet:
    """Put a place off."""
    return _decided("Skip issue", *items, verdict=SKIPPED)


def reopen(item: ReviewItem) -> ChangeSet:
    """Ask again what was rejected or skipped; an accepted one comes back by undoing its edit."""
    _refuse_done(item)
    return _decided("Reopen issue", item, verdict=OPEN)


def comment(item: ReviewItem, text: str) -> ChangeSet:
    """Note something on an item."""
    return ChangeSet.of("Comment issue", review_item=([item.row], [item.row._replace(comment=text)]))


def find_item(project: Project, item_id: int) -> ReviewItem | None:
    """An item as it is stored now."""
    row = project.review_item(item_id)
    return None if row is None else ReviewItem(row)


def _passes(row: ReviewItemRow, filters: Filters) -> bool:
    return (
        row.kind not in JUDGEMENTS
        and row.verdict in filters.verdicts
        and (not filters.kinds or row.kind in filters.kinds)
        and row.score >= filters.least
        and row.stop > filters.start
        and (filters.stop is None or row.start < filters.stop)
    )


def _refuse_done(item: ReviewItem) -> None:
    if item.verdict in (ACCEPTED, FIXED):
        raise UserError("This was put right already; undo that edit to decide anew.")


def _decided(name: str, *items: ReviewItem, verdict: str) -> ChangeSet:
    for item in items:
        _refuse_done(item)
    rows = [item.row for item in items]
    return ChangeSet.of(name, review_item=(rows, [row._replace(verdict=verdict) for row in rows]))


def _with_verdict(
    change: ChangeSet, item: ReviewItem, verdict: str, *, gone: Sequence[ReviewItem] = ()
) -> ChangeSet:
    """A change set that also decides an item and removes some, whatever it would have done to them."""
    decided = ([item.row, *(i.row for i in gone)], [item.row._replace(verdict=verdict)])
    known = {item.id, *(i.id for i in gone)}
    others = ChangeSet(change.name, tuple(_without(c, known) for c in change.changes))
    return join([others, ChangeSet.of(change.name, review_item=decided)])


def _without(change: Change, known: Container[int]) -> Change:
    if change.table != "review_item":
        return change
    before, after = (
        tuple(row for row in rows if isinstance(row, ReviewItemRow) and row.id not in known)
        for rows in (change.before, change.after)
    )
    return Change(change.table, before, after)
