"""What the canvas shows of detections nobody has accepted: boxes, skeletons and boxes in space as arrays.

A box in space is drawn as a skeleton of its eight corners, whose front is crossed out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.core import boxes3d
from workbench.core.detections import Detections
from workbench.core.poses import seen
from workbench.models import coco_joints
from workbench.services.detecting import DetectedFrame
from workbench.ui.canvas import BoxFlag, Overlay
from workbench.ui.colours import Rgb, track_colour

Floats = NDArray[np.float64]
Edges = NDArray[np.int64]

FRONT_CROSS = ((0, 5), (1, 4))  # the corners at the end where the box is heading


def findings_of(
    found: DetectedFrame, detections: Detections, *, colours: Mapping[str, Rgb], labels: bool = True
) -> Overlay:
    """What was found in one frame.

    Args:
        found: the frame.
        detections: those of it that are shown.
        colours: of the classes that have one in the project, by their names in lower case.
        labels: whether class and score are written.
    """
    names = [found.classes[number] for number in detections.classes.tolist()]
    chosen = [
        colours.get(name.casefold(), pale(track_colour(number)))
        for name, number in zip(names, detections.classes.tolist(), strict=True)
    ]
    joints, edges = side_by_side([figure for figure in _figures(found, detections) if figure is not None])
    scores = detections.scores.tolist()
    return Overlay(
        boxes=detections.boxes,
        colors=np.array(chosen, np.uint8).reshape(-1, 3),
        labels=[f"{n} {s:.2f}" for n, s in zip(names, scores, strict=True)] if labels else (),
        track_ids=np.full(len(names), -1),
        flags=np.full(len(names), int(BoxFlag.PREDICTED), np.uint8),
        joints=joints,
        edges=edges,
    )


def pale(colour: Rgb) -> Rgb:
    """Half way to white, so that thin dashes are seen on any picture."""
    red, green, blue = ((value + 255) // 2 for value in colour)
    return (red, green, blue)


def _figures(found: DetectedFrame, detections: Detections) -> Iterable[tuple[Floats, Edges] | None]:
    yield None if detections.poses is None else skeletons(detections.poses)
    if detections.boxes3d is not None:
        yield boxes_in_space(detections.boxes3d, found.camera)


def skeletons(poses: Floats) -> tuple[Floats, Edges]:
    """Joints (N, K, 3), those that were hardly seen left out, and COCO's edges where they are its joints."""
    edges = coco_joints.EDGES if poses.shape[1] == len(coco_joints.NAMES) else ()
    return seen(poses), np.array(edges, np.int64).reshape(-1, 2)


def boxes_in_space(boxes: boxes3d.Boxes3D, camera: Floats) -> tuple[Floats, Edges]:
    """Corners (N, 8, 3) in the picture, and the edges between them; boxes behind the camera are left out."""
    corners = boxes.corners()
    seen = boxes3d.project(corners, camera)
    seen[(corners[..., 2] <= 0).any(1)] = np.nan
    edges = np.array([*boxes3d.EDGES, *FRONT_CROSS], np.int64)
    return np.concatenate([seen, np.ones((*seen.shape[:2], 1))], 2), edges


def side_by_side(figures: Sequence[tuple[Floats, Edges]]) -> tuple[Floats, Edges]:
    """Several figures of the same objects as one: joints (N, K + L, 3), edges counted on."""
    if not figures:
        return np.zeros((0, 0, 3)), np.zeros((0, 2), np.int64)
    starts = np.cumsum([0, *(joints.shape[1] for joints, _ in figures[:-1])])
    edges = [edges + start for (_, edges), start in zip(figures, starts, strict=True)]
    return np.concatenate([joints for joints, _ in figures], 1), np.concatenate(edges)
