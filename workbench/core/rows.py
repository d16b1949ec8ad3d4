"""The rows of a project's undoable tables, as plain tuples.

A row is a NamedTuple whose fields are the table's columns in their order, so that it binds to a
statement, compares with what the database returns, and goes into the journal without conversion.
Flags are 0 or 1. Frames are 0-based in presentation order; spans are half open, ``[start, stop)``.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple, TypeAlias


class Origin(IntEnum):
    """Who put a row there. A corrected prediction is HUMAN with a run_id."""

    HUMAN = 0
    MODEL = 1
    INTERPOLATED = 2
    IMPORTED = 3


class TrackRow(NamedTuple):
    """One identity in one video."""

    id: int
    video_id: int
    category_id: int
    number: int  # the identity the user sees and types; the services give each track of a video its own
    name: str
    run_id: int | None


class BoxRow(NamedTuple):
    """One target in one frame; at most one row for a (track, frame)."""

    video_id: int
    frame: int
    track_id: int
    x: float  # pixels of the source frame, see core.boxes
    y: float
    w: float
    h: float
    score: float | None  # [0, 1]; None = not measured
    origin: int  # Origin
    run_id: int | None
    verified: int  # a person looked at it and agreed
    keyframe: int  # interpolation starts and ends here
    occluded: int
    outside: int  # the target is not in this frame; x..h keep the last known place

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x, y, w, h in pixels."""
        return (self.x, self.y, self.w, self.h)

    @property
    def protected(self) -> bool:
        """A run may not replace this row: a person made or verified it."""
        return self.origin == Origin.HUMAN or bool(self.verified)


class PoseRow(NamedTuple):
    """The joints of one target in one frame; at most one row for a (track, frame, skeleton)."""

    video_id: int
    frame: int
    track_id: int
    skeleton_id: int
    points: bytes  # float32 (K, 3) little-endian: x, y, score; NaN = not marked
    score: float | None
    origin: int
    run_id: int | None
    verified: int


class ActionRow(NamedTuple):
    """A labelled span [start, stop) of a track."""

    id: int
    video_id: int
    track_id: int
    start: int
    stop: int
    label: str
    score: float | None
    origin: int
    run_id: int | None
    verified: int


RULED_OUT = "ruled out"
"""Verdict of a review item in no list: it only remembers what would take back a correction."""


class ReviewItemRow(NamedTuple):
    """A place somebody should look at, and what they decided; also what they think of a track or frame.

    The texts are JSON, so that a row stays plain values; ``services.review_items`` reads and writes them.
    """

    id: int
    video_id: int
    kind: str  # as core.issues.Issue; or "track", "frame": what a person says of one
    frame: int  # where to look
    start: int
    stop: int
    track_id: int | None  # the first two of ``tracks``, for the index
    other_track_id: int | None
    tracks: str  # list of track ids
    score: float  # how likely a fault, [0, 1]
    gain: float  # boxes that are wrong if it is one
    fix: str  # core.fixes.Fix, or "" where only a person can tell
    evidence: str  # list of [name, value]
    place: str  # list of [frame, x, y, w, h]: how to know it again when its tracks are gone
    verdict: str  # "" = open
    comment: str
    run_id: int | None  # what made the tracks


Row: TypeAlias = TrackRow | BoxRow | PoseRow | ActionRow | ReviewItemRow

ROW_TYPES: dict[str, type[Row]] = {
    "track": TrackRow,
    "box": BoxRow,
    "pose": PoseRow,
    "action": ActionRow,
    "review_item": ReviewItemRow,
}
"""Undoable tables and the type of their rows, parents before children."""

KEYS: dict[str, tuple[str, ...]] = {
    "track": ("id",),
    "box": ("track_id", "frame"),
    "pose": ("track_id", "frame", "skeleton_id"),
    "action": ("id",),
    "review_item": ("id",),
}
"""The fields that tell a row of a table from every other."""
