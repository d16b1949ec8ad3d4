"""The search for identity errors: all kinds in turn, then one queue, those first that are worth most.

See ``core.issues.worth``: whoever works the queue from its head repairs most with the least, and is seldom
asked for nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.core.boxes import Array
from workbench.core.issues import Issue, worth
from workbench.core.progress import Progress
from workbench.core.track_boxes import TrackBoxes
from workbench.review.breaks import breaks
from workbench.review.candidates import Candidates
from workbench.review.chains import chains
from workbench.review.doubles import doubles
from workbench.review.ends import births_and_deaths
from workbench.review.fragments import KIND as FRAGMENT
from workbench.review.fragments import fragments
from workbench.review.models import RIGHTED, TERMS, probabilities
from workbench.review.phantoms import phantoms
from workbench.review.scene import Scene
from workbench.review.sizes import size_drifts
from workbench.review.switches import switches
from workbench.review.view import Evidence, Index, Mask, View

KINDS = tuple(TERMS)
"""All kinds of issue."""
STEPS = 8
STRETCH = 12  # frames


@dataclass(frozen=True)
class FindOptions:
    """What is looked for.

    Args:
        kinds: of issue, some of ``KINDS``; empty = all.
        least: probability from which on an issue is worth a look, [0, 1].
        most: issues that are kept, those that are worth most.
    """

    kinds: tuple[str, ...] = ()
    least: float = 0.003
    most: int = 10_000


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
    yield Progress(0, STEPS, "Looking for errors of identity")
    scene = Scene.of(tracks, evidence or Evidence())
    for done, candidates in enumerate(_searches(scene)):
        for part in candidates:
            yield Progress(done + 1, STEPS, "Looking for errors of identity")
            if not options.kinds or part.kind in options.kinds:
                found += _likely(scene.view, part, options)
    yield Progress(STEPS, STEPS, "Ranking")
    return ranked(found)[: options.most]


def candidates_of(tracks: TrackBoxes, evidence: Evidence) -> tuple[View, list[Candidates]]:
    """All places that are looked at, before they are judged: what models are fitted on."""
    scene = Scene.of(tracks, evidence)
    return scene.view, [part for parts in _searches(scene) for part in parts]


def ranked(issues: Sequence[Issue]) -> list[Issue]:
    """By worth; equal ones by place and tracks, so that the order is always the same."""
    return sorted(issues, key=lambda i: (-i.worth, i.frame, i.kind, i.tracks))


def _searches(scene: Scene) -> Iterator[Iterable[Candidates]]:
    if not len(scene.view):
        return
    yield switches(scene)
    yield [fragments(scene)]
    yield [doubles(scene)]
    yield breaks(scene)
    yield births_and_deaths(scene)
    yield phantoms(scene)
    yield [size_drifts(scene)]


def _likely(view: View, candidates: Candidates, options: FindOptions) -> list[Issue]:
    chance = probabilities(candidates)
    kept = np.flatnonzero((chance >= options.least) & (candidates.gain > 0) & ~_settled(view, candidates))
    candidates = replace(candidates, gain=candidates.gain * RIGHTED[candidates.kind])
    linked = candidates[kept]
    found = chains(view, linked, chance[kept]) if candidates.kind == FRAGMENT else []
    kept = _without_repeats(candidates, chance, kept)
    order = np.argsort(-worth(chance[kept], candidates.gain[kept]), kind="stable")
    kept = kept[order[: options.most]]
    return found + candidates[kept].issues(view, chance[kept])


def _settled(view: View, candidates: Candidates) -> Mask:
    """Places where a person has decided: the boxes before and behind were made or verified by one."""
    settled = np.ones(len(candidates), np.bool_)
    for track in candidates.tracks.T:
        last = view.bounds[np.maximum(track, 0) + 1] - 1
        behind = np.minimum(view.rows_from(np.maximum(track, 0), candidates.frame), last)
        before = np.maximum(behind - 1, view.bounds[np.maximum(track, 0)])
        settled &= (view.boxes.sure[before] & view.boxes.sure[behind]) | (track < 0)
    return settled


def _without_repeats(candidates: Candidates, chance: Array, kept: Index) -> Index:
    """Of places of the same tracks in one short stretch of frames, the likeliest one."""
    first, second = candidates.tracks[kept].T
    order = np.lexsort((-chance[kept], candidates.frame[kept] // STRETCH, second, first))
    kept = kept[order]
    keys = np.column_stack([candidates.tracks[kept], candidates.frame[kept] // STRETCH])
    return np.asarray(kept[np.append(True, (keys[1:] != keys[:-1]).any(axis=1))[: len(kept)]])
