"""Poses as COCO has them (Lin et al. 2014, arXiv:1405.0312): x, y, v of each joint, v = 2 where it is marked.

A class has one skeleton, that of most of its poses. Every annotation of such a class has keypoints, for
pycocotools asks for their number; without a pose no joint is marked, and all its numbers are 0. The file has
no place for the score of a joint: one that was hardly seen is not marked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.annotations import Annotations, Boxes, Poses, Skeleton
from workbench.core.plurals import counted
from workbench.core.poses import seen
from workbench.core.report import Findings

DECIMALS = 3  # of a pixel
CONVENTION = (
    "keypoints are x, y, v: v = 2 is a joint that was seen, 0 one that was not; they are not clipped."
)


def skeletons_of(every: Iterable[tuple[Annotations, Boxes]], findings: Findings) -> dict[str, Skeleton]:
    """The skeleton of each class that has poses.

    Args:
        every: annotations, and those of their boxes that are written; other poses do not count.
    """
    counts: Counter[tuple[str, Skeleton]] = Counter()
    for one, rows in every:
        for poses in one.poses:
            shown = np.append(np.any(_marked(seen(poses.points)), axis=1), False)  # -1 = a box without a pose
            tracks = rows["track"][shown[_places(poses, rows)]]
            counts.update((one.tracks[track].category, poses.skeleton) for track in tracks.tolist())
    chosen: dict[str, Skeleton] = {}
    for (category, skeleton), count in counts.most_common():
        if chosen.setdefault(category, skeleton) != skeleton:
            left = counted(count, "pose was left out", "poses were left out")
            findings.note(f"{left}, for most of the class {category} have other joints")
    return chosen


def of_category(skeleton: Skeleton | None) -> dict[str, Any]:
    """What the record of a class has besides; joints count from 1 in "skeleton"."""
    if skeleton is None:
        return {}
    return {"keypoints": skeleton.joints, "skeleton": [[a + 1, b + 1] for a, b in skeleton.edges]}


def of_boxes(
    annotations: Annotations, rows: Boxes, skeletons: Mapping[str, Skeleton]
) -> Iterator[dict[str, Any]]:
    """What the record of each box has besides.

    Args:
        rows: the boxes that are written.
        skeletons: of the classes that have one.
    """
    if not skeletons:
        yield from repeat({}, len(rows))
        return
    none = np.empty((0, 0, 3), np.float32), np.full(len(rows), -1)
    tables = {poses.skeleton: (poses.points, _places(poses, rows)) for poses in annotations.poses}
    of_track = [skeletons.get(track.category) for track in annotations.tracks]
    for i, track in enumerate(rows["track"].tolist()):
        skeleton = of_track[track]
        if skeleton is None:
            yield {}
            continue
        points, places = tables.get(skeleton, none)
        has = places[i] >= 0
        yield _record(points[places[i]] if has else np.full((len(skeleton.joints), 3), np.nan))


def _places(poses: Poses, rows: Boxes) -> NDArray[np.int64]:
    """Place of each box's pose, (N,); -1 = it has none."""
    if not len(poses.frame):
        return np.full(len(rows), -1)
    known, wanted = (poses.track << 32) + poses.frame, (rows["track"] << 32) + rows["frame"]
    order = np.argsort(known)
    found = order[np.minimum(np.searchsorted(known, wanted, sorter=order), len(order) - 1)]
    return np.where(known[found] == wanted, found, -1)


def _record(points: NDArray[np.floating[Any]]) -> dict[str, Any]:
    points = seen(points)
    marked = _marked(points)
    places = np.where(marked[:, None], points[:, :2], 0.0).round(DECIMALS)
    values = [v for (x, y), on in zip(places.tolist(), marked.tolist(), strict=True) for v in (x, y, 2 * on)]
    return {"keypoints": values, "num_keypoints": int(marked.sum())}


def _marked(points: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """Which joints (..., K, 3) have a place."""
    return np.asarray(np.isfinite(points[..., :2]).all(-1))
