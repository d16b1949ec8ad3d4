"""How the targets of a video move and how its detector shakes, measured on tracklets that are right.

Second differences of places have six times the variance of one place where the speed stays; those over many
frames also show how it changes. The same goes for first differences of sizes. What few samples show is
joined with what is known before.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from workbench.tracking.likeness import distances_of
from workbench.tracking.link_ends import Noise
from workbench.tracking.tracker import Array, Indices
from workbench.tracking.tracklets import Found, Tracklets

NEAR, LAG = 3, 8
"""Frames over which shaking shows, also such as lasts for some frames, and a change of speed besides."""
ENOUGH = 100.0
"""Detections from which on a video tells its own noise; with fewer, what is known before counts more."""
NARROWEST, WIDEST = 0.25, 4.0
"""Times that a video's noise may differ from what is known before."""


def measured(found: Found, tracklets: Tracklets, noise: Noise) -> Noise:
    """The noise of this video: of its detector, its targets and its frame rate.

    Args:
        noise: what is known before.
    """
    near, many = (_bends(found, tracklets, lag) for lag in (NEAR, LAG))
    place = _known(noise.place, _spread(near) / np.sqrt(6), len(near))
    excess = max(_spread(many) ** 2 - _spread(near) ** 2, 0.0)
    change = _known(noise.change, np.sqrt(excess / ((LAG**3 - NEAR**3) * 2 / 3)), len(many))
    way, _ = _differences(found, tracklets, LAG)
    speed = _known(noise.speed, _outer(way) / LAG, len(way))
    size, growth = _sizes(found, tracklets, noise)
    return replace(noise, place=place, change=change, speed=speed, size=size, growth=growth)


def first_known(found: Found, tracklets: Tracklets, noise: Noise) -> Noise:
    """The noise with what tracklets tell before any is linked: how often they break off, how they look."""
    breaks = _known(noise.breaks, len(tracklets) / max(len(found), 1), len(found))
    return replace(noise, breaks=breaks, looks=distances_of(found, tracklets, noise.looks))


def _sizes(
    found: Found, tracklets: Tracklets, noise: Noise
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Spread of a detection's size, and of its change in a frame, of widths and of heights."""
    (_, near), (_, many) = (_differences(found, tracklets, lag) for lag in (1, LAG))
    size, growth = [], []
    for side in (0, 1):
        size.append(_known(noise.size[side], _spread(near[:, side]) / np.sqrt(2), len(near)))
        excess = max(_spread(many[:, side]) ** 2 - 2 * size[-1] ** 2, 0.0)
        growth.append(_known(noise.growth[side], np.sqrt(excess / LAG), len(many)))
    return (size[0], size[1]), (growth[0], growth[1])


def _differences(found: Found, tracklets: Tracklets, lag: int) -> tuple[Array, Array]:
    """Ways of centres over ``lag`` frames in sizes, and changes of the logarithms of sides, (B, 2) each."""
    first, last = _later(found, tracklets, (0, lag))
    (here, sides), (there, sides_there) = (_centres(found, rows) for rows in (first, last))
    size = np.sqrt(sides * sides_there).prod(axis=1) ** 0.5
    return (there - here) / size[:, None], np.log(sides_there / sides)


def _bends(found: Found, tracklets: Tracklets, lag: int) -> Array:
    """Second differences of centres over detections ``lag`` frames apart, in sizes, (B, 2)."""
    rows = _later(found, tracklets, (0, lag, 2 * lag))
    (first, _), (middle, sides), (last, _) = (_centres(found, each) for each in rows)
    return np.asarray((first - 2 * middle + last) / np.sqrt(sides.prod(axis=1))[:, None])


def _centres(found: Found, rows: Indices) -> tuple[Array, Array]:
    boxes = found.boxes[rows]
    return boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 2:]


def _later(found: Found, tracklets: Tracklets, steps: tuple[int, ...]) -> list[Indices]:
    """Detections for which their tracklet has one after each of ``steps`` frames, and these, (B,) each."""
    rows = tracklets.order
    track = np.repeat(np.arange(len(tracklets)), tracklets.lengths)
    keys = track * (int(found.frames.max(initial=0)) + 1 + max(steps)) + found.frames[rows]  # ascending
    at = [np.minimum(np.searchsorted(keys, keys + step), len(keys) - 1) for step in steps]
    there = np.all([keys[where] == keys + step for where, step in zip(at, steps, strict=True)], axis=0)
    return [rows[where[there]] for where in at]


def _spread(values: Array) -> float:
    """Standard deviation of what is normal among the values."""
    return float(np.median(np.abs(values)) / 0.6745) if len(values) else 0.0


def _outer(values: Array) -> float:
    """Standard deviation by the outer values, where many are near 0."""
    return float(np.quantile(np.abs(values), 0.9) / 1.645) if len(values) else 0.0


def _known(before: float, seen: float, count: int) -> float:
    """The mean of what was known before and what ``count`` samples show, as factors."""
    share = count / (count + ENOUGH)
    return float(before * np.clip(seen / before, NARROWEST, WIDEST) ** share)
