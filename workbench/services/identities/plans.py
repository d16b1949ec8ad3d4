"""What a correction of identities comes to: its change set, and what a person sees before it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.core.edits import ChangeSet
from workbench.core.rows import BoxRow, TrackRow


@dataclass(frozen=True)
class Move:
    """Boxes that change hands.

    Args:
        source: id of the track that had them.
        target: id of the track that gets them; None = they are deleted.
        start, stop: frames [start, stop) from the first of them to the last.
        count: how many.
    """

    source: int
    target: int | None
    start: int
    stop: int
    count: int


@dataclass(frozen=True)
class Conflict:
    """Frames in which two tracks had a box, and only one can stay.

    Args:
        start, stop: frames [start, stop), in each of which both had one.
        kept: id of the track whose boxes stay.
        dropped: id of the track whose boxes go.
        why: what decided, as a person reads it.
    """

    start: int
    stop: int
    kept: int
    dropped: int
    why: str


@dataclass(frozen=True)
class Plan:
    """A correction, ready to be applied.

    Args:
        change: does all of it as one edit.
        text: what it does, one sentence.
        start, stop: frames [start, stop) it concerns.
        moves: boxes that change hands.
        conflicts: boxes that stood in one another's way.
        new: tracks that it makes; in a preview, with an id below 0.
        gone: tracks that have no box left and go.
        added: how many boxes fill gaps or extend a track.
        rows: the boxes of the tracks concerned in the span, after it, by track and in order of frame.
    """

    change: ChangeSet
    text: str
    start: int
    stop: int
    moves: tuple[Move, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    new: tuple[TrackRow, ...] = ()
    gone: tuple[TrackRow, ...] = ()
    added: int = 0
    rows: Mapping[int, tuple[BoxRow, ...]] = field(default_factory=dict)

    def after(self, rows: list[BoxRow]) -> list[BoxRow]:
        """Some stored boxes as they will be, without those that go; new ones in their frames are added.

        Args:
            rows: all boxes of some frames, as ``Project.boxes_at`` gives them.
        """
        frames = {row.frame for row in rows}
        changes = [c for c in self.change.changes if c.table == "box"]
        gone = {row for c in changes for row in c.before}
        come = [row for c in changes for row in c.after if isinstance(row, BoxRow) and row.frame in frames]
        kept = [row for row in rows if row not in gone]
        return sorted(kept + come, key=lambda row: (row.frame, row.track_id))
