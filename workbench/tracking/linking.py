"""Linking of tracklets over the whole video, over short gaps first.

In each round every tracklet that ends is compared with those that begin within so many frames near the place
where it would be by then. The set of links with the greatest sum of log odds is found by assignment, in which
leaving both ends alone costs nothing: a track's birth and death. What was linked is longer in the next round,
and says more about its motion. The optimum of one round is that of a minimum-cost flow over its links (Zhang,
Li and Nevatia, Global Data Association for Multi-Object Tracking Using Network Flows, CVPR 2008); rounds of
growing gaps are those of Huang et al., ECCV 2008.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import logit

from workbench.tracking.assignment import solve
from workbench.tracking.costs import Pairs
from workbench.tracking.hiding import bare_frames
from workbench.tracking.link_ends import Ends, Noise, ends
from workbench.tracking.link_evidence import LinkModel, evidence
from workbench.tracking.tracker import Array, Indices
from workbench.tracking.tracklets import NONE, Found, Tracklets
from workbench.tracking.video_noise import first_known, measured

AT_ONCE = 1 << 19  # pairs compared at a time
FURTHEST = 6.0  # spreads that a link may miss by
LARGEST_CHANGE = 1.0  # of the logarithm of width or height over a gap


class Candidates(NamedTuple):
    """Links that may be made from tracklets to later ones, (P,) each, sorted by row."""

    rows: Indices
    columns: Indices
    terms: Array  # (P, len(TERMS))


class Made(NamedTuple):
    """Links that were made between detections, (K,) each."""

    before: Indices
    after: Indices
    probabilities: Array


class Round(NamedTuple):
    """What one round did.

    Args:
        gap: longest that was linked, frames.
        tracklets: before it.
        pairs: of tracklets that were compared.
        made: links.
        after: (N,) the detection that follows each in its tracklet, once the links are made.
    """

    gap: int
    tracklets: Tracklets
    pairs: Candidates
    made: Made
    after: Indices


def rounds_of_linking(
    found: Found, after: Indices, rounds: Sequence[tuple[int, float]], *, noise: Noise, model: LinkModel
) -> Iterator[Round]:
    """Link round by round; the noise is measured anew whenever short gaps come again.

    Args:
        found: all detections.
        after: (N,) the detection that surely follows each, or ``NONE``.
        rounds: longest gap in frames from the end of a tracklet to the beginning of the next, and least
            probability of a link.
        noise: what is known before the video is seen.
    """
    known = first_known(found, Tracklets.of(after), noise)
    shorter = 0
    for gap, least in rounds:
        tracklets = Tracklets.of(after)
        if gap <= shorter or not shorter:
            noise = measured(found, tracklets, known)
        shorter = gap
        pairs = candidate_links(found, tracklets, longest=gap, noise=noise)
        chance = model.probabilities(pairs.rows, pairs.columns, model.log_odds(pairs.terms))
        chosen = _best(pairs, chance, least, len(tracklets))
        ends = tracklets.lasts[pairs.rows[chosen]], tracklets.firsts[pairs.columns[chosen]]
        made = Made(*ends, chance[chosen])
        after = joined(after, made)
        yield Round(gap, tracklets, pairs, made, after)


def _best(candidates: Candidates, chance: Array, least: float, count: int) -> Indices:
    """The links that share no end and gain most in all; one of probability ``least`` gains nothing."""
    gains = logit(chance) - logit(least)
    rows, columns = solve(Pairs(candidates.rows, candidates.columns, -gains), 0.0)
    keys = candidates.rows * count + candidates.columns
    order = np.argsort(keys)
    return np.asarray(order[np.searchsorted(keys[order], rows * count + columns)])


def candidate_links(found: Found, tracklets: Tracklets, *, longest: int, noise: Noise) -> Candidates:
    """Pairs of tracklets, and the evidence, that the gap and the distance do not rule out."""
    last = ends(found, tracklets, noise, last=True)
    first = ends(found, tracklets, noise, last=False)
    order = np.argsort(first.frames, kind="stable")
    begins = first.frames[order]
    low = np.searchsorted(begins, last.frames, side="right")
    count = np.searchsorted(begins, last.frames + longest, side="right") - low
    cuts = np.searchsorted(np.cumsum(count), np.arange(AT_ONCE, count.sum() + AT_ONCE, AT_ONCE))
    parts = [
        _near(found, last, first, rows, low, count, order, noise)
        for rows in np.split(np.arange(len(tracklets)), np.unique(cuts) + 1)
    ]
    return Candidates(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _near(
    found: Found,
    last: Ends,
    first: Ends,
    rows: Indices,
    low: Indices,
    count: Indices,
    order: Indices,
    noise: Noise,
) -> Candidates:
    """Candidates from some tracklets, of which each has ``count`` later ones from ``low`` on in ``order``."""
    number = count[rows]
    row = np.repeat(rows, number)
    column = order[np.arange(len(row)) - np.repeat(np.cumsum(number) - number - low[rows], number)]
    gap = (first.frames[column] - last.frames[row]).astype(np.float64)
    size = np.sqrt(last.size[row] * first.size[column])
    near = last.classes[row] == first.classes[column]
    near &= (np.abs(last.shape[row] - first.shape[column]) < LARGEST_CHANGE).all(axis=1)
    reach = (
        FURTHEST * size * np.sqrt(np.maximum(last.spread(gap, row, noise), first.spread(-gap, column, noise)))
    )
    near &= (np.abs(last.ahead(gap, row) - first.place[column]) < reach[:, None]).all(axis=1)
    near &= (np.abs(first.ahead(-gap, column) - last.place[row]) < reach[:, None]).all(axis=1)
    row, column = row[near], column[near]
    bare = bare_frames(found, last, first, row, column)
    return Candidates(row, column, evidence(last, first, row, column, noise, bare))


def joined(after: Indices, made: Made) -> Indices:
    """What follows each detection once the links are made."""
    if (after[made.before] != NONE).any():
        raise ValueError("a link from a detection that is not the last of its tracklet")
    longer = after.copy()
    longer[made.before] = made.after
    return longer
