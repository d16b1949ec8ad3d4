"""Reading a project: the boxes, tracks and other rows that views, exports and models ask for.

All of it may be called from any thread, while another writes. Rows come as the tuples of
``workbench.core.rows``; the timeline, which needs all boxes of a video at once, gets arrays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.core.rows import KEYS, ROW_TYPES, BoxRow, Origin, ReviewItemRow, Row, TrackRow
from workbench.core.track_boxes import TrackBoxes
from workbench.store.schema import OF_MANY
from workbench.store.sqlite import Database

_END = 2**62  # behind every frame
_MANY = 500  # ids named in one statement
_PART = 10_000  # rows made an array of at a time, which keeps every other thread waiting (1.5 ms)

# The flags of a box come as one number, because making Python numbers is most of the time of reading.
_COLUMNS = "track_id, frame, origin * 16 + verified * 8 + keyframe * 4 + occluded * 2 + outside, score"
_PACKED = np.dtype([("track_id", "i8"), ("frame", "i8"), ("flags", "i8"), ("score", "f8")])
_PLACES = (
    f"SELECT track_id, frame, x, y, w, h, score, category_id, origin = {Origin.HUMAN:d} OR verified"
    " FROM box JOIN track ON track.id = track_id"
)
_PLACED = np.dtype(
    [
        *((name, "i8") for name in ("track_id", "frame")),
        *((name, "f8") for name in ("x", "y", "w", "h", "score")),
        *((name, "i8") for name in ("class", "sure")),
    ]
)


class BoxColumns(NamedTuple):
    """All boxes of a video or a track, column by column, (N,) each."""

    track_id: NDArray[np.int64]
    frame: NDArray[np.int64]
    origin: NDArray[np.int64]  # core.rows.Origin
    verified: NDArray[np.bool_]
    keyframe: NDArray[np.bool_]
    occluded: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    score: NDArray[np.float64]  # NaN = not measured

    @classmethod
    def joined(cls, parts: Iterable[BoxColumns]) -> BoxColumns:
        """Those of all parts, of which there is at least one."""
        return cls(*(np.concatenate(column) for column in zip(*parts, strict=True)))


class Reads:
    """The reading side of a project."""

    _db: Database

    def box(self, track_id: int, frame: int) -> BoxRow | None:
        """The box of one track in one frame."""
        found = self._boxes("track_id = ? AND frame = ?", (track_id, frame))
        return found[0] if found else None

    def boxes_at(self, video_id: int, frame: int) -> list[BoxRow]:
        """The boxes of one frame, by track."""
        return self._boxes("video_id = ? AND frame = ? ORDER BY track_id", (video_id, frame))

    def boxes_between(self, video_id: int, start: int, stop: int) -> list[BoxRow]:
        """The boxes of the frames [start, stop), by frame and track."""
        where = "video_id = ? AND frame >= ? AND frame < ? ORDER BY frame, track_id"
        return self._boxes(where, (video_id, start, stop))

    def boxes_of_track(
        self, track_id: int, start: int | None = None, stop: int | None = None
    ) -> list[BoxRow]:
        """The boxes of one track in the frames [start, stop), by frame; None = from or to the end."""
        where = "track_id = ? AND frame >= ? AND frame < ? ORDER BY frame"
        return self._boxes(where, (track_id, 0 if start is None else start, _END if stop is None else stop))

    def nearest_box(self, track_id: int, frame: int, *, step: int = 1) -> BoxRow | None:
        """The first box of a track at ``frame`` or behind it; for step -1 the last one before it."""
        where = "frame >= ? ORDER BY frame" if step == 1 else "frame < ? ORDER BY frame DESC"
        found = self._boxes(f"track_id = ? AND {where} LIMIT 1", (track_id, frame))
        return found[0] if found else None

    def box_columns(self, video_id: int) -> BoxColumns:
        """All boxes of a video as arrays, by frame and track."""
        return BoxColumns.joined(self.box_columns_in_parts(video_id))

    def box_columns_in_parts(self, video_id: int) -> Iterator[BoxColumns]:
        """The same a part at a time, all as stored when the first is asked for; at least one part."""
        return self._box_columns("video_id = ? ORDER BY frame, track_id", video_id)

    def box_columns_of_track(self, track_id: int) -> BoxColumns:
        """All boxes of a track as arrays, by frame."""
        return BoxColumns.joined(self._box_columns("track_id = ? ORDER BY frame", track_id))

    def track_boxes(
        self, video_id: int, *, start: int = 0, stop: int | None = None, outside: bool = False
    ) -> TrackBoxes:
        """All boxes of a video with their places; classes are ids of categories, sure = ``BoxRow.protected``.

        Args:
            start, stop: only those in the frames [start, stop); None = to the end.
            outside: also rows that say that the target is not in the frame.
        """
        where = "box.video_id = ? AND frame >= ? AND frame < ?" + ("" if outside else " AND NOT outside")
        values = (video_id, start, _END if stop is None else stop)
        placed = np.concatenate([*self._arrays(f"{_PLACES} WHERE {where}", values, _PLACED)])
        return TrackBoxes.of(
            placed["track_id"],
            placed["frame"],
            np.stack([placed[side] for side in "xywh"], axis=1),
            scores=placed["score"],
            classes=placed["class"],
            sure=placed["sure"],
        )

    def box_keys(
        self,
        video_id: int,
        *,
        origins: Collection[int] | None = None,
        runs: Collection[int] | None = None,
        verified: bool | None = None,
    ) -> NDArray[np.int64]:
        """Which boxes of a video have this provenance: (N, 2) track and frame, by frame and track.

        Args:
            origins: only of these; None = of any.
            runs: only of these runs; None = of any or none.
            verified: only verified ones, or only others; None = all.
        """
        where, values = ["video_id = ?"], [video_id, *(origins or ()), *(runs or ())]
        if origins is not None:
            where.append(f"origin IN ({_marks(origins)})")
        if runs is not None:
            where.append(f"run_id IN ({_marks(runs)})")
        if verified is not None:
            where.append("verified" if verified else "NOT verified")
        sql = f"SELECT track_id, frame FROM box WHERE {' AND '.join(where)} ORDER BY frame, track_id"
        return np.array(self._db.read(sql, values), np.int64).reshape(-1, 2)

    def persons_poses(self, video_id: int) -> set[tuple[int, int]]:
        """Track and frame of the poses of a video that a person made or verified."""
        where = f"video_id = ? AND (origin = {Origin.HUMAN:d} OR verified)"
        return set(self._db.read(f"SELECT track_id, frame FROM pose WHERE {where}", (video_id,)))

    def skeletons_by_category(self) -> dict[int, list[int]]:
        """Ids of the skeletons that the poses of each category have, in all videos."""
        sql = "SELECT DISTINCT category_id, skeleton_id FROM pose JOIN track ON track.id = track_id"
        found: dict[int, list[int]] = {}
        for category, skeleton in self._db.read(f"{sql} ORDER BY skeleton_id", ()):
            found.setdefault(category, []).append(skeleton)
        return found

    def tracks_with_boxes_of(self, run_id: int, video_id: int) -> list[int]:
        """Ids of the tracks of a video that have boxes of a run."""
        sql = "SELECT DISTINCT track_id FROM box WHERE video_id = ? AND run_id = ? ORDER BY track_id"
        return [track_id for (track_id,) in self._db.read(sql, (video_id, run_id))]

    def track(self, track_id: int) -> TrackRow | None:
        """One track."""
        return self.tracks_by_id([track_id]).get(track_id)

    def tracks(self, video_id: int) -> list[TrackRow]:
        """The tracks of a video, by number."""
        found = self._db.read("SELECT * FROM track WHERE video_id = ? ORDER BY number, id", (video_id,))
        return list(map(partial(tuple.__new__, TrackRow), found))

    def tracks_by_id(self, ids: Iterable[int]) -> dict[int, TrackRow]:
        """Those of these tracks that exist, by id."""
        found: dict[int, TrackRow] = {}
        for some in _batches(sorted(set(ids))):
            for row in self._db.read(f"SELECT * FROM track WHERE id IN ({_marks(some)})", some):
                found[row[0]] = TrackRow._make(row)
        return found

    def rows(
        self,
        table: str,
        *,
        video_id: int | None = None,
        track_id: int | None = None,
        start: int = 0,
        stop: int | None = None,
    ) -> list[Row]:
        """The rows of any undoable table, by its key.

        Args:
            table: a key of ``ROW_TYPES``.
            video_id: only those of this video.
            track_id: only those of this track.
            start, stop: only those with a frame in [start, stop); a span counts when it meets them.
        """
        kind = ROW_TYPES[table]
        wanted: dict[str, Any] = {"video_id = ?": video_id}
        wanted["id = ?" if table == "track" else "track_id = ?"] = track_id
        if "stop" in kind._fields:
            wanted |= {"stop > ?": start or None, "start < ?": stop}
        elif "frame" in kind._fields:
            wanted |= {"frame >= ?": start or None, "frame < ?": stop}
        terms = {term: value for term, value in wanted.items() if value is not None}
        where = " AND ".join(terms) or "1"
        sql = f"SELECT * FROM {table} WHERE {where} ORDER BY {', '.join(KEYS[table])}"
        return list(map(kind._make, self._db.read(sql, tuple(terms.values()))))

    def review_items(
        self, video_id: int, *, tracks: Collection[int] | None = None, kinds: Collection[str] | None = None
    ) -> list[ReviewItemRow]:
        """The review items of a video, in no order.

        Args:
            tracks: only such as may be about some of these; those about three tracks and more always may.
            kinds: only those of these kinds.
        """
        # With the plus, those of some tracks are sought by their ids and not among all of the video.
        where, values = ["video_id = ?" if tracks is None else "+video_id = ?"], [video_id, *(kinds or ())]
        if kinds is not None:
            where.append(f"kind IN ({_marks(kinds)})")
        if tracks is not None:  # each part has an index of its own
            ids, marks = sorted(set(tracks)), _marks(set(tracks))
            parts = (f"track_id IN ({marks})", f"other_track_id IN ({marks})", OF_MANY)
            named = " UNION ".join(f"SELECT id FROM review_item WHERE {part}" for part in parts)
            where.append(f"id IN ({named})")
            values += [*ids, *ids]
        return self._items(" AND ".join(where), values)

    def review_items_by_id(self, ids: Iterable[int]) -> list[ReviewItemRow]:
        """Those of these review items that exist, in no order."""
        batches = _batches(sorted(set(ids)))
        return [row for some in batches for row in self._items(f"id IN ({_marks(some)})", some)]

    def review_item(self, item_id: int) -> ReviewItemRow | None:
        """One review item."""
        found = self.review_items_by_id([item_id])
        return found[0] if found else None

    def _boxes(self, where: str, values: tuple[int, ...]) -> list[BoxRow]:
        found = self._db.read(f"SELECT * FROM box WHERE {where}", values)
        return list(map(partial(tuple.__new__, BoxRow), found))

    def _items(self, where: str, values: Sequence[Any]) -> list[ReviewItemRow]:
        found = self._db.read(f"SELECT * FROM review_item WHERE {where}", values)
        return list(map(partial(tuple.__new__, ReviewItemRow), found))

    def _box_columns(self, where: str, value: int) -> Iterator[BoxColumns]:
        for packed in self._arrays(f"SELECT {_COLUMNS} FROM box WHERE {where}", (value,), _PACKED):
            flags = packed["flags"]
            verified, keyframe, occluded, outside = ((flags & bit).astype(bool) for bit in (8, 4, 2, 1))
            ids, frames, score = (packed[name].copy() for name in ("track_id", "frame", "score"))
            yield BoxColumns(ids, frames, flags >> 4, verified, keyframe, occluded, outside, score)

    def _arrays(self, sql: str, values: Sequence[Any], dtype: np.dtype[Any]) -> Iterator[NDArray[Any]]:
        parts = self._db.read_in_parts(sql, values, rows=_PART)
        return (np.array(rows, dtype) for rows in parts)


def _batches(ids: list[int]) -> Iterator[list[int]]:
    return (ids[i : i + _MANY] for i in range(0, len(ids), _MANY))


def _marks(values: Collection[object]) -> str:
    """Places for values in a statement."""
    return ", ".join("?" * len(values))
