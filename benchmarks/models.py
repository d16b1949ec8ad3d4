"""The networks: how long an image takes, where the time goes, how much memory it needs.

    python benchmarks/models.py [--threads 2] [--device cpu] [--half] [--repeats 5] [--only atom] [--profile]

Named baseline for ctdet DLA-34 at 512 x 512: the same network with every deformable convolution replaced by
a dense one, by turns with it in the same process. Bars: forward and decoding at most 2x that, decoding at
most 5 % of the forward. The other rows say what to expect. Weights are random, which costs the same; offsets
of the deformable layers are made to differ from nothing. Every model runs in a process of its own, so that
the peak of memory is its own; what Python and torch need without any model is taken off. That of ctdet
includes its twin. With ``--profile`` there is a table for each row instead, of where the time of one image
goes (``benchmarks/where.py``), but none for ST-GCN.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.where import Parts, table, watch_session, watch_tracker
from workbench.inference.atom.pretrained import atom_tracker
from workbench.inference.atom.tracker import AtomTracker
from workbench.inference.detection.centernet import CenterNetSession, ExdetSession
from workbench.inference.detection.centertrack import CenterTrackSession
from workbench.inference.detection.fairmot import FairMOTSession
from workbench.inference.detection.options import DetectionOptions
from workbench.inference.detection.session import Session
from workbench.inference.trackers import make
from workbench.models import centernet, centertrack, fairmot
from workbench.models.atom import atom_resnet18
from workbench.models.dcn import DCN
from workbench.models.decoding.activation import activated
from workbench.models.heads import HeatmapNetwork
from workbench.models.stgcn import StGcn, adjacency
from workbench.models.weights_header import Header, Spec

NETWORK_BAR, DECODE_BAR = 2.0, 0.05
BOX = (600.0, 300.0, 80.0, 60.0)  # of ATOM's target
PERIOD = 20  # frames in which ATOM's filter is trained twice
ROWS = (
    "ctdet DLA-34 512x512",
    "multi_pose DLA-34 512x512",
    "agnex Hourglass-104 256x256",
    "FairMOT 1088x608",
    "CenterTrack 960x544",
    "ST-GCN 300 frames, 2 people",
    "ATOM as published, a frame",
    "ATOM slim, a frame",
)


def dense_twin(network: nn.Module) -> nn.Module:
    """The network with dense convolutions in place of the deformable ones; changed in place."""
    for name, child in network.named_children():
        if isinstance(child, DCN):
            outputs, inputs = child.weight.shape[:2]
            setattr(network, name, nn.Conv2d(inputs, outputs, 3, padding=1))
        else:
            dense_twin(child)
    return network


def moved_offsets(network: HeatmapNetwork) -> HeatmapNetwork:
    """As after training: the deformable layers look elsewhere."""
    for module in network.modules():
        if isinstance(module, DCN):
            nn.init.normal_(module.conv_offset_mask.weight, std=0.02)
    return network


def session_of(name: str, options: DetectionOptions, device: str, *, dense: bool = False) -> Session:
    """A session on random weights."""
    if name.startswith("FairMOT"):
        kind, spec, network = FairMOTSession, Spec("fairmot", "mot", "dla_34"), fairmot.build(fairmot.spec())
        size = (608, 1088)
    elif name.startswith("CenterTrack"):
        kind, spec, size = CenterTrackSession, Spec("centertrack", "tracking", "dla_34"), (544, 960)
        network = centertrack.build(centertrack.spec("tracking", classes=1))
    else:
        task = name.split()[0]
        classes = 1 if task == "multi_pose" else 80
        arch, side = ("hourglass", 256) if "Hourglass" in name else ("dla_34", 512)
        shown = "exdet" if task == "agnex" else task  # a file does not tell these two apart by its task
        kind = ExdetSession if shown == "exdet" else CenterNetSession
        spec, size = Spec("centernet", shown, arch, classes=classes), (side, side)
        network = centernet.build(centernet.spec(task, arch, classes=classes))
    network = moved_offsets(network)
    if dense:
        dense_twin(network)
    names = tuple(map(str, range(spec.classes)))
    return kind(network, Header(spec, classes=names, input_size=size), options, device=device)


def seconds(work: Callable[[], object], device: str) -> float:
    """Of one run, to its very end."""
    began = time.perf_counter()
    work()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return time.perf_counter() - began


def median(work: Callable[[], object], options: argparse.Namespace) -> float:
    work()
    return statistics.median(seconds(work, options.device) for _ in range(options.repeats))


def session_and_image(name: str, options: argparse.Namespace) -> tuple[Session, np.ndarray]:
    """A session, and noise of the size of its input."""
    session = session_of(name, DetectionOptions(half=options.half, threshold=0.0), options.device)
    image = np.random.default_rng(0).integers(0, 256, (*session.header.input_size, 3), dtype=np.uint8)
    return session, image


def measure_session(name: str, options: argparse.Namespace) -> dict[str, float]:
    """Forward and decoding of one image, and of its dense twin where that is the baseline."""
    session, image = session_and_image(name, options)
    prepared = session.prepare(image)
    inputs = session.normalised(torch.from_numpy(prepared.inputs[0][None]))
    place = prepared.placements[0]
    with torch.inference_mode():
        maps = session.forward(inputs, place)
        figures = {
            "prepare": median(lambda: session.prepare(image), options),
            "decode": median(lambda: session.read(activated(maps)), options),
        }
        if name.startswith("ctdet"):
            twin = session_of(name, session.options, options.device, dense=True)
            works = [lambda s=s: s.read(activated(s.forward(inputs, place))) for s in (session, twin)]
            rounds = [[seconds(work, options.device) for work in works] for _ in range(options.repeats + 1)]
            ours, dense = (statistics.median(column) for column in zip(*rounds[1:], strict=True))
            figures["forward"], figures["over dense"] = ours - figures["decode"], ours / dense
        else:
            figures["forward"] = median(lambda: session.forward(inputs, place), options)
    return figures


def measure_actions(options: argparse.Namespace) -> dict[str, float]:
    network = StGcn(3, 400, adjacency("openpose")).eval().to(options.device)
    skeletons = torch.rand(1, 3, 300, 18, 2, device=options.device)
    with torch.inference_mode():
        return {"forward": median(lambda: network(skeletons), options)}


def tracker_and_frames(name: str, options: argparse.Namespace) -> tuple[AtomTracker, Iterator[np.ndarray]]:
    """ATOM, and frames of a texture that moves."""
    if "slim" in name:
        tracker = make("atom", device=options.device)
        assert isinstance(tracker, AtomTracker)
    else:
        tracker = atom_tracker(atom_resnet18(), device=options.device)
    ground = np.random.default_rng(0).integers(0, 256, (90, 160, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    return tracker, (np.roll(ground, 2 * k, axis=1) for k in itertools.count())


def measure_atom(name: str, options: argparse.Namespace) -> dict[str, float]:
    """A frame; the first ones, in which memory fills, are not counted."""
    tracker, frames = tracker_and_frames(name, options)
    start = seconds(partial(tracker.start, next(frames), BOX), options.device)
    times = [seconds(partial(tracker.step, image), options.device) for image in itertools.islice(frames, 30)]
    return {"start": start, "forward": statistics.mean(times[10:])}


def profiled(name: str, options: argparse.Namespace) -> list[str]:
    """Where the time of one image goes, a table's lines."""
    parts = Parts()
    if name.startswith("ATOM"):
        tracker, frames = tracker_and_frames(name, options)
        tracker.start(next(frames), BOX)
        watch_tracker(parts, tracker)
        there = [next(frames) for _ in range(PERIOD // 2)]
        shown = itertools.cycle([*there, *reversed(there)])
        return table(parts, lambda: tracker.step(next(shown)), options.device, times=PERIOD)
    session, image = session_and_image(name, options)
    watch_session(parts, session)
    return table(parts, lambda: session(image), options.device, times=options.repeats)


def peak_bytes(device: str) -> int:
    """The largest amount of memory so far."""
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated()
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def one(name: str, options: argparse.Namespace) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    if options.profile:
        print("\n".join(profiled(name, options)))
        return
    before = peak_bytes(options.device)
    if name.startswith("ST-GCN"):
        figures = measure_actions(options)
    elif name.startswith("ATOM"):
        figures = measure_atom(name, options)
    else:
        figures = measure_session(name, options)
    figures["memory"] = peak_bytes(options.device) - before
    print(json.dumps(figures))


def milliseconds(figures: dict[str, float], key: str) -> str:
    return f"{1000 * figures[key]:.1f}" if key in figures else "-"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time and memory of the networks.")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--half", action="store_true", help="half precision, on CUDA")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", default="", help="rows that contain this")
    parser.add_argument("--profile", action="store_true", help="where the time goes, in place of the timing")
    parser.add_argument("--one", choices=ROWS, help=argparse.SUPPRESS)
    return parser.parse_args()


def in_own_process(name: str) -> str:
    """What the same command prints for one row."""
    run = subprocess.run([*sys.orig_argv, "--one", name], stdout=subprocess.PIPE, text=True, check=True)
    return run.stdout


def print_profiles(names: list[str]) -> None:
    for name in names:
        if not name.startswith("ST-GCN"):
            print(f"{name}\n\n{in_own_process(name)}", flush=True)


def print_timing(names: list[str]) -> None:
    print(
        "| model | prepare ms | forward ms | decode ms | images/s | decode / forward | over dense | peak MB |"
    )
    print("|---|---|---|---|---|---|---|---|")
    verdicts = []
    for name in names:
        f = json.loads(in_own_process(name))
        share = f["decode"] / f["forward"] if "decode" in f else None
        over = f.get("over dense")
        cells = [name, *(milliseconds(f, key) for key in ("prepare", "forward", "decode"))]
        cells += [f"{1 / sum(f.get(key, 0.0) for key in ('prepare', 'forward', 'decode')):.1f}"]
        cells += ["-" if share is None else f"{share:.1%}", "-" if over is None else f"{over:.2f}"]
        print(f"| {' | '.join(cells)} | {f['memory'] / 2**20:.0f} |", flush=True)
        if share is not None:
            verdicts.append((f"{name}: decoding at most 5 % of the forward", share <= DECODE_BAR))
        if over is not None:
            verdicts.append((f"{name}: at most {NETWORK_BAR:g}x the dense twin", over <= NETWORK_BAR))
    print()
    for what, met in verdicts:
        print(f"- {what}: {'met' if met else 'NOT met'}")


def main() -> None:
    options = arguments()
    if options.one:
        one(options.one, options)
        return
    names = [name for name in ROWS if options.only in name]
    print(f"{options.threads} threads, {options.device}{', half precision' if options.half else ''}\n")
    if options.profile:
        print_profiles(names)
    else:
        print_timing(names)


if __name__ == "__main__":
    main()
