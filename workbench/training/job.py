"""The process that trains: ``python -m workbench.training.job JOB/spec.json`` begins or goes on.

On several GPUs: ``torchrun --nproc-per-node N -m workbench.training.job JOB/spec.json``. Everything it says
is in the folder; it stops between two steps when the file ``cancel`` appears or it is asked to end.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import UserError, WorkbenchError
from workbench.training.events import Cancelled, Event, Failed, Passed, Report, Started
from workbench.training.job_folder import JobFolder, Spec
from workbench.training.log import EventLog
from workbench.training.options import TrainerOptions, read_options

if TYPE_CHECKING:
    import torch

    from workbench.training.ranks import Ranks
    from workbench.training.trainer import Trainer

BEAT = 1.0  # seconds


def main(argv: Sequence[str] | None = None) -> int:
    """Train.

    Args:
        argv: the spec of a job folder.

    Returns:
        0 when the training is finished or was stopped, 1 when it failed.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if len(words) != 1:
        sys.stderr.write("usage: python -m workbench.training.job JOB/spec.json\n")
        return 2
    logging.basicConfig(format="%(asctime)s %(message)s")
    folder = JobFolder(Path(words[0]).absolute().parent)
    first = os.environ.get("RANK", "0") == "0"
    try:
        folder.read_spec()  # else nothing shall be written here
        if not first:
            return _work(folder, log=lambda event: None)
        with (
            folder.locked(),
            _beating(folder),
            EventLog(folder.events, tensorboard=folder.tensorboard) as log,
        ):
            return _work(folder, log=log)
    except WorkbenchError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _work(folder: JobFolder, *, log: Callable[[Event], None]) -> int:
    """Train, and say how it ended."""
    try:
        with _asked_to_end() as asked:
            _train(folder, log=log, asked=asked)
    except WorkbenchError as error:
        log(Failed(str(error)))
        raise
    except Exception as error:  # the edge of this process: who watches the folder must learn of it
        logging.getLogger(__name__).exception("The training failed")
        log(Failed(f"{type(error).__name__}: {error}"))
        return 1
    return 0


def _train(folder: JobFolder, *, log: Callable[[Event], None], asked: threading.Event) -> None:
    from workbench.training.ranks import Ranks

    spec, ranks = folder.read_spec(), Ranks.of_environment()
    with _naming(spec.config):
        options = read_options(TrainerOptions, spec.train, name="train")
    device = _device(options, ranks)
    log(Started(os.getpid(), str(device), ranks.world))

    def stop_after(event: Event) -> bool:
        wish = asked.is_set() or folder.cancel.exists()
        return _may_stop(event, ranks) and ranks.agree(wish, device=device)

    ranks.join(device)
    try:
        _follow(_trainer(folder, spec, options, device, ranks), folder, log=log, stop_after=stop_after)
    finally:
        gc.collect()  # what averaged the gradients has threads that must end before the others are left
        ranks.leave()


def _follow(
    trainer: Trainer,
    folder: JobFolder,
    *,
    log: Callable[[Event], None],
    stop_after: Callable[[Event], bool],
) -> None:
    """Train to the end, or until it shall stop."""
    with contextlib.closing(trainer.run()) as events:
        for event in events:
            if not isinstance(event, Passed):
                log(event)
            if stop_after(event):
                events.close()
                log(Cancelled(trainer.step))
                folder.cancel.unlink(missing_ok=True)


def _may_stop(event: Event, ranks: Ranks) -> bool:
    """Several processes agree on it at reports only, since that makes them wait for each other."""
    return isinstance(event, Passed if ranks.world == 1 else Report)


def _trainer(
    folder: JobFolder, spec: Spec, options: TrainerOptions, device: torch.device, ranks: Ranks
) -> Trainer:
    from workbench.training.recipes import recipe
    from workbench.training.saving import Checkpoints
    from workbench.training.trainer import Trainer

    config = Path(spec.config)
    if config.parent.is_dir():
        os.chdir(config.parent)  # paths in the file are relative to it
    with _naming(spec.config):
        task = recipe(spec.kind)(
            spec.task, seed=options.seed, device=str(device), rank=ranks.rank, world=ranks.world
        )
    return Trainer(
        task,
        options,
        checkpoints=Checkpoints(folder.checkpoints, digest=spec.digest, keep=options.keep),
        weights=folder.weights,
        about={
            "kind": spec.kind,
            "seed": str(options.seed),
            "settings": spec.digest,
            "version": spec.version,
            "created": spec.created,
        },
        ranks=ranks,
    )


def _device(options: TrainerOptions, ranks: Ranks) -> torch.device:
    """Where this process trains; sets the number of threads, too."""
    import torch

    if options.threads is not None:
        torch.set_num_threads(options.threads)
    name = options.device
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda":
        name = f"cuda:{ranks.local}"
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
        if device.type == "cuda":
            torch.cuda.set_device(device)
    except (RuntimeError, AssertionError) as error:
        raise UserError(f"The device {name!r} cannot be used here: choose auto or cpu.") from error
    return device


@contextlib.contextmanager
def _naming(config: str) -> Iterator[None]:
    """Say in which file something is wrong."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{config}: {error}") from error


@contextlib.contextmanager
def _beating(folder: JobFolder) -> Iterator[None]:
    """Touch the heartbeat from a thread, also while a step takes long."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT):
            with contextlib.suppress(OSError):
                folder.heartbeat.touch()

    try:
        folder.heartbeat.write_text(f"{os.getpid()}\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{folder.path} cannot be written ({error.strerror}); make room there.") from error
    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextlib.contextmanager
def _asked_to_end() -> Iterator[threading.Event]:
    """An event that is set by the signals that ask a process to end; a second one ends it at once."""
    asked = threading.Event()

    def ask(number: int, _: object) -> None:
        asked.set()
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
