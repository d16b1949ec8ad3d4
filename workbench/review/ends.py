"""Tracks that begin or end inside the picture, where targets seldom do."""

from __future__ import annotations

import numpy as np

from workbench.core.boxes import Array
from workbench.core.fixes import Operation
from workbench.review.candidates import Candidates, one_track
from workbench.review.motion import ends
from workbench.review.scene import Scene
from workbench.review.view import Index, View

BIRTH, DEATH = "birth", "death"
TERMS = (
    *("constant", "border", "leaving", "length", "score", "no score", "touched", "left", "linked"),
    *("missed", "small"),
)
REACH = 20  # frames that a track is followed further, at most
MISSED = 0.35  # share of them in which the target is to be seen, where it is at all
CLOSE = 12  # boxes next to an end
SOON = 5.0  # frames ahead in which a target may have left


def births_and_deaths(scene: Scene) -> tuple[Candidates, Candidates]:
    """Beginnings and ends inside the picture and the video."""
    return _ends(scene, last=False), _ends(scene, last=True)


def _ends(scene: Scene, *, last: bool) -> Candidates:
    view = scene.view
    rows = view.lasts if last else view.firsts
    frame = view.boxes.frames[rows]
    left = view.frames - 1 - frame if last else frame  # frames of the video behind the end
    line = ends(view, rows, back=last)
    now = _border(view, line.place, rows)
    soon = _border(view, line.ahead(np.full(len(rows), SOON if last else -SOON)), rows)
    score, near = scene.standing[rows], scene.touched
    terms = np.column_stack([
        np.ones(len(rows)), np.minimum(now, 3.0), np.minimum(soon, 3.0), np.log(view.lengths),
        np.nan_to_num(score), np.isnan(score), near[rows], np.log1p(np.minimum(left, REACH)),
        np.full(len(rows), view.linked), _missed(view, rows, last), _small(view, rows),
    ])  # fmt: skip
    reach = np.minimum(left, REACH)
    start, stop = (frame + 1, frame + 1 + reach) if last else (frame - reach, frame)
    found = Candidates(
        DEATH if last else BIRTH,
        terms,
        frame,
        np.minimum(start, frame),
        np.maximum(stop, frame + 1),
        one_track(view.number[rows]),
        MISSED * reach,
        Operation.EXTEND,
        start,
        stop,
        {"sizes from the border": now, "overlap with another": near[rows]},
    )
    return found[left > 0]


def _missed(view: View, rows: Index, last: bool) -> Array:
    """Share of the frames next to the track's end, inside it, in which its target was not seen."""
    low, high = view.bounds[view.number[rows]], view.bounds[view.number[rows] + 1] - 1
    inner = np.maximum(rows - CLOSE, low) if last else np.minimum(rows + CLOSE, high)
    seen = np.append(0, np.cumsum(~view.filled))
    first, stop = np.minimum(rows, inner), np.maximum(rows, inner) + 1
    frames = view.boxes.frames[stop - 1] - view.boxes.frames[first] + 1
    return np.asarray(1 - (seen[stop] - seen[first]) / frames)


def _small(view: View, rows: Index) -> Array:
    """How much smaller than the middle one of all boxes, as a logarithm; 0 for larger ones."""
    return np.asarray(np.maximum(np.log(np.median(view.size) / view.size[rows]), 0.0))


def _border(view: View, place: Array, rows: Index) -> Array:
    """How far places are inside the picture, in sizes of the box; negative outside."""
    half = view.boxes.boxes[rows, 2:] / 2
    low, high = np.zeros(2), np.array(view.picture or _extent(view))
    inside = np.minimum(place - half - low, high - place - half).min(axis=1)
    return np.asarray(inside / view.size[rows])


def _extent(view: View) -> tuple[float, float]:
    """The picture's size, if it is not known: as far as boxes reach."""
    far = (view.boxes.boxes[:, :2] + view.boxes.boxes[:, 2:]).max(axis=0, initial=1.0)
    return float(far[0]), float(far[1])
