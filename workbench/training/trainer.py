"""The training loop, for any network: it knows nothing of what is trained but the `Task`.

It is a generator that can be closed between two steps and keeps what it has. All that a step draws comes
from the seed, the step and the rank, and the learning rate from the step, so a checkpoint needs no states of
random generators or schedules, and a resumed training on a CPU ends with the weights of an uninterrupted one
to the bit.
"""

from __future__ import annotations

import logging
import math
import os
import random
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor

from workbench.core.errors import UserError
from workbench.training.events import (
    Event,
    Finished,
    Passed,
    Report,
    Restarted,
    Resumed,
    Saved,
    Validated,
)
from workbench.training.learner import Learner
from workbench.training.options import TrainerOptions
from workbench.training.painters import batches
from workbench.training.ranks import Ranks
from workbench.training.saving import Checkpoints
from workbench.training.task import Task

log = logging.getLogger(__name__)

BEST = "best.safetensors"


class Trainer:
    """Trains a task.

    Args:
        task: its network is changed in place, on the device where it is.
        options: how.
        checkpoints: where the state is kept, and gone on from.
        weights: the file that the result is exported to; the best by score, where the task gives one, is
            exported beside it as ``best.safetensors``.
        about: metadata of the exported files.
        ranks: this process among several. With several a failed step is not met here: the one who started
            them all starts them again.

    Raises:
        UserError: the precision is not to be had on that device.
    """

    def __init__(
        self,
        task: Task,
        options: TrainerOptions,
        *,
        checkpoints: Checkpoints,
        weights: Path,
        about: Mapping[str, str] | None = None,
        ranks: Ranks | None = None,
    ) -> None:
        self.step = 0  # steps finished
        self._task = task
        self._options = options
        self._checkpoints = checkpoints
        self._weights = weights
        self._about = dict(about or {})
        self._ranks = ranks or Ranks()
        self._learner = Learner(task, options)
        self._best = -math.inf
        self._tries = options.restarts if self._ranks.world == 1 else 0
        self._careful = self._learner.device.type == "cpu"  # elsewhere looking at every loss costs time
        self._failed: set[int] = set()
        self._left_out: set[int] = set()
        self._means = _Means(0)

    def run(self) -> Generator[Event, None, None]:
        """Train from the last checkpoint, or the beginning, to the last step.

        Closing the generator writes a checkpoint and the weights as they are.

        Raises:
            UserError: something cannot be written, or a checkpoint belongs to another training.
            Exception: what made a step fail, when that happened more often than ``restarts``.
        """
        yield from self._start()
        options = self._options
        with batches(self._task, options, self._learner.device) as batch:
            try:
                while self.step < options.steps:
                    yield from self._attempt(batch)
                    yield Passed(self.step)
            except GeneratorExit:
                self._keep()
                raise
        if self._ranks.first:
            self._export(self._weights)
        yield Finished(self.step, self._weights.name)

    def _start(self) -> list[Event]:
        events = self._load()
        if self._ranks.world > 1:
            self._learner.share()  # waits until every process has looked for a checkpoint
        if self.step == 0:
            events += self._save()
        return events

    def _attempt(self, batch: Callable[[int], Any]) -> list[Event]:
        """Take a step; when it fails, go back to the last checkpoint."""
        try:
            if self.step not in self._left_out:
                self._update(batch)
        except Exception as error:  # whatever it was, what is on the disk is whole
            if self._tries == 0 or isinstance(error, UserError):
                raise
            log.exception("Step %d failed", self.step + 1)
            reason = f"{type(error).__name__}: {error}"
        else:
            self.step += 1
            return self._due()
        return self._restart(reason)  # the error is gone by now, and the tensors that it held

    def _update(self, batch: Callable[[int], Any]) -> None:
        options = self._options
        draws = draws_of_step(options.seed, self.step, self._ranks.rank, self._learner.device)
        with self._means.waiting():
            made = batch(self.step)
        terms = self._learner.update(made, draws, step=self.step, careful=self._careful)
        self._means.add(terms)
        if self._is_due(options.log_every, 1) or self._is_due(options.save_every, 1):
            self._means.check()

    def _restart(self, reason: str) -> list[Event]:
        """Go on from the last checkpoint; a step that failed before is left out from now on."""
        failed = self.step
        self._tries -= 1
        self._careful = True
        if failed in self._failed:
            self._left_out.add(failed)
        self._failed.add(failed)
        if self._learner.device.type == "cuda":
            torch.cuda.empty_cache()
        events = self._load()
        if not any(isinstance(e, Resumed) for e in events):
            raise UserError(
                f"Step {failed + 1} failed ({reason}), and no whole checkpoint is left to go on from."
            )
        return [Restarted(failed, reason, failed in self._left_out, self._tries), *events]

    def _load(self) -> list[Event]:
        """Take over the newest checkpoint, if there is one."""
        state, skipped = self._checkpoints.newest()
        if state is None:
            return [*skipped]
        self.step, self._best = state["step"], state["best"]
        self._learner.load(state)
        self._means = _Means(self.step)
        return [*skipped, Resumed(self.step)]

    def _due(self) -> list[Event]:
        """What has to be done between this step and the next."""
        events: list[Event] = []
        if self._is_due(self._options.log_every):
            events.append(self._report())
        if self._ranks.first and self._is_due(self._options.validate_every):
            events += self._validate()
        if self._is_due(self._options.save_every):
            events += self._save()
        return events

    def _is_due(self, every: int | None, ahead: int = 0) -> bool:
        step = self.step + ahead
        return step == self._options.steps or (every is not None and step % every == 0)

    def _report(self) -> Report:
        steps = self._options.steps
        terms, speed = self._means.at(self.step)
        self._means = _Means(self.step)
        left = (steps - self.step) / speed
        return Report(self.step, steps, terms, self._learner.rate(self.step - 1), speed, left)

    def _validate(self) -> list[Event]:
        figures = {k: float(v) for k, v in self._task.validate(self._learner.result()).items()}
        best = figures.get("score", -math.inf) > self._best
        if best:
            self._best = figures["score"]
            self._export(self._weights.with_name(BEST), {"score": f"{self._best:.6g}"})
        return [Validated(self.step, figures, best)] if figures else []

    def _save(self) -> list[Event]:
        if not self._ranks.first:
            return []
        self._checkpoints.save(self.step, {"best": self._best, **self._learner.state()})
        return [Saved(self.step)]

    def _keep(self) -> None:
        """What a training that is stopped leaves behind; nothing new if its last steps were no good."""
        if self._ranks.first and self._means.finite:
            self._save()
            self._export(self._weights)

    def _export(self, path: Path, more: Mapping[str, str] | None = None) -> None:
        """Write a file of weights that is there with all of its content or not at all."""
        unfinished = path.with_name(f"unfinished-{path.name}")
        about = {"steps": f"{self.step} of {self._options.steps}", **self._about, **(more or {})}
        try:
            self._task.export(self._learner.result(), unfinished, about)
            os.replace(unfinished, path)
        except (OSError, SafetensorError) as error:
            unfinished.unlink(missing_ok=True)
            raise UserError(
                f"The weights could not be written to {path} ({error}); make room there and start the "
                "training again, it goes on from its last checkpoint."
            ) from error


class _Means:
    """Means of what is measured in each step, and the time that it took, without waiting for the device."""

    def __init__(self, step: int) -> None:
        self._sums: dict[str, float | Tensor] = {}
        self._counts: dict[str, int] = {}
        self._since = step, time.monotonic()
        self._waited = 0.0

    def add(self, terms: Mapping[str, float | Tensor]) -> None:
        for name, value in terms.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Counts the time within as waiting for a batch."""
        began = time.monotonic()
        yield
        self._waited += time.monotonic() - began

    @property
    def finite(self) -> bool:
        """Whether the loss was a number in all steps since the last report."""
        return math.isfinite(float(self._sums.get("loss", 0.0)))

    def check(self) -> None:
        """Raise ``FloatingPointError`` where it was not."""
        if not self.finite:
            raise FloatingPointError("the loss was not a finite number in one of the last steps")

    def at(self, step: int) -> tuple[dict[str, float], float]:
        """The means, and the steps a second, when ``step`` steps are finished.

        Among the means is the share of the time that was waited for batches. A GPU that is still busy with
        the steps before waits for nothing meanwhile: at most so much of its time is lost.
        """
        means = {name: float(total) / self._counts[name] for name, total in self._sums.items()}
        before, then = self._since
        passed = max(time.monotonic() - then, 1e-9)
        return {**means, "waited": round(self._waited / passed, 4)}, (step - before) / passed


def draws_of_step(seed: int, step: int, rank: int, device: torch.device) -> torch.Generator:
    """A generator for one step; the common generators are set too, for layers that know no other."""
    first, second = (int(n) for n in np.random.SeedSequence([seed, step, rank]).generate_state(2))
    random.seed(first)
    np.random.seed(first)
    torch.default_generator.manual_seed(
        first
    )  # torch.manual_seed would queue a call for each device there is not
    if device.type == "cuda":
        torch.cuda.manual_seed(first)
    return torch.Generator(device).manual_seed(second)
