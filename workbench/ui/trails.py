"""Where targets have been in the last frames: read frame by frame, and kept while the window goes on.

A trail needs the boxes of many frames for each frame that is shown. While stepping and playing only one of
them is new, so the centres of the others are kept until an edit touches them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Box
from workbench.core.edits import Scope
from workbench.store import Project

TRAIL = 50  # frames a trail reaches back
KEPT = 600  # frames

Places = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Tracks (N,) in a frame, and the centres (N, 2) of their boxes."""


class Trails:
    """Trails of one video at a time, and the centres they are made of."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._frames: dict[int, Places] = {}

    def clear(self) -> None:
        """Another video is shown."""
        self._frames.clear()

    def forget(self, scope: Scope) -> None:
        """Boxes were edited in these frames."""
        for frame in [f for f in self._frames if scope.start <= f < scope.stop]:
            del self._frames[frame]

    def of(
        self, video_id: int, ids: Sequence[int], frame: int, *, running: Sequence[tuple[int, int, Box]] = ()
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Centres of some tracks' boxes up to a frame.

        Args:
            running: frame, track and box of what running trackers report; it goes before what is stored.

        Returns:
            points (P, 2), track after track in the order of ``ids``, oldest first; points of each track.
        """
        start = max(frame - TRAIL, 0)
        self._read(video_id, start, frame + 1)
        parts = [self._frames[f] for f in range(start, frame + 1)]
        tracks = np.concatenate([ids_in for ids_in, _ in parts])
        centres = np.concatenate([points for _, points in parts])
        frames = np.repeat(np.arange(start, frame + 1), [len(ids_in) for ids_in, _ in parts])
        if running:
            boxes = np.array([box for *_, box in running])
            frames = np.append([f for f, *_ in running], frames)
            tracks = np.append([t for _, t, _ in running], tracks)
            centres = np.concatenate([boxes[:, :2] + boxes[:, 2:] / 2, centres])
        return _by_track(frames, tracks, centres, np.asarray(ids, np.int64))

    def _read(self, video_id: int, start: int, stop: int) -> None:
        """Have the frames [start, stop) at hand."""
        missing = [f for f in range(start, stop) if f not in self._frames]
        if not missing:
            return
        if len(self._frames) > KEPT:
            self._frames = {f: kept for f, kept in self._frames.items() if start <= f < stop}
        first, end = missing[0], missing[-1] + 1
        found = self._project.track_boxes(video_id, start=first, stop=end)
        order = np.argsort(found.frames, kind="stable")
        tracks, boxes = found.tracks[order], found.boxes[order]
        centres = boxes[:, :2] + boxes[:, 2:] / 2
        bounds = np.searchsorted(found.frames[order], np.arange(first, end + 1)).tolist()
        for number, frame in enumerate(range(first, end)):
            rows = slice(bounds[number], bounds[number + 1])
            self._frames[frame] = (tracks[rows], centres[rows])


def _by_track(
    frames: NDArray[np.int64], tracks: NDArray[np.int64], centres: NDArray[np.float64], ids: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points in the order of ``ids`` and frames; of two in one frame, the first counts."""
    if not len(ids):
        return np.zeros((0, 2)), np.zeros(0, np.int64)
    by_id = np.argsort(ids)
    place = np.minimum(np.searchsorted(ids[by_id], tracks), len(ids) - 1)
    wanted = np.flatnonzero(ids[by_id[place]] == tracks)
    owner = by_id[place[wanted]]
    order = np.lexsort((frames[wanted], owner))
    owner, rows = owner[order], wanted[order]
    double = np.append(False, (np.diff(owner) == 0) & (np.diff(frames[rows]) == 0))
    return centres[rows[~double]], np.bincount(owner[~double], minlength=len(ids))
