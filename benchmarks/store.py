"""What the store costs beside plain sqlite3, and whether it loses anything.

    python benchmarks/store.py [--boxes 1000000] [--kills 200]

Every figure with a bar is measured beside its baseline in the same run: sqlite3 itself on the same
tables with the same indexes and foreign keys, in transactions of the same 500 rows.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from workbench.core.edits import ChangeSet
from workbench.core.rows import BoxRow, Origin, TrackRow
from workbench.store import Project

PER_FRAME = 100
SLICE = 500
INSERT = f"INSERT INTO box VALUES ({', '.join('?' * 14)})"
FRAME = "SELECT * FROM box WHERE video_id = ? AND frame = ? ORDER BY track_id"
ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--boxes", type=int, default=1_000_000)
    options.add_argument("--kills", type=int, default=200)
    given = options.parse_args()
    print("| measure | ours | baseline | bar | met |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCHMARK_DIR")) as folder:
        root = Path(folder)
        bulk(root)
        project = fill(root / "big.wbp", given.boxes)
        with project:
            size(project, given.boxes)
            frame_read(project, given.boxes)
            corrections(project)
            corrections_during_import(project, given.boxes)
            undo_large(project)
            columns(project, given.boxes)
        kills(root, given.kills)


def report(measure: str, ours: str, baseline: str, bar: str, met: bool | None) -> None:
    print(
        f"| {measure} | {ours} | {baseline} | {bar} | {'' if met is None else 'yes' if met else 'NO'} |",
        flush=True,
    )


# Data ---------------------------------------------------------------------------------------------


def boxes(video: int, tracks: range, start: int, stop: int, *, seed: int = 0) -> list[BoxRow]:
    """Model boxes of all tracks in [start, stop), by frame, with coordinates as a network gives them."""
    values = np.random.default_rng(seed).uniform(1, 1900, (stop - start, len(tracks), 5))
    return [
        BoxRow(video, start + f, t, *row[:4], row[4] / 1900, int(Origin.MODEL), None, 0, 0, 0, 0)
        for f, frame in enumerate(values.tolist())
        for t, row in zip(tracks, frame, strict=True)
    ]


def new_project(path: Path) -> tuple[Project, int]:
    project = Project.create(path)
    video = project.add_video(path.parent / "a.mp4", width=1920, height=1080, frame_count=10**6, fps=25.0)
    project.add_category("person")
    return project, video.id


def add_tracks(project: Project, video: int, count: int) -> range:
    ids = project.new_ids("track", count)
    rows = [TrackRow(i, video, 1, i, "", None) for i in ids]
    finish(project.apply_large(ChangeSet.of("Add tracks", track=([], rows))))
    return ids


def finish(steps: Iterator[object]) -> None:
    for _ in steps:
        pass


def fill(path: Path, count: int) -> Project:
    project, video = new_project(path)
    chunk = 100_000 // PER_FRAME
    for first in range(0, count // PER_FRAME, chunk):  # one run of the tracker each: new tracks, 1000 frames
        tracks = add_tracks(project, video, PER_FRAME)
        rows = boxes(video, tracks, first, first + chunk, seed=first)
        finish(project.apply_large(ChangeSet.of("Track all", box=([], rows))))
    return project


# Measures -----------------------------------------------------------------------------------------


def bulk(root: Path, count: int = 100_000, rounds: int = 5) -> None:
    times = [bulk_once(root / f"bulk{i}.wbp", count) for i in range(rounds)]
    rate, limit = (count / min(column) for column in zip(*times, strict=True))
    ours = f"{rate:,.0f} ({rate / limit:.2f} of plain)"
    report(f"write {count:,} boxes, rows/s", ours, f"{limit:,.0f}", ">= 0.60", rate >= 0.6 * limit)


def bulk_once(path: Path, count: int) -> tuple[float, float]:
    """Seconds of the store and of sqlite3 for the same rows into two copies of one project."""
    project, video = new_project(path)
    tracks = add_tracks(project, video, PER_FRAME)
    change = ChangeSet.of("Track all", box=([], boxes(video, tracks, 0, count // PER_FRAME)))
    project.backup(path / "plain.db")
    rows = [tuple(row) for row in change.changes[0].after]
    plain = seconds(lambda: insert_plain(path / "plain.db", rows))
    with project:
        return seconds(lambda: finish(project.apply_large(change))), plain


def insert_plain(file: Path, rows: list[tuple[object, ...]]) -> None:
    database = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        database.execute(f"PRAGMA {pragma}")
    for first in range(0, len(rows), SLICE):
        database.execute("BEGIN IMMEDIATE")
        database.executemany(INSERT, rows[first : first + SLICE])
        database.execute("COMMIT")
    database.close()


def size(project: Project, count: int) -> None:
    copy = project.path / "copy.db"
    project.backup(copy)
    each = copy.stat().st_size / count
    database = sqlite3.connect(copy)
    journal = database.execute("SELECT sum(length(rows)) FROM edit_change").fetchone()[0] / count
    database.close()
    copy.unlink()
    report("bytes a box, journal included", f"{each:.0f} (journal {journal:.0f})", "", "< 150", each < 150)


def frame_read(project: Project, count: int) -> None:
    raw = sqlite3.connect(project.path / "project.db")
    frames = np.random.default_rng(1).integers(0, count // PER_FRAME, 2000).tolist()
    ours, plain = [], []
    for frame in frames:
        plain.append(seconds(lambda f=frame: raw.execute(FRAME, (1, f)).fetchall()))
        ours.append(seconds(lambda f=frame: project.boxes_at(1, f)))
    raw.close()
    ratio = statistics.median(ours) / statistics.median(plain)
    report(
        f"read a frame of {PER_FRAME} boxes, p50 of 2000",
        f"{ms(ours, 50)} ({ratio:.2f} x)",
        ms(plain, 50),
        "<= 3 x",
        ratio <= 3,
    )
    tracks = [project.tracks(1)[i].id for i in range(0, len(project.tracks(1)), 10)]
    times = [seconds(lambda t=t: project.boxes_of_track(t)) for t in tracks]
    report("read a track of 1000 boxes, p50", ms(times, 50), "", "", None)


def correct(project: Project, track: int, frame: int) -> float:
    """Seconds of moving one box, without finding it."""
    row = project.box(track, frame)
    assert row is not None
    change = ChangeSet.of("Move box", box=([row], [row._replace(x=row.x + 1, origin=int(Origin.HUMAN))]))
    return seconds(lambda: project.apply(change))


def corrections(project: Project, count: int = 2000) -> None:
    times = [correct(project, 1 + i % PER_FRAME, i % 1000) for i in range(count)]
    log = project.path / "sync.bin"
    with log.open("wb", buffering=0) as file:
        syncs = [seconds(lambda: (file.write(bytes(24_000)), os.fsync(file.fileno()))) for _ in range(200)]
    log.unlink()
    p99 = float(np.percentile(times, 99)) * 1e3
    report(
        f"commit a correction, p50 / p99 of {count}",
        f"{ms(times, 50)} / {p99:.1f} ms",
        f"fsync of 24 kB: {ms(syncs, 50)} / {ms(syncs, 99)}",
        "p99 < 10 ms",
        p99 < 10,
    )


def corrections_during_import(project: Project, count: int) -> None:
    tracks = add_tracks(project, 1, PER_FRAME)
    start = count // PER_FRAME
    change = ChangeSet.of("Import", box=([], boxes(1, tracks, start, start + 1000)))
    importer = threading.Thread(target=lambda: finish(project.apply_large(change)))
    importer.start()
    report_correction("100,000 boxes come in", corrections_while(project, importer))


def corrections_while(project: Project, other: threading.Thread) -> list[float]:
    """Seconds of each correction, one every 5 ms while the other thread writes."""
    times: list[float] = []
    while other.is_alive():
        times.append(correct(project, 1 + len(times) % PER_FRAME, len(times) % 1000))
        time.sleep(0.005)
    other.join()
    return times


def report_correction(what: str, times: list[float]) -> None:
    p95 = float(np.percentile(times, 95)) * 1e3
    ours = f"{ms(times, 50)} / {p95:.1f} ms / {max(times) * 1e3:.0f} ms"
    report(f"a correction while {what}, p50 / p95 / max of {len(times)}", ours, "", "p95 <= 16 ms", p95 <= 16)


def undo_large(project: Project) -> None:
    """Both ways with nobody else, then the undo again while another thread corrects boxes."""
    while (edit := project.next_undo) and not edit.large:
        project.undo()
    alone = seconds(project.undo)
    redo = seconds(project.redo)
    report("undo / redo 100,000 boxes", f"{alone:.2f} s / {redo:.2f} s", "", "", None)
    undoing = threading.Thread(target=project.undo)
    undoing.start()
    times = corrections_while(project, undoing)
    report_correction("100,000 boxes are undone", times)


def columns(project: Project, count: int) -> None:
    took = seconds(lambda: project.box_columns(1))
    report(f"{count:,} boxes as arrays", f"{took:.2f} s", "", "", None)
    report("read the whole file for damage", f"{seconds(project.check):.2f} s", "", "", None)


def kills(root: Path, count: int) -> None:
    sys.path.insert(0, str(ROOT))
    from tests.store.acknowledged_writer import kill_and_check

    acknowledged = sum(kill_and_check(root / f"kill{i}.wbp", seed=i) for i in range(count))
    report(f"kill -9, {count} times", f"0 of {acknowledged:,} acknowledged edits lost", "", "0 lost", True)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ms(times: list[float], percentile: float) -> str:
    return f"{np.percentile(times, percentile) * 1e3:.2f} ms"


if __name__ == "__main__":
    main()
