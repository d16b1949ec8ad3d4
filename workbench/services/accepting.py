"""Keep what a detector found: provisional boxes become tracks of the project, as one edit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from workbench.core.boxes import iou
from workbench.core.detections import Detections
from workbench.core.edits import ChangeSet
from workbench.core.report import Findings
from workbench.core.rows import BoxRow, Origin, PoseRow, TrackRow
from workbench.services.detecting import DetectedFrame
from workbench.services.editing import next_number
from workbench.services.importing import category_ids
from workbench.services.poses import PoseRows
from workbench.store import Project

SAME = 0.5  # overlap above which a detection is what the project has already


@dataclass(frozen=True)
class Accepted:
    """What accepting comes to: the edit, how many boxes it adds, and how many were there already."""

    change: ChangeSet
    boxes: int
    known: int


def accept(
    project: Project, video_id: int, found: Iterable[DetectedFrame], *, threshold: float = 0.0
) -> Accepted:
    """Make detections tracks of the project: one track each, for nothing says yet which belong together.

    Those that the project has already (a box of the same class in the same place) are left out. Classes that
    the project lacks are added. The run is recorded in the catalogue, the edit is not applied.

    Args:
        found: at least one frame; all by one network.
        threshold: detections with at least this score are taken.
    """
    frames = sorted(found, key=lambda f: f.frame)
    names = frames[0].classes
    high = [(f, f.detections[f.detections.scores >= threshold]) for f in frames]
    used = sorted({int(number) for _, detections in high for number in detections.classes})
    categories = category_ids(project, [names[number] for number in used], Findings())
    ids = {number: categories[names[number]] for number in used}
    new = [(f.frame, _unknown(project, video_id, f.frame, detections, ids)) for f, detections in high]
    count = sum(len(detections) for _, detections in new)
    known = sum(len(detections) for _, detections in high) - count
    if count == 0:
        return Accepted(ChangeSet("Accept detections", ()), 0, known)
    run = project.add_run(
        video_id=video_id,
        kind="detection",
        model=frames[0].model,
        parameters={"start": frames[0].frame, "stop": frames[-1].frame + 1, "threshold": threshold},
    )
    project.finish_run(run.id)
    rows = _Rows(project, video_id, run.id, ids, count)
    for frame, detections in new:
        rows.add(frame, detections)
    change = ChangeSet.of(
        "Accept detection" if count == 1 else f"Accept {count} detections",
        track=((), rows.tracks),
        box=((), rows.boxes),
        pose=((), rows.poses),
    )
    return Accepted(change, count, known)


def _unknown(
    project: Project, video_id: int, frame: int, detections: Detections, categories: dict[int, int]
) -> Detections:
    """Those that are no box of the project yet."""
    stored = [row for row in project.boxes_at(video_id, frame) if not row.outside]
    if not stored or not len(detections):
        return detections
    tracks = project.tracks_by_id(row.track_id for row in stored)
    mine = np.array([categories[int(number)] for number in detections.classes])
    theirs = np.array([tracks[row.track_id].category_id for row in stored])
    same = (iou(detections.boxes, [row.box for row in stored]) > SAME) & (mine[:, None] == theirs)
    return detections[~same.any(1)]


class _Rows:
    """The rows that detections become."""

    def __init__(
        self, project: Project, video_id: int, run_id: int, categories: dict[int, int], count: int
    ) -> None:
        self._video_id, self._run_id = video_id, run_id
        self._categories, self._poses = categories, PoseRows(project, video_id, run_id)
        self._ids = iter(project.new_ids("track", count))
        self._number = next_number(project.tracks(video_id))
        self.tracks: list[TrackRow] = []
        self.boxes: list[BoxRow] = []
        self.poses: list[PoseRow] = []

    def add(self, frame: int, detections: Detections) -> None:
        """A track for each detection of a frame."""
        video, run, origin = self._video_id, self._run_id, Origin.MODEL
        columns = (detections.classes.tolist(), detections.boxes.tolist(), detections.scores.tolist())
        for i, (number, (x, y, w, h), score) in enumerate(zip(*columns, strict=True)):
            track = next(self._ids)
            self.tracks.append(TrackRow(track, video, self._categories[number], self._number, "", run))
            self.boxes.append(BoxRow(video, frame, track, x, y, w, h, score, origin, run, 0, 0, 0, 0))
            self._number += 1
            pose = self._poses.of(detections, i, frame=frame, track_id=track)
            self.poses += [] if pose is None else [pose]
