"""Joining all fragments that probably go on as each other: one edit for what would be dozens of answers.

Nobody looks at each of these links. So no box becomes verified by them, a later run may find better ones, and
the search may ask whether one of them was wrong.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass

from workbench.core.edits import ChangeSet
from workbench.core.errors import UserError
from workbench.core.fixes import Fix, Operation
from workbench.core.progress import Progress
from workbench.review.chains import is_link, linked
from workbench.services import identities, reviewing
from workbench.services.editing import join
from workbench.services.identities import Manner
from workbench.services.review_items import OPEN, ReviewItem
from workbench.store import Project

LIKELY = 0.5  # probability of a link, if nothing else is said

Chain = tuple[ReviewItem, ...]
"""Links that follow each other, in order of time: the second track of each is the first of the next."""


@dataclass(frozen=True)
class Joins:
    """What would be joined.

    Args:
        chains: of at least one link each; no two have a track in common.
    """

    chains: tuple[Chain, ...]

    @property
    def links(self) -> int:
        """How many links there are."""
        return sum(map(len, self.chains))

    @property
    def right(self) -> float:
        """How many of the links are expected to be right."""
        return sum(item.probability for chain in self.chains for item in chain)

    def __str__(self) -> str:
        if not self.chains:
            return "No link between fragments is that probable."
        before = self.links + len(self.chains)
        return (
            f"{before} fragments become {len(self.chains)} tracks by {self.links} links, "
            f"of which about {self.right:.0f} should be right."
        )


@dataclass(frozen=True)
class Joined:
    """What joining comes to.

    Args:
        change: does all of it as one edit; false when nothing can be joined.
        links: how many it makes.
        left: why chains were left as they are.
    """

    change: ChangeSet
    links: int
    left: tuple[str, ...] = ()

    def __str__(self) -> str:
        left = f" {len(self.left)} chains are left as they are: {self.left[0]}" if self.left else ""
        return f"{self.links} links were made.{left}"


def joins(items: Iterable[ReviewItem], least: float = LIKELY) -> Joins:
    """The chains of open fragments whose links are all at least so probable.

    A link that a person wrote a comment on is left to that person.

    Args:
        items: of one video, of any kind.
        least: probability, [0, 1].
    """
    pairs = [item for item in items if _is_link(item) and item.probability >= least]
    tracks = [(item.tracks[0], item.tracks[1]) for item in pairs]
    found = linked(tracks, [item.probability for item in pairs])
    return Joins(tuple(tuple(pairs[k] for k in links) for links in found))


def join_all(project: Project, wanted: Joins) -> Generator[Progress, None, Joined]:
    """What these joins come to; gaps are filled along straight lines. Apply its change to make them.

    Yields:
        Progress with the number of chains; closing the generator leaves everything as it was.
    """
    name = f"Join {wanted.links + len(wanted.chains)} fragments to {len(wanted.chains)} tracks"
    items = ChangeSet(name, ())  # what becomes of the review items, which several chains may concern
    parts, made, left = list[ChangeSet](), 0, list[str]()
    for done, chain in enumerate(wanted.chains):
        yield Progress(done, len(wanted.chains), "Joining fragments")
        try:
            step = _joined(project, chain, after=items)
        except UserError as error:
            left.append(str(error))
            continue
        parts.append(_part(step, name, of_items=False))
        items, made = items.then(_part(step, name, of_items=True)), made + len(chain)
    return Joined(join([*parts, items]), made, tuple(left))


def _is_link(item: ReviewItem) -> bool:
    return item.verdict == OPEN and not item.row.comment and is_link(item.kind, item.fix)


def _joined(project: Project, chain: Sequence[ReviewItem], *, after: ChangeSet) -> ChangeSet:
    rows = project.review_items_by_id([item.id for item in chain])
    now = [ReviewItem(row) for row in rows if row.verdict == OPEN]
    if len(now) < len(chain):
        raise UserError("What was to be joined is gone or answered already.")
    fix = Fix(Operation.JOIN, (chain[0].tracks[0], *(item.tracks[1] for item in chain)))
    plan = identities.plan(project, fix, manner=Manner(seen=False, after=after))
    return reviewing.accept(project, now[0], instead_of=now[1:], plan=plan)


def _part(change: ChangeSet, name: str, *, of_items: bool) -> ChangeSet:
    return ChangeSet(name, tuple(c for c in change.changes if (c.table == "review_item") == of_items))
