"""Whether the parts of a run overlap: the whole beside each of its stages alone; and storing a large result.

    python benchmarks/running.py [--video FILE] [--detector NAME] [--tracker NAME] [--repeat 3]

Without a video it makes one: bright blocks before a dark, noisy background, 640 x 480. Stages alone: decoding
the video to pictures; the detector on pictures that are decoded already; writing what it found; joining it;
storing the tracks in a new project. The whole is ``services.running.run`` on a new project of the same video.
Seconds are the least of the repetitions, which are done in turn, as others may use the machine.

The second table stores 100 000 boxes, and then as many over them, while another thread wakes every 2 ms and
places a box of another video every 50 ms: how late it wakes is what a window would feel.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from workbench.services import editing
from workbench.services.associating import Association, no_links
from workbench.services.multi_trackers import DEFAULT
from workbench.services.projects import add_media, create_project
from workbench.services.run_detectors import OpenDetector, RunDetectors
from workbench.services.run_files import DetectionWriter, read_found
from workbench.services.run_options import RunOptions, association_of
from workbench.services.run_storing import KIND, store_tracks
from workbench.services.running import run
from workbench.store import Project
from workbench.tracking.offline import Tracks
from workbench.video import open_video
from workbench.video.writer import write_video

FRAMES, SIZE, BLOCKS = 250, (640, 480), 12  # of the made clip
BAR = 1.15  # times its slowest stage that a run may take
CROWD, LENGTH = 100, 1000  # boxes a frame, and frames, of the large result
LAG_BAR = 16.0  # ms


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--video", type=Path)
    options.add_argument("--detector", default="moving-objects")
    options.add_argument("--tracker", default=DEFAULT)
    options.add_argument("--repeat", type=int, default=3)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        video = given.video or made_clip(Path(folder) / "made.mp4")
        overlapping(video, RunOptions(given.detector, given.tracker), given.repeat, Path(folder))
        storing(Path(folder))


def overlapping(video: Path, options: RunOptions, repeat: int, folder: Path) -> None:
    detectors = RunDetectors()
    with open_video(video) as reader:
        pictures = list(reader.frames())
    seconds: dict[str, list[float]] = {}
    for turn in range(repeat):
        home = folder / f"turn {turn}"
        for name, job in stages(video, pictures, detectors, options, home).items():
            begun = time.perf_counter()
            job()
            seconds.setdefault(name, []).append(time.perf_counter() - begun)
    least = {name: min(times) for name, times in seconds.items()}
    slowest = max(value for name, value in least.items() if name != "whole run")
    print(f"{video.name}, {len(pictures)} frames, {options.detector}, {options.tracker}\n")
    print("| stage | s | of the slowest |\n|---|---|---|")
    for name, value in least.items():
        met = "" if name != "whole run" else f", bar {BAR}" + ("" if value <= BAR * slowest else " NOT met")
        print(f"| {name} | {value:.2f} | {value / slowest:.2f}{met} |")


def stages(
    video: Path, pictures: list[Any], detectors: RunDetectors, options: RunOptions, home: Path
) -> dict[str, Callable[[], object]]:
    """Each stage alone, and the whole; what they need is made here, outside of the time."""
    detector = detectors.open(options.detector)
    with open_video(video) as reader:
        for _ in detector.learn(reader):
            pass
    found: dict[int, Any] = {}
    association = association_of(options, detector.classes, video)
    alone, whole = (project_of(video, home / f"{name}.wbp") for name in ("alone", "whole"))

    def detect() -> None:
        found.update(looked(detector, pictures))

    def keep() -> None:
        with_chunks(home / "chunks", found)

    def join() -> None:
        found["tracks"] = drained(association.tracks(read_found(home / "chunks", start=0)))

    def store() -> None:
        store_in(alone, found["tracks"], association)

    def everything() -> None:
        drained(run(whole, whole.videos()[0].id, options, detectors=detectors))

    return {
        "decoding": lambda: decoded(video),
        "detecting": detect,
        "keeping what was found": keep,
        "joining": join,
        "storing": store,
        "whole run": everything,
    }


def decoded(video: Path) -> None:
    with open_video(video) as reader:
        for _ in reader.frames():
            pass


def looked(detector: OpenDetector, pictures: list[Any]) -> dict[int, Any]:
    with closing(detector.look(pictures, {})) as looks:
        return dict(looks)


def with_chunks(folder: Path, found: dict[int, Any]) -> None:
    writer = DetectionWriter(folder, key="benchmark", start=0)
    for frame, detections in found.items():
        writer.add(frame, detections)
    writer.flush()


def project_of(video: Path, home: Path) -> Project:
    home.parent.mkdir(parents=True, exist_ok=True)
    project = create_project(home)
    add_media(project, video)
    return project


def store_in(project: Project, tracks: Tracks, association: Association) -> None:
    entry = project.add_run(video_id=project.videos()[0].id, kind=KIND)
    span = (0, project.videos()[0].frame_count)
    categories = [project.categories()[0].id] * len(association.names)
    drained(store_tracks(project, entry, tracks, span=span, categories=categories))


def drained(steps: Generator[Any, None, Any]) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def made_clip(path: Path) -> Path:
    write_video(path, made_pictures(), fps=25.0)
    return path


def made_pictures() -> Iterator[NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    width, height = SIZE
    place = rng.uniform((40, 40), (width - 60, height - 80), (BLOCKS, 2))
    speed = rng.uniform(-3, 3, (BLOCKS, 2))
    floor = rng.integers(40, 90, (height, width, 3))
    for _ in range(FRAMES):
        image = (floor + rng.integers(-6, 7, (height, width, 1))).astype(np.uint8)
        place += speed
        speed = np.where((place < 10) | (place > (width - 40, height - 60)), -speed, speed)
        for x, y in place.astype(int):
            image[max(y, 0) : y + 40, max(x, 0) : x + 24] = 220
        yield image


def storing(folder: Path) -> None:
    sys.setswitchinterval(0.0005)  # as the window has it
    project = create_project(folder / "large.wbp")
    for name in ("crowd", "other"):
        project.add_video(folder / f"{name}.mp4", width=1920, height=1080, frame_count=LENGTH)
    entry = project.add_run(video_id=1, kind=KIND, model="benchmark")
    jobs = {
        "nothing running": lambda: time.sleep(3),
        "100 000 boxes stored": lambda: store_large(project, entry, crowd(0.0)),
        "and as many over them": lambda: store_large(project, entry, crowd(1.0)),
    }
    print(f"\n| 100 000 boxes | s | late p50 ms | p95, bar {LAG_BAR:g} | max | correction p95 ms |")
    print("|---|---|---|---|---|---|")
    for name, job in jobs.items():
        seconds, late, corrections = felt(project, job)
        p95 = percentile(late, 95)
        figures = (
            f"{percentile(late, 50):.1f} | {p95:.1f}{'' if p95 <= LAG_BAR else ' NOT met'} | {max(late):.0f}"
        )
        print(f"| {name} | {seconds:.1f} | {figures} | {percentile(corrections, 95):.1f} |")


def felt(project: Project, job: Callable[[], object]) -> tuple[float, list[float], list[float]]:
    """Seconds of a job in another thread, and milliseconds that this one woke late and took to correct."""
    begun, late, corrections = time.perf_counter(), [], []
    working = threading.Thread(target=job)
    working.start()
    due = begun
    while working.is_alive():
        before = time.perf_counter()
        time.sleep(0.002)
        late.append((time.perf_counter() - before - 0.002) * 1e3)
        if time.perf_counter() > due:
            due = time.perf_counter() + 0.05
            change = editing.draw_box(project, 2, frame=0, box=(5, 5, 20, 20), category_id=1).change
            before = time.perf_counter()
            project.apply(change)
            corrections.append((time.perf_counter() - before) * 1e3)
    working.join()
    return time.perf_counter() - begun, late, corrections


def percentile(values: list[float], share: int) -> float:
    return statistics.quantiles(values, n=100)[share - 1]


def crowd(shift: float) -> Tracks:
    """100 targets that stand in rows and sway, in 1000 frames."""
    ids = np.repeat(np.arange(1, CROWD + 1), LENGTH)
    frames = np.tile(np.arange(LENGTH), CROWD)
    left = (ids - 1) % 20 * 90.0 + 20 * np.sin(frames / 20) + shift
    top = (ids - 1) // 20 * 200.0
    size = np.full(len(ids), 40.0), np.full(len(ids), 90.0)
    none = np.zeros(len(ids), np.int64)
    boxes = np.stack([left, top, *size], axis=1)
    return Tracks(frames, ids, boxes, np.full(len(ids), 0.8), none, none, no_links())


def store_large(project: Project, entry: Any, tracks: Tracks) -> None:
    drained(store_tracks(project, entry, tracks, span=(0, LENGTH), categories=[1]))


if __name__ == "__main__":
    main()
