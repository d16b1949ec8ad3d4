"""The camera's shaking and sudden turns, told from the detections alone.

What all targets of a frame do at once, beside their smooth ways, the camera did. The share of that which
could be the detector's own shaking is left out, by the variances of both over the whole video (as in
empirical Bayes: Efron and Morris 1973), so that a camera that stands still is left alone.
"""

from __future__ import annotations

import numpy as np

from workbench.tracking.smoothing import fill, smooth
from workbench.tracking.tracker import Array, Indices
from workbench.tracking.tracklets import NONE, Found, Tracklets

SHORTEST = 5  # detections of a tracklet that has a smooth way


def shaking(found: Found, tracklets: Tracklets, frames: int, *, stiffness: float) -> Array:
    """Shift (frames, 2) in pixels of each frame against a camera that moves smoothly.

    Args:
        tracklets: that are surely right.
        frames: of the video.
        stiffness: of their smooth ways, see ``smoothing.smooth``.
    """
    long = tracklets.chosen(tracklets.lengths >= SHORTEST)
    if not len(long):
        return np.zeros((frames, 2))
    filled = fill(found, long, longest=1)
    ways = smooth(found, filled, place=stiffness, size=stiffness, tolerance=np.inf)
    given = filled.detections != NONE
    off = found.boxes[filled.detections[given]] - ways[given]
    rest = off[:, :2] + off[:, 2:] / 2
    return np.stack([_common(filled.frames[given], rest[:, axis], frames) for axis in (0, 1)], axis=1)


def _common(frame: Indices, rest: Array, frames: int) -> Array:
    """What the values of each frame have in common, (frames,)."""
    count = np.bincount(frame, minlength=frames)
    mean = np.bincount(frame, rest, minlength=frames) / np.maximum(count, 1)
    several = count > 1
    freedom = (count[several] - 1).sum()
    if not freedom:
        return np.zeros(frames)
    own = ((rest - mean[frame]) ** 2)[several[frame]].sum() / freedom
    error = own / np.maximum(count, 1)
    shared = max(float((mean[several] ** 2 - error[several]).mean()), 0.0)
    return np.asarray(mean * shared / np.maximum(shared + error, 1e-12))
