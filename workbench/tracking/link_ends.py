"""What is known at the two ends of tracklets: place, speed and size, and how sure that is.

A line is fitted to the last detections of a tracklet and to its first, with what is known before: targets
are at rest more often than not, older detections say less about now. How detectors shake and targets move is
measured on the video itself as far as it shows (``video_noise``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from workbench.core.lines import fit_lines
from workbench.tracking.likeness import Distances, looks_of
from workbench.tracking.tracker import Array, Indices
from workbench.tracking.tracklets import Found, Tracklets


@dataclass(frozen=True)
class Noise:
    """How targets move and how detectors shake; lengths are in sizes, the square root of a box's area.

    Args:
        place: standard deviation of a detection's place.
        speed: of a target's speed, a frame.
        change: of the change of speed from one frame to the next.
        size: of the logarithm of width, and of height, of a detection.
        growth: of its change from one frame to the next.
        breaks: tracklets for each detection, before any is linked, (0, 1].
        looks: distances of embeddings.
        memory: frames after which a detection counts 1 / e in a fit.
        longest: detections used in a fit.
    """

    place: float = 0.08
    speed: float = 0.06
    change: float = 0.006
    size: tuple[float, float] = (0.08, 0.06)
    growth: tuple[float, float] = (0.02, 0.015)
    breaks: float = 0.2
    looks: Distances = field(default_factory=Distances)
    memory: float = 10.0
    longest: int = 24


@dataclass(frozen=True, eq=False)
class Ends:
    """One end of every tracklet, the first or the last.

    Args:
        frames: (T,) of the detection there.
        classes: (T,).
        place: (T, 2) centre, fitted, pixels.
        speed: (T, 2) pixels a frame.
        covariance: (T, 3) of place, of both, of speed, in sizes.
        size: (T,) pixels.
        shape: (T, 2) logarithms of width and height.
        fewness: (T,) 1 / the number of detections that count in the fit.
        lengths: (T,) detections of the tracklet.
        looks: (T, D) mean embedding of length 1, or 0.
    """

    frames: Indices
    classes: NDArray[np.int64]
    place: Array
    speed: Array
    covariance: Array
    size: Array
    shape: Array
    fewness: Array
    lengths: Indices
    looks: Array

    def spread(self, steps: Array, rows: Indices, noise: Noise) -> Array:
        """Variance of the place ``steps`` frames on, in squared sizes."""
        place, both, speed = self.covariance[rows].T
        gap = np.abs(steps)
        wander = noise.change**2 * gap**3 / 3
        result: Array = place + 2 * steps * both + gap**2 * speed + wander + noise.place**2
        return result

    def ahead(self, steps: Array, rows: Indices) -> Array:
        """Centres (P, 2) ``steps`` frames on."""
        return np.asarray(self.place[rows] + self.speed[rows] * steps[:, None])


def ends(found: Found, tracklets: Tracklets, noise: Noise, *, last: bool) -> Ends:
    """The last or the first end of every tracklet."""
    at = tracklets.bounds[1:] - 1 if last else tracklets.bounds[:-1]
    fitted = fitted_ends(found, tracklets.order, at, tracklets.lengths, noise, towards=-1 if last else 1)
    return replace(fitted, looks=looks_of(found, tracklets))


def fitted_ends(
    found: Found, order: Indices, at: Indices, counts: Indices, noise: Noise, *, towards: int
) -> Ends:
    """Ends, without looks, at some places of ``order``, from ``counts`` detections in one direction."""
    steps = np.arange(min(noise.longest, int(counts.max(initial=1))))
    inside = steps < counts[:, None]
    rows = order[at[:, None] + np.where(inside, steps, 0) * towards]  # (T, K)
    time = (found.frames[rows] - found.frames[rows[:, :1]]).astype(np.float64)
    weight = np.exp(-np.abs(time) / noise.memory) * inside
    boxes = found.boxes[rows]
    centre = boxes[..., :2] + boxes[..., 2:] / 2
    share = weight / weight.sum(axis=1, keepdims=True)
    shape = (share[..., None] * np.log(boxes[..., 2:])).sum(axis=1)
    place, speed, covariance = fit_lines(
        time, weight, centre - centre[:, :1], place=noise.place, speed=noise.speed
    )
    first = rows[:, 0]
    return Ends(
        found.frames[first],
        found.classes[first],
        centre[:, 0] + place,
        speed,
        covariance,
        np.exp(shape.mean(axis=1)),
        shape,
        (share**2).sum(axis=1),
        counts,
        np.zeros((len(at), 0)),
    )
