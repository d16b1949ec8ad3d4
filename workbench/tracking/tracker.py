"""What all multi-object trackers share, see core.tracker.

A tracker works on boxes (N, 4) x, y, w, h in float64 pixels of the source frame. Detections that cannot be a
target are left out, and no track comes from them: boxes with a coordinate that is not finite or is further
than ``FURTHEST`` from the origin, boxes thinner than ``THINNEST``, and scores that are not a number. Boxes
may leave the image.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.boxes import as_boxes
from workbench.core.detections import Detections
from workbench.core.errors import UserError
from workbench.core.tracker import TrackedBoxes as TrackedBoxes
from workbench.core.tracker import Tracker as Tracker
from workbench.tracking.costs import unit

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
Image = NDArray[np.uint8]

FURTHEST = 1e7  # pixels from the origin
THINNEST = 1e-2  # pixels of width or height
STEEPEST = 100.0  # times that the camera's motion may enlarge, or shrink an area


class Seen(NamedTuple):
    """Usable detections of a frame."""

    boxes: Array  # (N, 4)
    scores: Array  # (N,)
    classes: NDArray[np.int64]  # (N,)
    features: Array  # (N, D) of length 1, or 0 where there is none; D = 0 without appearance
    rows: Indices  # (N,) place among all detections of the frame


def usable(detections: Detections, *, appearance: bool = False) -> Seen:
    """The detections that can be a target, as arrays of the types used here.

    Args:
        detections: of one frame.
        appearance: take the embeddings, where there are any.
    """
    boxes, scores = as_boxes(detections.boxes), np.asarray(detections.scores, dtype=np.float64)
    classes = np.asarray(detections.classes, dtype=np.int64)
    known = detections.embeddings if appearance and len(boxes) else None
    vectors = np.empty((len(boxes), 0)) if known is None else known
    near = (np.abs(boxes) <= FURTHEST).all(axis=1)  # False for NaN
    rows = np.flatnonzero(near & (boxes[:, 2:] >= THINNEST).all(axis=1) & ~np.isnan(scores))
    if len(rows) < len(boxes):
        boxes, scores, classes, vectors = boxes[rows], scores[rows], classes[rows], vectors[rows]
    return Seen(boxes, scores, classes, unit(vectors), rows)


def checked_motion(motion: ArrayLike | None) -> Array | None:
    """A camera's motion as float64 (2, 3); None for one that no camera makes between two frames."""
    if motion is None:
        return None
    affine = np.asarray(motion, dtype=np.float64)
    if affine.shape != (2, 3):
        raise UserError(f"The camera's motion is an affine map of shape (2, 3), not {affine.shape}.")
    turn = affine[:, :2]
    believable = (np.abs(turn) <= STEEPEST).all() and (
        np.abs(affine[:, 2]) <= FURTHEST
    ).all()  # False for NaN
    area = turn[0, 0] * turn[1, 1] - turn[0, 1] * turn[1, 0] if believable else 0.0
    return affine if abs(area) >= 1.0 / STEEPEST else None
