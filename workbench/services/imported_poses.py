"""The poses of a file as rows of a project: each class keeps the joints that its poses have already.

A class whose poses have no joints in the project yet gets those of the file, as a skeleton that other classes
with the same joints share. Where the two differ, the file's poses of the class are left out, for an export
holds one skeleton a class; its boxes come nevertheless.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from workbench.core import annotations as read
from workbench.core.annotations import Annotations, Poses
from workbench.core.plurals import counted
from workbench.core.report import Findings
from workbench.core.rows import Origin, PoseRow
from workbench.services.poses import other_joint, same_joints, skeleton_with
from workbench.store import Project, Skeleton


def imported_poses(
    project: Project,
    video_id: int,
    ids: Sequence[int],
    annotations: Annotations,
    categories: Mapping[str, int],
    notes: Findings,
) -> list[PoseRow]:
    """A row for each pose; skeletons that the project lacks are added.

    Args:
        ids: of the tracks.
        categories: id of each category.
        notes: get what is left out, and why.
    """
    of_category = project.skeletons_by_category()
    known = {skeleton.id: skeleton for skeleton in project.skeletons()}
    rows: list[PoseRow] = []
    for name, poses in _by_class(annotations):
        there = [known[i] for i in of_category.get(categories[name], ()) if i in known]
        skeleton = _skeleton(project, poses.skeleton, there, name)
        if skeleton is None:
            notes.note(_left_out(len(poses.frame), name, poses.skeleton, there[0]))
            continue
        if not _same_lines(skeleton.edges, poses.skeleton.edges):
            notes.note(f"the joints of {name} stay connected as in the project, not as in the file")
        known[skeleton.id] = skeleton
        of_category.setdefault(categories[name], []).append(skeleton.id)
        rows += _rows(video_id, ids, poses, skeleton.id)
    if rows:
        notes.note(f"{counted(len(rows), 'pose')} came with the boxes")
    return rows


def _by_class(annotations: Annotations) -> list[tuple[str, Poses]]:
    """Poses with the class of their tracks, where there are most first."""
    found = []
    for poses in annotations.poses:
        names = np.array([annotations.tracks[track].category for track in poses.track.tolist()])
        found += [(name, poses.where(names == name)) for name in dict.fromkeys(names.tolist())]
    return sorted(found, key=lambda part: -len(part[1].frame))


def _skeleton(
    project: Project, wanted: read.Skeleton, there: Sequence[Skeleton], name: str
) -> Skeleton | None:
    """The one of a class that has such joints, or some already, or None where these are others."""
    if not there:
        return skeleton_with(project, wanted.joints, wanted.edges, name=name)
    return next((known for known in there if same_joints(known.joints, wanted.joints)), None)


def _left_out(count: int, name: str, wanted: read.Skeleton, there: Skeleton) -> str:
    poses = counted(count, f"pose of {name} was left out", f"poses of {name} were left out")
    place = other_joint(wanted.joints, there.joints) or 0
    file, project = (
        repr(joints[place]) if place < len(joints) else "none" for joints in (wanted.joints, there.joints)
    )
    return (
        f"{poses}, for joint {place + 1} is {file} in the file and {project} in the project;"
        " give the class another name in the file to keep them"
    )


def _same_lines(some: Iterable[Sequence[int]], others: Iterable[Sequence[int]]) -> bool:
    return {frozenset(line) for line in some} == {frozenset(line) for line in others}


def _rows(video_id: int, ids: Sequence[int], poses: Poses, skeleton_id: int) -> Iterable[PoseRow]:
    for frame, track, points in zip(
        poses.frame.tolist(), poses.track.tolist(), poses.points.astype("<f4"), strict=True
    ):
        place = (video_id, frame, ids[track], skeleton_id)
        yield PoseRow(*place, points.tobytes(), None, Origin.IMPORTED, None, 0)
