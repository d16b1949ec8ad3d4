"""A project in memory, to compare the stored one with, and random edits for both."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from workbench.core.edits import Change, ChangeSet
from workbench.core.rows import (
    KEYS,
    ROW_TYPES,
    ActionRow,
    BoxRow,
    Origin,
    PoseRow,
    ReviewItemRow,
    Row,
    TrackRow,
)
from workbench.store import Project

FRAMES = 40


def new_project(path: Path) -> Project:
    """A project with one video, two categories, one skeleton and one run, all of id 1 (and 2)."""
    project = Project.create(path)
    project.add_video(path.parent / "clip.mp4", width=640, height=480, frame_count=10_000, fps=25.0)
    project.add_category("person")
    project.add_category("car")
    project.add_skeleton("pair", ["left", "right"], [[0, 1]])
    project.add_run(video_id=1, kind="track")
    return project


def track(track_id: int, **fields: Any) -> TrackRow:
    return TrackRow(track_id, 1, 1, track_id, "", None)._replace(**fields)


def box(track_id: int, frame: int, **fields: Any) -> BoxRow:
    return BoxRow(
        1, frame, track_id, 10.0, 20.0, 30.0, 40.0, None, int(Origin.HUMAN), None, 0, 1, 0, 0
    )._replace(**fields)


def review_item(item_id: int, *tracks: int, **fields: Any) -> ReviewItemRow:
    """An open item, without fix, evidence or place, about tracks of video 1."""
    first, other = [*tracks, None, None][:2]
    start = fields.get("start", 0)
    plain = (0.5, 1.0, "", "[]", "[]", "", "", None)
    return ReviewItemRow(
        item_id, 1, "switch", start, start, start + 1, first, other, json.dumps(tracks), *plain
    )._replace(**fields)


def add(name: str, tracks: list[TrackRow], boxes: list[BoxRow]) -> ChangeSet:
    return ChangeSet.of(name, track=([], tracks), box=([], boxes))


def stored(project: Project) -> dict[str, set[Row]]:
    """All undoable rows of a project."""
    return {table: set(project.rows(table)) for table in ROW_TYPES}


class Reference:
    """The undoable rows and their history, in dictionaries."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[Any, Row]] = {table: {} for table in ROW_TYPES}
        self.done: list[ChangeSet] = []
        self.undone: list[ChangeSet] = []
        self.last_id = 0

    def state(self) -> dict[str, set[Row]]:
        return {table: set(rows.values()) for table, rows in self.rows.items()}

    def apply(self, change: ChangeSet) -> None:
        self._write(change)
        self.done.append(change)
        self.undone.clear()

    def undo(self) -> None:
        if self.done:
            change = self.done.pop()
            self._write(change.inverted())
            self.undone.append(change)

    def redo(self) -> None:
        if self.undone:
            change = self.undone.pop()
            self._write(change)
            self.done.append(change)

    def _write(self, change: ChangeSet) -> None:
        for part in change.changes:
            rows = self.rows[part.table]
            for row in part.before:
                assert rows.pop(_key(part, row)) == row
            for row in part.after:
                assert rows.setdefault(_key(part, row), row) is row

    # -- random edits ------------------------------------------------------------------------------

    def random_change(self, rng: random.Random, *, large: bool = False) -> ChangeSet:
        """A change that is possible now."""
        if large or len(self.rows["track"]) < 2:
            return self._add_tracks(rng, FRAMES * (10 if large else 1))
        kinds = [self._move, self._remove_track, self._swap, self._delete, self._annotate, self._rename]
        change = rng.choice(kinds)(rng)
        return change if change else self._add_tracks(rng, FRAMES)

    def _add_tracks(self, rng: random.Random, frames: int) -> ChangeSet:
        ids = [self._new_id() for _ in range(rng.randint(2, 3))]
        boxes = [self._box(rng, t, f) for t in ids for f in range(frames) if rng.random() < 0.9]
        return add("Add tracks", [track(t, run_id=rng.choice([None, 1])) for t in ids], boxes)

    def _box(self, rng: random.Random, track_id: int, frame: int) -> BoxRow:
        x, y, w, h = (rng.uniform(-50, 700) for _ in range(4))
        score = rng.choice([None, rng.random()])
        return box(track_id, frame, x=x, y=y, w=w, h=h, score=score, verified=rng.randint(0, 1))

    def _boxes(self, rng: random.Random, track_id: int | None = None) -> list[BoxRow]:
        """Boxes of a random span of frames."""
        start = rng.randrange(FRAMES)
        stop = start + rng.randint(1, FRAMES)
        found = [row for row in self.rows["box"].values() if isinstance(row, BoxRow)]
        return [b for b in found if start <= b.frame < stop and track_id in (None, b.track_id)]

    def _move(self, rng: random.Random) -> ChangeSet:
        rows = self._boxes(rng)
        return ChangeSet.of(
            "Move boxes", box=(rows, [r._replace(x=rng.uniform(0, 600), run_id=1) for r in rows])
        )

    def _delete(self, rng: random.Random) -> ChangeSet:
        return ChangeSet.of("Delete boxes", box=(self._boxes(rng, rng.choice(list(self.rows["track"]))), []))

    def _swap(self, rng: random.Random) -> ChangeSet:
        a, b = rng.sample(list(self.rows["track"]), 2)
        rows = [r for r in self._boxes(rng) if r.track_id in (a, b)]
        after = [r._replace(track_id=a + b - r.track_id) for r in rows]
        return ChangeSet.of("Swap identities", box=(rows, after))

    def _rename(self, rng: random.Random) -> ChangeSet:
        row = rng.choice(list(self.rows["track"].values()))
        after = row._replace(name=f"né {rng.random()}", category_id=rng.randint(1, 2))
        return ChangeSet.of("Rename", track=([row], [after]))

    def _remove_track(self, rng: random.Random) -> ChangeSet:
        gone = rng.choice(list(self.rows["track"]))
        befores = {
            table: [r for r in rows.values() if gone == getattr(r, "id" if table == "track" else "track_id")]
            for table, rows in self.rows.items()
        }
        return ChangeSet.of("Delete track", **{table: (rows, []) for table, rows in befores.items()})

    def _annotate(self, rng: random.Random) -> ChangeSet:
        a, b = rng.sample(list(self.rows["track"]), 2)
        frame = rng.randrange(FRAMES)
        pose = PoseRow(1, frame, a, 1, rng.randbytes(24), rng.random(), 0, None, 0)
        old = self.rows["pose"].get((a, frame, 1))
        action = ActionRow(self._new_id(), 1, b, frame, frame + 5, "walks", None, 0, None, 1)
        item = review_item(self._new_id(), a, b, start=frame, stop=frame + 1, score=rng.random(), run_id=1)
        return ChangeSet.of(
            "Annotate", pose=([old] if old else [], [pose]), action=([], [action]), review_item=([], [item])
        )

    def _new_id(self) -> int:
        self.last_id += 1
        return self.last_id


def _key(change: Change, row: Row) -> Any:
    values = tuple(getattr(row, field) for field in KEYS[change.table])
    return values if len(values) > 1 else values[0]
