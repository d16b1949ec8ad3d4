"""The networks: how long an image takes, where the time goes, how much memory it needs.

    python benchmarks/models.py [--threads 2] [--device cpu] [--half] [--repeats 5]

Named baseline for ctdet DLA-34 at 512 x 512: the same network with every deformable convolution replaced by
a dense one, by turns with it in the same process. Bars: forward and decoding at most 2x that, decoding at
most 5 % of the forward. The other rows say what to expect. Weights are random, which costs the same; offsets
of the deformable layers are made to differ from nothing. Every model runs in a process of its own, so that
the peak of memory is its own; what Python and torch need without any model is taken off. That of ctdet
includes its twin.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from workbench.inference.atom.pretrained import atom_tracker
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


def measure_session(name: str, options: argparse.Namespace) -> dict[str, float]:
    """Forward and decoding of one image, and of its dense twin where that is the baseline."""
    settings = DetectionOptions(half=options.half, threshold=0.0)
    session = session_of(name, settings, options.device)
    image = np.random.default_rng(0).integers(0, 256, (*session.header.input_size, 3), dtype=np.uint8)
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
            twin = session_of(name, settings, options.device, dense=True)
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


def measure_atom(name: str, options: argparse.Namespace) -> dict[str, float]:
    """A frame of a texture that moves; the first ones, in which memory fills, are not counted."""
    if "slim" in name:
        tracker = make("atom", device=options.device)
    else:
        tracker = atom_tracker(atom_resnet18(), device=options.device)
    ground = np.random.default_rng(0).integers(0, 256, (90, 160, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    began = time.perf_counter()
    tracker.start(ground, (600.0, 300.0, 80.0, 60.0))
    started = time.perf_counter() - began
    times = [
        seconds(lambda k=k: tracker.step(np.roll(ground, 2 * k, axis=1)), options.device) for k in range(30)
    ]
    return {"start": started, "forward": statistics.mean(times[10:])}


def peak_bytes(device: str) -> int:
    """The largest amount of memory so far."""
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated()
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def one(name: str, options: argparse.Namespace) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
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


def main() -> None:
    parser = argparse.ArgumentParser(description="Time and memory of the networks.")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--half", action="store_true", help="half precision, on CUDA")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", default="", help="rows that contain this")
    parser.add_argument("--one", choices=ROWS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        return one(options.one, options)
    print(f"{options.threads} threads, {options.device}{', half precision' if options.half else ''}\n")
    print("| model | prepare ms | forward ms | decode ms | decode / forward | over dense | peak MB |")
    print("|---|---|---|---|---|---|---|")
    verdicts = []
    for name in ROWS:
        if options.only not in name:
            continue
        run = subprocess.run([*sys.orig_argv, "--one", name], capture_output=True, text=True, check=True)
        f = json.loads(run.stdout)
        share = f["decode"] / f["forward"] if "decode" in f else None
        over = f.get("over dense")
        cells = [name, *(milliseconds(f, key) for key in ("prepare", "forward", "decode"))]
        cells += ["-" if share is None else f"{share:.1%}", "-" if over is None else f"{over:.2f}"]
        print(f"| {' | '.join(cells)} | {f['memory'] / 2**20:.0f} |", flush=True)
        if share is not None:
            verdicts.append((f"{name}: decoding at most 5 % of the forward", share <= DECODE_BAR))
        if over is not None:
            verdicts.append((f"{name}: at most {NETWORK_BAR:g}x the dense twin", over <= NETWORK_BAR))
    print()
    for what, met in verdicts:
        print(f"- {what}: {'met' if met else 'NOT met'}")
    return None


if __name__ == "__main__":
    main()
