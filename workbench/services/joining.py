"""Joining all fragments that probably go on as each other: one edit for what would be dozens of answers.

Nobody looks at each of these links. So no box becomes verified by them, a later run may find better ones, and
the search may ask whether one of them was wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from workbench.core.edits import ChangeSet
from workbench.core.errors import UserError
from workbench.core.fixes import Fix, Operation
from workbench.core.plurals import counted
from workbench.core.progress import Progress
from workbench.core.rows import ReviewItemRow
from workbench.review.chains import is_link, linked
from workbench.review.fragments import KIND
from workbench.services import identities, reviewing
from workbench.services.editing import join
from workbench.services.identities import Manner
from workbench.services.review_items import OPEN, ReviewItem
from workbench.store import Project

LIKELY = 0.5  # probability of a link, if nothing else is said

Chain = tuple[ReviewItem, ...]
"""Links that follow each other, in order of time: the second track of each is the first of the next."""


@dataclass(frozen=True)
class Outlook:
    """What joining would come to.

    Args:
        links, chains: how many would be made.
        right: how many of the links are expected to be right.
    """

    links: int
    chains: int
    right: float

    def __str__(self) -> str:
        if not self.links:
            return "No link between fragments is that probable."
        return (
            f"{self.links + self.chains} fragments become {counted(self.chains, 'track')} by "
            f"{counted(self.links, 'link')}, of which about {self.right:.0f} should be right."
        )


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

    def __str__(self) -> str:
        return str(Outlooks(self).at(0.0))


class Outlooks:
    """What joining would come to with any probability that a link must have, without linking anew.

    More probable links are chosen first, so those of a higher probability are some of those of a lower one:
    chains break where a link is less probable.
    """

    def __init__(self, wanted: Joins) -> None:
        chains = [[item.probability for item in chain] for chain in wanted.chains]
        self._chances = np.sort([chance for chain in chains for chance in chain])
        self._right = np.cumsum(self._chances[::-1])[::-1]  # of this link and all more probable ones
        self._joints = np.sort([min(two) for chain in chains for two in pairwise(chain)])

    def at(self, least: float) -> Outlook:
        """With all links that are at least so probable, [0, 1]."""
        first = int(np.searchsorted(self._chances, least))
        links = len(self._chances) - first
        inside = len(self._joints) - int(np.searchsorted(self._joints, least))
        return Outlook(links, links - inside, float(self._right[first]) if links else 0.0)


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
        left = counted(len(self.left), "chain is left as it is", "chains are left as they are")
        why = f" {left}: {self.left[0]}" if self.left else ""
        return f"{counted(self.links, 'link was made', 'links were made')}.{why}"


def joins(items: Iterable[ReviewItem], least: float = LIKELY) -> Joins:
    """The chains of open fragments whose links are all at least so probable.

    A link that a person wrote a comment on is left to that person.

    Args:
        items: of one video, of any kind.
        least: probability, [0, 1].
    """
    pairs = [item for item in items if item.probability >= least and _is_link(item)]
    found = linked([_ends(item) for item in pairs], [item.probability for item in pairs])
    return Joins(tuple(tuple(pairs[k] for k in links) for links in found))


def join_all(project: Project, wanted: Joins) -> Generator[Progress, None, Joined]:
    """What these joins come to; gaps are filled along straight lines. Apply its change to make them.

    Nobody looks, so a chain is left as it is where a box or a class would give way.

    Yields:
        Progress with the number of chains; closing the generator leaves everything as it was.
    """
    name = f"Join {wanted.links + len(wanted.chains)} fragments to {counted(len(wanted.chains), 'track')}"
    items = _Items()
    parts, made, left = list[ChangeSet](), 0, list[str]()
    for done, chain in enumerate(wanted.chains):
        yield Progress(done, len(wanted.chains), "Joining fragments")
        try:
            step = _joined(project, chain, items)
        except UserError as error:
            left.append(str(error))
            continue
        parts.append(ChangeSet(name, tuple(c for c in step.changes if c.table != "review_item")))
        items.add(step)
        made += len(chain)
    return Joined(join([*parts, items.change(name)]), made, tuple(left))


def _is_link(item: ReviewItem) -> bool:
    if item.kind != KIND or item.verdict != OPEN or item.row.comment:  # what costs no parsing first
        return False
    return is_link(item.kind, item.fix)


def _ends(item: ReviewItem) -> tuple[int, int]:
    """The track that goes on, and what it goes on as."""
    assert item.fix is not None
    return item.fix.tracks[0], item.fix.tracks[1]


def _joined(project: Project, chain: Chain, items: _Items) -> ChangeSet:
    rows = project.review_items_by_id([item.id for item in chain])
    now = list(filter(_is_link, map(ReviewItem, rows)))
    if {_ends(item) for item in now} != set(map(_ends, chain)):
        raise UserError("What was to be joined is gone, answered or changed already.")
    fix = Fix(Operation.JOIN, (_ends(chain[0])[0], *(_ends(item)[1] for item in chain)))
    if len({track.category_id for track in project.tracks_by_id(fix.tracks).values()}) > 1:
        raise UserError("Its fragments are of different classes.")
    plan = identities.plan(project, fix, manner=Manner(seen=False, after=items.about(fix.tracks)))
    if plan.conflicts:
        raise UserError("Its fragments overlap in time, so boxes would be lost.")
    return reviewing.accept(project, now[0], instead_of=now[1:], plan=plan)


class _Items:
    """What becomes of review items, of which several chains may concern one.

    Of a chain only those about its own tracks are looked at, for there may be ten thousand.
    """

    def __init__(self) -> None:
        self._stored: dict[int, ReviewItemRow] = {}
        self._coming: dict[int, ReviewItemRow] = {}
        self._of = defaultdict[int, set[int]](set)  # by track, also by one that an item had before

    def about(self, tracks: Iterable[int]) -> ChangeSet:
        """What has become of those about some of these tracks, as a change of them."""
        ids = set[int]().union(*(self._of[track] for track in tracks))
        return self._change("", sorted(ids))

    def change(self, name: str) -> ChangeSet:
        """What has become of all."""
        return self._change(name, self._stored)

    def add(self, step: ChangeSet) -> None:
        """Note what another chain does to some, given what was noted before."""
        for change in step.changes:
            for row in change.before:
                if isinstance(row, ReviewItemRow):
                    self._stored.setdefault(row.id, row)
                    self._coming.pop(row.id, None)
                    self._note(row)
            for row in change.after:
                if isinstance(row, ReviewItemRow):
                    self._coming[row.id] = row
                    self._note(row)

    def _note(self, row: ReviewItemRow) -> None:
        for track in ReviewItem(row).tracks:
            self._of[track].add(row.id)

    def _change(self, name: str, ids: Iterable[int]) -> ChangeSet:
        before = [self._stored[i] for i in ids]
        after = [self._coming[i] for i in ids if i in self._coming]
        return ChangeSet.of(name, review_item=(before, after))
