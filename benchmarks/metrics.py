"""Measures of tracks beside the reference evaluators: equal figures, and less time.

    python benchmarks/metrics.py SEQUENCES [--rounds 3]

A sequence is a folder with ``gt/gt.txt`` and ``det/det.txt`` of MOTChallenge. Scored are disturbed ground
truth and detections linked frame by frame, as in the tests, and made scenes with many targets. Baseline:
TrackEval for HOTA, CLEAR and identity, pycocotools for average precision, in the same process on the same
boxes; their preparation (overlaps and renumbered identities) is timed with TrackEval's own function for
overlaps. Figures are ratios of CPU time, ours over theirs; the best of the rounds on either side.

Run it in an environment of its own with numpy, scipy, lap, trackeval and pycocotools, and this checkout on
PYTHONPATH.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.association import scene
from tests.metrics.made_tracks import disturbed, greedily_linked, read
from workbench.metrics.average_precision import average_precision, found_as_coco
from workbench.metrics.clear import clear
from workbench.metrics.hota import hota
from workbench.metrics.identity import identity
from workbench.metrics.sequence import TrackRows, prepare

Array = NDArray[np.float64]
BAR = 1.0  # of the reference's time, for each family
EQUAL = 1e-6  # largest difference of a figure
SCENES = ((100, 60), (500, 20))  # targets, frames


@dataclass(frozen=True)
class Case:
    """Tables of MOTChallenge: frame (from 0), identity, x, y, w, h, seventh column."""

    name: str
    truth: Array
    predicted: Array

    @property
    def frames(self) -> int:
        return 1 + int(max(self.truth[:, 0].max(), self.predicted[:, 0].max()))


@dataclass
class Outcome:
    """CPU seconds of both sides and the largest difference of their figures."""

    ours: float
    theirs: float
    difference: float


def read_cases(folders: Path) -> list[Case]:
    found = []
    for path in sorted(folders.glob("*/det/det.txt")):
        truth = read(path.parents[1] / "gt" / "gt.txt")
        truth = truth[truth[:, 6] != 0]
        name = path.parents[1].name
        found += [
            Case(f"{name} disturbed", truth, disturbed(truth)),
            Case(f"{name} linked", truth, greedily_linked(read(path))),
        ]
    return found


def made_case(targets: int, frames: int) -> Case:
    """Both sides from the same moving targets: identities by place in the scene, a part of them exchanged."""
    rng = np.random.default_rng(targets)
    rows = []
    for frame, detections in enumerate(scene(targets, frames)):
        ids = np.arange(len(detections)) + 1
        rows.append(np.column_stack([np.full(len(ids), frame), ids, detections.boxes, detections.scores]))
    truth = np.concatenate(rows)
    moved = truth[rng.random(len(truth)) > 0.1].copy()
    moved[:, 2:4] += rng.normal(0, 3, (len(moved), 2))
    truth[:, 6] = 1
    return Case(f"{targets} targets, {frames} frames", truth, moved)


def rows_of(table: Array) -> TrackRows:
    made = TrackRows.of(table[:, 0], table[:, 1], table[:, 2:6])
    return TrackRows(made.frames, made.ids, made.boxes, scores=table[:, 6])


def trackeval_data(case: Case) -> dict[str, Any]:
    """What TrackEval's measures read, made with its own overlaps."""
    from trackeval.datasets import MotChallenge2DBox

    data: dict[str, Any] = {"num_timesteps": case.frames, "similarity_scores": []}
    boxes = {}
    for side, table in (("gt", case.truth), ("tracker", case.predicted)):
        unique, ids = np.unique(table[:, 1], return_inverse=True)
        at = [np.flatnonzero(table[:, 0] == frame) for frame in range(case.frames)]
        data |= {
            f"num_{side}_ids": len(unique),
            f"num_{side}_dets": len(table),
            f"{side}_ids": [ids[rows] for rows in at],
        }
        boxes[side] = [table[rows, 2:6] for rows in at]
    for true, found in zip(boxes["gt"], boxes["tracker"], strict=True):
        overlaps = MotChallenge2DBox._calculate_box_ious(true, found, box_format="xywh")
        data["similarity_scores"].append(overlaps)
    return data


def coco_data(case: Case) -> Any:
    """An evaluation by pycocotools with no limit on the boxes of a frame, ready to run."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    def entry(row: Array) -> dict[str, Any]:
        return {"image_id": int(row[0]), "category_id": 1, "bbox": row[2:6].tolist()}

    truth = [entry(row) | {"id": n, "area": 1.0, "iscrowd": 0} for n, row in enumerate(case.truth, start=1)]
    images = [{"id": frame} for frame in range(case.frames)]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {"images": images, "categories": [{"id": 1}], "annotations": truth, "info": {}}
        coco.createIndex()
        found = coco.loadRes([entry(row) | {"score": float(row[6])} for row in case.predicted])
        run = COCOeval(coco, found, "bbox")
    run.params.maxDets, run.params.areaRng, run.params.areaRngLbl = [10**6], [[0, 1e10]], ["all"]
    return run


def coco_figures(run: Any) -> dict[str, float]:
    with contextlib.redirect_stdout(io.StringIO()):
        run.evaluate()
        run.accumulate()
    at = run.eval["precision"][:, :, 0, 0, 0].mean(axis=1)
    return {"AP": float(at.mean()), "AP50": float(at[0])}


def timed(action: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Least CPU seconds, and what came out."""
    times, result = [], None
    for _ in range(rounds):
        start = time.process_time()
        result = action()
        times.append(time.process_time() - start)
    return min(times), result


def compare(case: Case, rounds: int) -> dict[str, Outcome]:
    from trackeval.metrics import CLEAR, HOTA, Identity

    quiet = {"PRINT_CONFIG": False}
    truth, predicted = rows_of(case.truth), rows_of(case.predicted)
    # a fresh preparation for each measure, since it keeps what measures share
    fresh = [prepare(truth, predicted, frame_count=case.frames) for _ in range(4 * rounds)]
    ours_first, _ = timed(lambda: prepare(truth, predicted, frame_count=case.frames), rounds)
    theirs_first, data = timed(lambda: trackeval_data(case), rounds)
    outcomes = {"preparation": Outcome(ours_first, theirs_first, 0.0)}
    families = {
        "HOTA": (hota, HOTA()),
        "CLEAR": (clear, CLEAR(quiet)),
        "identity": (identity, Identity(quiet)),
    }
    for name, (measure, reference) in families.items():
        ours, found = timed(lambda measure=measure: measure(fresh.pop()), rounds)
        theirs, expected = timed(lambda reference=reference: reference.eval_sequence(data), rounds)
        far = max(abs(value - np.mean(expected[key])) for key, value in found.figures().items())
        outcomes[name] = Outcome(ours, theirs, float(far))
    ours, at = timed(lambda: average_precision(found_as_coco(fresh.pop())), rounds)
    run = coco_data(case)
    theirs, figures = timed(lambda: coco_figures(run), rounds)
    far = max(abs(at.mean() - figures["AP"]), abs(at[0] - figures["AP50"]))
    return outcomes | {"average precision": Outcome(ours, theirs, float(far))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("sequences", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cases = read_cases(options.sequences) + [made_case(*size) for size in SCENES]
    outcomes = {case.name: compare(case, options.rounds) for case in cases}
    families = list(next(iter(outcomes.values())))
    print(f"Ours / reference, CPU time\n\n| tracks | {' | '.join(families)} |\n|---|{'---|' * len(families)}")
    for name, row in outcomes.items():
        print(f"| {name} | " + " | ".join(f"{o.ours / o.theirs:.3f}" for o in row.values()) + " |")
    print()
    for family in families:
        every = [row[family] for row in outcomes.values()]
        ours, theirs = sum(o.ours for o in every), sum(o.theirs for o in every)
        worst = max(o.ours / o.theirs for o in every)
        met = "met" if worst < BAR else "NOT met"
        print(
            f"- {family}: {1000 * ours:.1f} ms, reference {1000 * theirs:.1f} ms: {theirs / ours:.1f} times"
            f" faster; slowest case {worst:.2f} of the reference, bar {BAR}: {met}"
        )
    far = max(o.difference for row in outcomes.values() for o in row.values())
    print(f"- largest difference of a figure: {far:.1e}, bar {EQUAL}: {'met' if far <= EQUAL else 'NOT met'}")


if __name__ == "__main__":
    main()
