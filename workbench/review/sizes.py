"""Boxes that have become too large, too small or too thin for their track, and come back later."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import median_filter

from workbench.core.boxes import Array
from workbench.review.candidates import Candidates, one_track
from workbench.review.scene import Scene
from workbench.review.view import Index, View

KIND = "size-drift"
TERMS = ("constant", "change", "length", "score", "no score", "touched", "filled", "at an end")
LONG, SHORT = 61, 3  # boxes whose medians are compared
LEAST = 0.15  # change of the logarithm of width or height


def size_drifts(scene: Scene) -> Candidates:
    """Stretches of boxes whose shape differs from what it is around them."""
    view, score = scene.view, scene.standing
    change = np.abs(_smooth(view, SHORT) - _smooth(view, LONG)).max(axis=1, initial=0.0)
    off = change > LEAST
    begins = off & ~(np.append(False, off[:-1]) & (np.diff(view.number, prepend=-1) == 0))
    first = np.flatnonzero(begins)
    if not len(first):
        first = np.empty(0, np.int64)
    rows = np.flatnonzero(off)
    count = np.bincount(np.cumsum(begins)[rows] - 1, minlength=len(first)).astype(np.int64)
    last = first + count - 1
    worst = _over(np.maximum, change[rows], count)
    known = _over(np.add, (~np.isnan(score[rows])).astype(np.float64), count)
    score = _over(np.add, np.nan_to_num(score[rows]), count) / np.maximum(known, 1)
    track = view.number[first]
    at_end = (first == view.bounds[track]) | (last == view.bounds[track + 1] - 1)
    terms = np.column_stack([
        np.ones(len(first)), worst, np.log(count), score, known == 0,
        _over(np.maximum, scene.touched[rows], count),
        _over(np.add, view.filled[rows].astype(np.float64), count) / np.maximum(count, 1), at_end,
    ])  # fmt: skip
    start, stop = view.boxes.frames[first], view.boxes.frames[last] + 1
    return Candidates(
        KIND,
        terms,
        view.boxes.frames[(first + last) // 2],
        start,
        stop,
        one_track(track),
        count.astype(np.float64),
        None,
        start,
        stop,
        {"change of a side": np.expm1(worst)},
    )


def _smooth(view: View, boxes: int) -> Array:
    """Running medians of the logarithms of width and height, (N, 2); ends of tracks mix a little."""
    return np.asarray(median_filter(view.shape, size=(boxes, 1), mode="nearest"))


def _over(of: np.ufunc, values: Array, counts: Index) -> Array:
    """Of consecutive stretches of so many values, (len(counts),)."""
    if not len(counts):
        return np.empty(0)
    return np.asarray(of.reduceat(values, np.cumsum(counts) - counts))
