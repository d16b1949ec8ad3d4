"""From the rows of a file to annotations: identities, categories, and what cannot be kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np
from numpy.typing import NDArray

from workbench.core.annotations import (
    AnnotatedTrack,
    Annotations,
    Poses,
    Skeleton,
    VideoFacts,
    new_boxes,
    set_xywh,
)
from workbench.core.plurals import counted
from workbench.core.report import Findings
from workbench.formats.selection import UNUSABLE, unusable

NO_IDENTITY = -1


@dataclass(frozen=True, eq=False)
class FileRows:
    """What a reader found, in the order of the file.

    Args:
        frame: (N,) int64, 0-based.
        identity: (N,) int64; below 0 = none, such a box becomes a track of its own.
        category: (N,) int64, index into the reader's category names.
        xywh: (N, 4) float64, 0-based.
        score: (N,) float64; NaN = not measured.
        occluded: (N,) bool.
        line: (N,) int64, 1-based line; empty where the file has no lines.
        verified: (N,) bool; empty where the file does not say.
        pose: (N,) int64, index into the reader's poses, below 0 = none; empty where the file has none.
    """

    frame: NDArray[np.int64]
    identity: NDArray[np.int64]
    category: NDArray[np.int64]
    xywh: NDArray[np.float64]
    score: NDArray[np.float64]
    occluded: NDArray[np.bool_]
    line: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    verified: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    pose: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def where(self, kept: NDArray[np.bool_]) -> FileRows:
        """Only these rows."""
        columns = {column.name: getattr(self, column.name) for column in fields(self)}
        return FileRows(**{name: rows[kept] if rows.size else rows for name, rows in columns.items()})


def assemble(
    rows: FileRows,
    *,
    video: VideoFacts,
    categories: tuple[str, ...],
    findings: Findings,
    names: dict[int, str] | None = None,
    poses: Sequence[tuple[Skeleton, NDArray[np.float32]]] = (),
) -> Annotations:
    """Annotations of the rows that a video can hold; the others are counted with their lines.

    Args:
        video: its ``frame_count`` bounds the frames; 0 = the last frame of the file does.
        categories: names that ``rows.category`` points into.
        names: a track's name by identity, where the file gives one.
        poses: what ``rows.pose`` points into, each (K, 3) as in ``Poses``.

    Returns:
        Annotations whose tracks carry the file's identities; boxes without one got numbers above them.
    """
    rows = _drop(rows, unusable(rows.xywh), UNUSABLE, findings)
    flat = np.asarray((rows.xywh[:, 2:] <= 0).any(axis=1))
    rows = _drop(rows, flat, "no area", findings)
    if video.frame_count:
        late = np.asarray(rows.frame >= video.frame_count)
        rows = _drop(
            rows, late, f"frame after the video's last, {video.frame_count - 1} counted from 0", findings
        )
    else:
        video = replace(video, frame_count=int(rows.frame.max(initial=-1)) + 1)
    rows = _drop(rows, _repeats(rows), "second box of an identity in one frame", findings)
    rows = _scores_in_range(rows, findings)
    identity = _identities(rows, findings)
    known, track = np.unique(identity, return_inverse=True)
    kinds = _track_categories(track, rows.category, len(known), findings)
    tracks = tuple(
        AnnotatedTrack(int(number), categories[kind], (names or {}).get(int(number), ""))
        for number, kind in zip(known, kinds, strict=True)
    )
    boxes = new_boxes(len(rows.frame))
    set_xywh(boxes, rows.xywh)
    for column, values in (
        ("frame", rows.frame),
        ("track", track),
        ("score", rows.score),
        ("occluded", rows.occluded),
    ):
        boxes[column] = values
    if rows.verified.size:
        boxes["verified"] = rows.verified
    used = tuple(name for i, name in enumerate(categories) if i in set(kinds))
    return Annotations(
        video,
        used,
        tracks,
        boxes[np.lexsort((boxes["frame"], boxes["track"]))],
        poses=_poses(rows, track, poses),
    )


def _poses(
    rows: FileRows, track: NDArray[np.int64], found: Sequence[tuple[Skeleton, NDArray[np.float32]]]
) -> tuple[Poses, ...]:
    """A table for each skeleton."""
    places: dict[Skeleton, list[int]] = {}
    for place in np.flatnonzero(rows.pose >= 0).tolist():
        places.setdefault(found[rows.pose[place]][0], []).append(place)
    return tuple(
        Poses(skeleton, rows.frame[own], track[own], np.stack([found[i][1] for i in rows.pose[own]]))
        for skeleton, own in places.items()
    )


def _drop(rows: FileRows, unwanted: NDArray[np.bool_], reason: str, findings: Findings) -> FileRows:
    if not unwanted.any():
        return rows
    lines = rows.line[unwanted] if rows.line.size else ()
    findings.add("left out", reason, count=int(unwanted.sum()), lines=lines)
    return rows.where(~unwanted)


def _repeats(rows: FileRows) -> NDArray[np.bool_]:
    """Rows whose frame and identity an earlier row has; a box without identity repeats none."""
    order = np.lexsort((np.arange(len(rows.frame)), rows.frame, rows.identity))
    frame, identity = rows.frame[order], rows.identity[order]
    repeated = np.zeros(len(order), np.bool_)
    repeated[order[1:]] = (frame[1:] == frame[:-1]) & (identity[1:] == identity[:-1]) & (identity[1:] >= 0)
    return repeated


def _scores_in_range(rows: FileRows, findings: Findings) -> FileRows:
    wrong = (rows.score < 0) | (rows.score > 1)
    if not wrong.any():
        return rows
    lines = rows.line[wrong] if rows.line.size else ()
    reason = "score not between 0 and 1, dropped"
    findings.add("mended", reason, count=int(wrong.sum()), lines=lines)
    return replace(rows, score=np.where(wrong, np.nan, rows.score))


def _identities(rows: FileRows, findings: Findings) -> NDArray[np.int64]:
    """Identities from 1 on: what has none, or has 0, gets numbers above those in use."""
    identity = rows.identity.copy()
    following = int(identity.max(initial=0)) + 1
    if (identity == 0).any():
        findings.note(f"identity 0 was renumbered to {following}, for identities count from 1")
        identity[identity == 0] = following
        following += 1
    without = identity < 0
    if without.any():
        boxes = counted(int(without.sum()), "box carries", "boxes carry")
        findings.note(f"{boxes} no identity and each became a track of its own")
        identity[without] = following + np.arange(without.sum())
    return identity


def _track_categories(
    track: NDArray[np.int64], category: NDArray[np.int64], count: int, findings: Findings
) -> list[int]:
    """The most frequent category of each track."""
    kinds, votes = np.unique(np.stack([track, category], axis=1), axis=0, return_counts=True)
    mixed = len(kinds) - count
    if mixed:
        findings.note("some identities have boxes of several categories; each got its most frequent one")
    best = np.zeros(count, np.int64)
    for row in np.argsort(votes, kind="stable"):  # the last one written is the most frequent
        best[kinds[row, 0]] = kinds[row, 1]
    return best.tolist()
