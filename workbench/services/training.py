"""Start, follow and stop trainings, each in a process and a folder of its own.

The folder is the only channel: a window polls it by a timer and the command line between naps, with the same
`poll`, and who comes later attaches to it. A training outlives the one who started it.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from workbench.core.errors import UserError
from workbench.training.events import Cancelled, Event, Failed, Finished
from workbench.training.job_folder import JobFolder, Spec, code_version
from workbench.training.log import last_event, read_events
from workbench.training.options import TrainerOptions, read_options
from workbench.training.recipes import place_of

SILENT = 15.0  # seconds without a heartbeat after which a training counts as stuck
PAUSE = 0.5  # seconds between two looks

State = Literal["running", "silent", "interrupted", "cancelled", "failed", "done"]


@dataclass(frozen=True)
class Job:
    """A training and who watches it.

    Args:
        folder: of the job.
        since: place in its events where this watcher begins.
        process: the training, where this process started it.
    """

    folder: JobFolder
    since: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class News:
    """What a look at a job found.

    Args:
        events: since the last look.
        since: hand this to the next look.
        state: "silent" is a process that lives and gives no sign of it; "interrupted" one that died without
            a word. What is neither running nor silent will say no more, and can be resumed unless done.
    """

    events: tuple[Event, ...]
    since: int
    state: State

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state not in ("running", "silent")


def start(config: Path, folder: Path, *, kind: str) -> Job:
    """Begin a training, or go on with the one in the folder, or attach to it where it runs.

    Args:
        config: a TOML file with tables ``[task]``, for the recipe, and ``[train]``, for `TrainerOptions`.
        folder: of the job; is made.
        kind: name of a recipe, or ``module:function``.

    Raises:
        UserError: the file is wrong, or the folder holds a training with other settings.
    """
    spec, job = read_config(config, kind=kind), JobFolder(folder)
    if job.spec.exists():
        present = job.read_spec()
        if present.digest != spec.digest and (job.running or any(job.checkpoints.glob("step-*.pt"))):
            raise UserError(
                f"{job.path} holds a training with other settings (from {present.config}); choose another "
                "folder for this one."
            )
    if job.running:
        return attach(folder)
    job.write_spec(spec)
    return resume(folder)


def resume(folder: Path) -> Job:
    """Go on with the training in a folder, from its last checkpoint.

    Raises:
        UserError: there is none, or it is running.
    """
    job = JobFolder(folder)
    job.read_spec()
    if job.running:
        raise UserError(f"Process {job.pid} trains in {job.path} already; stop it first.")
    job.cancel.unlink(missing_ok=True)
    since = job.events.stat().st_size if job.events.exists() else 0
    return Job(job, since, _spawn(job))


def attach(folder: Path) -> Job:
    """Watch the training in a folder, whether it runs or not, from its first event.

    Raises:
        UserError: there is none.
    """
    job = JobFolder(folder)
    job.read_spec()
    return Job(job)


def poll(job: Job, since: int) -> News:
    """Look what happened; takes well under a millisecond where little did.

    Args:
        since: ``job.since`` at first, then what the look before gave.
    """
    state = _state(job)  # before the events are read, so that none comes after the last look
    events, since = read_events(job.folder.events, since)
    return News(tuple(events), since, state)


def follow(job: Job) -> Iterator[News]:
    """Look again and again until it is over, with naps between."""
    since = job.since
    while True:
        news = poll(job, since)
        yield news
        if news.over:
            return
        since = news.since
        time.sleep(PAUSE)


def cancel(job: Job) -> None:
    """Ask a training to stop after its present step; it keeps a checkpoint and the weights as they are.

    Raises:
        UserError: the folder cannot be written; `kill` needs no file.
    """
    try:
        job.folder.cancel.touch()
    except OSError as error:
        raise UserError(f"{job.folder.cancel} cannot be written ({error.strerror}).") from error


def kill(job: Job) -> None:
    """End a training at once, with all processes that it started; its last checkpoint stays."""
    pid = job.folder.pid
    if pid is None or not job.folder.running:  # the number may be somebody else's by now
        pid = job.process.pid if job.process is not None and job.process.poll() is None else None
    if pid is None:
        return
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            os.kill(pid, signal.SIGTERM)
        elif os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
    if job.process is not None:
        job.process.wait()


def read_config(path: Path, *, kind: str) -> Spec:
    """What a configuration file asks for.

    Raises:
        UserError: the file cannot be read, or something in ``[train]`` is unknown or wrong; what is in
            ``[task]`` the recipe looks at when it starts.
    """
    place_of(kind)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); name a configuration file.") from error
    except ValueError as error:  # not TOML, or no text at all
        raise UserError(f"{path} is no TOML file: {error}.") from error
    try:
        tables = read_options(_Tables, content, name="file")
        read_options(TrainerOptions, tables.train, name="train")
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    return Spec(
        kind=kind,
        task=tables.task,
        train=tables.train,
        config=str(path.absolute()),
        version=code_version(),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )


@dataclass(frozen=True)
class _Tables:
    """A configuration file."""

    train: dict[str, Any]
    task: dict[str, Any] = field(default_factory=dict)


def _spawn(job: JobFolder) -> subprocess.Popen[bytes]:
    """The process that trains, in a group of its own, so that it can be ended with all that it starts."""
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    group: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    with job.output.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "workbench.training.job", str(job.spec)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "PYTHONPATH": path},
            **group,
        )


def _state(job: Job) -> State:
    if job.folder.running:
        return "silent" if job.folder.silence > SILENT else "running"
    if job.process is not None and job.process.poll() is None:  # it begins, or ends
        return "running"
    match last_event(job.folder.events):
        case Finished():
            return "done"
        case Cancelled():
            return "cancelled"
        case Failed():
            return "failed"
    return "interrupted"
