"""The search for identity errors at full size: seconds, steps of progress and memory.

    python benchmarks/review.py [--tracks 1000] [--frames 100000] [--boxes 1000000] [--looks]

Tracks are made walks over a picture in which they meet, with gaps, and some break in two; all runs in one
process on one core. The bar is 60 seconds, and the queue has to come out in order.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from review_cases import finished

from workbench.core.track_boxes import TrackBoxes
from workbench.review.finding import find_issues
from workbench.review.view import Evidence

BAR = 60.0  # seconds
SIZE = np.array([1920.0, 1080.0])


def made(tracks: int, frames: int, boxes: int) -> TrackBoxes:
    """Walks of equal length that begin all over the video; one box in fifty is missing."""
    rng = np.random.default_rng(0)
    length = boxes // tracks
    begin = rng.integers(0, max(1, frames - length), tracks)
    step = np.arange(length)
    rows = []
    for track in range(tracks):
        turning = np.cumsum(rng.normal(0, 0.02, length)) + rng.uniform(0, 2 * np.pi)
        way = np.cumsum(np.stack([np.cos(turning), np.sin(turning)], axis=1) * rng.uniform(0.5, 4), axis=0)
        height = rng.uniform(60, 200)
        place = np.abs((way + rng.uniform(0, SIZE)) % (2 * SIZE) - SIZE)  # walls turn them back
        box = np.column_stack([place, np.full(length, 0.4 * height), np.full(length, height)])
        box += rng.normal(0, 0.01 * height, box.shape)
        seen = rng.random(length) > 0.02
        number = np.full(length, track)
        number[step > rng.integers(length // 4, length)] += tracks if rng.random() < 0.3 else 0
        rows.append(np.column_stack([number, begin[track] + step, box, rng.beta(8, 2, length)])[seen])
    table = np.concatenate(rows)
    return TrackBoxes.of(table[:, 0], table[:, 1], table[:, 2:6], scores=table[:, 6])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--tracks", type=int, default=1000)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--boxes", type=int, default=1_000_000)
    parser.add_argument("--looks", action="store_true", help="with descriptors of 108 numbers a box")
    given = parser.parse_args()
    tracks = made(given.tracks, given.frames, given.boxes)
    looks = None
    if given.looks:
        rng = np.random.default_rng(1)
        who = rng.normal(size=(2 * given.tracks, 108)).astype(np.float32)
        looks = who[tracks.tracks] + rng.normal(0, 0.7, (len(tracks), 108)).astype(np.float32)
        looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    evidence = Evidence(looks, picture=(float(SIZE[0]), float(SIZE[1])), frames=given.frames)
    steps: list[float] = []
    last = time.perf_counter()

    def timed():  # type: ignore[no-untyped-def]
        nonlocal last
        job = find_issues(tracks, evidence)
        while True:
            try:
                yield next(job)
            except StopIteration as end:
                return end.value
            finally:
                steps.append(time.perf_counter() - last)
                last = time.perf_counter()

    start = time.process_time()
    issues = finished(timed())
    seconds = time.process_time() - start
    worth = [issue.worth for issue in issues]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("| boxes | tracks | looks | items | CPU s | bar | longest step s | memory MB | in order |")
    print("|---|---|---|---|---|---|---|---|---|")
    cells = [len(tracks), len(np.unique(tracks.tracks)), "yes" if given.looks else "no", len(issues)]
    cells += [f"{seconds:.1f}", f"{BAR:.0f}: {'met' if seconds <= BAR else 'NOT met'}"]
    cells += [f"{max(steps):.1f}", f"{memory:.0f}"]
    cells.append("yes" if worth == sorted(worth, reverse=True) else "NO")
    print("| " + " | ".join(map(str, cells)) + " |")


if __name__ == "__main__":
    main()
