"""The folder of a training job, which is all that a training and those who watch it share.

::

    spec.json            what is trained and how; written once
    events.jsonl         what happened, a line each
    heartbeat            touched every second while it runs; holds the number of the process
    cancel               is there when somebody wants it to stop
    checkpoints/         what it goes on from
    weights.safetensors  the result; best.safetensors beside it is the one with the best score
    output.txt           whatever the process and its libraries wrote
    tensorboard/         curves, where TensorBoard is installed

Imports no torch.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench import __version__
from workbench.core.errors import UserError
from workbench.core.file_lock import FileLock
from workbench.training.options import NOT_OF_THE_RESULT

PATIENCE = 2.0  # seconds; who looks whether a job runs holds its lock for a moment


@dataclass(frozen=True)
class Spec:
    """What is trained and how.

    Args:
        kind: name of a recipe.
        task, train: tables of the configuration file.
        config: that file, for messages; paths in it are relative to its folder.
        version: of the code.
        created: when, ISO 8601.
    """

    kind: str
    task: Mapping[str, Any]
    train: Mapping[str, Any]
    config: str
    version: str
    created: str

    @property
    def digest(self) -> str:
        """The same for all trainings that lead to the same weights."""
        train = {k: v for k, v in self.train.items() if k not in NOT_OF_THE_RESULT}
        text = json.dumps([self.kind, self.task, train], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class JobFolder:
    """Paths and small files of a job."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.spec = self.path / "spec.json"
        self.events = self.path / "events.jsonl"
        self.heartbeat = self.path / "heartbeat"
        self.cancel = self.path / "cancel"
        self.checkpoints = self.path / "checkpoints"
        self.weights = self.path / "weights.safetensors"
        self.output = self.path / "output.txt"
        self.tensorboard = self.path / "tensorboard"
        self._lock = self.path / "lock"

    def write_spec(self, spec: Spec) -> None:
        """Keep a spec.

        Raises:
            UserError: the folder cannot be made or written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            unfinished = self.spec.with_suffix(".part")
            unfinished.write_text(json.dumps(asdict(spec), indent=1) + "\n", encoding="utf-8")
            os.replace(unfinished, self.spec)
        except OSError as error:
            raise UserError(f"{self.path} cannot be written ({error.strerror}); choose another.") from error

    def read_spec(self) -> Spec:
        """The spec of this job.

        Raises:
            UserError: there is none, or it is damaged.
        """
        try:
            return Spec(**json.loads(self.spec.read_text(encoding="utf-8")))
        except OSError as error:
            raise UserError(f"{self.path} is no folder of a training: it has no spec.json.") from error
        except (ValueError, TypeError) as error:
            raise UserError(
                f"{self.spec} is damaged ({error}); start the training in a new folder."
            ) from error

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Be the process that trains here.

        Raises:
            UserError: another one is, or the folder cannot be written.
        """
        lock, give_up = FileLock(self._lock), time.monotonic() + PATIENCE
        try:
            while not (mine := lock.acquire()) and time.monotonic() < give_up:
                time.sleep(PATIENCE / 20)
        except OSError as error:
            raise UserError(f"{self.path} cannot be written ({error.strerror}); choose another.") from error
        if not mine:
            raise UserError(f"Process {self.pid or '?'} trains in {self.path} already; stop it first.")
        try:
            yield
        finally:
            lock.release()

    @property
    def running(self) -> bool:
        """Whether a process trains here now."""
        if not self._lock.exists():
            return False
        lock = FileLock(self._lock)
        try:
            free = lock.acquire()
        except OSError:
            return False
        lock.release()
        return not free

    @property
    def pid(self) -> int | None:
        """The process that trained here last."""
        try:
            return int(self.heartbeat.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    @property
    def silence(self) -> float:
        """Seconds since the last heartbeat."""
        try:
            return max(time.time() - self.heartbeat.stat().st_mtime, 0.0)
        except OSError:
            return 0.0


def code_version() -> str:
    """The version of the program, with the commit where it runs from a checkout."""
    root = Path(__file__).resolve().parents[2]
    command = ["git", "-C", str(root), "describe", "--always", "--dirty"]
    try:
        commit = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return __version__
    return f"{__version__}+{commit}"
