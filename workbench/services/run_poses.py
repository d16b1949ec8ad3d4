"""The poses of a run: each comes with the box of the detection that it belongs to, and goes with it.

A box that was predicted, or filled in, was not joined with a detection and has no pose. Of what the project
has, the pose of a box that stays does too. Other poses of earlier runs give way, also where the new box in
the same place has none; those from elsewhere go only where no box is left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from operator import attrgetter

import numpy as np

from workbench.core.rows import KEYS, PoseRow
from workbench.services.poses import PoseRows, is_persons
from workbench.services.run_files import Found
from workbench.services.run_layers import Layer, Present
from workbench.tracking.offline import Tracks

Exchange = tuple[list[PoseRow], list[PoseRow]]
"""Rows that go and rows that come."""

_place, _key = attrgetter("track_id", "frame"), attrgetter(*KEYS["pose"])


def poses_that_come(found: Found, tracks: Tracks, layer: Layer, rows: PoseRows) -> Iterator[PoseRow]:
    """The poses of the boxes that a run writes, by frame.

    Args:
        found: what ``tracks.detections`` are rows of.
        layer: what became of the tracks.
        rows: makes the rows.
    """
    if all(detections.poses is None for detections in found.detections.values()):
        return
    joined = np.flatnonzero(layer.written & (tracks.detections >= 0))
    joined = joined[np.argsort(tracks.frames[joined], kind="stable")]
    for i in joined:  # one at a time, so that other threads have their turns
        frame, track = int(tracks.frames[i]), int(layer.track_of[i])
        pose = rows.of(found.detections[frame], int(tracks.detections[i]), frame=frame, track_id=track)
        if pose is not None:
            yield pose


def exchanged(
    present: Present, layer: Layer, new: Iterable[PoseRow], own: Collection[int | None]
) -> Exchange:
    """Poses that go and poses that come.

    Args:
        new: of the layer's boxes.
        own: ids of the runs that give way.
    """
    new = list(new)
    if not new and not present.poses:
        return [], []
    staying = {_place(row) for row in present.staying}
    left = {_place(row) for row in present.going} - {_place(row) for row in layer.boxes}

    def goes(pose: PoseRow) -> bool:
        if is_persons(pose) or _place(pose) in staying:
            return False
        return pose.run_id in own or _place(pose) in left

    kept = {_key(pose) for pose in present.poses if not goes(pose)}
    return [pose for pose in present.poses if goes(pose)], [pose for pose in new if _key(pose) not in kept]
