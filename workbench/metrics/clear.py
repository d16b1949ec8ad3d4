"""CLEAR MOT: misses, false positives and identity switches as one share of the true boxes.

A true and a predicted box may match with an overlap of one half. A match of the frame before is kept as long
as it may; the rest are matched for the greatest overlap. A switch is a true track matched with another
predicted track than the last time it was matched, however long ago.

Bernardin and Stiefelhagen: Evaluating Multiple Object Tracking Performance, EURASIP 2008; mostly tracked and
mostly lost: Li, Huang, Nevatia, CVPR 2009. Details as in the reference evaluator: a frame without true or
without predicted boxes is passed over, so that a match before it still counts as that of the frame before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.metrics.matching import assign, by_frame, contested_pairs
from workbench.metrics.overlapping import EPSILON, Array, Index
from workbench.metrics.sequence import Sequence

MOSTLY_TRACKED, MOSTLY_LOST = 0.8, 0.2  # more than, less than so much of a true track
KEEPING = 1000.0  # what a match of the frame before weighs; an overlap weighs up to 1


@dataclass(frozen=True)
class Clear:
    """Counts; those of several sequences add up.

    Args:
        tp, fn, fp: matched boxes, missed true boxes, false positives.
        switches: identity switches.
        fragments: how often a true track is found again after it was lost.
        mostly_tracked, partly_tracked, mostly_lost: true tracks by how much of them is matched.
        overlap: sum over the matches.
    """

    tp: int
    fn: int
    fp: int
    switches: int
    fragments: int
    mostly_tracked: int
    partly_tracked: int
    mostly_lost: int
    overlap: float

    def __add__(self, other: Clear) -> Clear:
        return Clear(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    @property
    def mota(self) -> float:
        """1 - (misses + false positives + switches) / true boxes; at most 1, may be negative.

        0 where there is no ground truth.
        """
        boxes = self.tp + self.fn
        return (self.tp - self.fp - self.switches) / boxes if boxes else 0.0

    @property
    def motp(self) -> float:
        """Mean overlap of the matches, [0, 1]."""
        return self.overlap / max(1, self.tp)

    @property
    def recall(self) -> float:
        """Share of the true boxes that are matched."""
        return self.tp / max(1, self.tp + self.fn)

    @property
    def precision(self) -> float:
        """Share of the predicted boxes that are matched."""
        return self.tp / max(1, self.tp + self.fp)

    def figures(self) -> dict[str, float]:
        """By their names in the reference evaluator."""
        return {
            "MOTA": self.mota,
            "MOTP": self.motp,
            "CLR_Re": self.recall,
            "CLR_Pr": self.precision,
            "CLR_TP": self.tp,
            "CLR_FN": self.fn,
            "CLR_FP": self.fp,
            "IDSW": self.switches,
            "Frag": self.fragments,
            "MT": self.mostly_tracked,
            "PT": self.partly_tracked,
            "ML": self.mostly_lost,
        }


@dataclass(frozen=True, eq=False)
class Events:
    """What went wrong in each frame, all (frames,)."""

    switches: Index
    misses: Index
    false_positives: Index


def clear(sequence: Sequence, *, threshold: float = 0.5) -> Clear:
    """Measure one sequence; a match has at least the overlap ``threshold``."""
    matches = match(sequence, threshold=threshold)
    share = share_of_tracks(sequence, matches)
    mostly, lost = int((share > MOSTLY_TRACKED).sum()), int((share < MOSTLY_LOST).sum())
    return Clear(
        tp=len(matches),
        fn=len(sequence.truth) - len(matches),
        fp=len(sequence.predicted) - len(matches),
        switches=len(switches(sequence, matches)),
        fragments=_fragments(sequence, matches),
        mostly_tracked=mostly,
        partly_tracked=len(share) - mostly - lost,
        mostly_lost=lost,
        overlap=float(sequence.overlaps[matches].sum()),
    )


def match(sequence: Sequence, *, threshold: float = 0.5) -> Index:
    """The matches of all frames as ascending indices of the sequence's pairs."""
    pairs = np.flatnonzero(sequence.overlaps >= threshold - EPSILON)
    contested = contested_pairs(sequence, pairs)
    taken = np.zeros(len(sequence.overlaps), np.bool_)
    taken[pairs[~contested]] = True
    tracks = sequence.id_pairs[2]
    matched_in = np.full(len(sequence.id_pairs[0]), -1)  # the frame in which two tracks were matched last
    for part, before in _with_frame_before(sequence, pairs[contested]):
        span = sequence.pairs_of(before)
        matched_in[tracks[span][taken[span]]] = before
        kept = (matched_in[tracks[part]] == before) & (before >= 0)
        taken[assign(sequence, part, KEEPING * kept + sequence.overlaps[part])] = True
    return np.flatnonzero(taken)


def switches(sequence: Sequence, matches: Index) -> Index:
    """Those of the matches by which a true track got another predicted track than before."""
    ordered, same_track = _by_track(sequence, matches)
    predicted = sequence.predicted.ids[sequence.predicted_rows[ordered]]
    return np.sort(ordered[1:][same_track & (np.diff(predicted) != 0)])


def share_of_tracks(sequence: Sequence, matches: Index) -> Array:
    """How much of each true track is matched, (identities,) in [0, 1]."""
    tracked = sequence.truth.ids[sequence.truth_rows[matches]]
    result: Array = np.bincount(tracked, minlength=len(sequence.truth.per_id)) / sequence.truth.per_id
    return result


def events(sequence: Sequence, *, threshold: float = 0.5) -> Events:
    """Switches, misses and false positives of each frame."""
    matches = match(sequence, threshold=threshold)
    matched = _per_frame(sequence, matches)
    return Events(
        _per_frame(sequence, switches(sequence, matches)),
        sequence.truth.per_frame - matched,
        sequence.predicted.per_frame - matched,
    )


def _per_frame(sequence: Sequence, pairs: Index) -> Index:
    return np.bincount(sequence.pair_frames[pairs], minlength=sequence.frame_count)


def _active(sequence: Sequence) -> NDArray[np.bool_]:
    """Frames with boxes on both sides, (frames,)."""
    return (sequence.truth.per_frame > 0) & (sequence.predicted.per_frame > 0)


def _with_frame_before(sequence: Sequence, pairs: Index) -> Iterator[tuple[Index, int]]:
    """The pairs frame by frame, each with the last frame before that has boxes on both sides, else -1."""
    frames = np.where(_active(sequence), np.arange(sequence.frame_count), -1)
    before = np.concatenate([[-1], np.maximum.accumulate(frames)])
    for part in by_frame(sequence, pairs):
        yield part, int(before[sequence.pair_frames[part[0]]])


def _by_track(sequence: Sequence, matches: Index) -> tuple[Index, NDArray[np.bool_]]:
    """The matches by true track, then frame, and whether each but the first is of the track before it."""
    tracks = sequence.truth.ids[sequence.truth_rows[matches]]
    order = np.argsort(tracks, kind="stable")
    return matches[order], np.diff(tracks[order]) == 0


def _fragments(sequence: Sequence, matches: Index) -> int:
    ordered, same_track = _by_track(sequence, matches)
    turn = np.cumsum(_active(sequence))[sequence.pair_frames[ordered]]
    return int((same_track & (np.diff(turn) > 1)).sum())
