"""Speed of the procedural generator on one core: pairs to train on, and whole clips.

    python benchmarks/generator.py [--batches 20]

Baseline: forward and backward of the slim ATOM network for the same pairs, in the same run: training shares
the processor with the painting. Processor time, one thread; making the banks that pairs are painted from is
counted at its share. Bars: 170 pairs a second at 144 pixels, and 60 frames a second of the demo's clip.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from workbench.models.atom_slim import SlimAtomNet
from workbench.training.synthetic.clip_types import ClipOptions
from workbench.training.synthetic.clips import make_clip
from workbench.training.synthetic.pairs import PairGenerator
from workbench.training.synthetic.plans import PairOptions

PAIRS_BAR, FRAMES_BAR = 170, 60


def pairs_a_second(options: PairOptions, batches: int) -> tuple[float, float]:
    """With the bank's share of the time, and the seconds of a bank."""
    began = time.process_time()
    generator = PairGenerator(options, seed=1)
    generator.batch(0)
    bank = time.process_time() - began
    began = time.process_time()
    for index in range(1, batches + 1):
        generator.batch(index)
    one = (time.process_time() - began) / (batches * options.batch)
    return 1 / (one + bank / options.pairs_a_bank), bank


def network_pairs_a_second(options: PairOptions, batches: int) -> float:
    network = SlimAtomNet()
    images = PairGenerator(options, seed=1).batch(0).images.flatten(0, 1)
    began = time.process_time()
    for _ in range(batches):
        maps = network(images)
        (maps.fine.mean() + maps.coarse.mean()).backward()
    return batches * options.batch / (time.process_time() - began)


def frames_a_second(options: ClipOptions) -> tuple[float, float]:
    """Frames a second, all counted, and the seconds until the first."""
    began = time.process_time()
    clip = make_clip(options)
    next(clip)
    first = time.process_time() - began
    for _ in clip:
        pass
    return options.frames / (time.process_time() - began), first


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed of the procedural generator on one core.")
    parser.add_argument("--batches", type=int, default=20)
    given = parser.parse_args()
    torch.set_num_threads(1)
    options = PairOptions()
    pairs, bank = pairs_a_second(options, given.batches)
    network = network_pairs_a_second(options, 2)
    frames, first = frames_a_second(ClipOptions())
    print("| one core | measured | bar | met |")
    print("|---|---|---|---|")
    met = "yes" if pairs >= PAIRS_BAR else "NO"
    print(f"| pairs a second, {options.size} px | {pairs:.0f} | >= {PAIRS_BAR} | {met} |")
    print(f"| a bank for {options.pairs_a_bank} pairs, s | {bank:.1f} | | |")
    print(f"| forward and backward of the backbone, pairs a second | {network:.0f} | | |")
    print(f"| painting over backbone, time a pair | {network / pairs:.2f} | | |")
    met = "yes" if frames >= FRAMES_BAR else "NO"
    print(f"| frames a second of the demo's clip | {frames:.0f} | >= {FRAMES_BAR} | {met} |")
    print(f"| its first frame after, s | {first:.1f} | | |")


if __name__ == "__main__":
    main()
