"""How well a plugin's detector finds what a ground truth has: average precision, and CPU time a frame.

    python benchmarks/detectors.py people VIDEO gt.txt --every 3 --set smallest=60

``gt.txt`` is MOTChallenge's; frames between are neither looked at nor counted.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from workbench.core.detections import Detections
from workbench.core.parameters import parse_settings
from workbench.metrics.average_precision import average_precision, found_as_coco
from workbench.metrics.sequence import TrackRows, prepare
from workbench.services.plugins import find_detector
from workbench.services.showing import learning
from workbench.video import open_video

THRESHOLDS = np.array([0.3, 0.5, 0.7])  # of overlap


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("video", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--set", action="append", default=[])
    arguments = parser.parse_args()
    choice = find_detector(arguments.name)
    detector = choice.make(choice.configured(parse_settings(choice.parameters, arguments.set)))
    found: dict[int, Detections] = {}
    begun = learned = time.process_time()
    with open_video(arguments.video) as reader:
        for _ in learning(detector, reader):
            pass
        for frame, image in reader.frames():
            if frame % arguments.every == 0:
                found[frame] = detector.detect(frame, image)
                if len(found) == 1:
                    learned = time.process_time()
    spent = (time.process_time() - learned) / max(len(found) - 1, 1)
    rows = np.loadtxt(arguments.truth, delimiter=",")
    rows = rows[np.isin(rows[:, 0] - 1, list(found))]
    figures = average_precision(
        found_as_coco(prepare(truth_of(rows), predicted_of(found)), thresholds=THRESHOLDS)
    )
    shown = ", ".join(f"AP@{t:g} {100 * f:.1f}" for t, f in zip(THRESHOLDS, figures, strict=True))
    print(
        f"{arguments.name}, {len(found)} frames: {shown}; {1000 * spent:.0f} ms CPU a frame, with decoding, "
    )
    print(f"after {learned - begun:.1f} s CPU for learning and the first frame")


def truth_of(rows: np.ndarray) -> TrackRows:
    return TrackRows.of(rows[:, 0] - 1, rows[:, 1], rows[:, 2:6])


def predicted_of(found: dict[int, Detections]) -> TrackRows:
    frames = np.concatenate([np.full(len(d), frame, np.int64) for frame, d in found.items()])
    boxes = np.concatenate([d.boxes for d in found.values()])
    scores = np.concatenate([d.scores for d in found.values()])
    return TrackRows(frames, np.arange(len(frames)), boxes, scores)


if __name__ == "__main__":
    main()
