"""Batches made by processes of their own.

Painting on a GPU is little more than starting operations, as training a small network is, and threads of one
process start them one after the other: each waits for the other's interpreter. Processes do not.

Each is the one worker of a ``torch.utils.data.DataLoader``, which hands tensors over in shared memory and
notices when its worker died, and whose worker ends when the one who started it is gone. A batch is made by
the process of its lane, so that what batches have in common (a bank of objects) is made by one process only,
and while one makes it the others' batches are used.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any, NamedTuple

import torch
from torch.utils.data import DataLoader, Dataset

from workbench.core.errors import UserError
from workbench.training.options import TrainerOptions
from workbench.training.prefetch import prefetched
from workbench.training.task import Source, Sourced, Task

log = logging.getLogger(__name__)

READY = 2  # batches that lie on the device before they are wanted


@contextmanager
def batches(task: Task, options: TrainerOptions, device: torch.device) -> Iterator[Callable[[int], Any]]:
    """The batch of a step as a function, with the next ones being made meanwhile, by threads or processes.

    Raises:
        UserError: processes are wanted for a task that does not tell them what to do.
    """
    processes = affordable(options.painters)
    if options.painters and not isinstance(task, Sourced):
        raise UserError("The batches of this training cannot be made by processes: set painters = 0.")
    if processes == 0 or not isinstance(task, Sourced):
        with prefetched(task.batch, ahead=options.ahead, stop=options.steps) as batch:
            yield batch
        return
    painters = Painters(task.source, processes, ahead=options.ahead, stop=options.steps)
    with closing(painters):
        prepare = _beside(partial(_prepared, task, painters, device), device)
        with prefetched(prepare, ahead=READY, stop=options.steps, threads=1) as batch:
            yield batch


class Painters:
    """The batches of a source, in the order of the steps; asked for another one, they begin there anew.

    Ask from one thread that is not the main one: in the main thread PyTorch would let the death of a process
    interrupt whatever is being done, a checkpoint's writing for instance.

    Args:
        source: is sent to the processes.
        processes: at least 1; what has no batch to make is not started.
        ahead: how many batches each makes beforehand, at least one.
        stop: no step from here on is made.
    """

    def __init__(self, source: Source, processes: int, *, ahead: int, stop: int) -> None:
        self._source = source
        self._processes = processes
        self._ahead = max(ahead, 1)
        self._stop = stop
        self._next: int | None = None
        self._made: dict[int, Iterator[Any]] = {}
        self._trouble = ""

    def __call__(self, step: int) -> Any:
        """The batch of a step, on the processor.

        Raises:
            RuntimeError: it could not be made, or a process died; then those of the steps behind it cannot
                be made either, until another one than the next is asked for.
            UserError: raised by the source.
        """
        if step != self._next:
            self._begin(step)
        self._next = step + 1
        if self._trouble:
            raise RuntimeError(self._trouble)
        try:
            made = next(self._made[self._lane(step)])
        except (RuntimeError, OSError, EOFError) as error:
            self._trouble = (
                f"a painter died ({error}); where memory ran out, or shared memory (/dev/shm), choose "
                "fewer painters, less ahead or fewer batches_at_once"
            )
            self._made.clear()
            raise RuntimeError(self._trouble) from error
        if isinstance(made, _Failed):
            raise UserError(made.reason) if made.of_the_user else RuntimeError(made.reason)
        return made

    def close(self) -> None:
        """End the processes; one that paints may go on for some seconds first."""
        self._made.clear()  # a loader ends its process when it is forgotten
        self._next = None

    def _begin(self, first: int) -> None:
        self.close()
        self._trouble = ""
        steps: dict[int, list[int]] = {}
        for step in range(first, self._stop):
            steps.setdefault(self._lane(step), []).append(step)
        self._made = {lane: iter(self._loader(some)) for lane, some in steps.items()}

    def _lane(self, step: int) -> int:
        return self._source.lane(step) % self._processes

    def _loader(self, steps: list[int]) -> DataLoader[Any]:
        return DataLoader(
            _Made(self._source),
            batch_size=None,
            sampler=steps,
            num_workers=1,
            prefetch_factor=self._ahead,
            multiprocessing_context="spawn",
            worker_init_fn=_leave_interrupts_to_the_parent,
            generator=torch.Generator(),  # it would draw from the common one, at any moment of a step
        )


class _Failed(NamedTuple):
    """Why there is no batch; an exception that was raised in another process would bring its traceback."""

    reason: str
    of_the_user: bool


class _Made(Dataset[Any]):
    """The batches of a source as a process hands them over."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __getitem__(self, step: int) -> Any:
        try:
            made = self._source.batch(step)
            # shared here, not by the thread that sends it: that one may be in the midst of it at the end
            return type(made)(*(part.cpu().contiguous().share_memory_() for part in made))
        except UserError as error:
            return _Failed(str(error), True)
        except Exception as error:  # the edge of this process
            log.exception("Batch %d could not be made", step)
            return _Failed(f"making its batch failed with {type(error).__name__}: {error}", False)


def _leave_interrupts_to_the_parent(_: int) -> None:
    """Ctrl-C reaches all processes of a terminal, and who trains takes its step first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _prepared(task: Sourced, painters: Painters, device: torch.device, step: int) -> Any:
    made = painters(step)
    if device.type == "cuda":  # what is pinned is uploaded while the network goes on
        made = type(made)(*(part.pin_memory() for part in made))
    return task.prepared(made, step)


def _beside(make: Callable[[int], Any], device: torch.device) -> Callable[[int], Any]:
    """On CUDA the same in a stream of its own, waited for by the calling thread alone."""
    if device.type != "cuda":
        return make
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def made(step: int) -> Any:
        with torch.cuda.stream(stream):
            batch = make(step)
        stream.synchronize()
        for part in batch:
            part.record_stream(torch.cuda.default_stream(device))
        return batch

    return made


def affordable(painters: int) -> int:
    """So many painters, but no more than there are processor cores beside that of the one who trains."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(painters, cores - 1)
