"""Which boxes an export writes, and what becomes of those that a file cannot hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.core.annotations import Annotations, Boxes, set_xywh, xywh
from workbench.core.boxes import clip as clip_to_image
from workbench.core.plurals import counted
from workbench.core.report import Findings

LARGEST = 1e9  # pixels; a coordinate beyond is a fault of the program that wrote it
UNUSABLE = "coordinate not a number or beyond all pictures"


@dataclass(frozen=True)
class BoxRules:
    """What is done to boxes before they are written.

    Args:
        clip: cut boxes to the image; one wholly outside is left out.
        decimals: digits after the point; None = as many as it takes to read the same number back.
    """

    clip: bool = True
    decimals: int | None = None


def writable_boxes(annotations: Annotations, rules: BoxRules, findings: Findings) -> Boxes:
    """The boxes to write, in order of track and frame, clipped and rounded as the rules say.

    What is left out is counted: targets outside the picture, frames outside the video, boxes without
    area or with a coordinate that is no number, a second box of a track in a frame.
    """
    boxes = annotations.boxes[np.lexsort((annotations.boxes["frame"], annotations.boxes["track"]))]
    boxes = _without(boxes, boxes["outside"], "target marked as outside the picture", findings)
    boxes = _without(boxes, unusable(xywh(boxes)), UNUSABLE, findings)
    stray = np.asarray((boxes["frame"] < 0) | (boxes["frame"] >= annotations.video.frame_count))
    boxes = _without(boxes, stray, "frame not in the video", findings)
    boxes = _without(boxes, _has_no_area(boxes), "no area", findings)
    if rules.clip:
        boxes = _clipped(boxes, annotations, findings)
    if rules.decimals is not None:
        set_xywh(boxes, np.round(xywh(boxes), rules.decimals))
        boxes = _without(boxes, _has_no_area(boxes), "no area once rounded", findings)
    return _without(boxes, repeated(boxes), "second box of a track in one frame", findings)


def boxes_alone(annotations: Annotations, rules: BoxRules, findings: Findings) -> Boxes:
    """The same for a format that has no place for poses: it is said that they are left out."""
    count = sum(len(poses.frame) for poses in annotations.poses)
    if count:
        left = counted(
            count, f"pose of {annotations.video.name} was", f"poses of {annotations.video.name} were"
        )
        findings.note(f"{left} left out, for this format has no place for poses")
    return writable_boxes(annotations, rules, findings)


def unusable(geometry: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which boxes (N, 4) have a coordinate that is no number or beyond ``LARGEST``."""
    return np.asarray(~(np.abs(geometry) <= LARGEST).all(axis=1))


def repeated(boxes: Boxes) -> NDArray[np.bool_]:
    """Which rows repeat the track and frame of the row before; rows are in order of track and frame."""
    same = np.zeros(len(boxes), np.bool_)
    same[1:] = (boxes["track"][1:] == boxes["track"][:-1]) & (boxes["frame"][1:] == boxes["frame"][:-1])
    return same


def _has_no_area(boxes: Boxes) -> NDArray[np.bool_]:
    return (boxes["w"] <= 0) | (boxes["h"] <= 0)


def _without(boxes: Boxes, unwanted: NDArray[np.bool_], reason: str, findings: Findings) -> Boxes:
    findings.add("left out", reason, count=int(unwanted.sum()))
    return boxes[~unwanted]


def _clipped(boxes: Boxes, annotations: Annotations, findings: Findings) -> Boxes:
    width, height = annotations.video.width, annotations.video.height
    before = xywh(boxes)
    over = (
        (before[:, :2] < 0).any(axis=1)
        | (before[:, 0] + before[:, 2] > width)
        | (before[:, 1] + before[:, 3] > height)
    )
    after = before.copy()
    after[over] = clip_to_image(before[over], width, height)  # the others stay bit for bit
    set_xywh(boxes, after)
    gone = _has_no_area(boxes)
    findings.add("clipped", "reached over the edge of the picture", count=int((over & ~gone).sum()))
    return _without(boxes, gone, "wholly outside the picture", findings)
