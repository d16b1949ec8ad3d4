"""What a run without weights scores on made clips, as the demo's is one.

    python benchmarks/made_clips.py [--seeds 1 2 3] [--targets 3 5] [--sizes 1.0 0.7] [--set margin=0.03]

Each clip has 240 frames of 640 x 360 before a camera that stands still, and nothing moves but targets. It is
written as a video, run over with ``moving-objects`` and the default tracker, and scored against what is true,
targets that are hidden for now included. "Touch" is the share of the targets' frames in which less than
three pixels are between one and another.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np

from workbench.core.parameters import parse_settings
from workbench.metrics.sequence import TrackRows
from workbench.services.run_detectors import RunDetectors
from workbench.services.run_options import RunOptions
from workbench.services.running import run_file
from workbench.services.scores import score_tracks
from workbench.training.synthetic.clip_types import ClipFrame, ClipOptions
from workbench.training.synthetic.clips import make_clip
from workbench.video.writer import VideoWriter

DETECTOR = "moving-objects"
SHOWN = ("HOTA", "DetA", "AssA", "MOTA", "IDF1", "AP50")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5, 6])
    parser.add_argument("--targets", type=int, nargs="+", default=[3, 5])
    parser.add_argument("--sizes", type=float, nargs="+", default=[1.0, 0.7])
    parser.add_argument("--set", action="append", default=[])
    given = parser.parse_args()
    detectors = RunDetectors()
    options = RunOptions(
        DETECTOR, detector_settings=parse_settings(detectors.parameters(DETECTOR), given.set)
    )
    print("| seed | targets | size | touch | " + " | ".join(SHOWN) + " |\n" + "|---" * (4 + len(SHOWN)) + "|")
    for targets in given.targets:
        for size in given.sizes:
            rows = []
            for seed in given.seeds:
                clip = ClipOptions(still=True, bystanders=0, targets=targets, size=size, seed=seed)
                rows.append(scored(clip, options, detectors))
                print(line(str(seed), clip, rows[-1]), flush=True)
            print(line("mean", clip, np.mean(rows, axis=0)), flush=True)


def line(name: str, clip: ClipOptions, values: Any) -> str:
    return (
        f"| {name} | {clip.targets} | {clip.size:g} | " + " | ".join(f"{100 * v:.1f}" for v in values) + " |"
    )


def scored(clip: ClipOptions, options: RunOptions, detectors: RunDetectors) -> list[float]:
    """The share of targets that touch, and the figures of ``SHOWN``."""
    truth, touching = [], []
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "clip.mp4"
        with VideoWriter(video, 25.0) as writer:
            for frame, made in enumerate(make_clip(clip)):
                writer.write(made.image)
                seen = np.flatnonzero(made.visibility > 0)
                truth.append(np.column_stack([np.full(len(seen), frame), seen, made.boxes[seen]]))
                touching += touch(made)
        steps = run_file(video, options, detectors=detectors, folder=Path(folder) / "run")
        while True:
            try:
                next(steps)
            except StopIteration as end:
                tracks = end.value.tracks
                break
    rows = np.concatenate(truth)
    figures = score_tracks(
        TrackRows.of(rows[:, 0], rows[:, 1], rows[:, 2:]),
        TrackRows(tracks.frames, tracks.ids, tracks.boxes, np.nan_to_num(tracks.scores, nan=1.0)),
    ).figures()
    return [float(np.mean(touching)), *(figures[name] for name in SHOWN)]


def touch(made: ClipFrame) -> list[bool]:
    """Whether each target that can be seen is near another."""
    masks = [(made.owners == i).astype(np.uint8) for i in np.flatnonzero(made.visibility > 0)]
    wide = [cv2.dilate(mask, np.ones((7, 7), np.uint8)) for mask in masks]
    return [any((mine & theirs).any() for theirs in wide if theirs is not mine) for mine in wide]


if __name__ == "__main__":
    main()
