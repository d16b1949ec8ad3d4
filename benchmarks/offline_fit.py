"""The numbers of offline association, fitted on made scenes.

    python benchmarks/offline_fit.py [--scenes 60] [--frames 200]

Tracklets of made scenes are linked round by round as offline association does; each pair of tracklets
that it compares is a right link if both ends are of one target with none of its tracklets between. A
logistic model of that is fitted by Newton's method (Cox 1958), the links are made anew with it, and so
on. Prints the weights, and how often links were right beside the probability they were given, on scenes
of other seeds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from made_detector import NOTHING
from made_scenes import Scene, made_scene

from workbench.core.marginals import marginal_log_odds
from workbench.tracking.link_evidence import TERMS, LinkModel
from workbench.tracking.linking import Candidates, rounds_of_linking
from workbench.tracking.offline import OfflineOptions, camera_off
from workbench.tracking.track_evidence import TRACK_TERMS, TrackModel, track_evidence
from workbench.tracking.tracklets import NONE, Found, Tracklets

Array = NDArray[np.float64]
RIDGE = 1.0
ENDS = (0.0, 1.5, 3.0)
ROUNDS = 3


def rounds(scene: Scene, options: OfflineOptions) -> Iterator[tuple[Candidates, NDArray[np.bool_], Array]]:
    """Of each round of linking: its pairs, which are right, and (K, 4) of its links.

    These are the chance given, rightness, gap, and the probability for which each was made; links that begin
    with a box of nothing in particular are left out.
    """
    found, who, after = sure(scene, options)
    for step in rounds_of_linking(found, after, options.rounds, noise=options.noise, model=options.model):
        tracklets, pairs, made = step.tracklets, step.pairs, step.made
        following = next_of_same(who[tracklets.firsts], who[tracklets.lasts], found.frames, tracklets)
        number, ends = np.zeros((2, len(found)), np.intp)
        number[tracklets.firsts] = ends[tracklets.lasts] = np.arange(len(tracklets))
        right = following[ends[made.before]] == number[made.after]
        gaps = found.frames[made.after] - found.frames[made.before]
        given = options.model.of_links(made.probabilities, gaps)
        known = who[made.before] != NOTHING
        linked = np.column_stack([given, right, gaps, made.probabilities])[known]
        yield pairs, following[pairs.rows] == pairs.columns, linked


def sure(scene: Scene, options: OfflineOptions) -> tuple[Found, NDArray[np.int64], NDArray[np.intp]]:
    """Detections of a scene, whose they are, and what surely follows each."""
    found = Found.of(scene.detections)
    who = np.concatenate([ids[ok] for ids, ok in zip(scene.identities, by_frame(found, scene), strict=True)])
    found, after = steadied(found, len(scene.detections), options)
    return found, who, after


def linked(scene: Scene, options: OfflineOptions) -> tuple[Found, NDArray[np.int64], NDArray[np.intp]]:
    """As ``sure`` after all rounds."""
    found, who, after = sure(scene, options)
    for step in rounds_of_linking(found, after, options.rounds, noise=options.noise, model=options.model):
        after = step.after
    return found, who, after


def steadied(found: Found, frames: int, options: OfflineOptions) -> tuple[Found, NDArray[np.intp]]:
    """Detections without the camera's own motion, and the one that surely follows each."""
    job = camera_off(found, frames, options)
    while True:
        try:
            next(job)
        except StopIteration as end:
            found, after, _ = end.value
            return found, after


def by_frame(found: Found, scene: Scene) -> list[NDArray[np.intp]]:
    cuts = np.searchsorted(found.frames, np.arange(1, len(scene.detections)))
    return np.split(found.rows, cuts)


def next_of_same(first: Array, last: Array, frames: Array, tracklets: Tracklets) -> NDArray[np.intp]:
    """Tracklet that each goes on as, or NONE."""
    following = np.full(len(tracklets), NONE, dtype=np.intp)
    begin, end = frames[tracklets.firsts], frames[tracklets.lasts]
    order = np.lexsort((begin, first))
    span = begin.max(initial=0) + end.max(initial=0) + 2
    keys = first[order] * span + begin[order]
    at = np.searchsorted(keys, last * span + end, side="right")
    later = order[np.minimum(at, len(order) - 1)]
    found = (at < len(order)) & (first[later] == last) & (last != NOTHING)
    following[found] = later[found]
    return following


def fitted(terms: Array, right: NDArray[np.bool_]) -> Array:
    """Weights of a logistic model."""
    weights = np.zeros(terms.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-np.clip(terms @ weights, -30, 30)))
        slope = terms.T @ (right - chance) - RIDGE * weights
        bend = (terms * (chance * (1 - chance))[:, None]).T @ terms + RIDGE * np.eye(len(weights))
        weights = weights + np.linalg.solve(bend, slope)
    return weights


def refitted(scenes: list[Scene], options: OfflineOptions) -> LinkModel:
    """The model after links were made with that of ``options``."""
    parts = [part[:2] for scene in scenes for part in rounds(scene, options)]
    right = np.concatenate([r for _, r in parts])
    weights = fitted(np.concatenate([pairs.terms for pairs, _ in parts]), right)
    models = [certain(parts, right, LinkModel(tuple(np.round(weights, 2).tolist()), ends)) for ends in ENDS]
    return min(models, key=lambda scored: scored[0])[1]


def fitted_links(scenes: list[Scene], options: OfflineOptions) -> LinkModel:
    """The model with the odds of links that were made fitted."""
    links = np.concatenate([part[2] for scene in scenes for part in rounds(scene, options)])
    odds = np.log(links[:, 3] / (1 - links[:, 3]))
    terms = np.column_stack([np.ones(len(links)), odds, np.log(links[:, 2])])
    made = np.round(fitted(terms, links[:, 1] > 0), 2).tolist()
    return replace(options.model, made=(made[0], made[1], made[2]))


def certain(parts: list[Any], right: NDArray[np.bool_], model: LinkModel) -> tuple[float, LinkModel]:
    """The model with its certainty fitted, and its mean surprise."""
    given = [marginal_log_odds(p.rows, p.columns, model.log_odds(p.terms)) for p, _ in parts]
    terms = np.column_stack([np.ones(len(right)), np.concatenate(given)])
    certainty = fitted(terms, right)
    odds = terms @ certainty
    surprise = float(np.logaddexp(0, np.where(right, -odds, odds)).mean())
    return surprise, replace(model, certainty=tuple(np.round(certainty, 2).tolist()))


def fitted_tracks(scenes: list[Scene], options: OfflineOptions) -> TrackModel:
    """The model of tracks that are of a target in most of their detections."""
    parts = [ends_of(scene, options) for scene in scenes]
    weights = fitted(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return TrackModel(tuple(np.round(weights, 2).tolist()))


def ends_of(scene: Scene, options: OfflineOptions) -> tuple[Array, NDArray[np.bool_]]:
    """Evidence of a scene's tracks, and which are of a target."""
    found, who, after = linked(scene, options)
    every = Tracklets.of(after)
    tracks = every.chosen(every.lengths >= options.shortest)
    real = np.add.reduceat(who[tracks.order] > 0, tracks.bounds[:-1], dtype=float) / tracks.lengths
    return track_evidence(found, tracks), real > 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--frames", type=int, default=200)
    given = parser.parse_args()
    scenes = [
        made_scene(1000 + n, frames=given.frames, embeddings=n % 3 == 0) for n in range(given.scenes)
    ]  # fmt: skip
    options = OfflineOptions()
    for _ in range(ROUNDS):
        options = replace(options, model=refitted(scenes, options))
    options = replace(options, model=fitted_links(scenes, options))
    print("| term | weight |\n|---|---|")
    for name, weight in zip(TERMS, options.model.weights, strict=True):
        print(f"| {name} | {weight} |")
    model = options.model
    print(f"\nends {model.ends}, certainty {model.certainty}, made {model.made}")
    print("\n| term of a track | weight |\n|---|---|")
    for name, weight in zip(TRACK_TERMS, fitted_tracks(scenes, options).weights, strict=True):
        print(f"| {name} | {weight} |")
    others = [
        made_scene(5000 + n, frames=given.frames, embeddings=n % 3 == 0) for n in range(given.scenes // 2)
    ]  # fmt: skip
    print_calibration(np.concatenate([part[2] for scene in others for part in rounds(scene, options)]))


def print_calibration(links: Array) -> None:
    print("\n| probability given | links | right | over 8 frames | right |\n|---|---|---|---|---|")
    limits = np.array([0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.01])
    for low, high in pairwise(limits.tolist()):
        of = links[(links[:, 0] >= low) & (links[:, 0] < high)]
        if len(of):
            far = of[of[:, 2] > 8, 1]
            share = f"{far.mean():.3f}" if len(far) else ""
            print(f"| {low} to {min(high, 1.0)} | {len(of)} | {of[:, 1].mean():.3f} | {len(far)} | {share} |")


if __name__ == "__main__":
    main()
