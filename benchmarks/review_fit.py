"""The numbers of the search for identity errors, fitted on made scenes, and how well they are calibrated.

    python benchmarks/review_fit.py [--scenes 90] [--frames 200]

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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from made_scenes import Scene, made_scene
from offline_fit import ENDS, fitted
from review_cases import TRACKERS, Case, case_of

from workbench.metrics.identity import identity
from workbench.review import breaks, fragments, models
from workbench.review.apply_fix import apply_fix
from workbench.review.candidates import Candidates
from workbench.review.finding import candidates_of
from workbench.review.models import TERMS
from workbench.review.view import View
from workbench.services.judging import Judge
from workbench.services.simulating import CORRECTING

Array = NDArray[np.float64]
FITTED_WITH = {breaks.JUMP: (breaks.CHANGE, breaks.JUMP)}
"""Kinds that are too seldom for a model of their own, and those of the same terms."""


class Judgement(NamedTuple):
    """Places of one kind in one case, and which of them are true."""

    part: Candidates
    true: NDArray[np.bool_]
    case: int


Judged = dict[str, list[Judgement]]
FOLDS = 3
TRIED = 6  # true issues of a kind and case whose correction is tried


def cases(seeds: range, frames: int) -> Iterator[Case]:
    """Each scene tracked by one tracker after another."""
    names = list(TRACKERS)
    for number, seed in enumerate(seeds):
        scene = made_scene(
            seed,
            frames=frames * (1 + number % 2),
            embeddings=number % 3 == 0,
            rough=number % 4 >= 2,
            marked=(0.0, 0.2, 0.4)[number // 2 % 3],
            smallest=(0.0, 0.1, 0.15, 0.2)[number % 4],
        )
        scene = with_weaker_looks(scene, seed)
        if number % 5 == 4:
            scene = replace(scene, detections=[replace(d, scores=np.ones(len(d))) for d in scene.detections])
        for name in names:
            yield case_of(name, f"{seed}", scene.detections, scene.truth)


def with_weaker_looks(scene: Scene, seed: int) -> Scene:
    """The scene with embeddings mixed with noise, more or less from scene to scene, for not all are good."""
    rng = np.random.default_rng(seed)
    noise = rng.uniform(0.0, 0.5)
    mixed = []
    for seen in scene.detections:
        if seen.embeddings is not None:
            looks = seen.embeddings + rng.normal(0, noise, seen.embeddings.shape)
            looks /= np.linalg.norm(looks, axis=1, keepdims=True)
            seen = replace(seen, embeddings=looks.astype(np.float32))
        mixed.append(seen)
    return replace(scene, detections=mixed)


def judged(cases: Iterable[Case]) -> Judged:
    """Of each kind and scene: its candidates, and which are true."""
    result: Judged = defaultdict(list)
    for number, case in enumerate(cases):
        judge = Judge.of(case.tracks, case.truth, case.frames, filled=case.evidence.filled)
        view, parts = candidates_of(case.tracks, case.evidence)
        for part in parts:
            issues = part.issues(view, np.ones(len(part)))
            true = np.array([judge.is_true(issue) for issue in issues], dtype=np.bool_)
            result[part.kind].append(Judgement(part, true, number))
    return result


def weights_of(kind: str, data: Judged) -> tuple[float, ...]:
    """Weights of a kind, fitted with those kinds that are judged alike."""
    every = [pair for other in FITTED_WITH.get(kind, (kind,)) for pair in data[other]]
    terms = np.concatenate([models.measured(part) for part, *_ in every])
    weights = np.round(fitted(terms, np.concatenate([p.true for p in every])), 2).tolist()
    if kind != fragments.KIND:
        return tuple(weights)
    true = np.concatenate([p.true for p in data[kind]])
    rows = [(round(weights[0] + end, 2), *weights[1:]) for end in ENDS]
    odds = [odds_of(kind, row, data[kind]) for row in rows]
    surprise = [float(np.logaddexp(0, np.where(true, -o, o)).mean()) for o in odds]
    return rows[int(np.argmin(surprise))]


def odds_of(kind: str, weights: tuple[float, ...], pairs: list[Judgement]) -> Array:
    """Log odds of all candidates before they are made certain."""
    return np.concatenate([models.log_odds(p.part, weights) for p in pairs])


def certainty_of(kind: str, data: Judged) -> tuple[float, ...]:
    """From log odds to those that candidates have in scenes that the weights were not fitted on."""
    odds, true = [], []
    for fold in range(FOLDS):
        rest = {k: [p for p in pairs if p.case // 3 % FOLDS != fold] for k, pairs in data.items()}
        left = [p for p in data[kind] if p.case // 3 % FOLDS == fold]
        odds.append(odds_of(kind, weights_of(kind, rest), left))
        true += [p.true for p in left]
    terms = models.certainty_terms(np.concatenate(odds))
    return tuple(np.round(fitted(terms, np.concatenate(true)), 2).tolist())


def righted(cases: Sequence[Case], data: Judged) -> dict[str, tuple[int, float, float]]:
    """Of each kind: true issues tried, their mean gain, and boxes that a correction counts as put right."""
    rng = np.random.default_rng(0)
    seen: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for number, case in enumerate(cases):
        view = View.of(case.tracks, case.evidence)
        before = identity(Judge.of(case.tracks, case.truth, case.frames).sequence).idf1
        whole = (len(case.tracks) + len(case.truth)) / 2
        for kind, pairs in data.items():
            of_case = [p for p in pairs if p.case == number]
            tried = [p.part[rng.permutation(np.flatnonzero(p.true))[:TRIED]] for p in of_case]
            for issue in (i for part in tried for i in part.issues(view, np.ones(len(part)))):
                if issue.fix and issue.fix.operation in CORRECTING:
                    fixed = apply_fix(case.tracks, issue.fix).tracks
                    after = identity(Judge.of(fixed, case.truth, case.frames).sequence).idf1
                    seen[kind].append((issue.gain, (after - before) * whole))
    return {k: (len(v), *np.round(np.mean(v, axis=0), 1).tolist()) for k, v in seen.items()}


def next_ones(part: Candidates, true: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of the true fragments those without another part of the same target between: one for each track."""
    kept = true.copy()
    for side, place in ((0, part.stop), (1, -part.frame)):
        order = np.lexsort((place, ~kept, part.tracks[:, side]))
        first = np.diff(part.tracks[order, side], prepend=-1) != 0
        kept[order[~first]] = False
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--scenes", type=int, default=90)
    parser.add_argument("--frames", type=int, default=200)
    given = parser.parse_args()
    train = list(cases(range(1000, 1000 + given.scenes), given.frames))
    held_out = list(cases(range(5000, 5000 + given.scenes // 3), given.frames))
    report(train, judged(train), judged(held_out))


def report(cases: Sequence[Case], train: Judged, held_out: Judged) -> None:
    for data in (train, held_out):
        data[fragments.KIND] = [p._replace(true=next_ones(p.part, p.true)) for p in data[fragments.KIND]]
    weights = {kind: weights_of(kind, train) for kind in TERMS}
    certainty = {kind: certainty_of(kind, train) for kind in TERMS}
    for name, rows in (("WEIGHTS", weights), ("CERTAINTY", certainty)):
        print(f"{name} = {{")
        for kind, row in rows.items():
            print(f'    "{kind}": {row},')
        print("}")
    print("\n| kind | true ones tried | gain | put right |\n|---|---|---|---|")
    for kind, (tried, gain, right) in righted(cases, train).items():
        print(f"| {kind} | {tried} | {gain} | {right} |")
    models.WEIGHTS.update(weights)
    models.CERTAINTY.update(certainty)
    print_calibration(held_out)


LIMITS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.01)


def print_calibration(data: Judged) -> None:
    """How well each kind is told, and how often issues are true beside the probability they were given."""
    print("\n| kind | candidates | true | surprise | of base rate |\n|---|---|---|---|---|")
    every = []
    for kind in TERMS:
        true = np.concatenate([p.true for p in data[kind]])
        chance = np.concatenate([models.probabilities(p.part) for p in data[kind]]).clip(1e-6, 1 - 1e-6)
        every.append((chance, true))
        base = entropy(np.full(len(true), true.mean()).clip(1e-6, 1 - 1e-6), true)
        print(f"| {kind} | {len(true)} | {true.sum()} | {entropy(chance, true):.3f} | {base:.3f} |")
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
