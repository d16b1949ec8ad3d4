"""Tracks that may go on as others: one ends, another begins later where the first would be by then."""

from __future__ import annotations

import numpy as np

from workbench.core.boxes import Array
from workbench.core.fixes import Operation
from workbench.review.candidates import TO_THE_END, Candidates
from workbench.review.likeness import mean_looks
from workbench.review.motion import Ends, ends, misses
from workbench.review.scene import Scene
from workbench.review.view import Index, View

KIND = "fragment"
TERMS = ("constant", "way", "size", "gap", "long", "spread", "short", "looks", "linked")
LONGEST = 150  # frames of a gap
FURTHEST = 5.0  # spreads that a way may miss by
LARGEST_CHANGE = 0.8  # of the logarithm of width or height
AT_ONCE = 1 << 19


def fragments(scene: Scene) -> Candidates:
    """Pairs of a track that ends and one that begins at most ``LONGEST`` frames later."""
    view, likeness = scene.view, scene.likeness
    last = ends(view, view.lasts, back=True)
    first = ends(view, view.firsts, back=False)
    before, after = _compatible(view, last, first)
    apart = misses(chosen(last, before), chosen(first, after), scene.usual)
    gap = (first.frame[after] - last.frame[before]).astype(np.float64)
    odds = likeness.log_odds(
        mean_looks(view, view.lasts, back=True)[before], mean_looks(view, view.firsts, back=False)[after]
    )
    half = gap / 2
    spread = chosen(last, before).spread(half) + chosen(first, after).spread(-half)
    terms = np.column_stack([
        np.ones(len(gap)), apart, np.log(gap), np.log1p(gap / 10), np.log(spread),
        1 / view.lengths[before] + 1 / view.lengths[after], odds, np.full(len(gap), view.linked),
    ])  # fmt: skip
    return Candidates(
        KIND,
        terms,
        last.frame[before],
        last.frame[before],
        first.frame[after] + 1,
        np.column_stack([before, after]),
        np.minimum(view.lengths[before], view.lengths[after]).astype(np.float64),
        Operation.JOIN,
        np.zeros(len(gap), np.int64),
        np.full(len(gap), TO_THE_END),
        {"frames between": gap - 1, "motion misses": apart[:, 0], "looks alike": _known(odds)},
    )


def chosen(of: Ends, rows: Index) -> Ends:
    """Some of the ends."""
    return Ends(**{name: column[rows] for name, column in vars(of).items()})


def _known(odds: Array) -> Array:
    return np.where(odds == 0, np.nan, odds)


def _compatible(view: View, last: Ends, first: Ends) -> tuple[Index, Index]:
    """Tracks that may go on and as which ones, (K,) each, sorted by the first."""
    order = np.argsort(first.frame, kind="stable")
    begins = first.frame[order]
    low = np.searchsorted(begins, last.frame, side="right")
    count = np.searchsorted(begins, last.frame + LONGEST, side="right") - low
    cuts = np.searchsorted(np.cumsum(count), np.arange(AT_ONCE, count.sum() + AT_ONCE, AT_ONCE))
    parts = [
        _near(view, last, first, rows, low, count, order)
        for rows in np.split(np.arange(len(low)), np.unique(cuts) + 1)
    ]
    before, after = (np.concatenate(part) for part in zip(*parts, strict=True))
    return before, after


def _near(
    view: View, last: Ends, first: Ends, rows: Index, low: Index, count: Index, order: Index
) -> tuple[Index, Index]:
    number = count[rows]
    before = np.repeat(rows, number)
    after = order[np.arange(len(before)) - np.repeat(np.cumsum(number) - number - low[rows], number)]
    classes = view.boxes.classes
    near = classes[view.lasts[before]] == classes[view.firsts[after]]
    near &= (np.abs(last.shape[before] - first.shape[after]) < LARGEST_CHANGE).all(axis=1)
    before, after = before[near], after[near]
    gap = (first.frame[after] - last.frame[before]).astype(np.float64)
    a, b = chosen(last, before), chosen(first, after)
    spread = np.maximum(a.spread(gap), b.spread(-gap))
    reach = (FURTHEST * np.sqrt(a.size * b.size * spread))[:, None]
    near = (np.abs(a.ahead(gap) - b.place) < reach).all(axis=1)
    near |= (np.abs(b.ahead(-gap) - a.place) < reach).all(axis=1)
    near |= (np.abs(a.place - b.place) < np.sqrt(a.size * b.size)[:, None]).all(axis=1)
    return before[near], after[near]
