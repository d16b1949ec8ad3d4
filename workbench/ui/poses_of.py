"""The stored poses of a frame as the arrays that the canvas draws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.core.poses import seen
from workbench.core.rows import PoseRow
from workbench.store import Project
from workbench.ui.findings_of import Edges, Floats, side_by_side


def poses_of(project: Project, video_id: int, frame: int, track_ids: Sequence[int]) -> tuple[Floats, Edges]:
    """Joints (N, K, 3) of these tracks, NaN where none was seen, and the edges; (0, 0, 3) where none has any.

    Args:
        track_ids: N tracks, in the order of the boxes.
    """
    rows = project.rows("pose", video_id=video_id, start=frame, stop=frame + 1)
    if not rows:
        return side_by_side([])
    place = {track: i for i, track in enumerate(track_ids)}
    figures = []
    for skeleton in project.skeletons():
        mine = [r for r in rows if isinstance(r, PoseRow) and r.skeleton_id == skeleton.id]
        joints = np.full((len(track_ids), len(skeleton.joints), 3), np.nan)
        for row in mine:
            if row.track_id in place:
                joints[place[row.track_id]] = np.frombuffer(row.points, "<f4").reshape(-1, 3)
        if mine:
            figures.append((seen(joints), np.array(skeleton.edges, np.int64).reshape(-1, 2)))
    return side_by_side(figures)
