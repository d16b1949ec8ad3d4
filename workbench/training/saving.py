"""Checkpoints that survive a crash at any moment.

A file appears under its name only when all of it is on the disk, and is used only when the checksums that a
zip archive carries agree; otherwise the one before it is. Reading builds tensors and plain containers and
runs nothing.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from workbench.core.errors import UserError
from workbench.training.events import Skipped

State = dict[str, Any]

UNREADABLE = (
    OSError,
    zipfile.BadZipFile,
    pickle.UnpicklingError,
    RuntimeError,
    EOFError,
    ValueError,
    KeyError,
)


class Checkpoints:
    """The checkpoints of one training.

    Args:
        folder: is made when the first one is written.
        digest: of what was trained and how; a checkpoint of another training is not gone on from.
        keep: so many stay, the newest.
    """

    def __init__(self, folder: Path, *, digest: str, keep: int = 3) -> None:
        self.folder = folder
        self._digest = digest
        self._keep = keep

    def save(self, step: int, state: State) -> Path:
        """Write the checkpoint of a step, and remove what is too old.

        Raises:
            UserError: it could not be written; the older ones are as they were.
        """
        content = io.BytesIO()
        torch.save({**state, "step": step, "digest": self._digest}, content)
        path = self.folder / f"step-{step:08}.pt"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_durably(path, content.getbuffer())
            others = [file for file in self.files() if file != path]
            for old in others[self._keep - 1 :]:
                old.unlink()
        except OSError as error:
            raise UserError(
                f"The checkpoint of step {step} could not be written to {self.folder} ({error.strerror}); "
                "make room there and start the training again, the older checkpoints are intact."
            ) from error
        return path

    def files(self) -> list[Path]:
        """The checkpoints there are, the newest first."""
        return sorted(self.folder.glob("step-*.pt"), reverse=True)

    def newest(self) -> tuple[State | None, list[Skipped]]:
        """The newest checkpoint that is whole, its tensors on the CPU; and which were left out.

        A damaged one is put aside, so that it does not count among those that stay.

        Raises:
            UserError: it belongs to another training.
        """
        skipped = []
        for path in self.files():
            try:
                state = _read(path)
            except UNREADABLE as error:
                skipped.append(Skipped(path.name, _first_line(error)))
                with contextlib.suppress(OSError):
                    path.rename(path.with_suffix(".damaged"))
                continue
            if state["digest"] != self._digest:
                raise UserError(
                    f"{path} was made by a training with other settings; choose another folder for this "
                    "training, or go back to the settings of that one."
                )
            return state, skipped
        return None, skipped


def write_durably(path: Path, content: bytes | memoryview) -> None:
    """Write a file that is there with all of its content or not at all, also after a power cut."""
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # elsewhere a folder cannot be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _read(path: Path) -> State:
    with zipfile.ZipFile(path) as archive:  # torch's own reader does not look at the checksums
        damaged = archive.testzip()
    if damaged is not None:
        raise ValueError(f"{Path(damaged).name} in it is damaged")
    state = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(state, Mapping) or not {"step", "digest"} <= state.keys():
        raise ValueError("it is no checkpoint of a training")
    return dict(state)


def _first_line(error: Exception) -> str:
    if isinstance(error, pickle.UnpicklingError):
        return "it holds more than tensors"  # the reader's own message is about how to switch it off
    return (str(error) or type(error).__name__).splitlines()[0]
