"""The annotations of one video as arrays: what formats read and write, and projects hand over.

Rows of a project are tuples with database ids. A file knows no ids: it knows identity numbers and
category names, and it is read and written whole, so its boxes are columns of one structured array.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

BOX_COLUMNS = np.dtype(
    [
        ("frame", np.int64),  # 0-based
        ("track", np.int64),  # index into Annotations.tracks
        ("x", np.float64),  # pixels, see core.boxes
        ("y", np.float64),
        ("w", np.float64),
        ("h", np.float64),
        ("score", np.float64),  # [0, 1]; NaN = not measured
        ("occluded", np.bool_),
        ("outside", np.bool_),  # not in this frame; x..h keep the last known place
        ("verified", np.bool_),
    ]
)
Boxes: TypeAlias = NDArray[np.void]


def new_boxes(count: int = 0) -> Boxes:
    """``count`` rows of ``BOX_COLUMNS``: all zero, scores not measured."""
    boxes = np.zeros(count, BOX_COLUMNS)
    boxes["score"] = np.nan
    return boxes


def xywh(boxes: Boxes) -> NDArray[np.float64]:
    """The geometry of the rows as a new array (N, 4)."""
    return np.stack([boxes[k] for k in ("x", "y", "w", "h")], axis=1)


def set_xywh(boxes: Boxes, geometry: NDArray[np.float64]) -> None:
    """Write (N, 4) into the rows' x, y, w, h, in place."""
    for column, name in enumerate(("x", "y", "w", "h")):
        boxes[name] = geometry[:, column]


@dataclass(frozen=True)
class VideoFacts:
    """What a format has to know of a video; 0 where it is not known.

    Args:
        name: what the video is called, without a folder.
        width, height: pixels of a frame.
        frame_count: number of frames.
        fps: frames a second.
    """

    name: str
    width: int = 0
    height: int = 0
    frame_count: int = 0
    fps: float = 0.0


@dataclass(frozen=True)
class AnnotatedTrack:
    """One identity of one video.

    Args:
        number: the identity the user sees; one per video.
        category: a name of ``Annotations.categories``.
        name: free text, may be empty.
    """

    number: int
    category: str
    name: str = ""


@dataclass(frozen=True)
class Skeleton:
    """The joints of poses by name, and the pairs of joints (0-based) that are drawn as lines."""

    joints: tuple[str, ...]
    edges: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Poses:
    """Poses of one skeleton with K joints, at most one for each box.

    Args:
        skeleton: what the joints are.
        frame, track: (P,) the box that each belongs to, as in ``BOX_COLUMNS``.
        points: (P, K, 3) float32 x, y in pixels and score; NaN = not marked.
    """

    skeleton: Skeleton
    frame: NDArray[np.int64]
    track: NDArray[np.int64]
    points: NDArray[np.float32]

    def where(self, kept: NDArray[np.bool_]) -> Poses:
        """Only these, (P,)."""
        return replace(self, frame=self.frame[kept], track=self.track[kept], points=self.points[kept])


@dataclass(frozen=True, eq=False)
class Annotations:
    """All boxes of one video, or of a stretch of it.

    Args:
        video: facts of the stretch; its ``frame_count`` bounds the frames of ``boxes``.
        categories: names in the order that files number them.
        tracks: the identities.
        boxes: (N,) of ``BOX_COLUMNS``.
        start: the frame of the whole video that is frame 0 here.
        poses: a table for each skeleton.
    """

    video: VideoFacts
    categories: tuple[str, ...] = ()
    tracks: tuple[AnnotatedTrack, ...] = ()
    boxes: Boxes = field(default_factory=new_boxes)
    start: int = 0
    poses: tuple[Poses, ...] = ()

    def __post_init__(self) -> None:
        if self.boxes.dtype != BOX_COLUMNS:
            raise ValueError(f"boxes have the columns {self.boxes.dtype}, not {BOX_COLUMNS}")
        track = self.boxes["track"]
        if track.size and not (track.min() >= 0 and track.max() < len(self.tracks)):
            raise ValueError(f"a box names track {track.max()} of {len(self.tracks)}")

    def between(self, start: int, stop: int) -> Annotations:
        """The frames [start, stop) as annotations of their own, whose frame 0 is ``start``."""
        frame = self.boxes["frame"]
        boxes = self.boxes[(start <= frame) & (frame < stop)]
        boxes["frame"] -= start  # a boolean index copies
        video = replace(self.video, frame_count=stop - start)
        poses = [p.where((start <= p.frame) & (p.frame < stop)) for p in self.poses]
        moved = tuple(replace(p, frame=p.frame - start) for p in poses)
        return replace(self, video=video, boxes=boxes, start=self.start + start, poses=moved)

    def of_tracks(self, numbers: Collection[int]) -> Annotations:
        """Only the tracks with these identity numbers."""
        kept = [i for i, track in enumerate(self.tracks) if track.number in numbers]
        index = np.full(len(self.tracks), -1, np.int64)
        index[kept] = np.arange(len(kept))
        boxes = self.boxes[np.isin(self.boxes["track"], kept)]
        boxes["track"] = index[boxes["track"]]
        poses = [p.where(np.isin(p.track, kept)) for p in self.poses]
        named = tuple(replace(p, track=index[p.track]) for p in poses)
        return replace(self, tracks=tuple(self.tracks[i] for i in kept), boxes=boxes, poses=named)

    def column(self, name: str) -> NDArray[Any]:
        """One column of the boxes."""
        return np.asarray(self.boxes[name])
