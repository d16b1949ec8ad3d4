"""Single-object tracking against OpenCV's CSRT: one pass over a folder of sequences.

    python benchmarks/sot.py SEQUENCES [--trackers atom,csrt] [--frames 120] [--csv FILE] [--plot FILE]
    python benchmarks/sot.py --made 4 [--alike] [...]

Baseline: CSRT (Lukežič et al., Discriminative Correlation Filter with Channel and Spatial Reliability, CVPR
2017), in the same process, on the same frames; KCF and MIL beside it. They are in OpenCV's contributed
modules; where those are missing, or with ``--trackers atom-hog``, ours run alone.

A sequence is a folder with ``groundtruth.txt`` (x, y, w, h a line; NaN = absent or not annotated; 1-based
where the folder's name begins with ``otb-``) and its frames: ``img/*``, or a video file, or ``source.json``
naming the folder of a video, the first frame (1-based) and the number of frames. With ``--made`` the
sequences are targets of painted clips, which go out of sight once and come back: what a tracker says of being
lost is scored there, since few recorded sequences say when their target is absent. With ``--alike`` each is
one of five of the same look, which turn as they move. Frames are decoded before the clock starts. Trackers
start on the first annotated frame and are never told anything again; a lost target is a miss unless the
tracker still guesses well. KCF runs with ``detect_thresh`` 0.2, since with its default it gives up after a
few frames.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Protocol

import av
import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.plots import write_curves
from workbench.core.boxes import Box
from workbench.inference.trackers import available, make
from workbench.metrics.single_target import (
    OVERLAP_THRESHOLDS,
    Difference,
    SingleTargetScores,
    overlaps,
    paired_bootstrap,
    score,
)
from workbench.training.synthetic.clip_types import ClipOptions
from workbench.training.synthetic.clips import make_clip

BASELINE = "csrt"
OURS = tuple(info.name for info in available())
FIGURES = {"auc": "AUC", "precision_at_20": "P@20", "success_at_half": "SR.5"}
SPEED_BAR = 0.5  # of the baseline's frames per second
HIDDEN = 0.1  # a painted target of which less is seen counts as absent
VIDEO_SUFFIXES = {".mp4", ".mpg", ".mpeg", ".avi", ".mkv", ".webm", ".mov"}
IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp"}


@dataclass(frozen=True)
class Sequence:
    """Decoded frames, uint8 (H, W, 3) RGB, and true boxes (N, 4), 0-based, from the first annotated on."""

    name: str
    images: list[np.ndarray]
    truth: np.ndarray


@dataclass(frozen=True)
class Result:
    """One tracker on one sequence."""

    tracker: str
    sequence: str
    scores: SingleTargetScores
    seconds: float  # of all frames but the first
    frames: int
    start_seconds: float
    lost_when_absent: tuple[int, int]  # frames called lost, of the frames without a true box
    lost_when_on_target: tuple[int, int]  # of those where the box overlaps the true one by more than 0.3


class Runner(Protocol):
    """What the benchmark asks of a tracker."""

    def start(self, image: np.ndarray, box: Box) -> None:
        """Learn the target."""

    def step(self, image: np.ndarray) -> tuple[Box, bool]:
        """The box and whether the target was found."""


# --- reading -----------------------------------------------------------------------------------------------


def decode(path: Path) -> Iterator[np.ndarray]:
    """The frames of a video file, or of the folder that holds one, or ``img/*`` in it."""
    pictures = sorted(p for p in (path / "img").glob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
    if pictures:
        for picture in pictures:
            yield cv2.cvtColor(cv2.imread(str(picture), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        return
    videos = [p for p in sorted(path.iterdir()) if p.suffix.lower() in VIDEO_SUFFIXES]
    if not videos:
        raise SystemExit(f"{path} has neither img/ with pictures nor a video file.")
    with av.open(str(videos[0])) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def read_truth(folder: Path) -> np.ndarray:
    lines = (folder / "groundtruth.txt").read_text().replace(",", " ").split("\n")
    truth = np.array([[float(v) for v in line.split()[:4]] for line in lines if line.strip()])
    if folder.name.startswith("otb-"):
        truth[:, :2] -= 1.0
    return truth


def read_sequence(folder: Path, limit: int | None) -> Sequence:
    truth = read_truth(folder)
    place, skip = folder, 0
    if (folder / "source.json").exists():
        source = json.loads((folder / "source.json").read_text())
        place, skip = folder / source["frames"], source["start"] - 1
    first = int(np.flatnonzero(~np.isnan(truth).any(axis=1))[0])
    count = min(len(truth) - first, limit or len(truth))
    images = list(islice(decode(place), skip + first, skip + first + count))
    return Sequence(folder.name, images, truth[first : first + len(images)])


def made_sequences(clips: int, *, alike: bool = False) -> Iterator[Sequence]:
    """Targets of some painted clips, from the first frame in which each is seen; NaN where it is not.

    Either all of three that vanish once, or two of five that look alike.
    """
    for seed in range(2000, 2000 + clips) if alike else range(1000, 1000 + clips):
        options = ClipOptions(480, 270, frames=150, targets=5 if alike else 3, seed=seed)
        frames = list(make_clip(replace(options, alike=alike, vanishing=0.0 if alike else 1.0)))
        for target in range(2 if alike else 3):
            seen = np.array([f.visibility[target] for f in frames])
            truth = np.array([f.boxes[target] for f in frames])
            truth[seen < HIDDEN] = np.nan
            first = int(np.argmax(seen > 0.8))
            yield Sequence(
                f"{'alike' if alike else 'made'}-{seed}-{target}",
                [f.image for f in frames[first:]],
                truth[first:],
            )


# --- trackers ----------------------------------------------------------------------------------------------


class OpenCVRunner:
    """One of OpenCV's trackers; it wants BGR and answers whole pixels."""

    def __init__(self, create: Callable[[], cv2.Tracker]) -> None:
        self._create = create

    def start(self, image: np.ndarray, box: Box) -> None:
        """Learn the target."""
        self._tracker = self._create()
        left, top, right, bottom = (round(v) for v in (box[0], box[1], box[0] + box[2], box[1] + box[3]))
        self._box = tuple(map(float, box))
        self._tracker.init(image[..., ::-1].copy(), (left, top, right - left, bottom - top))

    def step(self, image: np.ndarray) -> tuple[Box, bool]:
        """The box and whether the target was found."""
        found, box = self._tracker.update(image[..., ::-1].copy())
        if found:
            self._box = tuple(map(float, box))
        return self._box, found


class OurRunner:
    """One of the workbench's trackers."""

    def __init__(self, name: str) -> None:
        self._tracker = make(name)

    def start(self, image: np.ndarray, box: Box) -> None:
        """Learn the target."""
        self._tracker.start(image, box)

    def step(self, image: np.ndarray) -> tuple[Box, bool]:
        """The box and whether the target was found."""
        state = self._tracker.step(image)
        return state.box, state.found


def create_kcf() -> cv2.Tracker:
    parameters = cv2.TrackerKCF.Params()
    parameters.detect_thresh = 0.2
    return cv2.TrackerKCF.create(parameters)


def runner_of(name: str) -> Runner:
    """The tracker of that name, ready to start."""
    if name in OURS:
        return OurRunner(name)
    classes = {"csrt": "TrackerCSRT", "kcf": "TrackerKCF", "mil": "TrackerMIL"}
    if name not in classes:
        raise SystemExit(f"No tracker is called {name!r}; there are {', '.join([*OURS, *classes])}.")
    if not hasattr(cv2, classes[name]):
        raise SystemExit(
            f"This OpenCV has no {name.upper()}: run in a separate environment with "
            "opencv-contrib-python-headless, or leave it out with --trackers."
        )
    return OpenCVRunner(create_kcf if name == "kcf" else getattr(cv2, classes[name]).create)


# --- measuring ---------------------------------------------------------------------------------------------


def run(name: str, sequence: Sequence) -> Result:
    """One pass of one tracker over one sequence."""
    runner = runner_of(name)
    boxes = sequence.truth.copy()
    found = np.ones(len(boxes), dtype=bool)
    began = time.perf_counter()
    runner.start(sequence.images[0], tuple(map(float, sequence.truth[0])))
    started = time.perf_counter()
    for i, image in enumerate(sequence.images[1:], start=1):
        boxes[i], found[i] = runner.step(image)
    seconds = time.perf_counter() - started
    absent = np.isnan(sequence.truth).any(axis=1)
    good = overlaps(boxes, sequence.truth) > 0.3
    lost = ~found
    return Result(
        name,
        sequence.name,
        score(boxes, sequence.truth),
        seconds,
        len(boxes) - 1,
        started - began,
        (int((lost & absent).sum()), int(absent.sum())),
        (int((lost & good).sum()), int(good.sum())),
    )


def of_tracker(results: list[Result], name: str) -> list[Result]:
    return [r for r in results if r.tracker == name]


def figure(results: list[Result], field: str) -> list[float]:
    """One of ``FIGURES`` for every sequence."""
    return [getattr(r.scores, field) for r in results]


def difference(results: list[Result], name: str, field: str = "auc") -> Difference | None:
    """A figure of this tracker minus the baseline's, over sequences; None without a baseline."""
    base = of_tracker(results, BASELINE)
    if not base or name == BASELINE:
        return None
    return paired_bootstrap(figure(of_tracker(results, name), field), figure(base, field))


def rate(results: list[Result]) -> float:
    """Frames per second over all sequences together."""
    return sum(r.frames for r in results) / sum(r.seconds for r in results)


# --- telling -----------------------------------------------------------------------------------------------


def lost_figures(results: list[Result]) -> tuple[str, str, str]:
    """Of calling the target lost: precision, recall, and the share of good frames called so."""
    right, absent = (sum(r.lost_when_absent[i] for r in results) for i in (0, 1))
    wrong, good = (sum(r.lost_when_on_target[i] for r in results) for i in (0, 1))
    pairs = ((right, right + wrong), (right, absent), (wrong, good))
    precision, recall, false = (f"{part / whole:.2f}" if whole else "-" for part, whole in pairs)
    return precision, recall, false


def summary(results: list[Result], trackers: list[str]) -> Iterator[str]:
    """The table over all sequences, a line at a time."""
    yield (
        "| tracker | AUC | P@20 | SR.5 | AUC - CSRT (95 %) | frames/s | of CSRT's | start ms "
        "| lost: precision | recall | on target |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    base = of_tracker(results, BASELINE)
    for name in trackers:
        mine = of_tracker(results, name)
        ahead = difference(results, name)
        cells = [
            name,
            *(f"{np.mean(figure(mine, field)):.3f}" for field in FIGURES),
            f"{ahead.mean:+.3f} ({ahead.low:+.3f} to {ahead.high:+.3f})" if ahead else "-",
            f"{rate(mine):.0f}",
            f"{rate(mine) / rate(base):.2f}" if base else "-",
            f"{1000 * np.median([r.start_seconds for r in mine]):.0f}",
            *lost_figures(mine),
        ]
        yield f"| {' | '.join(cells)} |"


def per_sequence(results: list[Result], trackers: list[str]) -> Iterator[str]:
    """AUC of every tracker on every sequence, a line at a time."""
    yield f"| sequence | frames | {' | '.join(trackers)} |"
    yield "|---|---|" + "---|" * len(trackers)
    for first in of_tracker(results, trackers[0]):
        row = {r.tracker: r.scores.auc for r in results if r.sequence == first.sequence}
        cells = " | ".join(f"{row[name]:.3f}" for name in trackers)
        yield f"| {first.sequence} | {first.scores.frames} | {cells} |"


def verdict(results: list[Result], name: str) -> str:
    """Whether the bar is met by this tracker of ours."""
    base, mine = of_tracker(results, BASELINE), of_tracker(results, name)
    ahead = difference(results, name)
    if ahead is None:
        return f"{name}: no baseline in this run, so the bar says nothing."
    fast = rate(mine) / rate(base)
    leads = {title: difference(results, name, field) for field, title in FIGURES.items()}
    met = all(lead.mean >= 0 for lead in leads.values()) and fast >= SPEED_BAR
    told = ", ".join(
        f"{title} {lead.mean:+.3f} (95 % {lead.low:+.3f} to {lead.high:+.3f})"
        for title, lead in leads.items()
    )
    return (
        f"Bar for {name}, {', '.join(FIGURES.values())} at least CSRT's and frames/s at least {SPEED_BAR} "
        f"of CSRT's: {'met' if met else 'NOT met'} ({told}; {fast:.2f})."
    )


def write_plot(path: Path, results: list[Result], trackers: list[str]) -> None:
    """Success over the overlap that is asked for, the mean of all sequences."""
    curves = {}
    for name in trackers:
        mean = np.mean([r.scores.success for r in of_tracker(results, name)], axis=0)
        curves[f"{name} [{mean.mean():.3f}]"] = (OVERLAP_THRESHOLDS, mean)
    count = len(of_tracker(results, trackers[0]))
    write_curves(path, curves, title=f"Success, {count} sequences", x="overlap above", y="share of frames")


def write_csv(path: Path, results: list[Result]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["tracker", "sequence", "frames", "auc", "p20", "sr50", "fps", "start_ms"])
        for r in results:
            s = r.scores
            figures = [
                s.auc,
                s.precision_at_20,
                s.success_at_half,
                r.frames / r.seconds,
                1000 * r.start_seconds,
            ]
            writer.writerow([r.tracker, r.sequence, s.frames, *(f"{v:.4f}" for v in figures)])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Single-object tracking against OpenCV's CSRT.")
    parser.add_argument("sequences", type=Path, nargs="?", help="folder of sequence folders")
    parser.add_argument("--made", type=int, default=0, help="so many painted clips in place of it")
    parser.add_argument("--alike", action="store_true", help="painted targets of one look each clip")
    parser.add_argument(
        "--trackers", default="atom,atom-hog,atom-random,csrt,kcf,mil", help="names, by comma"
    )
    parser.add_argument("--frames", type=int, help="only the first so many frames of each sequence")
    parser.add_argument("--only", default="", help="only these sequences, by comma")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch and OpenCV (1)")
    parser.add_argument("--plot", type=Path, help="write the success plot there, as SVG")
    parser.add_argument("--csv", type=Path, help="write the figures of every sequence there")
    return parser.parse_args()


def read_sequences(options: argparse.Namespace) -> Iterator[Sequence]:
    """The sequences of a folder, one after the other."""
    folders = sorted(p.parent for p in (options.sequences or Path()).glob("*/groundtruth.txt"))
    if options.only:
        folders = [f for f in folders if f.name in options.only.split(",")]
    if not folders:
        raise SystemExit(f"{options.sequences} has no folder with a groundtruth.txt.")
    for folder in folders:
        yield read_sequence(folder, options.frames)


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(options.threads)
    trackers = options.trackers.split(",")
    results = []
    made = made_sequences(options.made, alike=options.alike)
    for sequence in made if options.made else read_sequences(options):
        results += [run(name, sequence) for name in trackers]
    for line in (*summary(results, trackers), "", *per_sequence(results, trackers), ""):
        print(line)
    for name in trackers:
        if name in OURS:
            print(verdict(results, name))
    if options.plot:
        write_plot(options.plot, results, trackers)
    if options.csv:
        write_csv(options.csv, results)


if __name__ == "__main__":
    main()
