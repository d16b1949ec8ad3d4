"""Places inside a track where it may have gone over to another target, or lost its own.

Such places are gaps, boxes that were not seen, links that are doubtful, jumps, and changes of looks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from workbench.core.boxes import Array
from workbench.core.fixes import Operation
from workbench.review.candidates import TO_THE_END, Candidates, one_track
from workbench.review.likeness import Likeness, mean_looks
from workbench.review.motion import ends, misses
from workbench.review.scene import Scene
from workbench.review.view import Index, Mask, View

CHANGE, JUMP, GAP, GUESSED = "swap-inside", "jump", "gap", "filled-gap"
TERMS = (
    *("constant", "way", "size", "gap", "long", "looks", "doubt", "no link", "touched", "short"),
    *("far way", "far size", "not seen"),
)
BEND = 0.15  # sizes that a box is off the middle of its neighbours, from which on it may be a jump
STEEP = 2.5  # miss of a way that is a jump
UNLIKE = -0.5  # log odds of looks that are a change
APART = 4  # boxes further, where both sides are looked at once more
EVERY = 6  # boxes, where looks are compared
DOUBTFUL = 0.02
WINDOW = 3  # boxes about a place in which the nearness of others counts
AT_ONCE = 1 << 16


class Gaps(NamedTuple):
    """Consecutive seen rows of one track, (K,) before and behind a place."""

    before: Index
    after: Index


def breaks(scene: Scene) -> list[Candidates]:
    """Places to split at, jumps, gaps to fill, and boxes that were filled."""
    view = scene.view
    seen = _seen(view)
    missing, between = _missing(view, seen)
    alike = _alike(view, scene.likeness, seen)
    doubt = view.doubt[seen.after]
    suspect = (missing > 0) | (between > 0) | (doubt >= DOUBTFUL) | (alike < UNLIKE) | _bent(view, seen)
    at = np.flatnonzero(suspect)
    places = Gaps(seen.before[at], seen.after[at])
    every = _places(scene, places)
    missing, between = missing[at], between[at]
    jumps = (missing + between == 0) & (every.terms[:, 1] > STEEP)
    split = (missing + between > 0) | (doubt[at] >= DOUBTFUL) | (every.terms[:, 5] < UNLIKE)
    gaps, guessed = (missing > 0) & (between == 0), between > 0
    return [
        every[split & ~jumps],
        replace(every[jumps], kind=JUMP),
        _to_fill(view, GAP, every[gaps], missing[gaps], Operation.FILL),
        _to_fill(view, GUESSED, every[guessed], between[guessed], None),
    ]


def _seen(view: View) -> Gaps:
    seen = np.flatnonzero(~view.filled)
    same = view.number[seen[:-1]] == view.number[seen[1:]]
    return Gaps(seen[:-1][same], seen[1:][same])


def _missing(view: View, seen: Gaps) -> tuple[Index, Index]:
    """Frames without a box, and boxes that were not seen, in each gap."""
    between = seen.after - seen.before - 1
    frames = view.boxes.frames[seen.after] - view.boxes.frames[seen.before] - 1
    return frames - between, between


def _bent(view: View, seen: Gaps) -> Mask:
    """Where the way turns or a box changes at once, (K,)."""
    a, b = seen.before, seen.after
    step = (view.place[b] - view.place[a]) / view.size[a, None]
    bend = np.zeros(len(a))
    follows = np.flatnonzero(a[1:] == b[:-1])
    bend[follows + 1] = np.abs(step[follows + 1] - step[follows]).max(axis=1)
    bend[np.setdiff1d(np.arange(len(a)), follows + 1)] = 0
    change = np.abs(view.shape[b] - view.shape[a]).max(axis=1)
    return np.asarray((bend > BEND) | (change > 2 * BEND))


def _alike(view: View, likeness: Likeness, seen: Gaps) -> Array:
    """Log odds that both sides look like one target, at every so many places; 0 elsewhere, (K,)."""
    odds = np.zeros(len(seen.before))
    if likeness.same is None:
        return odds
    asked = np.flatnonzero(seen.before % EVERY == 0)
    for begin in range(0, len(asked), AT_ONCE):
        at = asked[begin : begin + AT_ONCE]
        odds[at] = likeness.log_odds(
            mean_looks(view, seen.before[at], back=True), mean_looks(view, seen.after[at], back=False)
        )
    return odds


def _places(scene: Scene, at: Gaps) -> Candidates:
    view = scene.view
    parts = [
        _terms(scene, Gaps(at.before[k : k + AT_ONCE], at.after[k : k + AT_ONCE]))
        for k in range(0, len(at.before), AT_ONCE)
    ]
    apart, far, odds = (
        (np.concatenate(column) for column in zip(*parts, strict=True))
        if parts
        else (np.empty((0, 2)), np.empty((0, 2)), np.empty(0))
    )
    frame, begins = view.boxes.frames, view.boxes.frames[at.after]
    track = view.number[at.before]
    lengths = np.stack([at.after - view.bounds[track], view.bounds[track + 1] - at.after])
    doubt = view.doubt[at.after]
    gap = (begins - frame[at.before]).astype(np.float64)
    _, between = _missing(view, at)
    terms = np.column_stack([
        np.ones(len(gap)), apart, np.log(gap), np.log1p(gap / 10), odds, _log_odds(doubt), np.isnan(doubt),
        _touched(scene, at), (1 / np.maximum(lengths, 1)).sum(axis=0), far, between > 0,
    ])  # fmt: skip
    return Candidates(
        CHANGE,
        terms,
        begins,
        frame[at.before],
        begins + 1,
        one_track(track),
        lengths.min(axis=0).astype(np.float64),
        Operation.SPLIT,
        begins,
        np.full(len(gap), TO_THE_END),
        {
            "frames between": gap - 1,
            "motion misses": apart[:, 0],
            "looks alike": np.where(odds == 0, np.nan, odds),
            "doubt of the link": doubt,
        },
    )


def _terms(scene: Scene, at: Gaps) -> tuple[Array, Array, Array]:
    """Misses at the places and further from them, (K, 2) each, and log odds of the looks (K,)."""
    view, usual = scene.view, scene.usual
    near = misses(ends(view, at.before, back=True), ends(view, at.after, back=False), usual)
    track = view.number[at.before]
    before = np.maximum(at.before - APART, view.bounds[track])
    after = np.minimum(at.after + APART, view.bounds[track + 1] - 1)
    far = misses(ends(view, before, back=True), ends(view, after, back=False), usual)
    odds = scene.likeness.log_odds(
        mean_looks(view, at.before, back=True), mean_looks(view, at.after, back=False)
    )
    return near, far, odds


def _log_odds(doubt: Array) -> Array:
    chance = np.clip(np.nan_to_num(doubt, nan=0.5), 1e-3, 1 - 1e-3)
    return np.asarray(np.log(chance / (1 - chance)))


def _touched(scene: Scene, at: Gaps) -> Array:
    """The greatest overlap with another box just before, in, or just behind each place, (K,)."""
    view, near = scene.view, scene.touched
    track = view.number[at.before]
    result = np.zeros(len(track))
    for step in range(WINDOW):
        before = np.maximum(at.before - step, view.bounds[track])
        after = np.minimum(at.after + step, view.bounds[track + 1] - 1)
        result = np.maximum(result, np.maximum(near[before], near[after]))
    return result


def _to_fill(
    view: View, kind: str, found: Candidates, boxes: Index, operation: Operation | None
) -> Candidates:
    """The same places as gaps, of which the boxes between count."""
    return replace(
        found,
        kind=kind,
        frame=(found.start + found.stop) // 2,
        gain=boxes.astype(np.float64),
        operation=operation,
        fix_start=found.start,
        fix_stop=found.stop,
    )
