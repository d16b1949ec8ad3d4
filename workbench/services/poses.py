"""The joints that a detector found, as rows of a project."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import numpy as np

from workbench.core.detections import Detections
from workbench.core.rows import ActionRow, BoxRow, Origin, PoseRow
from workbench.models import coco_joints
from workbench.store import Project


class PoseRows:
    """Makes rows of one run's poses; a skeleton that the project lacks is added to it."""

    def __init__(self, project: Project, video_id: int, run_id: int) -> None:
        self._project, self._video_id, self._run_id = project, video_id, run_id
        self._skeletons: dict[int, int] = {}  # by the number of joints

    def of(self, found: Detections, index: int, *, frame: int, track_id: int) -> PoseRow | None:
        """The pose of one detection; None where no joint of it is marked.

        Args:
            index: row of the detection.
            frame, track_id: the box that the pose belongs to.
        """
        if found.poses is None:
            return None
        points = found.poses[index].astype("<f4")
        marked = np.isfinite(points[:, :2]).all(1)
        if not marked.any():
            return None
        points[~marked] = np.nan
        skeleton, score = self._skeleton(len(points)), float(found.scores[index])
        place = (self._video_id, frame, track_id, skeleton)
        return PoseRow(*place, points.tobytes(), score, Origin.MODEL, self._run_id, 0)

    def _skeleton(self, joints: int) -> int:
        if joints not in self._skeletons:
            self._skeletons[joints] = skeleton_id(self._project, joints)
        return self._skeletons[joints]


def skeleton_id(project: Project, joints: int) -> int:
    """The project's skeleton with so many joints: COCO's where they are 17; added where there is none yet."""
    of_coco = joints == len(coco_joints.NAMES)
    name = "COCO person" if of_coco else f"{joints} joints"
    for skeleton in project.skeletons():
        if skeleton.name == name:
            return skeleton.id
    names = coco_joints.NAMES if of_coco else [f"joint {i}" for i in range(joints)]
    return project.add_skeleton(name, names, coco_joints.EDGES if of_coco else ()).id


def poses_of_boxes(project: Project, gone: Iterable[BoxRow], come: Iterable[BoxRow] = ()) -> list[PoseRow]:
    """The poses that go with boxes.

    Args:
        gone: the boxes.
        come: those in their place; where one is no correction of the box before, a person's pose stays.
    """
    there = {(row.track_id, row.frame): row.run_id for row in come if not row.outside}
    frames: dict[int, set[int]] = {}
    for row in gone:
        place = row.track_id, row.frame
        if place not in there or there[place] != row.run_id:
            frames.setdefault(row.track_id, set()).add(row.frame)
    poses = []
    for track, own in frames.items():
        rows = project.rows("pose", track_id=track, start=min(own), stop=max(own) + 1)
        poses += [row for row in cast(list[PoseRow], rows) if row.frame in own]
    return [row for row in poses if not is_persons(row) or (row.track_id, row.frame) not in there]


def is_persons(row: PoseRow | ActionRow) -> bool:
    """Whether a person made or verified it, so that no run may replace it."""
    return row.origin == Origin.HUMAN or bool(row.verified)
