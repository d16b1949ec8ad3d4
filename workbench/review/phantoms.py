"""Tracks of what is not there: short ones, and those of low scores.

One with a box that a person made or verified is of something, and one without scores, as ground truth is
imported, has no low ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Array
from workbench.core.fixes import Operation
from workbench.review.candidates import TO_THE_END, Candidates, one_track
from workbench.review.scene import Scene
from workbench.review.view import View

SHORT, LOW_SCORE = "short-track", "low-score"
TERMS = ("constant", "score", "no score", "length", "density", "filled", "touched", "speed", "size")
SHORT_FRAMES = 15


def phantoms(scene: Scene) -> tuple[Candidates, Candidates]:
    """Tracks that no person has touched, as short ones and as others that have scores."""
    view, score = scene.view, scene.standing
    first, last, count = view.firsts, view.lasts, view.lengths
    known = _of_tracks(view, ~np.isnan(score))
    total = np.where(known > 0, _of_tracks(view, np.nan_to_num(score)) / np.maximum(known, 1), np.nan)
    near = _of_tracks(view, scene.touched) / count
    filled = _of_tracks(view, view.filled) / count
    frames = view.boxes.frames
    whole = 1 + frames[last] - frames[first]
    moved = np.linalg.norm(view.place[last] - view.place[first], axis=1) / view.size[first] / whole
    size = np.log(view.size[first] / np.median(view.size)) if len(view) else np.empty(0)
    terms = np.column_stack([
        np.ones(len(count)), np.nan_to_num(total), np.isnan(total), np.log(count), count / whole, filled,
        near, np.minimum(moved, 1.0), np.abs(size),
    ])  # fmt: skip
    middle = frames[(first + last) // 2]
    found = Candidates(
        SHORT,
        terms,
        middle,
        frames[first],
        frames[last] + 1,
        one_track(np.arange(len(count))),
        count.astype(np.float64),
        Operation.DELETE,
        np.zeros(len(count), np.int64),
        np.full(len(count), TO_THE_END),
        {"boxes": count.astype(np.float64), "scores above the usual": total},
    )
    short, untouched = count < SHORT_FRAMES, _of_tracks(view, view.boxes.sure) == 0
    return found[short & untouched], replace(found[~short & (known > 0) & untouched], kind=LOW_SCORE)


def _of_tracks(view: View, values: NDArray[Any]) -> Array:
    """Sums over the rows of each track, (T,)."""
    return np.asarray(np.add.reduceat(values.astype(np.float64), view.firsts) if len(view) else np.empty(0))
