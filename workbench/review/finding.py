"""The search for identity errors: all kinds in turn, then one queue, those first that are worth most.

Worth is the probability that an issue is true times the boxes that are wrong if it is, so that whoever works
the queue from its head repairs most with the least.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.core.boxes import Array
from workbench.core.issues import Issue
from workbench.core.progress import Progress
from workbench.core.track_boxes import TrackBoxes
from workbench.review.breaks import breaks
from workbench.review.candidates import Candidates
from workbench.review.doubles import doubles
from workbench.review.ends import births_and_deaths
from workbench.review.fragments import fragments
from workbench.review.likeness import Likeness
from workbench.review.models import TERMS, probabilities
from workbench.review.nearness import near_pairs
from workbench.review.phantoms import phantoms
from workbench.review.sizes import size_drifts
from workbench.review.switches import switches
from workbench.review.view import Evidence, Index, View

KINDS = tuple(TERMS)
"""All kinds of issue."""
STEPS = 8


@dataclass(frozen=True)
class FindOptions:
    """What is looked for.

    Args:
        kinds: of issue, some of ``KINDS``; empty = all.
        least: probability from which on an issue is worth a look, [0, 1].
        most: issues that are kept, those that are worth most.
    """

    kinds: tuple[str, ...] = ()
    least: float = 0.02
    most: int = 20_000


def find_issues(
    tracks: TrackBoxes, evidence: Evidence | None = None, options: FindOptions | None = None
) -> Generator[Progress, None, list[Issue]]:
    """Find what may be wrong with the identities of a video; the same input gives the same issues.

    Args:
        tracks: of one video; boxes that are none (a NaN, no area) are passed over.
        evidence: what is known beside the boxes.
        options: what is looked for.

    Yields:
        Progress; closing the generator stops the work.

    Returns:
        Issues, those that are worth most first.
    """
    options = options or FindOptions()
    found: list[Issue] = []
    view = View.of(tracks, evidence or Evidence())
    for done, candidates in enumerate(_searches(view)):
        yield Progress(min(done, STEPS), STEPS, "Looking for errors of identity")
        for part in candidates:
            if not options.kinds or part.kind in options.kinds:
                found += _likely(view, part, options)
    yield Progress(STEPS, STEPS, "Ranking")
    return ranked(found)[: options.most]


def candidates_of(tracks: TrackBoxes, evidence: Evidence) -> tuple[View, list[Candidates]]:
    """All places that are looked at, before they are judged: what models are fitted on."""
    view = View.of(tracks, evidence)
    return view, [part for parts in _searches(view) for part in parts]


def ranked(issues: Sequence[Issue]) -> list[Issue]:
    """By worth; equal ones by place and tracks, so that the order is always the same."""
    return sorted(issues, key=lambda i: (-i.probability * i.gain, i.frame, i.kind, i.tracks))


def _searches(view: View) -> Iterator[Sequence[Candidates]]:
    if not len(view):
        return
    likeness = Likeness.of(view)
    pairs = near_pairs(view)
    yield []
    yield [switches(view, likeness, pairs)]
    yield [fragments(view, likeness)]
    yield [doubles(view, likeness, pairs)]
    yield breaks(view, likeness, pairs)
    yield births_and_deaths(view, pairs)
    yield phantoms(view, pairs)
    yield [size_drifts(view, pairs)]


def _likely(view: View, candidates: Candidates, options: FindOptions) -> list[Issue]:
    chance = probabilities(candidates.kind, candidates.terms)
    kept = np.flatnonzero((chance >= options.least) & (candidates.gain > 0))
    kept = _without_repeats(candidates, chance, kept)
    worth = chance[kept] * candidates.gain[kept]
    kept = kept[np.argsort(-worth, kind="stable")[: options.most]]
    return candidates[kept].issues(view, chance[kept])


def _without_repeats(candidates: Candidates, chance: Array, kept: Index) -> Index:
    """Of places of the same tracks whose spans meet, one after the other, the likeliest one."""
    first, second = candidates.tracks[kept].T
    kept = kept[np.lexsort((candidates.start[kept], second, first))]
    tracks, start, stop = candidates.tracks[kept], candidates.start[kept], candidates.stop[kept]
    other = np.append(True, (tracks[1:] != tracks[:-1]).any(axis=1))[: len(kept)]
    meets = np.append(False, start[1:] < stop[:-1])[: len(kept)]
    group = np.cumsum(other | ~meets)
    order = np.lexsort((-chance[kept], group))
    return np.asarray(kept[order[np.diff(group[order], prepend=-1) != 0]])
