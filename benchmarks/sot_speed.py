"""Speed of the default tracker at 1080p: starting, one target, and five in one pass.

    python benchmarks/sot_speed.py [--frames 60] [--side-by-side 2] [--tracker atom]

Baseline: one target, the mean of the five alone, in the same run. A pass is the one that the window and the
command line run (``services.tracking.follow``): the next frames are decoded in a thread while one is
tracked, and so many targets at a time are followed in threads of their own. With one target torch has all
cores but one, which decodes; with five, each has one. The clip is made (``workbench.training.synthetic``)
and encoded as H.264 to a temporary file first. Bars: a start within a second, 25 frames a second with
decoding, five targets below four times one.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from workbench.inference.trackers import make, maker
from workbench.services.tracking import PassOptions, Target, follow
from workbench.training.synthetic.clip_types import ClipOptions
from workbench.training.synthetic.clips import make_clip

SIZE = (1920, 1080)
TARGETS = 5


def write_clip(path: Path, frames: int) -> np.ndarray:
    """Write the clip; returns the boxes (TARGETS, 4) of its first frame."""
    options = ClipOptions(width=SIZE[0], height=SIZE[1], frames=frames, targets=TARGETS)
    first = None
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "veryfast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for made in make_clip(options):
            first = made.boxes if first is None else first
            container.mux(stream.encode(av.VideoFrame.from_ndarray(made.image, format="rgb24")))
        container.mux(stream.encode(None))
    assert first is not None
    return first


def decoded(path: Path) -> Iterator[tuple[int, np.ndarray]]:
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            yield number, frame.to_ndarray(format="rgb24")


def one_pass(path: Path, boxes: np.ndarray, name: str, at_once: int) -> tuple[float, float]:
    """Seconds and processor seconds a frame with these targets, decoding counted."""
    torch.set_num_threads(max(at_once - 1, 1) if len(boxes) == 1 else 1)
    targets = [Target(number, 0, tuple(map(float, box))) for number, box in enumerate(boxes)]
    options = PassOptions(give_up_after=None, side_by_side=at_once)
    steps = follow(decoded(path), targets, maker(name), total=0, options=options)
    next(steps)  # the frame in which all start
    began, worked = time.perf_counter(), time.process_time()
    seen = sum(1 for _ in steps)
    return (time.perf_counter() - began) / seen, (time.process_time() - worked) / seen


def start_seconds(path: Path, box: np.ndarray, name: str) -> float:
    _, image = next(decoded(path))
    tracker = make(name)
    began = time.perf_counter()
    tracker.start(image, tuple(map(float, box)))
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed of the default tracker at 1080p.")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--side-by-side", type=int, default=os.cpu_count(), help="threads (all cores)")
    parser.add_argument("--tracker", default="atom-hog")
    options = parser.parse_args()
    at_once = options.side_by_side
    cv2.setNumThreads(at_once)
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        boxes = write_clip(clip, options.frames)
        began = time.perf_counter()
        read = sum(1 for _ in decoded(clip))
        reading = (time.perf_counter() - began) / read
        start = float(np.median([start_seconds(clip, box, options.tracker) for box in boxes]))
        alone, five = [], []
        for box in boxes:  # by turns, so that both meet the same load
            alone.append(one_pass(clip, box[None], options.tracker, at_once))
            five.append(one_pass(clip, boxes, options.tracker, at_once))
    (one, work_one), (five, work_five) = np.mean(alone, axis=0), np.median(five, axis=0)
    load = os.getloadavg()[0]
    print(f"| {options.tracker}, 1080p, {at_once} thread(s), load {load:.1f} | measured | bar | met |")
    print("|---|---|---|---|")
    print(f"| start, median s | {start:.2f} | < 1 | {'yes' if start < 1 else 'NO'} |")
    print(
        f"| one target, frames/s with decoding | {1 / one:.0f} | >= 25 | {'yes' if 1 / one >= 25 else 'NO'} |"
    )
    print(f"| decoding alone, frames/s | {1 / reading:.0f} | | |")
    print(f"| five targets over one, time | {five / one:.2f} | < 4 | {'yes' if five / one < 4 else 'NO'} |")
    print(f"| the same in processor time | {work_five / work_one:.2f} | | |")


if __name__ == "__main__":
    main()
