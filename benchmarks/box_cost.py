"""How many boxes a person draws until every frame of a target is right: with a tracker, and without.

    python benchmarks/box_cost.py SEQUENCES [--trackers atom-hog,csrt] [--least 0.7] [--frames N]

Annotators are simulated with the ground truth in hand (``services.simulating_boxes``). Named baseline: key
frames with straight lines between them, each as far from the last as the truth allows. Bar: with our tracker
and the filling of gaps at most half of its boxes. Sequences are those of ``benchmarks/sot.py``. Each
stretch of frames in which the target is there is annotated for itself.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sot import OURS, read_sequence, runner_of
from workbench.core.boxes import Box
from workbench.core.target import SingleTargetTracker, TargetState
from workbench.inference.trackers import maker
from workbench.metrics.single_target import overlaps
from workbench.services.simulating_boxes import Case, corrected, filled, spans_present, straight

BAR = 0.5


class Theirs:
    """One of OpenCV's trackers, as the workbench wants one."""

    def __init__(self, name: str) -> None:
        self._runner = runner_of(name)

    def start(self, image: np.ndarray, box: Box) -> None:
        """Learn the target."""
        self._runner.start(image, box)

    def step(self, image: np.ndarray) -> TargetState:
        """Find it."""
        box, found = self._runner.step(image)
        return TargetState(box, float(found), found)


def maker_of(name: str) -> Callable[[], SingleTargetTracker]:
    return maker(name) if name in OURS else lambda: Theirs(name)


def main() -> None:
    parser = argparse.ArgumentParser(description="Boxes drawn until all frames are right.")
    parser.add_argument("sequences", type=Path)
    parser.add_argument("--trackers", default="atom-hog")
    parser.add_argument("--least", type=float, default=0.7, help="overlap that every frame must reach (0.7)")
    parser.add_argument("--frames", type=int, help="only the first so many of each sequence")
    parser.add_argument("--only", default="", help="names of sequences, by commas")
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    names = options.trackers.split(",")
    columns = ["straight lines", *(f"{n}, {way}" for n in names for way in ("corrected", "filled"))]
    print(f"| sequence | frames | {' | '.join(columns)} |")
    print("|---" * (len(columns) + 2) + "|")
    rows = []
    for folder in sorted(p for p in options.sequences.iterdir() if (p / "groundtruth.txt").exists()):
        if options.only and folder.name not in options.only.split(","):
            continue
        sequence = read_sequence(folder, options.frames)
        row = np.zeros(len(columns) + 1, dtype=int)
        for span in spans_present(sequence.truth):
            truth, images = sequence.truth[span], sequence.images[span]
            labours = [straight(truth, least=options.least)]
            for name in names:
                case = Case(images, truth, maker_of(name), options.least)
                labours += [corrected(case), filled(case)]
            assert all((overlaps(labour.boxes, truth) >= options.least).all() for labour in labours)
            row += [len(truth), *(len(labour.drawn) for labour in labours)]
        rows.append(row)
        print(f"| {folder.name} | {' | '.join(map(str, row))} |", flush=True)
    total = np.sum(rows, axis=0)
    print(f"| all | {' | '.join(map(str, total))} |")
    print(f"| per 1000 frames | | {' | '.join(f'{1000 * n / total[0]:.0f}' for n in total[1:])} |")
    print(f"| of straight lines | bar {BAR} | {' | '.join(f'{n / total[1]:.2f}' for n in total[1:])} |")
    means = np.mean([row[1:] / row[1] for row in rows], axis=0)
    print(f"| mean of the sequences' ratios | | {' | '.join(f'{v:.2f}' for v in means)} |")


if __name__ == "__main__":
    main()
