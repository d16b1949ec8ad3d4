"""Corrections carried out on columns, without a project: what a simulated annotator and a preview see.

What each operation means is said in ``core.fixes``. Where two boxes of one track meet in a frame, one that a
person made or verified stays, then the one of the higher score, then that of the track named first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import between
from workbench.core.fixes import Fix, Operation
from workbench.core.track_boxes import TrackBoxes
from workbench.review.view import Evidence, Index, Links, Mask

NEW = -1
"""A row that was not there before."""


class Fixed(NamedTuple):
    """What a correction leaves.

    Args:
        tracks: (M,) rows.
        origin: (M,) row that each was before, or ``NEW`` for a box put between others.
    """

    tracks: TrackBoxes
    origin: Index


def apply_fix(tracks: TrackBoxes, fix: Fix) -> Fixed:
    """Carry out a correction; ``EXTEND`` needs a tracker and the pictures and changes nothing here."""
    change = _CHANGES.get(fix.operation)
    return change(tracks, fix) if change else Fixed(tracks, np.arange(len(tracks)))


def moved(evidence: Evidence, before: TrackBoxes, fixed: Fixed) -> Evidence:
    """What is known of the boxes, after a correction."""
    old, kept = fixed.origin, fixed.origin != NEW
    looks, filled = evidence.looks, evidence.filled
    if looks is not None:
        looks = np.where(kept[:, None], looks[old] if len(looks) else 0, 0).astype(np.float32)
    if filled is not None or not kept.all():
        was = np.zeros(len(before) + 1, np.bool_)  # the last one stands for no row
        was[: len(before)] = False if filled is None else filled
        filled = np.where(kept, was[old], True)
    return replace(evidence, looks=looks, filled=filled, links=_moved_links(evidence.links, before, fixed))


def _moved_links(links: Links | None, before: TrackBoxes, fixed: Fixed) -> Links | None:
    """The links whose first detection behind is still there, under the track that it is in now."""
    if links is None or not len(before):
        return links
    span = int(max(before.frames.max(), links.after.max(initial=0))) + 1
    keys = before.tracks * span + before.frames
    wanted = links.tracks * span + links.after
    row = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    now = np.full(len(before), NEW)
    kept = np.flatnonzero(fixed.origin != NEW)
    now[fixed.origin[kept]] = kept
    found = (keys[row] == wanted) & (now[row] != NEW)
    columns = {f.name: getattr(links, f.name)[found] for f in fields(links)}
    return Links(**{**columns, "tracks": fixed.tracks.tracks[now[row[found]]]})


def _span(tracks: TrackBoxes, track: int, fix: Fix) -> Mask:
    inside = (tracks.tracks == track) & (tracks.frames >= fix.start)
    return np.asarray(inside if fix.stop is None else inside & (tracks.frames < fix.stop))


def _renamed(tracks: TrackBoxes, ids: Index) -> Fixed:
    """The rows with other ids; of two in one frame the better stays, in doubt the one that kept its id."""
    score = np.where(np.isnan(tracks.scores), -1.0, tracks.scores)
    order = np.lexsort((ids != tracks.tracks, -score, ~tracks.sure, tracks.frames, ids))
    first = np.diff(ids[order], prepend=ids[order][:1] - 1) != 0
    first |= np.diff(tracks.frames[order], prepend=-1) != 0
    kept = order[first]
    rows = TrackBoxes(**{f.name: getattr(tracks, f.name)[kept] for f in fields(tracks)})
    return Fixed(replace(rows, tracks=ids[kept]), kept)


def _swap(tracks: TrackBoxes, fix: Fix) -> Fixed:
    first, second = fix.tracks
    ids = tracks.tracks.copy()
    ids[_span(tracks, first, fix)], ids[_span(tracks, second, fix)] = second, first
    return _renamed(tracks, ids)


def _merge(tracks: TrackBoxes, fix: Fix) -> Fixed:
    first, second = fix.tracks
    ids = tracks.tracks.copy()
    ids[_span(tracks, second, fix)] = first
    return _renamed(tracks, ids)


def _join(tracks: TrackBoxes, fix: Fix) -> Fixed:
    ids = np.where(np.isin(tracks.tracks, fix.tracks), fix.tracks[0], tracks.tracks)
    joined = _renamed(tracks, ids)
    piece = tracks.tracks[joined.origin]
    inside = joined.tracks.tracks[:-1] == fix.tracks[0]
    gaps = np.flatnonzero(inside & (piece[1:] != piece[:-1]) & (joined.tracks.tracks[1:] == fix.tracks[0]))
    return _filled(joined, gaps)


def _split(tracks: TrackBoxes, fix: Fix) -> Fixed:
    ids = tracks.tracks.copy()
    ids[_span(tracks, fix.tracks[0], fix)] = int(ids.max(initial=0)) + 1
    return _renamed(tracks, ids)


def _delete(tracks: TrackBoxes, fix: Fix) -> Fixed:
    kept = ~_span(tracks, fix.tracks[0], fix)
    return Fixed(tracks[kept], np.flatnonzero(kept))


def _fill(tracks: TrackBoxes, fix: Fix) -> Fixed:
    inside = _span(tracks, fix.tracks[0], fix)
    gaps = np.flatnonzero(inside[:-1] & inside[1:])
    return _filled(Fixed(tracks, np.arange(len(tracks))), gaps)


def _renumber(tracks: TrackBoxes, fix: Fix) -> Fixed:
    ids = np.where(_span(tracks, fix.tracks[0], fix), _number(fix), tracks.tracks)
    return _renamed(tracks, ids)


def _relabel(tracks: TrackBoxes, fix: Fix) -> Fixed:
    classes = np.where(np.isin(tracks.tracks, fix.tracks), _number(fix), tracks.classes)
    return Fixed(replace(tracks, classes=classes), np.arange(len(tracks)))


def _number(fix: Fix) -> int:
    if fix.number is None:
        raise ValueError(f"{fix.operation} needs a number")
    return fix.number


def _filled(fixed: Fixed, gaps: NDArray[np.intp]) -> Fixed:
    """With boxes put between rows ``gaps`` and the ones behind them, which are of the same track."""
    tracks, origin = fixed
    steps = tracks.frames[gaps + 1] - tracks.frames[gaps] - 1
    gaps, steps = gaps[steps > 0], steps[steps > 0]
    if not len(gaps):
        return fixed
    at = np.repeat(gaps, steps)
    count = int(steps.sum())
    behind = np.arange(count) - np.repeat(np.cumsum(steps) - steps, steps) + 1
    boxes = [
        between(tracks.boxes[row], tracks.boxes[row + 1], step)
        for row, step in zip(gaps.tolist(), steps.tolist(), strict=True)
    ]
    columns = {
        "tracks": tracks.tracks[at],
        "frames": tracks.frames[at] + behind,
        "boxes": np.concatenate(boxes),
        "scores": np.fmin(tracks.scores[at], tracks.scores[at + 1]),
        "classes": tracks.classes[at],
        "sure": np.zeros(count, np.bool_),
    }
    every = {name: np.concatenate([getattr(tracks, name), new]) for name, new in columns.items()}
    order = np.lexsort((every["frames"], every["tracks"]))
    rows = TrackBoxes(**{name: column[order] for name, column in every.items()})
    return Fixed(rows, np.concatenate([origin, np.full(count, NEW)])[order])


_CHANGES: dict[Operation, Callable[[TrackBoxes, Fix], Fixed]] = {
    Operation.SWAP: _swap,
    Operation.MERGE: _merge,
    Operation.JOIN: _join,
    Operation.SPLIT: _split,
    Operation.DELETE: _delete,
    Operation.FILL: _fill,
    Operation.RENUMBER: _renumber,
    Operation.RELABEL: _relabel,
}
