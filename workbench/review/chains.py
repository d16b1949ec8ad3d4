"""Fragments that follow each other: one correction for a whole chain instead of one for every link."""

from __future__ import annotations

import numpy as np

from workbench.core.boxes import Array
from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.review.candidates import Candidates
from workbench.review.models import RIGHTED
from workbench.review.view import View

SURELY = 0.5  # probability of every link of a chain
FEWEST = 3  # tracks


def chains(view: View, fragments: Candidates, chance: Array) -> list[Issue]:
    """Chains of at least ``FEWEST`` tracks, each linked with the likeliest that nothing likelier claims.

    Args:
        view: the tracks.
        fragments: pairs of tracks, (K,).
        chance: (K,) of each.
    """
    after, before = dict[int, int](), dict[int, int]()
    link = np.flatnonzero(chance >= SURELY)
    for k in link[np.argsort(-chance[link], kind="stable")].tolist():
        one, two = fragments.tracks[k].tolist()
        if one not in after and two not in before:
            after[one], before[two] = k, k
    issues = []
    for first in sorted(after.keys() - before.keys()):
        links, at = list[int](), first
        while at in after:
            links.append(after[at])
            at = int(fragments.tracks[after[at], 1])
        if len(links) + 1 >= FEWEST:
            issues.append(_issue(view, fragments, chance, links))
    return issues


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
