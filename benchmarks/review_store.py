"""What reviewing costs: corrections of long tracks, the queue, and bringing it up to date.

    python benchmarks/review_store.py [--boxes 1000000] [--items 10000]

Tracks of 5000 frames, so many that they have as many boxes as asked for, and a queue about random pairs of
them. Every time is the median of the rounds, in CPU time of the thread and on the clock; bars are for the
CPU time, since other work on the machine stretches the clock's. "Commit" is writing with its journal, on
disk when it returns; beside it, sqlite3 itself replaces the same rows without a journal.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from workbench.core.edits import ChangeSet
from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.core.rows import BoxRow, Origin, TrackRow
from workbench.services import history, identities, reviewing
from workbench.services.reconciling import reconcile
from workbench.store import Project

INSERT = f"INSERT INTO box VALUES ({', '.join('?' * 14)})"
DELETE = "DELETE FROM box WHERE video_id = ? AND frame = ? AND track_id = ?"
LENGTH = 5000
ROUNDS = 5


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--boxes", type=int, default=1_000_000)
    options.add_argument("--items", type=int, default=10_000)
    given = options.parse_args()
    print("| measure | CPU | clock | plain sqlite3, CPU | bar | met |\n|---|---|---|---|---|---|")
    place = tempfile.TemporaryDirectory(dir=os.environ.get("BENCHMARK_DIR"))
    with place as folder, filled(Path(folder) / "p.wbp", given.boxes) as project:
        reading(project)
        queue(project, given.items)
        corrections(project)
        of_a_track(project)


@dataclass(frozen=True)
class Took:
    """Milliseconds of CPU and on the clock."""

    cpu: float
    wall: float


def report(measure: str, took: Sequence[Took], bar: float | None = None, beside: str = "") -> None:
    cpu, wall = (statistics.median(getattr(t, name) for t in took) for name in ("cpu", "wall"))
    limit = "" if bar is None else f"< {bar:.0f} ms"
    met = "" if bar is None else "yes" if cpu < bar else "NO"
    print(f"| {measure} | {cpu:.0f} ms | {wall:.0f} ms | {beside} | {limit} | {met} |", flush=True)


def filled(path: Path, boxes: int) -> Project:
    project = Project.create(path)
    video = project.add_video(path.parent / "a.mp4", width=1920, height=1080, frame_count=LENGTH, fps=25.0)
    project.add_category("person")
    ids = project.new_ids("track", max(boxes // LENGTH, 4))
    tracks = [TrackRow(i, video.id, 1, i, "", None) for i in ids]
    finish(project.apply_large(ChangeSet.of("Add tracks", track=([], tracks))))
    for some in (ids[i : i + 20] for i in range(0, len(ids), 20)):
        rows = list(boxes_of(video.id, some))
        finish(project.apply_large(ChangeSet.of("Track all", box=([], rows))))
    return project


def boxes_of(video: int, tracks: range) -> Iterator[BoxRow]:
    """Random walks, by frame, with coordinates as a network gives them."""
    rng = np.random.default_rng(tracks.start)
    walk = rng.uniform(100, 900, (1, len(tracks), 2)) + rng.normal(0, 2, (LENGTH, len(tracks), 2)).cumsum(
        axis=0
    )
    values = np.concatenate([walk, rng.uniform(30, 60, (LENGTH, len(tracks), 2))], axis=2)
    scores = rng.uniform(0, 1, (LENGTH, len(tracks))).tolist()
    for frame, (places, chances) in enumerate(zip(values.tolist(), scores, strict=True)):
        for track, place, score in zip(tracks, places, chances, strict=True):
            yield BoxRow(video, frame, track, *place, score, int(Origin.MODEL), None, 0, 0, 0, 0)


def reading(project: Project) -> None:
    count = len(project.track_boxes(1))
    report(f"{count:,} boxes as columns with places", timed(lambda: project.track_boxes(1), rounds=2))


def queue(project: Project, count: int) -> None:
    rng = np.random.default_rng(1)
    ids = [track.id for track in project.tracks(1)]
    issues = [issue(rng, ids) for _ in range(count)]
    boxes = project.track_boxes(1)

    def bring_up_to_date() -> None:
        stored = project.review_items(1)
        done = reconcile(
            stored,
            issues,
            boxes,
            video_id=1,
            new_ids=lambda n: project.new_ids("review_item", n) if n else (),
        )
        change = ChangeSet.of("Find identity issues", review_item=(done.before, done.after))
        if change:
            finish(project.apply_large(change))

    report(f"{count:,} issues into an empty queue", timed(bring_up_to_date, rounds=1))
    report("the same again", timed(bring_up_to_date, rounds=2))
    report(f"open a queue of {count:,}", timed(lambda: reviewing.queue(project, 1)), 200)
    report("its progress", timed(lambda: reviewing.progress(project, 1)))
    item = reviewing.queue(project, 1)[0]
    times = []
    for _ in range(ROUNDS):
        times.append(took(lambda: project.apply(reviewing.reject(item))))
        project.undo()
    report("reject an item", times)


def issue(rng: np.random.Generator, ids: list[int]) -> Issue:
    a, b = rng.choice(ids, 2, replace=False).tolist()
    frame = int(rng.integers(10, LENGTH - 10))
    fix = Fix(Operation.SWAP, (a, b), frame)
    chance, evidence = float(rng.uniform()), (("distance", 0.4), ("overlap", 0.7), ("motion", 2.5))
    return Issue(
        "possible-switch", frame, frame - 5, frame + 5, (a, b), chance, float(LENGTH - frame), fix, evidence
    )


def corrections(project: Project) -> None:
    a, b, c, d = (track.id for track in project.tracks(1)[:4])
    for name, fix in (
        ("swap, half way on", Fix(Operation.SWAP, (a, b), LENGTH // 2)),
        ("swap, all frames", Fix(Operation.SWAP, (a, b))),
        ("merge, half way on", Fix(Operation.MERGE, (c, d), LENGTH // 2)),
        ("split, half way on", Fix(Operation.SPLIT, (a,), LENGTH // 2)),
    ):
        of_fix(project, f"two tracks of {LENGTH} frames: {name}", fix)


def of_fix(project: Project, name: str, fix: Fix) -> None:
    plans, commits, undos, plain = [], [], [], []
    for _ in range(ROUNDS):
        plans.append(took(lambda: identities.plan(project, fix)))
        change = identities.plan(project, fix).change
        plain.append(took(partial(replace_plainly, project, change)))
        commits.append(took(partial(project.apply, change)))
        undos.append(took(project.undo))
    rows = sum(len(c.after) for c in change.changes)
    beside = f"{statistics.median(t.cpu for t in plain):.0f} ms"
    report(f"{name}: commit ({rows:,} rows)", commits, 500, beside)
    report(f"{name}: plan it", plans)
    report(f"{name}: undo", undos)


def replace_plainly(project: Project, change: ChangeSet) -> None:
    """Take the rows out and put the others in, in one transaction that is then taken back."""
    database = sqlite3.connect(project.path / "project.db", isolation_level=None)
    database.execute("PRAGMA foreign_keys = ON")
    database.execute("BEGIN IMMEDIATE")
    for part in change.changes:
        if part.table == "box":
            database.executemany(DELETE, [row[:3] for row in part.before])
            database.executemany(INSERT, list(map(tuple, part.after)))
    database.execute("ROLLBACK")
    database.close()


def of_a_track(project: Project) -> None:
    track = project.tracks(1)[0].id
    report("the history of one track", timed(lambda: history.entries(project, track_id=track)))


def timed(work: Callable[[], object], rounds: int = ROUNDS) -> list[Took]:
    return [took(work) for _ in range(rounds)]


def took(work: Callable[[], object]) -> Took:
    cpu, wall = time.thread_time(), time.perf_counter()
    work()
    return Took((time.thread_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3)


def finish(steps: Iterator[object]) -> None:
    for _ in steps:
        pass


if __name__ == "__main__":
    main()
