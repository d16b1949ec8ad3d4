"""Fragments that follow each other: one correction for a whole chain instead of one for every link."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.core.boxes import Array
from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.review.candidates import Candidates
from workbench.review.fragments import KIND
from workbench.review.models import RIGHTED
from workbench.review.view import View

SURELY = 0.5  # probability of every link of a chain
FEWEST = 3  # tracks


def is_link(kind: str, fix: Fix | None) -> bool:
    """Whether an issue is that one track goes on as another: a link of a chain, and no whole chain."""
    return kind == KIND and fix is not None and fix.operation == Operation.JOIN and len(fix.tracks) == 2


def linked(pairs: Sequence[tuple[int, int]], chance: Sequence[float]) -> list[list[int]]:
    """Chains of tracks that go on as each other, each linked with the likeliest that nothing likelier claims.

    Args:
        pairs: a track and one that it may go on as, (K,).
        chance: (K,) of each pair.

    Returns:
        Numbers of the pairs of each chain, in order of time.
    """
    after, before = dict[int, int](), dict[int, int]()
    for k in sorted(range(len(pairs)), key=lambda k: -chance[k]):
        one, two = pairs[k]
        if one not in after and two not in before:
            after[one], before[two] = k, k
    found = []
    for first in sorted(after.keys() - before.keys()):
        links, at = list[int](), first
        while at in after:
            links.append(after[at])
            at = pairs[after[at]][1]
        found.append(links)
    return found


def chains(view: View, fragments: Candidates, chance: Array) -> list[Issue]:
    """Chains of at least ``FEWEST`` tracks whose links are all at least ``SURELY`` probable.

    Args:
        view: the tracks.
        fragments: pairs of tracks, (K,).
        chance: (K,) of each.
    """
    sure = np.flatnonzero(chance >= SURELY)
    pairs = [(one, two) for one, two in fragments.tracks[sure].tolist()]
    found = linked(pairs, chance[sure].tolist())
    return [_issue(view, fragments, chance, sure[k].tolist()) for k in found if len(k) + 1 >= FEWEST]


def _issue(view: View, fragments: Candidates, chance: Array, links: list[int]) -> Issue:
    numbers = [*fragments.tracks[links, 0].tolist(), int(fragments.tracks[links[-1], 1])]
    ids, lengths = tuple(view.ids[numbers].tolist()), view.lengths[numbers]
    doubtful = links[int(chance[links].argmin())]
    return Issue(
        fragments.kind,
        int(fragments.frame[doubtful]),
        int(fragments.start[links[0]]),
        int(fragments.stop[links[-1]]),
        ids,
        float(chance[links].prod()),
        RIGHTED[fragments.kind] * float(lengths.sum() - lengths.max()),
        Fix(Operation.JOIN, ids),
        (("tracks", float(len(ids))), ("least sure link", round(float(chance[doubtful]), 3))),
    )
