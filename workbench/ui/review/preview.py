"""A correction before it is made: what canvas, timeline and film strip show as it would be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from workbench.core.boxes import Box
from workbench.core.edits import Change
from workbench.core.plurals import counted
from workbench.core.rows import BoxRow, TrackRow
from workbench.services.identities import Plan


@dataclass(frozen=True)
class FrameChange:
    """What a plan does in one frame.

    Args:
        gone: boxes that go or change hands, as they are stored.
        come: those that come in their place, as they will be.
    """

    gone: list[BoxRow] = field(default_factory=list)
    come: list[BoxRow] = field(default_factory=list)

    def source_of(self, row: BoxRow) -> int:
        """The track that has this coming box now, -1 where it is new."""
        return next((old.track_id for old in self.gone if old.box == row.box), -1)


@dataclass(frozen=True)
class Mark:
    """A stretch of a lane whose boxes change hands.

    Args:
        track_id: whose lane.
        start, stop: frames [start, stop).
        target: id of the track that gets them; None = they go.
    """

    track_id: int
    start: int
    stop: int
    target: int | None


class Preview(QObject):
    """The plan that is shown, and whether as it would be or as it is.

    Signals:
        changed: another plan, none, or the other side of it.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.plan: Plan | None = None
        self.after = True  # whether what would be is shown, when there is a plan
        self.tracks: dict[int, TrackRow] = {}  # those that are new or will be called otherwise
        self._frames: dict[int, FrameChange] = {}

    @property
    def is_on(self) -> bool:
        """Whether something is shown that is not so."""
        return self.plan is not None and self.after

    def show(self, plan: Plan | None) -> bool:
        """Show a plan as it would be, or none; returns whether that is another."""
        if plan is None and self.plan is None:
            return False
        self.plan, self.after = plan, True
        self._frames = {} if plan is None else changes_by_frame(_changes(plan, "box"))
        rows = [] if plan is None else [row for c in _changes(plan, "track") for row in c.after]
        self.tracks = {row.id: row for row in rows if isinstance(row, TrackRow)}
        self.changed.emit()
        return True

    def toggle(self) -> None:
        """Show the other side: as it is, as it would be."""
        self.after = not self.after
        self.changed.emit()

    def at(self, frame: int) -> FrameChange | None:
        """What is shown otherwise than it is in a frame."""
        return self._frames.get(frame) if self.is_on else None

    def box(self, track_id: int, frame: int, stored: BoxRow | None) -> Box | None:
        """Where a track would be in a frame, given its stored box."""
        change = self.at(frame)
        row = stored
        if change is not None and any(old.track_id == track_id for old in change.gone):
            row = None
        if change is not None:
            row = next((new for new in change.come if new.track_id == track_id), row)
        return None if row is None or row.outside else row.box

    @property
    def marks(self) -> list[Mark]:
        """Stretches of lanes that change."""
        if self.plan is None or not self.after:
            return []
        moved = [Mark(m.source, m.start, m.stop, m.target) for m in self.plan.moves]
        dropped = [Mark(c.dropped, c.start, c.stop, None) for c in self.plan.conflicts]
        return moved + dropped + list(_added(self._frames))


def changes_by_frame(changes: Iterable[Change]) -> dict[int, FrameChange]:
    """Boxes of a plan by frame; those that only get a mark stay out."""
    frames: dict[int, FrameChange] = defaultdict(FrameChange)
    for change in changes:
        here = {(row.track_id, row.frame, row.box) for row in change.after if isinstance(row, BoxRow)}
        there = {(row.track_id, row.frame, row.box) for row in change.before if isinstance(row, BoxRow)}
        for row in change.before:
            if isinstance(row, BoxRow) and (row.track_id, row.frame, row.box) not in here:
                frames[row.frame].gone.append(row)
        for row in change.after:
            if isinstance(row, BoxRow) and (row.track_id, row.frame, row.box) not in there:
                frames[row.frame].come.append(row)
    return dict(frames)


def conflict_words(plan: Plan, titles: Mapping[int, str]) -> str:
    """How many boxes give way to others and why, "" when none do."""
    counts: dict[tuple[int, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for conflict in plan.conflicts:
        counts[conflict.dropped, conflict.kept][conflict.why] += conflict.stop - conflict.start
    return "; ".join(
        f"{_giving(sum(whys.values()), titles.get(dropped, '?'))} way to {titles.get(kept, '?')}'s"
        f" ({', '.join(f'{count}: {why}' for why, count in whys.items())})"
        for (dropped, kept), whys in counts.items()
    )


def _giving(count: int, who: str) -> str:
    return counted(count, f"box of {who} gives", f"boxes of {who} give")


def _changes(plan: Plan, table: str) -> Sequence[Change]:
    return [change for change in plan.change.changes if change.table == table]


def _added(frames: dict[int, FrameChange]) -> Iterable[Mark]:
    """Runs of frames in which a track gets boxes that nobody has now."""
    last: dict[int, Mark] = {}
    for frame in sorted(frames):
        for row in frames[frame].come:
            if frames[frame].source_of(row) >= 0:
                continue
            mark = last.get(row.track_id)
            if mark is not None and mark.stop == frame:
                last[row.track_id] = Mark(row.track_id, mark.start, frame + 1, row.track_id)
                continue
            if mark is not None:
                yield mark
            last[row.track_id] = Mark(row.track_id, frame, frame + 1, row.track_id)
    yield from last.values()
