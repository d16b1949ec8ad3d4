"""What a label costs: actions until the identities of tracks are right, with the queue and without it.

    python benchmarks/annotation_cost.py SEQUENCES [--plot resources/pictures/annotation_cost.svg] [--made 0]

A sequence is a folder of MOTChallenge with ``gt/gt.txt`` and ``det/det.txt``; without detections those of the
ground truth are taken, without their identities. Where there is a video, issues are judged by looks too. Our
default tracker (offline) and a weaker one (sort) make tracks; a simulated annotator who has the ground truth
works the queue, others repair what they meet in time order with the operations of other tools
(``workbench.services.simulating``, ``time_order``): every error, or first only what lasts. Also: how many of
the true events CLEAR counts the queue shows, and how many of its first places are wrong indeed. No number of
the search was fitted on these sequences.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from association import Sequence, by_frame, read_rows, read_sequence
from made_scenes import made_scene
from review_cases import Case, case_of, finished

from workbench.core.detections import Detections
from workbench.review.appearance import describe
from workbench.services.identity_cost import JOINING, QUEUE, SHEETS, WATCHING, IdentityCost, identity_cost
from workbench.services.plots import write_plot

BARS = {"recall": 0.95, "precision": 0.5, "cost": 0.4}
TRACKERS = ("offline", "sort")


def sequences(folder: Path) -> Iterator[tuple[Sequence, Path]]:
    for path in sorted(folder.iterdir()):
        if (path / "det" / "det.txt").is_file():
            yield read_sequence(path), path
        elif (path / "gt" / "gt.txt").is_file():
            yield truth_as_detections(path), path


def truth_as_detections(path: Path) -> Sequence:
    rows = read_rows(path / "gt" / "gt.txt")
    frames = by_frame(rows, int(rows[:, 0].max()))
    seen = [Detections(r[:, 2:6], np.ones(len(r)), np.zeros(len(r), np.int64)) for r in frames]
    return Sequence(path.name, seen, [(r[:, 1].astype(np.int64), r[:, 2:6]) for r in frames])


def with_looks(case: Case, path: Path) -> Case:
    """The case with descriptors of its boxes, where there is a video."""
    videos = sorted(path.glob("*.mp4"))
    if not videos:
        return case
    from workbench.video.reader import FileReader

    looks = np.zeros((len(case.tracks), 0), np.float32)
    with FileReader(videos[0]) as reader:
        for frame in range(case.frames):
            rows = np.flatnonzero(case.tracks.frames == frame)
            found = describe(reader.read(frame), case.tracks.boxes[rows])
            if not looks.shape[1]:
                looks = np.zeros((len(case.tracks), found.shape[1]), np.float32)
            looks[rows] = found
    return replace(case, evidence=replace(case.evidence, looks=looks))


def cases(folder: Path | None, made: int) -> Iterator[Case]:
    if folder:
        for sequence, path in sequences(folder):
            for tracker in TRACKERS:
                yield with_looks(case_of(tracker, sequence.name, sequence.detections, sequence.truth), path)
    for seed in range(9000, 9000 + made):
        scene = made_scene(seed, frames=300)
        for tracker in TRACKERS:
            yield case_of(tracker, f"made {seed}", scene.detections, scene.truth)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("sequences", type=Path, nargs="?")
    parser.add_argument("--made", type=int, default=0, metavar="N", help="also N made scenes of other seeds")
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    costs: dict[tuple[str, str], IdentityCost] = {}
    print("| sequence | tracker | boxes | items | switches shown | fragmentations shown | true of first |")
    print("|---|---|---|---|---|---|---|")
    for case in cases(given.sequences, given.made):
        cost = finished(identity_cost(case.tracks, case.truth, evidence=case.evidence, frames=case.frames))
        costs[case.name, case.tracker] = cost
        counts = ["{} of {}".format(*pair) for pair in (cost.switches, cost.fragments, cost.first)]
        row = [case.name, case.tracker, str(len(case.tracks)), str(cost.items), *counts]
        print(f"| {' | '.join(row)} |", flush=True)
    print_bars(costs)
    print_costs(costs)
    if given.plot:
        write_plot(given.plot, [cost.panel(", ".join(name)) for name, cost in costs.items()])


def print_bars(costs: dict[tuple[str, str], IdentityCost]) -> None:
    print("\n| tracker | switches shown | fragmentations shown | bar | true of first | bar |")
    print("|---|---|---|---|---|---|")
    for tracker in TRACKERS:
        of = [cost for (_, name), cost in costs.items() if name == tracker]
        shares = [total([c.switches for c in of]), total([c.fragments for c in of])]
        print(
            f"| {tracker} | {shares[0]:.3f} | {shares[1]:.3f} | {BARS['recall']} |"
            f" {total([c.first for c in of]):.2f} | {BARS['precision']} |"
        )


def total(pairs: list[tuple[int, int]]) -> float:
    part, whole = np.sum(pairs, axis=0)
    return float(part / max(1, whole))


def print_costs(costs: dict[tuple[str, str], IdentityCost]) -> None:
    head = ["sequence", "tracker", "IDF1", "boxes allow", "with queue", QUEUE, SHEETS, JOINING, *WATCHING]
    head += [f"{ours} of {name}" for ours in (QUEUE, SHEETS, JOINING) for name in WATCHING]
    print(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for name, cost in costs.items():
        points = cost.curves[QUEUE].points
        cells = [*name, *(f"{100 * v:.1f}" for v in (points[0].idf1, cost.ceiling, points[-1].idf1))]
        cells += ["never" if n is None else str(n) for n in cost.actions().values()]
        shares = [cost.share(name, ours) for ours in (QUEUE, SHEETS, JOINING) for name in WATCHING]
        cells += ["" if share is None else f"{share:.2f}" for share in shares]
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
