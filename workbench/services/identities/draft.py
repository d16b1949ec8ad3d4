"""The boxes of some tracks in a span while they change hands, and what comes of it as a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from workbench.core.edits import ChangeSet
from workbench.core.rows import BoxRow, Origin, TrackRow
from workbench.services.identities.belongings import move_actions, move_items, move_poses
from workbench.services.identities.case import Case
from workbench.services.identities.plans import Conflict, Move, Plan

Key = tuple[int, int]  # frame, track
Gap = tuple[BoxRow, BoxRow]  # the boxes of a track on both sides of frames where it has none


class Draft:
    """Hands the boxes of tracks over, fills gaps, and makes the plan of it.

    Args:
        case: whose span it is.
        hands: for each track concerned, the one that gets its boxes in the span; None = they are deleted.
            Tracks that only receive are named with themselves.
        new: a track that the correction makes.
        renamed: tracks that get another number or class: row before, row after.
    """

    def __init__(
        self,
        case: Case,
        hands: Mapping[int, int | None],
        *,
        new: TrackRow | None = None,
        renamed: Iterable[tuple[TrackRow, TrackRow]] = (),
    ) -> None:
        self._case, self._hands, self._new, self._renamed = case, hands, new, list(renamed)
        self.tracks = case.project.tracks_by_id(hands)
        rows = [row for track_id in self.tracks for row in case.boxes(track_id)]
        self._before = {(row.frame, row.track_id): row for row in rows}
        # The boxes beside the span: seams may lie at its ends, and a track with one of them stays.
        self._beside = {t: _beside(case, t) for t in self.tracks}
        self._after: dict[Key, BoxRow] = {}
        self._source: dict[Key, int] = {}  # who had the box
        self._lost: list[tuple[int, int, int, str]] = []  # frame, kept, dropped, why
        for row in rows:
            self._hand_over(row)

    def moved(self, track_id: int) -> int:
        """How many boxes of a track change hands."""
        return sum(m.count for m in self._moves() if m.source == track_id)

    def gives(self, track_id: int) -> bool:
        """What the track has in the span goes to another, or is deleted."""
        return self._hands[track_id] != track_id

    @property
    def is_empty(self) -> bool:
        """There is no box that could change hands."""
        return not any(map(self.gives, {track for _, track in self._before}))

    def whole(self, track_id: int) -> bool:
        """The track has no boxes outside of the span."""
        return not any(self._beside[track_id])

    # -- gaps --------------------------------------------------------------------------------------

    def gaps(self, track_id: int, *, at_seams: bool = False) -> list[Gap]:
        """Where a track has no box between two that it has afterwards.

        Args:
            at_seams: only between boxes that come from different tracks.
        """
        chain = self._chain(track_id)
        return [
            (a, b)
            for (a, had_a), (b, had_b) in pairwise(chain)
            if b.frame - a.frame > 1 and not a.outside and not (at_seams and had_a == had_b)
        ]

    def add(self, rows: Iterable[BoxRow]) -> None:
        """Put new boxes where their tracks have none, in the span only."""
        for row in rows:
            if self._case.start <= row.frame < self._case.stop:
                self._after.setdefault((row.frame, row.track_id), row)

    def replace(self, rows: Iterable[BoxRow]) -> None:
        """Put boxes of a pass where a track has none, or such as a run may replace."""
        for row in rows:
            key = row.frame, row.track_id
            if key not in self._after or not self._after[key].protected:
                self._after[key] = row

    # -- the plan ----------------------------------------------------------------------------------

    def plan(self, name: str, text: str) -> Plan:
        """The change set and what there is to see of it."""
        marked = self._mark_seams() if self._case.manner.seen else []
        gone = [t for i, t in self.tracks.items() if self.gives(i) and not self._has_boxes(i)]
        heirs = {t.id: self._hands[t.id] for t in gone}
        new = () if self._new is None else (self._new,)
        rows_before = [*self._before.values(), *(old for old, _ in marked)]
        rows_after = [*self._after.values(), *(row for _, row in marked)]
        change = ChangeSet.of(
            name,
            track=(
                [*gone, *(old for old, _ in self._renamed)],
                [*new, *(row for _, row in self._renamed)],
            ),
            box=_changed(rows_before, rows_after),
            pose=move_poses(self._case, self._hands, heirs, self._losers()),
            action=move_actions(self._case, self._hands, heirs),
            review_item=move_items(self._case, self._hands, heirs),
        )
        added = sum(key not in self._source and key not in self._before for key in self._after)
        return Plan(
            change,
            text if not self._lost else f"{text} {len(self._lost)} boxes give way to better ones.",
            self._case.start,
            self._case.last,
            moves=self._moves(),
            conflicts=self._conflicts(),
            new=new,
            gone=tuple(gone),
            added=added,
            rows=self._by_track(),
        )

    # -- how ---------------------------------------------------------------------------------------

    def _hand_over(self, row: BoxRow) -> None:
        target = self._hands[row.track_id]
        if target is None:
            return
        key = row.frame, target
        there = self._after.get(key)
        if there is not None:
            rival = self._source[key]
            other_wins = (_rank(there), rival == target) >= (_rank(row), row.track_id == target)
            kept, dropped = (rival, row.track_id) if other_wins else (row.track_id, rival)
            winner, loser = (there, row) if other_wins else (row, there)
            self._lost.append((row.frame, kept, dropped, _why(winner, loser)))
            if other_wins:
                return
        self._after[key] = row if target == row.track_id else row._replace(track_id=target)
        self._source[key] = row.track_id

    def _has_boxes(self, track_id: int) -> bool:
        return not self.whole(track_id) or any(track == track_id for _, track in self._after)

    def _losers(self) -> set[Key]:
        return {(frame, dropped) for frame, _, dropped, _ in self._lost}

    def _chain(self, track_id: int) -> list[tuple[BoxRow, int | None]]:
        """A track's boxes in and beside the span afterwards, with who had each; None = it is new."""
        first, last = self._beside.get(track_id, (None, None))
        inside = sorted(key for key in self._after if key[1] == track_id)
        chain: list[tuple[BoxRow, int | None]] = [(self._after[k], self._source.get(k)) for k in inside]
        before = [] if first is None else [(first, track_id)]
        return [*before, *chain, *([] if last is None else [(last, track_id)])]

    def _mark_seams(self) -> list[tuple[BoxRow, BoxRow]]:
        """Mark the boxes at the seams verified; returns those beside the span, before and after.

        A track that changes hands or number as a whole has no seam; its first box is marked instead.
        """
        seams = self._seams()
        known = {track_id for _, track_id in seams}
        whole = [m.target for m in self._moves()] + [a.id for a, b in self._renamed if a.number != b.number]
        for track_id in set(whole) - known - {None}:
            seams.add(min(key for key in self._after if key[1] == track_id))
        for key in seams & self._after.keys():
            self._after[key] = _verified(self._after[key])
        outside = [row for rows in self._beside.values() for row in rows if row is not None]
        marked = [(row, _verified(row)) for row in outside if (row.frame, row.track_id) in seams]
        return [(old, row) for old, row in marked if old != row]

    def _seams(self) -> set[Key]:
        """Boxes beside one of another origin in their track, or that had it beside them before."""
        seams: set[Key] = set()
        for track_id in {t for t in self._hands.values() if t is not None}:
            chain = [(row, had) for row, had in self._chain(track_id) if had is not None]
            for (a, had_a), (b, had_b) in pairwise(chain):
                if had_a != had_b:
                    seams |= {(a.frame, track_id), (b.frame, track_id)}
        for track_id in self.tracks:
            for one, other in pairwise(self._fates(track_id)):
                if one[1] != other[1]:
                    seams |= {one, other}
        return seams

    def _fates(self, track_id: int) -> list[Key]:
        """Where the boxes that a track had are afterwards, in order of frame, for those that are kept."""
        target = self._hands[track_id]
        first, last = self._beside[track_id]
        keys = sorted(frame for frame, had in self._before if had == track_id)
        moved = [(f, target) for f in keys if target is not None and self._source[f, target] == track_id]
        ends = [None if row is None else (row.frame, track_id) for row in (first, last)]
        return [key for key in (ends[0], *moved, ends[1]) if key is not None]

    def _moves(self) -> tuple[Move, ...]:
        moves = []
        for source in self.tracks:
            target = self._hands[source]
            frames = sorted(
                frame
                for frame, had in self._before
                if had == source
                and target != source
                and (target is None or self._source.get((frame, target)) == source)
            )
            if frames:
                moves.append(Move(source, target, frames[0], frames[-1] + 1, len(frames)))
        return tuple(moves)

    def _conflicts(self) -> tuple[Conflict, ...]:
        """Neighbouring frames with the same outcome as one."""
        found: list[Conflict] = []
        for frame, kept, dropped, why in sorted(self._lost):
            last = found[-1] if found else None
            same = last is not None and (last.kept, last.dropped, last.why) == (kept, dropped, why)
            if last is not None and same and last.stop == frame:
                found[-1] = Conflict(last.start, frame + 1, kept, dropped, why)
            else:
                found.append(Conflict(frame, frame + 1, kept, dropped, why))
        return tuple(found)

    def _by_track(self) -> dict[int, tuple[BoxRow, ...]]:
        found: dict[int, list[BoxRow]] = {t: [] for t in self.tracks}
        for key in sorted(self._after):
            found.setdefault(key[1], []).append(self._after[key])
        return {t: tuple(rows) for t, rows in found.items()}


def _beside(case: Case, track_id: int) -> tuple[BoxRow | None, BoxRow | None]:
    """A track's last box before the span, and its first behind it."""
    project = case.project
    return project.nearest_box(track_id, case.start, step=-1), project.nearest_box(track_id, case.stop)


def _rank(row: BoxRow) -> tuple[bool, bool, bool, bool, float]:
    """What is kept where two boxes want one place: the higher."""
    seen, measured = not row.outside, row.origin != Origin.INTERPOLATED
    return row.origin == Origin.HUMAN, bool(row.verified), seen, measured, row.score or 0.0


_REASONS = ("made by a person", "verified", "in the picture", "not interpolated", "the higher score")


def _why(winner: BoxRow, loser: BoxRow) -> str:
    """What decided between two boxes."""
    for reason, a, b in zip(_REASONS, _rank(winner), _rank(loser), strict=True):
        if a != b:
            return reason
    return "its track keeps the identity"


def _verified(row: BoxRow) -> BoxRow:
    return row if row.protected else row._replace(verified=1)


def _changed(before: Iterable[BoxRow], after: Iterable[BoxRow]) -> tuple[list[BoxRow], list[BoxRow]]:
    """The rows that differ, in the order in which they lie in the file, which makes writing them fast."""
    old, new = set(before), set(after)

    def place(row: BoxRow) -> Key:
        return row.frame, row.track_id

    return sorted(old - new, key=place), sorted(new - old, key=place)
