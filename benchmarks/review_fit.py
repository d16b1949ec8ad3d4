"""The numbers of the search for identity errors, fitted on made scenes, and how well they are calibrated.

    python benchmarks/review_fit.py [--scenes 60] [--frames 200]

Trackers are run on made scenes; every place that the search looks at is judged by the scene's truth, and for
each kind a logistic model of that is fitted by Newton's method (Cox 1958). Some scenes have embeddings, some
come without scores, and whether boxes were seen or filled and how sure links are is known of offline
association only, as in use. Prints the weights, and how often issues were true beside the probability they
were given, on scenes of other seeds. The shared sequences are not read.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from made_scenes import made_scene
from offline_fit import fitted
from review_cases import TRACKERS, Case, case_of

from workbench.review.finding import candidates_of
from workbench.review.models import TERMS, probabilities
from workbench.services.judging import Judge

Array = NDArray[np.float64]
Judged = dict[str, list[tuple[Array, NDArray[np.bool_], Array]]]


def cases(seeds: range, frames: int) -> Iterator[Case]:
    """Each scene tracked by one tracker after another."""
    names = list(TRACKERS)
    for number, seed in enumerate(seeds):
        scene = made_scene(seed, frames=frames, embeddings=number % 3 == 0)
        if number % 5 == 4:
            scene = replace(scene, detections=[replace(d, scores=np.ones(len(d))) for d in scene.detections])
        for name in names:
            yield case_of(name, f"{seed}", scene.detections, scene.truth)


def judged(seeds: range, frames: int) -> Judged:
    """Of each kind and scene: terms, whether true, and gains of its candidates."""
    result: Judged = defaultdict(list)
    for case in cases(seeds, frames):
        judge = Judge.of(case.tracks, case.truth, case.frames)
        view, parts = candidates_of(case.tracks, case.evidence)
        for part in parts:
            issues = part.issues(view, np.ones(len(part)))
            true = np.array([judge.is_true(issue) for issue in issues], dtype=np.bool_)
            result[part.kind].append((part.terms, true, part.gain))
    return result


def joined(parts: list[tuple[Array, NDArray[np.bool_], Array]]) -> tuple[Array, NDArray[np.bool_]]:
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--frames", type=int, default=200)
    given = parser.parse_args()
    train = judged(range(1000, 1000 + given.scenes), given.frames)
    weights = {kind: tuple(np.round(fitted(*joined(train[kind])), 2).tolist()) for kind in TERMS}
    print("WEIGHTS = {")
    for kind, row in weights.items():
        print(f'    "{kind}": {row},')
    print("}")
    held_out = judged(range(5000, 5000 + given.scenes // 2), given.frames)
    print_calibration(weights, held_out)


LIMITS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.01)


def print_calibration(weights: dict[str, tuple[float, ...]], data: Judged) -> None:
    """A table of each kind's candidates by the probability they were given."""
    print("\n| kind | candidates | true | surprise | of base rate |\n|---|---|---|---|---|")
    every = []
    for kind in TERMS:
        terms, true = joined(data[kind])
        chance = np.clip(probabilities(kind, terms, weights), 1e-6, 1 - 1e-6)
        every.append((chance, true))
        surprise, base = (
            entropy(chance, true),
            entropy(np.full(len(true), true.mean()).clip(1e-6, 1 - 1e-6), true),
        )
        print(f"| {kind} | {len(true)} | {true.sum()} | {surprise:.3f} | {base:.3f} |")
    print("\n| probability given | issues | true |" + "".join(f" {k} |" for k in TERMS))
    print("|---|---|---|" + "---|" * len(TERMS))
    for low, high in pairwise(LIMITS):
        rows = [t[(c >= low) & (c < high)] for c, t in every]
        whole = np.concatenate(rows)
        cells = "".join(f" {r.mean():.2f} ({len(r)}) |" if len(r) else " |" for r in rows)
        print(f"| {low} to {min(high, 1.0)} | {len(whole)} | {whole.mean():.3f} |{cells}")


def entropy(chance: Array, true: NDArray[np.bool_]) -> float:
    return float(-np.log(np.where(true, chance, 1 - chance)).mean()) if len(true) else 0.0


if __name__ == "__main__":
    main()
