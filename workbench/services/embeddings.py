"""Embeddings that a network gave the detections of a run, for the boxes that are where it found them.

They tell targets apart better than what can be computed from the picture alone, and cost nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import iou
from workbench.core.track_boxes import TrackBoxes
from workbench.review.appearance import Looks
from workbench.services.run_files import Found, read_found, run_folder
from workbench.services.run_options import noted
from workbench.store import Project

SAME = 0.6  # overlap from which on a box is the detection, which smoothing has moved a little
ENOUGH = 0.5  # share of the boxes that must have one


def embeddings_of(project: Project, video_id: int, boxes: TrackBoxes) -> Looks | None:
    """The embedding of each box, from the newest run that has some for at least half of them.

    Args:
        boxes: of the video.

    Returns:
        float32 (N, D) of length one, a row of zeros where a box has none; None when no run has enough.
    """
    for run in reversed(project.runs(video_id)):
        found = read_found(run_folder(project, run.id), start=noted(run).get("start", 0))
        looks = _of_run(found, boxes)
        if looks is not None and (looks.any(axis=1).mean() if len(looks) else 0.0) >= ENOUGH:
            return looks
    return None


def _of_run(found: Found, boxes: TrackBoxes) -> Looks | None:
    given = {f: d for f, d in found.detections.items() if d.embeddings is not None and len(d)}
    widths = {d.embeddings.shape[1] for d in given.values() if d.embeddings is not None}
    if len(widths) != 1:
        return None
    looks = np.zeros((len(boxes), widths.pop()), np.float32)
    for frame, rows in _by_frame(boxes):
        detections = given.get(frame)
        if detections is None or detections.embeddings is None:
            continue
        overlap = iou(boxes.boxes[rows], detections.boxes)
        best = overlap.argmax(axis=1)
        near = overlap.max(axis=1) >= SAME
        looks[rows[near]] = detections.embeddings[best[near]]
    return looks


def _by_frame(boxes: TrackBoxes) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """The rows of each frame."""
    order = np.argsort(boxes.frames, kind="stable")
    change = np.flatnonzero(np.diff(boxes.frames[order])) + 1
    for rows in np.split(order, change) if len(order) else ():
        yield int(boxes.frames[rows[0]]), rows
