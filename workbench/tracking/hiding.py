"""In how many frames of a gap a target should have been seen: those in which nothing hid it."""

from __future__ import annotations

import numpy as np

from workbench.tracking.costs import touching
from workbench.tracking.link_ends import Ends
from workbench.tracking.tracker import Array, Indices
from workbench.tracking.tracklets import Found

LOOKS = 4  # moments of a gap that are looked at
HIDDEN = 0.4  # share of a box from which on, when another covers it, its target may not be seen


def bare_frames(found: Found, before: Ends, after: Ends, rows: Indices, columns: Indices) -> Array:
    """Frames (P,) between tracklets ``rows`` and ``columns`` in which nothing hid the target."""
    gap = (after.frames[columns] - before.frames[rows]).astype(np.float64)
    bare = gap - 1
    open_ = np.flatnonzero(gap > 1)
    if not len(open_):
        return bare
    rows, columns, gap = rows[open_], columns[open_], gap[open_]
    share = (np.arange(LOOKS) + 0.5) / LOOKS
    steps = np.clip(np.round(gap[:, None] * share), 1, gap[:, None] - 1)  # (P, LOOKS)
    frames = before.frames[rows][:, None] + steps.astype(np.intp)
    part = (steps / gap[:, None])[..., None]
    centre = before.place[rows][:, None] * (1 - part) + after.place[columns][:, None] * part
    sides = np.exp((before.shape[rows] + after.shape[columns]) / 2)[:, None]
    boxes = np.concatenate([centre - sides / 2, np.broadcast_to(sides, centre.shape)], axis=-1)
    covered = _covered(found, frames.ravel(), boxes.reshape(-1, 4)).reshape(frames.shape)
    bare[open_] *= (covered < HIDDEN).mean(axis=1)
    return bare


def _covered(found: Found, frames: Indices, boxes: Array) -> Array:
    """Largest share (Q,) of each box that one detection of its frame covers."""
    one, _, share = covers(frames, boxes, found.frames, found.boxes)
    covered = np.zeros(len(boxes))
    np.maximum.at(covered, one, share)
    return covered


def covers(
    frames: Indices, boxes: Array, other_frames: Indices, others: Array
) -> tuple[Indices, Indices, Array]:
    """Pairs of a box (Q, 4) and another (R, 4) of its frame that touch, and the share of the first covered.

    Args:
        other_frames: (R,) ascending.
    """
    low, high = np.searchsorted(other_frames, [frames.min(initial=0), frames.max(initial=-1) + 1])
    others, other_frames = others[low:high], other_frames[low:high]
    every = np.concatenate([boxes, others])
    span = float((every[:, 0] + every[:, 2]).max(initial=0) - every[:, 0].min(initial=0))
    apart = np.array([2 * span + 1, 0.0, 0.0, 0.0])  # frames lie beside each other
    one, other = touching(boxes + frames[:, None] * apart, others + other_frames[:, None] * apart)
    p, q = boxes[one], others[other]
    shared = np.minimum(p[:, :2] + p[:, 2:], q[:, :2] + q[:, 2:]) - np.maximum(p[:, :2], q[:, :2])
    return one, low + other, np.maximum(shared, 0.0).prod(axis=1) / (p[:, 2] * p[:, 3])
