"""Skeletons and poses of a project: the joints that a detector found as rows, and what goes with a box."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain, count, zip_longest
from typing import cast

import numpy as np

from workbench.core.detections import Detections
from workbench.core.rows import ActionRow, BoxRow, Origin, PoseRow
from workbench.models import coco_joints
from workbench.store import Project, Skeleton


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
    if joints == len(coco_joints.NAMES):
        return skeleton_with(project, coco_joints.NAMES, coco_joints.EDGES, name="COCO person").id
    return skeleton_with(project, [f"joint {i}" for i in range(joints)], (), name=f"{joints} joints").id


def skeleton_with(
    project: Project, joints: Sequence[str], edges: Sequence[tuple[int, int]], *, name: str
) -> Skeleton:
    """The project's skeleton with these joints; added where there is none yet.

    Args:
        edges, name: of one that is added; where the name is taken, it is counted on.
    """
    known = project.skeletons()
    for skeleton in known:
        if same_joints(skeleton.joints, joints):
            return skeleton
    taken = {skeleton.name for skeleton in known}
    names = chain([name], (f"{name} {number}" for number in count(2)))
    return project.add_skeleton(next(n for n in names if n not in taken), joints, edges)


def same_joints(some: Sequence[str], others: Sequence[str]) -> bool:
    """Whether joints are the same in the same order, however their names are written: left_eye, Left eye."""
    return other_joint(some, others) is None


def other_joint(some: Sequence[str], others: Sequence[str]) -> int | None:
    """Place of the first joint, from 0, that is another one or missing; None where all are the same."""
    pairs = enumerate(zip_longest(map(_plain, some), map(_plain, others)))
    return next((place for place, (a, b) in pairs if a != b), None)


def _plain(name: str) -> str:
    return " ".join(re.split(r"[\s_-]+", name.casefold()))


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
