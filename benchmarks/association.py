"""Association of detections into tracks, ours beside other libraries': accuracy and time per frame.

    python benchmarks/association.py SEQUENCES [--only byte-track,sort] [--no-speed] [--per-sequence]

A sequence is a folder with ``det/det.txt`` and ``gt/gt.txt`` of MOTChallenge. All trackers get the same
detections and run with one set of defaults for all sequences: ours with those of their options, the others
with theirs. Figures are those of the reference evaluator by MOT15's rules: no preprocessing, classes are
ignored, ground truth with a flag of 0 is left out. Speed is CPU time per frame of one thread on made scenes,
where all trackers are run in turn on each frame, beside that of the bare matrix of overlaps with one
assignment.

Run it in an environment of its own with numpy, scipy, lap and trackeval, this checkout on PYTHONPATH, and as
many of the others as there are: supervision (its last version with ByteTrack), trackers, boxmot, norfair.
What is not installed is left out.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import lap
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from workbench.core.boxes import iou, xywh_to_xyxy, xyxy_to_xywh
from workbench.core.detections import Detections
from workbench.tracking.bot_sort import BotSort
from workbench.tracking.byte_track import ByteTrack
from workbench.tracking.deep_sort import DeepSort
from workbench.tracking.oc_sort import OcSort
from workbench.tracking.offline import track_offline
from workbench.tracking.sort import Sort

Array = NDArray[np.float64]
Step = Callable[[int, Detections], tuple[NDArray[np.int64], Array]]
"""Frame and detections in, ids and boxes x, y, w, h out."""

SIZES = (100, 500, 1000)  # objects a frame
SPEED_BARS = {"fastest peer": 0.25, "bare": 3.0}
HOTA_BAR = 0.3  # points that ours may stay behind the best peer of its kind
OFFLINE, OFFLINE_BAR = "offline", 3.0  # points that it has to be ahead of the best peer of any kind
OFFLINE_SCENE = (100, 1000)  # objects a frame and frames, for its seconds


@dataclass(frozen=True)
class Sequence:
    """One folder of MOTChallenge; frames from 0."""

    name: str
    detections: list[Detections]
    truth: list[tuple[NDArray[np.int64], Array]]


def ours(make: Callable[[], Any]) -> Step:
    tracker = make()

    def step(frame: int, detections: Detections) -> tuple[NDArray[np.int64], Array]:
        found = tracker.update(frame, detections)
        return found.ids, found.boxes

    return step


def roboflow(module: str, name: str, **options: Any) -> Step:
    """Trackers of supervision and of trackers: detections come back with an id, or -1."""
    import supervision

    tracker = getattr(importlib.import_module(module), name)(**options)
    update = getattr(tracker, "update_with_detections", None) or tracker.update

    def step(frame: int, detections: Detections) -> tuple[NDArray[np.int64], Array]:
        boxes = xywh_to_xyxy(detections.boxes)
        found = update(
            supervision.Detections(xyxy=boxes, confidence=detections.scores, class_id=detections.classes)
        )
        if found.tracker_id is None or not len(found):
            return np.empty(0, np.int64), np.empty((0, 4))
        kept = found.tracker_id >= 0
        return found.tracker_id[kept].astype(np.int64), xyxy_to_xywh(found.xyxy[kept])

    return step


def boxmot(module: str, name: str, **options: Any) -> Step:
    tracker = getattr(importlib.import_module(f"boxmot.trackers.box.{module}.tracker"), name)(**options)
    picture = np.zeros((64, 64, 3), np.uint8)

    def step(frame: int, detections: Detections) -> tuple[NDArray[np.int64], Array]:
        columns = (xywh_to_xyxy(detections.boxes), detections.scores[:, None], detections.classes[:, None])
        found = np.asarray(tracker.update(np.hstack(columns), picture)).reshape(-1, 8)
        return found[:, 4].astype(np.int64), xyxy_to_xywh(found[:, :4])

    return step


def norfair() -> Step:
    library = importlib.import_module("norfair")
    tracker = library.Tracker(distance_function="iou", distance_threshold=0.7)

    def step(frame: int, detections: Detections) -> tuple[NDArray[np.int64], Array]:
        corners = xywh_to_xyxy(detections.boxes).reshape(-1, 2, 2)
        given = [
            library.Detection(points=p, scores=np.full(2, s))
            for p, s in zip(corners, detections.scores, strict=True)
        ]
        found = [t for t in tracker.update(detections=given) if t.last_detection in given]
        boxes = np.array([t.estimate.ravel() for t in found]).reshape(-1, 4)
        return np.array([t.id for t in found], dtype=np.int64), xyxy_to_xywh(boxes)

    return step


OURS: dict[str, Callable[[], Step]] = {
    "sort": lambda: ours(Sort),
    "byte-track": lambda: ours(ByteTrack),
    "oc-sort": lambda: ours(OcSort),
    "bot-sort": lambda: ours(BotSort),
    "deep-sort": lambda: ours(DeepSort),
}

PEERS: dict[str, tuple[str, Callable[[], Step]]] = {
    "supervision ByteTrack": ("byte-track", lambda: roboflow("supervision", "ByteTrack")),
    "trackers SORT": ("sort", lambda: roboflow("trackers", "SORTTracker")),
    "trackers ByteTrack": ("byte-track", lambda: roboflow("trackers", "ByteTrackTracker")),
    "trackers OC-SORT": ("oc-sort", lambda: roboflow("trackers", "OCSORTTracker")),
    "trackers BoT-SORT": ("bot-sort", lambda: roboflow("trackers", "BoTSORTTracker", enable_cmc=False)),
    "boxmot ByteTrack": ("byte-track", lambda: boxmot("bytetrack", "ByteTrack")),
    "boxmot OC-SORT": ("oc-sort", lambda: boxmot("ocsort", "OcSort")),
    "boxmot BoT-SORT": (
        "bot-sort",
        lambda: boxmot("botsort", "BotSort", use_cmc=False, use_embeddings=False),
    ),
    "norfair": ("sort", norfair),
}


def read_sequence(folder: Path) -> Sequence:
    truth, found = (read_rows(folder / kind / f"{kind}.txt") for kind in ("gt", "det"))
    truth = truth[truth[:, 6] != 0]
    frames = int(max(truth[:, 0].max(), found[:, 0].max()))
    detections = [
        Detections(rows[:, 2:6], rows[:, 6], np.zeros(len(rows), np.int64))
        for rows in by_frame(found, frames)
    ]
    true_rows = by_frame(truth, frames)
    return Sequence(
        folder.name, detections, [(rows[:, 1].astype(np.int64), rows[:, 2:6]) for rows in true_rows]
    )


def read_rows(path: Path) -> Array:
    return np.loadtxt(path, delimiter=",", ndmin=2, usecols=range(7))


def by_frame(rows: Array, frames: int) -> list[Array]:
    return [rows[rows[:, 0] == number] for number in range(1, frames + 1)]


def run(step: Step, sequence: Sequence) -> list[tuple[NDArray[np.int64], Array]]:
    return [step(frame, detections) for frame, detections in enumerate(sequence.detections)]


def run_offline(detections: list[Detections]) -> list[tuple[NDArray[np.int64], Array]]:
    """Ours that looks at the whole video at once."""
    job = track_offline(detections)
    while True:
        try:
            next(job)
        except StopIteration as end:
            tracks = end.value
            break
    rows = [np.flatnonzero(tracks.frames == frame) for frame in range(len(detections))]
    return [(tracks.ids[of], tracks.boxes[of]) for of in rows]


def evaluator_input(truth: list[Any], found: list[Any]) -> dict[str, Any]:
    """What the reference evaluator's measures read: ids from 0 without holes, overlaps of each frame."""
    sides = {}
    for side, frames in (("gt", truth), ("tracker", found)):
        ids = [i for i, _ in frames]
        every = np.unique(np.concatenate(ids))
        sides[f"{side}_ids"] = [np.searchsorted(every, i) for i in ids]
        sides[f"num_{side}_ids"] = len(every)
        sides[f"num_{side}_dets"] = sum(map(len, ids))
    overlaps = [iou(t, f) for (_, t), (_, f) in zip(truth, found, strict=True)]
    return {**sides, "similarity_scores": overlaps, "num_timesteps": len(truth)}


def measure(results: dict[str, dict[str, Any]]) -> dict[str, dict[str, float]]:
    """HOTA, MOTA, IDF1 in per cent and identity switches of each sequence and of all together."""
    from trackeval.metrics import CLEAR, HOTA, Identity

    quiet = {"PRINT_CONFIG": False}
    measures = {"hota": HOTA(), "clear": CLEAR(quiet), "id": Identity(quiet)}
    each = {
        name: {key: m.eval_sequence(data) for key, m in measures.items()} for name, data in results.items()
    }
    each["all"] = {
        key: m.combine_sequences({n: r[key] for n, r in each.items()}) for key, m in measures.items()
    }
    return {name: figures(result) for name, result in each.items()}


def figures(result: dict[str, Any]) -> dict[str, float]:
    return {
        "HOTA": 100 * float(np.mean(result["hota"]["HOTA"])),
        "DetA": 100 * float(np.mean(result["hota"]["DetA"])),
        "AssA": 100 * float(np.mean(result["hota"]["AssA"])),
        "MOTA": 100 * float(result["clear"]["MOTA"]),
        "IDF1": 100 * float(result["id"]["IDF1"]),
        "IDs": float(result["clear"]["IDSW"]),
    }


def scene(objects: int, frames: int) -> Iterator[Detections]:
    """People-like boxes that move straight over a 1080p picture; 5 % are missed in each frame."""
    rng = np.random.default_rng(objects)
    centre = rng.uniform((0, 0), (1920, 1080), (objects, 2))
    width = rng.uniform(25, 60, objects)
    size, speed = np.stack([width, 2.2 * width], axis=1), rng.normal(0, 2, (objects, 2))
    for _ in range(frames):
        centre = centre + speed
        speed = np.where((centre < 0) | (centre > (1920, 1080)), -speed, speed)
        boxes = np.concatenate([centre - size / 2, size], axis=1) + rng.normal(0, 1.5, (objects, 4))
        scores = np.clip(rng.normal(0.8, 0.15, objects), 0.05, 1.0)
        seen = rng.random(objects) > 0.05
        yield Detections(boxes[seen], scores[seen], np.zeros(int(seen.sum()), np.int64))


def bare(last: Detections | None, detections: Detections) -> None:
    """One matrix of overlaps and one assignment with a limit."""
    if last is not None:
        lap.lapjv(1.0 - iou(last.boxes, detections.boxes), extend_cost=True, cost_limit=0.8)


def speeds(steps: dict[str, Step], objects: int, frames: int) -> dict[str, float]:
    """Median CPU milliseconds per frame, all in turn on each frame."""
    times: dict[str, list[float]] = {name: [] for name in [*steps, "bare"]}
    last = None
    for frame, detections in enumerate(scene(objects, frames)):
        start = time.process_time()
        bare(last, detections)
        times["bare"].append(time.process_time() - start)
        last = detections
        for name, step in steps.items():
            start = time.process_time()
            step(frame, detections)
            times[name].append(time.process_time() - start)
    return {name: 1000 * float(np.median(values[len(values) // 3 :])) for name, values in times.items()}


def print_offline_speed() -> None:
    detections = list(scene(*OFFLINE_SCENE))
    start = time.process_time()
    run_offline(detections)
    boxes = sum(map(len, detections))
    print(f"\nOffline: {time.process_time() - start:.1f} CPU seconds for {boxes} boxes")


def installed(chosen: set[str]) -> dict[str, tuple[str, Callable[[], Step]]]:
    """Ours and those of the others that can be made here, with the kind each belongs to."""
    every = {name: (name, make) for name, make in OURS.items()} | PEERS
    found = {}
    for name, (kind, make) in every.items():
        if chosen and kind not in chosen:
            continue
        try:
            make()
        except (ImportError, AttributeError) as problem:
            print(f"left out: {name} ({problem})", file=sys.stderr)
            continue
        found[name] = (kind, make)
    return found


def print_accuracy(
    sequences: list[Sequence], trackers: dict[str, tuple[str, Callable[[], Step]]], *, each: bool
) -> None:
    scores = {}
    for name, (_, make) in trackers.items():
        results = {s.name: evaluator_input(s.truth, run(make(), s)) for s in sequences}
        scores[name] = measure(results)
    whole = {s.name: evaluator_input(s.truth, run_offline(s.detections)) for s in sequences}
    scores[OFFLINE] = measure(whole)
    parts = [*(s.name for s in sequences), "all"] if each else ["all"]
    for part in parts:
        print(
            f"\n{part}\n\n| tracker | HOTA | DetA | AssA | MOTA | IDF1 | IDs |\n|---|---|---|---|---|---|---|"
        )
        for name, score in scores.items():
            row = score[part]
            print(
                f"| {name} | "
                + " | ".join(f"{row[k]:.1f}" for k in list(row)[:-1])
                + f" | {row['IDs']:.0f} |"
            )
    print(f"\nBar: ours at most {HOTA_BAR} HOTA behind the best peer of its kind\n")
    for kind in OURS.keys() & trackers.keys():
        peers = {n: scores[n]["all"]["HOTA"] for n, (k, _) in trackers.items() if k == kind and n != kind}
        if peers:
            best = max(peers, key=lambda n: peers[n])
            ahead = scores[kind]["all"]["HOTA"] - peers[best]
            print(f"- {kind}: {ahead:+.2f} to {best}: {'met' if ahead >= -HOTA_BAR else 'NOT met'}")
    print_offline({n: s["all"] for n, s in scores.items()}, [n for n in trackers if n not in OURS])


def print_offline(scores: dict[str, dict[str, float]], peers: list[str]) -> None:
    """Offline association against the best default of the others."""
    if not peers:
        return
    best = max(peers, key=lambda name: scores[name]["HOTA"])
    ahead = scores[OFFLINE]["HOTA"] - scores[best]["HOTA"]
    switches, theirs = scores[OFFLINE]["IDs"], scores[best]["IDs"]
    print(f"\nBar: offline at least {OFFLINE_BAR:+} HOTA to the best peer, and fewer identity switches\n")
    print(f"- HOTA {ahead:+.2f} to {best}: {'met' if ahead >= OFFLINE_BAR else 'NOT met'}")
    print(f"- {switches:.0f} switches against {theirs:.0f}: {'met' if switches < theirs else 'NOT met'}")


def print_speed(trackers: dict[str, tuple[str, Callable[[], Step]]], frames: int) -> None:
    table = {n: speeds({k: make() for k, (_, make) in trackers.items()}, n, frames) for n in SIZES}
    print(f"\n| CPU ms per frame | {' | '.join(map(str, SIZES))} |\n|---|" + "---|" * len(SIZES))
    for name in table[SIZES[0]]:
        print(f"| {name} | " + " | ".join(f"{table[n][name]:.2f}" for n in SIZES) + " |")
    peers = [n for n, (kind, _) in trackers.items() if kind == "byte-track" and n != kind]
    print()
    for n in SIZES:
        row = table[n]
        ratios = {"bare": row["byte-track"] / row["bare"]}
        if peers:
            ratios["fastest peer"] = row["byte-track"] / min(row[p] for p in peers)
        for against, ratio in ratios.items():
            bar = SPEED_BARS[against]
            print(
                f"- {n} objects: {ratio:.2f} of {against}, bar {bar}: {'met' if ratio <= bar else 'NOT met'}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("sequences", type=Path)
    parser.add_argument("--only", default="", help="kinds, by comma")
    parser.add_argument("--no-speed", action="store_true")
    parser.add_argument("--no-accuracy", action="store_true")
    parser.add_argument("--per-sequence", action="store_true")
    parser.add_argument("--frames", type=int, default=30, help="of each made scene")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # the others' deprecations
    trackers = installed(set(filter(None, options.only.split(","))))
    if not options.no_accuracy:
        folders = sorted(p.parent.parent for p in options.sequences.glob("*/det/det.txt"))
        sequences = [read_sequence(folder) for folder in folders]
        print_accuracy(sequences, trackers, each=options.per_sequence)
    if not options.no_speed:
        fast = {n: t for n, t in trackers.items() if n in OURS or t[0] == "byte-track"}
        print_speed(fast, options.frames)
        print_offline_speed()


if __name__ == "__main__":
    main()
