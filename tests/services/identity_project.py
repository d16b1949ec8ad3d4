"""A project whose tracks can be written in a line, for tests of what happens to identities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from workbench.core.edits import ChangeSet
from workbench.core.fixes import Fix, Operation
from workbench.core.rows import ROW_TYPES, ActionRow, BoxRow, Origin, PoseRow, Row, TrackRow
from workbench.services import identities
from workbench.services.identities import Manner, Plan
from workbench.store import Project

FRAMES = 100


def new_project(path) -> Project:
    """A project with one video of ``FRAMES`` frames, two classes, a skeleton and a run; all of id 1 (2)."""
    project = Project.create(path)
    project.add_video(path.parent / "clip.mp4", width=640, height=480, frame_count=FRAMES, fps=25.0)
    project.add_category("person")
    project.add_category("car")
    project.add_skeleton("pair", ["left", "right"], [[0, 1]])
    project.add_run(video_id=1, kind="track")
    return project


def box(track: int, frame: int, **fields: Any) -> BoxRow:
    """A model's box; its place says whose it was and when, so that it can be told wherever it goes."""
    return BoxRow(
        1, frame, track, 100.0 * track, float(frame), 30.0, 40.0, 0.5, int(Origin.MODEL), 1, 0, 0, 0, 0
    )._replace(**fields)


def add_track(project: Project, number: int, frames: Iterable[int], **fields: Any) -> int:
    """A track with model boxes, named by its number; boxes take ``fields``."""
    track = project.new_ids("track", 1)[0]
    rows = [box(track, f, **{"x": 100.0 * number, **fields}) for f in frames]
    project.apply(ChangeSet.of("Add", track=((), [TrackRow(track, 1, 1, number, "", 1)]), box=((), rows)))
    return track


def change_boxes(project: Project, track: int, frames: Iterable[int], **fields: Any) -> None:
    rows = [project.box(track, f) for f in frames]
    project.apply(ChangeSet.of("Change", box=(rows, [r._replace(**fields) for r in rows])))


def add_pose(project: Project, track: int, frame: int) -> None:
    points = np.full((2, 3), frame, "<f4").tobytes()
    row = PoseRow(1, frame, track, 1, points, 0.5, int(Origin.MODEL), 1, 0)
    project.apply(ChangeSet.of("Pose", pose=((), [row])))


def add_action(project: Project, track: int, start: int, stop: int, label: str = "walks") -> int:
    row = ActionRow(project.new_ids("action", 1)[0], 1, track, start, stop, label, None, 0, None, 0)
    project.apply(ChangeSet.of("Label", action=((), [row])))
    return row.id


def carry_out(
    project: Project, operation: Operation, *tracks: int, seen: bool = False, **fields: Any
) -> Plan:
    """Make a fix and apply it."""
    plan = identities.plan(project, Fix(operation, tracks, **fields), manner=Manner(seen=seen))
    project.apply(plan.change)
    return plan


def state(project: Project) -> dict[str, set[Row]]:
    """All undoable rows."""
    return {table: set(project.rows(table)) for table in ROW_TYPES}


def runs(project: Project, track: int) -> list[tuple[int, int, int]]:
    """A track's boxes as (number of the track they were made for, start, stop)."""
    found: list[tuple[int, int, int]] = []
    for row in project.boxes_of_track(track):
        maker = round(row.x / 100)
        if found and found[-1][0] == maker and found[-1][2] == row.frame:
            found[-1] = (maker, found[-1][1], row.frame + 1)
        else:
            found.append((maker, row.frame, row.frame + 1))
    return found
