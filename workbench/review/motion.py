"""Where a target should be next: lines through the boxes before a place in its track, and behind it.

A line is carried over a gap from both sides, and what it misses the other side by is measured in the spread
that the fit and the gap explain, as offline association does it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.core.boxes import Array
from workbench.core.lines import fit_lines
from workbench.review.view import Index, View

CLOSE, FAR = 1, 6  # frames from a place at which both sides are looked at
MEASURED, ENOUGH = 4000, 50.0  # places that are measured; as many as tell half of what is usual
UPPER, LEAST = 0.8, 1e-3
PLACE, SPEED, CHANGE = 0.06, 0.06, 0.006  # standard deviations of a box, a speed and its change, in sizes
MEMORY, SAMPLES = 8.0, 12  # frames after which a box counts 1 / e; boxes used at most
SIZE = 0.12  # standard deviation of the logarithm of width and height


@dataclass(frozen=True, eq=False)
class Ends:
    """Lines that end, or begin, at some rows, (K,) each.

    Args:
        frame: of the row.
        place: (K, 2) there, pixels.
        speed: (K, 2) pixels a frame.
        covariance: (K, 3) in sizes, see ``core.lines``.
        size: pixels.
        shape: (K, 2) mean logarithms of width and height.
        count: boxes that the line goes through.
    """

    frame: Index
    place: Array
    speed: Array
    covariance: Array
    size: Array
    shape: Array
    count: Index

    def ahead(self, steps: Array) -> Array:
        """Places (K, 2) so many frames on."""
        return np.asarray(self.place + self.speed * steps[:, None])

    def spread(self, steps: Array) -> Array:
        """Variance of those places, in squared sizes, (K,)."""
        place, both, speed = self.covariance.T
        gap = np.abs(steps)
        wander = CHANGE**2 * gap**3 / 3
        return np.asarray(place + 2 * steps * both + gap**2 * speed + wander + PLACE**2)


def ends(view: View, rows: Index, *, back: bool) -> Ends:
    """Lines through the boxes of each row's track up to that row (``back``), or from it on."""
    steps = np.arange(SAMPLES) * (-1 if back else 1)
    at = rows[:, None] + steps
    low, high = view.bounds[view.number[rows]], view.bounds[view.number[rows] + 1]
    inside = (at >= low[:, None]) & (at < high[:, None])
    at = np.where(inside, at, rows[:, None])
    time = (view.boxes.frames[at] - view.boxes.frames[rows][:, None]).astype(np.float64)
    weight = np.exp(-np.abs(time) / MEMORY) * inside
    size = view.size[rows]
    places = (view.place[at] - view.place[rows][:, None]) / size[:, None, None]
    place, speed, covariance = fit_lines(time, weight, places, place=PLACE, speed=SPEED)
    share = weight / weight.sum(axis=1, keepdims=True)
    return Ends(
        view.boxes.frames[rows],
        view.place[rows] + place * size[:, None],
        speed * size[:, None],
        covariance,
        size,
        (share[..., None] * view.shape[at]).sum(axis=1),
        inside.sum(axis=1),
    )


@dataclass(frozen=True)
class Usual:
    """What targets of this video usually miss their own way and size by, close to a place and further off.

    A shaking camera, a detector that cuts boxes, smoothed tracks: each makes other misses usual.

    Args:
        gaps: frames over which it was measured, ascending.
        way, change: of each gap, above 0.
    """

    gaps: tuple[float, ...] = (1.0,)
    way: tuple[float, ...] = (1.0,)
    change: tuple[float, ...] = (1.0,)

    @classmethod
    def of(cls, view: View) -> Usual:
        """Measured at places all over the video."""
        rows = np.random.default_rng(0).integers(0, max(len(view), 1), MEASURED)
        usual = [_usual(view, rows, apart) for apart in (CLOSE, FAR)]
        gaps = (2.0 * CLOSE - 1, 2.0 * FAR - 1)
        return cls(gaps, (usual[0][0], usual[1][0]), (usual[0][1], usual[1][1]))

    def over(self, gap: Array) -> Array:
        """Ways and sizes (K, 2) that are usually missed by over gaps (K,)."""
        at, known = np.log(np.maximum(gap, 1)), np.log(self.gaps)
        return np.exp(np.stack([np.interp(at, known, np.log(v)) for v in (self.way, self.change)], axis=1))


def _usual(view: View, rows: Index, apart: int) -> tuple[float, float]:
    """Upper fifths of ways and changes between boxes so far before and behind rows."""
    before, after = rows - apart, rows + apart - 1
    inside = (before >= 0) & (after < len(view))
    before, after = before[inside], after[inside]
    whole = view.keys[after] - view.keys[before] == 2 * apart - 1  # one track without gaps
    before, after = before[whole], after[whole]
    missed = np.zeros((0, 2))
    if len(before):
        missed = _missed(ends(view, before, back=True), ends(view, after, back=False))
    known = len(missed) / (len(missed) + ENOUGH)
    high = np.quantile(missed, UPPER, axis=0) if len(missed) else np.ones(2)
    way, change = np.exp(known * np.log(np.maximum(high, LEAST)))
    return float(way), float(change)


def misses(before: Ends, after: Ends, usual: Usual) -> Array:
    """What speaks against each pair being one target, (K, 2): ways that miss, sizes that differ; from 0.

    Args:
        before: lines that end.
        after: as many lines that begin later.
        usual: of this video.
    """
    gap = (after.frame - before.frame).astype(np.float64)
    return np.log1p(_missed(before, after) / usual.over(gap))


def _missed(before: Ends, after: Ends) -> Array:
    """Half the squared distances in spreads, of places and of sizes, (K, 2)."""
    half = (after.frame - before.frame) / 2.0
    spread = before.spread(half) + after.spread(-half)
    apart = before.ahead(half) - after.ahead(-half)
    size = before.size * after.size
    way = (apart**2).sum(axis=1) / (2 * size * spread)
    change = ((before.shape - after.shape) ** 2).sum(axis=1) / (2 * SIZE**2)
    return np.stack([way, change], axis=1)
