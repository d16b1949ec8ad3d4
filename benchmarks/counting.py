"""What counting, trails and labels of a crowd cost: CPU time of the process.

    python benchmarks/counting.py

A made project: 100 targets in each of 1000 frames, two lines, two zones.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from workbench.core.edits import ChangeSet
from workbench.core.regions import Kind, Region
from workbench.core.rows import BoxRow, Origin, TrackRow
from workbench.services.regions import remember_regions
from workbench.services.statistics import measure_video
from workbench.services.statistics_files import write_statistics
from workbench.store import Project
from workbench.ui.canvas import label_places
from workbench.ui.trails import Trails

TRACKS, FRAMES = 100, 1000
SIZE = (90.0, 17.0)  # of a label, pixels


def made_project(folder: Path) -> Project:
    """Targets that walk to and fro over 1280 x 720 pixels."""
    project = Project.create(folder / "counting.wbp")
    video = project.add_video(folder / "clip.mp4", width=1280, height=720, frame_count=FRAMES, fps=25.0)
    person = project.add_category("person")
    rng = np.random.default_rng(0)
    phase, y = rng.uniform(0, 6.28, TRACKS), rng.uniform(50, 600, TRACKS)
    tracks = [TrackRow(i + 1, video.id, person.id, i + 1, "", None) for i in range(TRACKS)]
    boxes = [
        BoxRow(
            video.id, f, i + 1, float(600 + 500 * np.sin(phase[i] + f / 100)), float(y[i]), 40.0, 90.0,
            0.9, int(Origin.MODEL), None, 0, 0, 0, 0,
        )
        for i in range(TRACKS) for f in range(FRAMES)
    ]  # fmt: skip
    project.apply(ChangeSet.of("Make", track=((), tracks), box=((), boxes)))
    regions = [
        Region("Left", Kind.LINE, ((400, 0), (400, 720))),
        Region("Right", Kind.LINE, ((800, 0), (800, 720))),
        Region("Square", Kind.ZONE, ((500, 200), (700, 200), (700, 400), (500, 400))),
        Region("Six corners", Kind.ZONE, ((0, 0), (90, 0), (200, 300), (90, 700), (40, 600), (0, 650))),
    ]
    remember_regions(project, video.id, regions)
    return project


def drained(steps: Generator[Any, None, Any]) -> Any:
    """The result of a job."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def cost(work: Callable[[], object], *, rounds: int) -> str:
    """Least and median milliseconds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(1e3 * (time.process_time() - start))
    return f"{min(times):.2f} | {np.median(times):.2f}"


def label_rows() -> list[tuple[str, str]]:
    """Placing labels of boxes at random in a 1200 x 1000 picture."""
    rows = []
    for count in (50, 100, label_places.MANY):
        rng = np.random.default_rng(0)
        corner = rng.integers(0, (1200, 1000), (count, 2))
        rects = np.hstack([corner, corner + np.array([30, 80])]).astype(np.int32)
        full, none = np.tile(SIZE, (count, 1)), np.zeros(count, bool)

        def place(rects: Any = rects, full: Any = full, none: Any = none) -> None:
            places = label_places.above(rects, full, lift=np.full(len(rects), 19), gap=2, height=1000)
            crowded = label_places.crowded(places, full)
            sizes = np.where(crowded[:, None], (28.0, 17.0), full)
            label_places.spread(places, sizes, rects, fixed=none, gap=2)

        rows.append((f"placing {count} labels", cost(place, rounds=9)))
    return rows


def main() -> None:
    """Print a table."""
    with tempfile.TemporaryDirectory() as name, made_project(Path(name)) as project:
        video = project.videos()[0].id
        found = drained(measure_video(project, video))
        ids, kept = list(range(1, TRACKS + 1)), Trails(project)
        frames = iter(range(100, FRAMES))
        rows = [
            ("reading 100,000 boxes as columns", cost(lambda: project.track_boxes(video), rounds=5)),
            ("reading and counting them", cost(lambda: drained(measure_video(project, video)), rounds=5)),
            ("writing tables and plot", cost(lambda: write_statistics(found, Path(name) / "out"), rounds=3)),
            ("trails of 100 tracks, a jump", cost(lambda: Trails(project).of(video, ids, 500), rounds=9)),
            ("the same, a step", cost(lambda: kept.of(video, ids, next(frames)), rounds=200)),
            *label_rows(),
        ]
    print("| what | min ms | median ms |\n|---|---|---|")
    for what, value in rows:
        print(f"| {what} | {value} |")


if __name__ == "__main__":
    main()
