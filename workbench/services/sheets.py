"""Many places of the review queue at once: which ones stand on a sheet, and what its answers come to.

Places on a sheet share no track, so that what is decided about one leaves the others as they are. All of it
is one edit: each correction is planned as if those before it were made, though nothing is stored yet.
A place that only a person can judge, or whose correction takes a tracker, is asked by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from workbench.core.edits import ChangeSet
from workbench.core.errors import UserError
from workbench.core.fixes import Operation
from workbench.review import places
from workbench.services import identities, reviewing
from workbench.services.identities import Manner
from workbench.services.review_items import OPEN, ReviewItem
from workbench.store import Project

MOST = 9  # places on a sheet; each has a key
PROBABLE = 0.5  # probability from which on a correction is proposed beforehand
SOUGHT = 1000  # items that a sheet is chosen from

Together = Callable[[ReviewItem], Sequence[ReviewItem]]
"""An item and the others about its place, see ``reviewing.alternatives``."""


@dataclass(frozen=True)
class Answer:
    """What is to be done at one place.

    Args:
        items: the corrections that there are, those worth most first; at least one.
        chosen: number of the one that is right, None = nothing is wrong there.
        skipped: nobody can tell now; then none is chosen.
    """

    items: tuple[ReviewItem, ...]
    chosen: int | None = None
    skipped: bool = False

    @property
    def accepted(self) -> ReviewItem | None:
        """The item that is right, if one is."""
        return None if self.chosen is None else self.items[self.chosen]

    @property
    def tracks(self) -> frozenset[int]:
        """Ids of all tracks that its corrections concern."""
        named = (t for item in self.items for t in (*item.tracks, *(item.fix.tracks if item.fix else ())))
        return frozenset(named)

    def not_wrong(self) -> Answer:
        """That nothing is wrong there."""
        return Answer(self.items)

    def put_off(self) -> Answer:
        """That nobody can tell now."""
        return Answer(self.items, skipped=True)

    def next(self) -> Answer:
        """Nothing wrong, the first correction, the second ..., and round again."""
        number = 0 if self.chosen is None else self.chosen + 1
        return Answer(self.items, number if number < len(self.items) else None)


@dataclass(frozen=True)
class Decided:
    """What a sheet comes to.

    Args:
        change: does all of it as one edit; false when nothing can be done.
        left: places that stay open, since their correction cannot be made any more, and why.
    """

    change: ChangeSet
    left: tuple[tuple[Answer, str], ...] = ()


def in_order(items: Iterable[ReviewItem]) -> list[ReviewItem]:
    """Items as they come onto sheets: by the boxes that they are expected to put right.

    There a wrong place costs next to nothing, so the improbable ones need not stand back for the sure ones as
    they do in the queue (see ``core.issues.worth``).
    """
    return sorted(items, key=lambda item: (-item.probability * item.row.gain, item.id))


def sheet(
    items: Iterable[ReviewItem],
    together: Together,
    *,
    most: int = MOST,
    later: frozenset[int] = frozenset(),
    without: frozenset[int] = frozenset(),
) -> list[Answer]:
    """The places of a sheet, each with the answer that is probably right.

    Args:
        items: open items, as ``in_order`` sorts them.
        most: places of the sheet.
        later: ids of tracks whose places come last.
        without: ids of tracks that none may concern.
    """
    able = (item for item in items if _at_once(item) and without.isdisjoint(item.tracks))
    heads = list(islice(able, SOUGHT))
    heads.sort(key=lambda item: not later.isdisjoint(item.tracks))  # those of one kind stay in order
    # A place may turn out to share a track with another by its alternatives, so some more are looked at.
    first = [heads[i] for i in places.independent([(head.issue,) for head in heads], 2 * most)]
    found = [tuple(sorted(filter(_at_once, together(head)), key=lambda item: item.order)) for head in first]
    found = [one for one in found if without.isdisjoint(Answer(one).tracks)]
    found.sort(key=lambda one: not later.isdisjoint(Answer(one).tracks))
    chosen = places.independent([tuple(item.issue for item in one) for one in found], most)
    return [answer_of(found[i]) for i in chosen]


def answer_of(items: Sequence[ReviewItem]) -> Answer:
    """The first correction of a place where it is at least even, else none."""
    return Answer(tuple(items), 0 if items[0].probability >= PROBABLE else None)


def decide(project: Project, answers: Sequence[Answer]) -> Decided:
    """Make every chosen correction, and reject all other places but those that are skipped.

    Items are taken as they are stored now.
    """
    rows = project.review_items_by_id([item.id for answer in answers for item in answer.items])
    stored = {row.id: ReviewItem(row) for row in rows if row.verdict == OPEN}
    change, taken, left = ChangeSet("", ()), set[int](), list[tuple[Answer, str]]()
    done = Counter[str]()
    for answer in answers:
        now = [stored[item.id] for item in answer.items if item.id in stored]
        try:
            step = _step(project, answer, now, change)
            concerned = Answer(tuple(now)).tracks | _changed_tracks(step)
            if not taken.isdisjoint(concerned):
                raise UserError("It concerns a track of another correction of the sheet.")
        except UserError as error:
            left.append((answer, str(error)))
            continue
        change, taken = change.then(step), taken | concerned
        done["skip" if answer.skipped else "reject" if answer.chosen is None else "correct"] += 1
    words = [f"correct {done['correct']}", f"reject {done['reject']}"]
    words += [f"skip {done['skip']}"] if done["skip"] else []
    return Decided(replace(change, name=f"Review sheet: {', '.join(words)}"), tuple(left))


def _at_once(item: ReviewItem) -> bool:
    return item.fix is not None and item.fix.operation != Operation.EXTEND


def _step(project: Project, answer: Answer, items: Sequence[ReviewItem], after: ChangeSet) -> ChangeSet:
    """What the answer to some items comes to after a change that is not stored yet."""
    accepted = answer.accepted
    if accepted is None:
        return reviewing.skip(*items) if answer.skipped else reviewing.reject(*items)
    now = next((item for item in items if item.id == accepted.id), None)
    if now is None or now.fix is None:
        raise UserError("What was to be corrected is gone or answered already.")
    plan = identities.plan(project, now.fix, manner=Manner(after=after))
    return reviewing.accept(project, now, instead_of=[i for i in items if i.id != now.id], plan=plan)


def _changed_tracks(change: ChangeSet) -> frozenset[int]:
    """Ids of the tracks that a change rewrites, and not only what is asked about them."""
    parts = tuple(c for c in change.changes if c.table != "review_item")
    return ChangeSet("", parts).scope().tracks
