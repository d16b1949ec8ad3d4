"""Video reading: wrong frames in random seeks, and costs in units of one decoded frame.

The unit L is one frame of a plain PyAV decoding loop, as PyAV opens a file and without conversion, over
the same clip in the same run: 1080p H.264, 250 frames from key frame to key frame. Sequential reading is
compared with the same loop with frame threads as well, which is harder.

    python benchmarks/video.py
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import av
import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.painted import make_clip, read_number
from tests.video.kinds import FRAMES, KINDS
from workbench.video import open_video
from workbench.video.display import DisplayReader
from workbench.video.proxy import build_proxy

SEEKS = 300
LONG = 500


def wrong_frames(path: Path, count: int) -> int:
    """How many of SEEKS random frames are not the one asked for."""
    order = random.Random(0)
    wrong = 0
    with open_video(path) as reader:
        if reader.info.frame_count != count:
            return SEEKS
        for _ in range(SEEKS):
            frame = order.randrange(count)
            try:
                wrong += read_number(reader.read(frame)) != frame
            except ValueError:
                wrong += 1
    return wrong


def seek_table(folder: Path) -> None:
    print(f"| clip | wrong of {SEEKS} | bar | met |\n|---|---|---|---|")
    for name, (file, options) in KINDS.items():
        path = make_clip(folder / file, FRAMES, **options)
        wrong = wrong_frames(path, FRAMES)
        print(f"| {name} | {wrong} | 0 | {'yes' if wrong == 0 else 'NO'} |", flush=True)


def long_clip(path: Path) -> Path:
    """1080p with camera motion and grain, about 10 Mbit/s."""
    rng = np.random.default_rng(0)
    scene = cv2.GaussianBlur(rng.integers(0, 256, (1400, 2600, 3), dtype=np.uint8), (0, 0), 6)
    scene = cv2.normalize(scene, None, 20, 235, cv2.NORM_MINMAX)
    grain = rng.normal(0, 4, (1200, 2000, 1)).astype(np.int8)

    def picture(frame: int) -> np.ndarray:
        x, y = frame, frame // 2
        dx, dy = rng.integers(0, 80, 2)
        part = scene[y : y + 1080, x : x + 1920].astype(np.int16)
        return np.clip(part + grain[dy : dy + 1080, dx : dx + 1920], 0, 255).astype(np.uint8)

    # One slice a picture, as cameras and services write it.
    options = {"preset": "veryfast", "crf": "24", "sc_threshold": "0", "x264-params": "sliced-threads=0"}
    return make_clip(path, LONG, (1920, 1080), gop=250, picture=picture, options=options)


def per_item(work: Callable[[], Iterable[object]]) -> float:
    """Milliseconds for one item."""
    start = time.perf_counter()
    count = sum(1 for _ in work())
    return (time.perf_counter() - start) / max(count, 1) * 1e3


def plain(path: Path, threads: str) -> Iterable[object]:
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = threads
        yield from container.decode(video=0)


def measure(path: Path, folder: Path) -> dict[str, float]:
    """Milliseconds an item."""
    result = {}
    rounds: list[tuple[float, float, float]] = []
    for _ in range(3):  # taking turns, so that a busy machine disturbs all alike
        single, threaded = per_item(lambda: plain(path, "SLICE")), per_item(lambda: plain(path, "AUTO"))
        with open_video(path) as reader:
            rounds.append((single, threaded, per_item(reader.frames)))
    result["L"], result["threaded"], result["sequential"] = map(min, zip(*rounds, strict=True))
    with open_video(path) as reader:
        result["backward"] = per_item(lambda: reader.frames(LONG - 1, None, -1))
        seeks = random.Random(1).sample(range(LONG), 12)
        result["random"] = per_item(lambda: (reader.read(frame) for frame in seeks))
    for exact, name in ((True, "step back, full"), (False, "step back, half")):
        window = DisplayReader(path)
        window.frame(LONG - 1, exact=True)
        result[name] = per_item(
            lambda w=window, e=exact: (w.frame(n, exact=e) for n in range(LONG - 2, -1, -1))
        )
        result["cached"] = per_item(lambda w=window: (w.frame(0, exact=True) for _ in range(1000)))
        window.close()
    start = time.perf_counter()
    window = DisplayReader(path, folder)
    for _ in build_proxy(path, window.proxy_target):
        pass
    result["proxy build"] = (time.perf_counter() - start) / LONG * 1e3
    assert window.find_proxy()
    order = random.Random(2)
    jumps = lambda: (window.frame(order.randrange(LONG), exact=False) for _ in range(100))  # noqa: E731
    result["proxy access"] = min(per_item(jumps) for _ in range(3))
    result["proxy MB"] = window.proxy_target.stat().st_size / 1e6 / LONG * 1000
    window.close()
    return result


def ratio_table(found: dict[str, float]) -> None:
    unit = found["L"]
    print(f"\nL = {unit:.2f} ms, a frame of the plain loop.\n")
    print("| what | ms | ratio | bar | met |\n|---|---|---|---|---|")
    for name, loop in (("the plain loop", unit), ("the loop with frame threads", found["threaded"])):
        share = loop / found["sequential"]
        met = "yes" if share >= 0.7 else "NO"
        bar = ">= .7 (.85 wanted)"
        print(f"| sequential to RGB, to {name} | {found['sequential']:.2f} | {share:.2f} | {bar} | {met} |")
    bars = {
        "backward": 5.0,
        "step back, full": 5.0,
        "step back, half": 5.0,
        "proxy access": 0.6,
        "proxy build": None,
        "random": None,
    }
    for name, bar in bars.items():
        value = found[name] / unit
        met = "" if bar is None else "yes" if value <= bar else "NO"
        print(
            f"| {name} | {found[name]:.2f} | {value:.2f} L | {'' if bar is None else f'<= {bar} L'} | {met} |"
        )
    print(f"| cached frame | {found['cached']:.4f} | | < 1 ms | {'yes' if found['cached'] < 1 else 'NO'} |")
    print(f"| proxy, 1000 frames | {found['proxy MB']:.0f} MB | | | |")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        seek_table(Path(name))
        ratio_table(measure(long_clip(Path(name) / "hd.mp4"), Path(name)))
