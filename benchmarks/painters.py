"""Whether a training waits for its painter: painting alone, the network alone, both together.

On a GPU, and small on two processor cores::

    python benchmarks/painters.py --device cuda
    python benchmarks/painters.py --batch 16 --at-once 1 --objects 160 --ahead 2 --steps 28

Needs torch, numpy and OpenCV alone. Pairs, loss and optimiser are those of the weights that ship
(``resources/training/atom-slim.toml``); batches come the way the trainer gets them, first from threads of
this process and then from painters. Wall time; banks are counted, the start of the processes is not. Bar:
together at least .95 of what the network does alone. Where that is missed and hardly anything was waited
for, the GPU is shared and not left idle.

The operations are those that a GPU would have to be told of, counted without one: everything that is no mere
view, with all pairs of a batch painted at once.
"""

from __future__ import annotations

import argparse
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from workbench.models.atom_slim import SlimAtomNet, channels_last
from workbench.training.atom.objective import ObjectiveOptions, objective
from workbench.training.batches import PairBatch
from workbench.training.learner import Learner
from workbench.training.options import TrainerOptions, read_options
from workbench.training.painters import affordable, batches
from workbench.training.synthetic import pairs, sprites
from workbench.training.synthetic.pairs import PairGenerator
from workbench.training.synthetic.plans import PairOptions

BAR = 0.95
RECIPE = Path(__file__).resolve().parents[1] / "resources" / "training" / "atom-slim.toml"


class Slim:
    """The slim network on painted pairs, as ``workbench.training.atom.tasks.SlimTask`` has it."""

    def __init__(self, made: PairOptions, loss: ObjectiveOptions, device: torch.device) -> None:
        self.network = SlimAtomNet()
        channels_last(self.network, device)
        self.source = PairGenerator(made, seed=1, device=device)
        self._device, self._loss = device, loss

    def groups(self) -> list[dict[str, Any]]:
        return [{"params": list(self.network.parameters())}]

    def batch(self, step: int) -> PairBatch:
        return self.prepared(self.source.batch(step), step)

    def prepared(self, made: PairBatch, step: int) -> PairBatch:
        images, *others = (part.to(self._device, non_blocking=True) for part in made)
        return PairBatch(images.float(), *others)

    def loss(self, batch: PairBatch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        return objective(self.network, batch, options=self._loss, generator=generator).total, {}


class Bench:
    """Takes steps and says how many pairs a second that made."""

    def __init__(self, task: Slim, how: TrainerOptions, device: torch.device, warm: int) -> None:
        self.task, self._how, self._device, self._warm = task, how, device, warm
        self._learner = Learner(task, how)
        self._draws = torch.Generator(device).manual_seed(1)

    def learn(self, batch: PairBatch, step: int) -> None:
        self._learner.update(batch, self._draws, step=step, careful=False)

    def network(self) -> float:
        batch = self.task.batch(0)
        return self._timed(lambda step: batch, self.learn)[0]

    def painting(self, painters: int) -> float:
        return self._with(painters, lambda batch, step: None)[0]

    def both(self, painters: int) -> tuple[float, float]:
        return self._with(painters, self.learn)

    def _with(self, painters: int, use: Callable[[PairBatch, int], None]) -> tuple[float, float]:
        task = self.task
        task.source = PairGenerator(task.source.options, seed=1, device=self._device)  # without any bank
        how = replace(self._how, painters=painters)
        with batches(task, how, self._device) as batch:
            return self._timed(batch, use)

    def _timed(
        self, batch: Callable[[int], PairBatch], use: Callable[[PairBatch, int], None]
    ) -> tuple[float, float]:
        """Pairs a second, and the share of the time that was waited for batches."""
        waited, began = 0.0, time.perf_counter()
        for step in range(self._how.steps):
            if step == self._warm:
                self._finish()
                waited, began = 0.0, time.perf_counter()
            asked = time.perf_counter()
            made = batch(step)
            waited += time.perf_counter() - asked
            use(made, step)
        self._finish()
        passed = time.perf_counter() - began
        return (self._how.steps - self._warm) * self.task.source.options.batch / passed, waited / passed

    def _finish(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)


class Operations(TorchDispatchMode):
    """Counts what is neither a view nor new memory."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        self.number += not (func.is_view or func.__name__.startswith(("empty", "new_empty", "_unsafe_view")))
        return made


def operations(made: PairOptions) -> tuple[int, int]:
    """Of a bank, and of a batch."""
    made, everything = replace(made, batches_at_once=1, ramp=0), 1 << 30
    with patch.object(pairs, "CHUNK", everything), patch.object(sprites, "CHUNK", everything):
        generator = PairGenerator(made, seed=1)
        with Operations() as bank:
            generator._make_bank(0)
        with Operations() as both:
            generator.batch(0)
    return bank.number, both.number - bank.number


def busy(device: torch.device, work: Callable[[], Any]) -> float:
    """Seconds for which work keeps the GPU busy, whoever tells it how fast."""
    kinds = [torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=kinds) as profile:
        work()
        torch.cuda.synchronize(device)
    return float(sum(event.self_device_time_total for event in profile.key_averages())) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description="Whether a training waits for its painter.")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--painters", type=int, default=4)
    parser.add_argument("--steps", type=int, default=140)
    parser.add_argument("--warm", type=int, help="steps that are not counted (default: a quarter)")
    parser.add_argument("--ahead", type=int, help="batches made beforehand, fewer than are counted")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--at-once", type=int, help="batches that are painted together")
    parser.add_argument("--size", type=int)
    parser.add_argument("--objects", type=int, help="in a bank")
    given = parser.parse_args()
    tables = tomllib.loads(RECIPE.read_text(encoding="utf-8"))
    made = read_options(PairOptions, tables["task"]["made"], name="made")
    made = replace(
        made,
        batch=given.batch or made.batch,
        size=given.size or made.size,
        batches_at_once=given.at_once or made.batches_at_once,
        bank=replace(made.bank, objects=given.objects or made.bank.objects),
    )
    loss = read_options(ObjectiveOptions, tables["task"]["objective"], name="objective")
    how = read_options(TrainerOptions, tables["train"], name="train")
    how = replace(how, steps=given.steps, ahead=given.ahead or how.ahead)
    device = torch.device(given.device)
    warm = given.steps // 4 if given.warm is None else given.warm
    bench = Bench(Slim(made, loss, device), how, device, warm)
    measure(bench, made, device, given.painters)


def measure(bench: Bench, made: PairOptions, device: torch.device, painters: int) -> None:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "processor"
    say = lambda *cells: print("| " + " | ".join(cells) + " |", flush=True)  # noqa: E731
    say(f"{made.batch} pairs of {made.size} px, {name}", "pairs/s", "of the network alone", "waited")
    say("---", "---", "---", "---")
    alone = bench.network()
    say("the network alone", f"{alone:.0f}", "1", "")
    for number, by in ((0, "threads"), (painters, f"painters: {affordable(painters)}")):
        speed = bench.painting(number)
        say(f"painting alone, {by}", f"{speed:.0f}", f"{speed / alone:.2f}", "")
        speed, waited = bench.both(number)
        say(f"both, {by}", f"{speed:.0f}", f"{speed / alone:.2f}", f"{waited:.2f}")
    print(f"bar: together >= {BAR} of the network alone: {'met' if speed >= BAR * alone else 'NOT met'}")
    bank, batch = operations(made)
    print(f"operations: {bank} a bank, {batch} a batch")
    if device.type == "cuda":
        source, group = bench.task.source, made.batches_at_once
        source.batch(0)  # its bank is made
        painted = busy(device, lambda: source.batch(group)) / (group * made.batch)
        batch_there = bench.task.batch(0)
        learned = busy(device, lambda: bench.learn(batch_there, 0)) / made.batch
        print(
            f"GPU time of a pair: {painted * 1e6:.1f} us to paint it, {learned * 1e6:.1f} us to learn from it"
        )


if __name__ == "__main__":
    main()
