"""Speed of the default tracker at 1080p: starting, one target, and five in one pass.

    python benchmarks/sot_speed.py [--frames 60] [--threads 1]

Baseline: one target, the mean of the five alone, in the same run. Decoding with PyAV is part of every pass
and is shared by the five. The clip is made (``workbench.training.synthetic``) and encoded as H.264 to a
temporary file first. Bars: a start within a second, 25 frames a second with decoding, five targets below
four times one.
"""

from __future__ import annotations

import argparse
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

from workbench.inference.trackers import make
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


def decoded(path: Path) -> Iterator[np.ndarray]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def one_pass(path: Path, boxes: np.ndarray, name: str) -> tuple[float, list[float]]:
    """Seconds a frame with these targets, decoding counted, and the seconds each start took."""
    frames = decoded(path)
    image = next(frames)
    trackers = [make(name) for _ in boxes]
    starts = []
    for tracker, box in zip(trackers, boxes, strict=True):
        began = time.perf_counter()
        tracker.start(image, tuple(map(float, box)))
        starts.append(time.perf_counter() - began)
    began, seen = time.perf_counter(), 0
    for image in frames:
        seen += 1
        for tracker in trackers:
            tracker.step(image)
    return (time.perf_counter() - began) / seen, starts


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed of the default tracker at 1080p.")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--threads", type=int, default=1, help="threads of torch and OpenCV (1)")
    parser.add_argument("--tracker", default="atom-hog")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        boxes = write_clip(clip, options.frames)
        reading, _ = one_pass(clip, boxes[:0], options.tracker)
        alone = [one_pass(clip, box[None], options.tracker) for box in boxes]
        five, _ = min(one_pass(clip, boxes, options.tracker) for _ in range(2))
    one = float(np.mean([seconds for seconds, _ in alone]))
    start = float(np.median([starts for _, starts in alone]))
    print(f"| {options.tracker}, 1080p, {options.threads} thread(s) | measured | bar | met |")
    print("|---|---|---|---|")
    print(f"| start, median s | {start:.2f} | < 1 | {'yes' if start < 1 else 'NO'} |")
    print(
        f"| one target, frames/s with decoding | {1 / one:.0f} | >= 25 | {'yes' if 1 / one >= 25 else 'NO'} |"
    )
    print(f"| decoding alone, frames/s | {1 / reading:.0f} | | |")
    print(f"| five targets over one, time | {five / one:.2f} | < 4 | {'yes' if five / one < 4 else 'NO'} |")


if __name__ == "__main__":
    main()
