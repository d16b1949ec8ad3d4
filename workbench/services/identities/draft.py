"""The boxes of some tracks in a span while they change hands, and what comes of it as a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from operator import itemgetter

from workbench.core.edits import ChangeSet
from workbench.core.plurals import counted
from workbench.core.rows import BoxRow, Origin, Row, TrackRow
from workbench.services.identities.belongings import move_actions, move_items, move_poses
from workbench.services.identities.case import Case
from workbench.services.identities.plans import Conflict, Move, Plan
from workbench.services.identities.ruled_out import Pair, allowed_again, ruled_out

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
        self._before = {track_id: case.boxes(track_id) for track_id in self.tracks}
        # The boxes beside the span: seams may lie at its ends, and a track with one of them stays.
        self._beside = {t: _beside(case, t) for t in self.tracks}
        self._after: dict[int, dict[int, BoxRow]] = {}  # by track and frame
        self._source: dict[int, dict[int, int]] = {}  # the same places: which track had the box
        self._lost: list[tuple[int, int, int, str]] = []  # frame, kept, dropped, why
        self._replaced: set[Key] = set()  # by boxes of a pass
        for track_id in self.tracks:
            self._hand_over(track_id)

    def moved(self, track_id: int) -> int:
        """How many boxes of a track change hands."""
        return sum(m.count for m in self._moves() if m.source == track_id)

    def gives(self, track_id: int) -> bool:
        """What the track has in the span goes to another, or is deleted."""
        return self._hands[track_id] != track_id

    @property
    def is_empty(self) -> bool:
        """There is no box that could change hands."""
        return not any(rows and self.gives(track_id) for track_id, rows in self._before.items())

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
                self._after.setdefault(row.track_id, {}).setdefault(row.frame, row)

    def replace(self, rows: Iterable[BoxRow]) -> None:
        """Put boxes of a pass where a track has none, or such as a run may replace."""
        for row in rows:
            own = self._after.setdefault(row.track_id, {})
            there = own.get(row.frame)
            if there is not None and there.protected:
                continue
            if there is not None:
                self._replaced.add((row.frame, row.track_id))
            own[row.frame] = row

    # -- the plan ----------------------------------------------------------------------------------

    def plan(self, name: str, text: str) -> Plan:
        """The change set and what there is to see of it."""
        marked = self._mark_seams() if self._case.manner.seen else []
        gone = [t for i, t in self.tracks.items() if self.gives(i) and not self._has_boxes(i)]
        heirs = {t.id: self._hands[t.id] for t in gone}
        new = () if self._new is None else (self._new,)
        before = [row for rows in self._before.values() for row in rows]
        after = [row for rows in self._after.values() for row in rows.values()]
        change = ChangeSet.of(
            name,
            track=(
                [*gone, *(old for old, _ in self._renamed)],
                [*new, *(row for _, row in self._renamed)],
            ),
            box=_changed(before + [old for old, _ in marked], after + [row for _, row in marked]),
            **({} if self._case.manner.provisional else self._belongings(heirs)),
        )
        lost = counted(len(self._lost), "box gives way to better ones", "boxes give way to better ones")
        handed = sum(map(len, self._source.values()))
        return Plan(
            change,
            f"{text} {lost}." if self._lost else text,
            self._case.start,
            self._case.last,
            moves=self._moves(),
            conflicts=self._conflicts(),
            new=new,
            gone=tuple(gone),
            added=len(after) - handed,
            rows=self._by_track(),
        )

    # -- how ---------------------------------------------------------------------------------------

    def _belongings(self, heirs: Mapping[int, int | None]) -> dict[str, tuple[Sequence[Row], Sequence[Row]]]:
        """What moves along with the boxes: rows before and after by table; no preview shows it."""
        before, after = move_items(self._case, self._hands, heirs)
        parted, joined = self._parted(), self._joined()
        seen = self._case.manner.seen  # what nobody looked at may be asked about
        never = ruled_out(self._case, parted, joined, cache(self._boxes)) if seen else []
        allowed = {row.id: row for row in allowed_again(self._case, self._hands, parted, joined)}
        before, after = ([row for row in rows if row.id not in allowed] for rows in (before, after))
        return {
            "pose": move_poses(
                self._case, self._hands, heirs, losers=self._losers(), replaced=self._replaced
            ),
            "action": move_actions(self._case, self._hands, heirs),
            "review_item": ([*before, *allowed.values()], [*after, *never]),
        }

    def _hand_over(self, track_id: int) -> None:
        """Give a track's boxes to their new track; where that has one already, the better one stays."""
        target = self._hands[track_id]
        if target is None:
            return
        own, source = self._after.setdefault(target, {}), self._source.setdefault(target, {})
        for row in self._before[track_id]:
            there = own.get(row.frame)
            if there is not None and not self._wins(row, there, source[row.frame], target):
                continue
            own[row.frame] = row if target == track_id else row._replace(track_id=target)
            source[row.frame] = track_id

    def _wins(self, row: BoxRow, there: BoxRow, rival: int, target: int) -> bool:
        """Whether a box takes the place of one that another track brought."""
        wins = (_rank(row), row.track_id == target) > (_rank(there), rival == target)
        winner, loser = (row, there) if wins else (there, row)
        kept, dropped = (row.track_id, rival) if wins else (rival, row.track_id)
        self._lost.append((row.frame, kept, dropped, _why(winner, loser)))
        return wins

    def _has_boxes(self, track_id: int) -> bool:
        return bool(self._after.get(track_id)) or not self.whole(track_id)

    def _losers(self) -> set[Key]:
        return {(frame, dropped) for frame, _, dropped, _ in self._lost}

    def _chain(self, track_id: int) -> list[tuple[BoxRow, int | None]]:
        """A track's boxes in and beside the span afterwards, with who had each; None = it is new."""
        first, last = self._beside.get(track_id, (None, None))
        own, source = self._after.get(track_id, {}), self._source.get(track_id, {})
        chain: list[tuple[BoxRow, int | None]] = [(own[frame], source.get(frame)) for frame in sorted(own)]
        before = [] if first is None else [(first, track_id)]
        return [*before, *chain, *([] if last is None else [(last, track_id)])]

    def _mark_seams(self) -> list[tuple[BoxRow, BoxRow]]:
        """Mark the boxes at the seams verified; returns those beside the span, before and after.

        A track that changes hands or number as a whole has no seam; its first box is marked instead.
        """
        seams = self._seams()
        known = {track_id for _, track_id in seams}
        whole = {m.target for m in self._moves()} | {a.id for a, b in self._renamed if a.number != b.number}
        seams |= {(min(own), t) for t, own in self._after.items() if own and t in whole - known}
        for frame, track_id in seams:
            own = self._after.get(track_id, {})
            if frame in own:
                own[frame] = _verified(own[frame])
        outside = [row for rows in self._beside.values() for row in rows if row is not None]
        marked = [(row, _verified(row)) for row in outside if (row.frame, row.track_id) in seams]
        return [(old, row) for old, row in marked if old != row]

    def _seams(self) -> set[Key]:
        """Boxes beside one of another origin in their track, or that had it beside them before."""
        pairs = [*self._parted(), *self._joined()]
        return {(row.frame, row.track_id) for pair in pairs for row in pair}

    def _parted(self) -> list[Pair]:
        """Boxes that followed each other in one track, and are in two now."""
        pairs = [pair for t in self.tracks for pair in pairwise(self._fates(t))]
        return [(self._box(*one), self._box(*other)) for one, other in pairs if one[1] != other[1]]

    def _joined(self) -> list[Pair]:
        """Boxes that follow each other in a track now, whatever was filled in between, and were in two."""
        chains = [[(row, had) for row, had in self._chain(t) if had is not None] for t in self._after]
        return [(a, b) for chain in chains for (a, had_a), (b, had_b) in pairwise(chain) if had_a != had_b]

    def _box(self, frame: int, track_id: int) -> BoxRow:
        return next(row for row in self._boxes(track_id) if row.frame == frame)

    def _boxes(self, track_id: int) -> list[BoxRow]:
        return [row for row, _ in self._chain(track_id)]

    def _fates(self, track_id: int) -> list[Key]:
        """Where the boxes that a track had are afterwards, in order of frame, for those that are kept."""
        target = self._hands[track_id]
        first, last = self._beside[track_id]
        moved = [] if target is None else [(frame, target) for frame in self._kept(track_id)]
        ends = [None if row is None else (row.frame, track_id) for row in (first, last)]
        return [key for key in (ends[0], *moved, ends[1]) if key is not None]

    def _kept(self, track_id: int) -> list[int]:
        """Frames of the boxes that a track had and that are not deleted and gave not way, in order."""
        target = self._hands[track_id]
        source = {} if target is None else self._source[target]
        return [row.frame for row in self._before[track_id] if source.get(row.frame) == track_id]

    def _moves(self) -> tuple[Move, ...]:
        moves = []
        for source, rows in self._before.items():
            target = self._hands[source]
            frames = [row.frame for row in rows] if target is None else self._kept(source)
            if frames and target != source:
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
        found = {t: tuple(own[frame] for frame in sorted(own)) for t, own in self._after.items()}
        return {**dict.fromkeys(self.tracks, ()), **found}


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


def _changed(before: Sequence[BoxRow], after: Sequence[BoxRow]) -> tuple[list[BoxRow], list[BoxRow]]:
    """The rows that differ, in the order in which they lie in the file, which makes writing them fast."""
    old, new = set(before), set(after)
    gone, come = [row for row in before if row not in new], [row for row in after if row not in old]
    return sorted(gone, key=_place), sorted(come, key=_place)


_place = itemgetter(BoxRow._fields.index("frame"), BoxRow._fields.index("track_id"))
