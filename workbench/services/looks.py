"""How the boxes of a video look, computed once for each place and kept in the project's cache.

What a box shows depends on its frame and its place only, not on whose it is. So after a correction of
identities nothing is computed again, and after one of a place that box alone.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Array
from workbench.core.errors import ProjectError, VideoError
from workbench.core.progress import Progress
from workbench.core.track_boxes import TrackBoxes
from workbench.review.appearance import LENGTH, Looks, describe
from workbench.services.array_files import fit, read_arrays, write_arrays
from workbench.store import Project
from workbench.video import open_video

log = logging.getLogger(__name__)

KEPT = 2  # how many times as many places are kept as there are boxes, for undo
_VERSION = 1  # of what ``describe`` gives
_FORMS = {"frames": ("i",), "boxes": ("f", 4), "looks": ("f", LENGTH)}
_EVERY = 10  # frames between two items of progress


@dataclass(frozen=True, eq=False)
class _Known:
    """Places with their looks: frames (M,), boxes (M, 4), looks float16 (M, D)."""

    frames: NDArray[np.int64]
    boxes: Array
    looks: NDArray[np.float16]

    @classmethod
    def none(cls) -> _Known:
        return cls(np.empty(0, np.int64), np.empty((0, 4)), np.empty((0, LENGTH), np.float16))

    def find(self, frames: NDArray[np.int64], boxes: Array) -> NDArray[np.int64]:
        """Where each of other places is here, -1 = nowhere."""
        if not len(self.frames):
            return np.full(len(frames), -1, np.int64)
        mine, theirs = _mixed(self.frames, self.boxes), _mixed(frames, boxes)
        order = np.argsort(mine)
        at = order[np.minimum(np.searchsorted(mine[order], theirs), len(mine) - 1)]
        same = (self.frames[at] == frames) & (self.boxes[at] == boxes).all(axis=1)
        return np.asarray(np.where(same, at, -1), np.int64)


def looks_of(project: Project, video_id: int, boxes: TrackBoxes) -> Generator[Progress, None, Looks | None]:
    """What each box shows, see ``review.appearance``.

    Every frame with a box whose looks are not kept yet is decoded once. Closing the generator keeps what was
    computed.

    Args:
        boxes: of the video.

    Returns:
        float32 (N, D), a row of zeros where a frame is damaged; None when the video is not where it was.
    """
    video = project.video(video_id)
    source = project.video_file(video)
    if not source.exists():
        return None
    path = project.path / "cache" / f"looks-{video_id}.npz"
    key = f"{_VERSION} {video.fingerprint}"
    known = _load(path, key)
    at = known.find(boxes.frames, boxes.boxes)
    looks = np.zeros((len(boxes), LENGTH), np.float32)
    looks[at >= 0] = known.looks[at[at >= 0]]
    missing = np.flatnonzero(at < 0)
    if not len(missing):
        return looks
    done: list[NDArray[np.int64]] = []
    try:
        yield from _described(source, boxes, missing, looks, done)
    finally:
        rows = np.concatenate([*done, np.empty(0, np.int64)])
        _save(path, key, _joined(known, boxes, looks, rows, at))
    return looks


def _described(
    source: Path,
    boxes: TrackBoxes,
    missing: NDArray[np.int64],
    looks: Looks,
    done: list[NDArray[np.int64]],
) -> Generator[Progress, None, None]:
    """Fill in the missing rows, frame by frame, and note which are done."""
    missing = missing[np.argsort(boxes.frames[missing], kind="stable")]
    change = np.flatnonzero(np.diff(boxes.frames[missing])) + 1
    groups = np.split(missing, change)
    with open_video(source) as reader:
        for i, rows in enumerate(groups):
            frame = int(boxes.frames[rows[0]])
            if frame < reader.info.frame_count:
                try:
                    looks[rows] = describe(reader.read(frame), boxes.boxes[rows])
                except VideoError:
                    continue  # a damaged frame shows nothing
            done.append(rows)
            if i % _EVERY == 0:
                yield Progress(i, len(groups), "Looking at the boxes")


def _joined(
    known: _Known, boxes: TrackBoxes, looks: Looks, rows: NDArray[np.int64], at: NDArray[np.int64]
) -> _Known:
    """What was known and what came, without what has long been of no use."""
    kept = np.arange(len(known.frames))
    if len(kept) > KEPT * len(boxes):
        kept = np.unique(at[at >= 0])
    return _Known(
        np.concatenate([known.frames[kept], boxes.frames[rows]]),
        np.concatenate([known.boxes[kept], boxes.boxes[rows]]),
        np.concatenate([known.looks[kept], looks[rows].astype(np.float16)]),
    )


def _mixed(frames: NDArray[np.int64], boxes: Array) -> NDArray[np.uint64]:
    """A number for each place, the same for the same one and hardly ever for another."""
    parts = np.concatenate([frames[:, None], boxes.view(np.int64)], axis=1).astype(np.uint64)
    mixed = np.zeros(len(frames), np.uint64)
    for column in parts.T:
        mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _load(path: Path, key: str) -> _Known:
    """What is kept for the same video; nothing where the file is missing, damaged or another's."""
    read = read_arrays(path)
    if read is None or str(read.get("key")) != key or not fit(read, _FORMS):
        return _Known.none()
    return _Known(read["frames"], read["boxes"], read["looks"])


def _save(path: Path, key: str, known: _Known) -> None:
    try:
        write_arrays(path, {"key": np.array(key), **vars(known)})
    except ProjectError as error:  # it is only a cache
        log.warning("What boxes look like is not kept: %s", error)
