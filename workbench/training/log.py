"""The events of a training in its folder: a file of lines, and TensorBoard's where that is installed.

The file is the log; a last line that a crash tore is ended when the next process writes, and left out by
who reads.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from workbench.core.errors import UserError
from workbench.training.events import Event, Report, Resumed, Validated, from_line, to_line

TAIL = 65536  # bytes that hold the last line for sure


class EventLog:
    """Writes events; used in a ``with`` statement.

    Args:
        path: the file of lines; is appended to.
        tensorboard: folder for TensorBoard, or None for none.

    Raises:
        UserError: the file cannot be written, also from each call.
    """

    def __init__(self, path: Path, *, tensorboard: Path | None = None) -> None:
        self._path = path
        self._curves = None if tensorboard is None else _Curves(tensorboard)
        if _is_torn(path):
            self._append("\n")

    def __call__(self, event: Event) -> None:
        """Write an event."""
        self._append(to_line(event, time=time.time()))
        if self._curves is not None:
            self._curves.add(event)

    def __enter__(self) -> EventLog:
        return self

    def __exit__(self, *_: object) -> None:
        if self._curves is not None:
            self._curves.close()

    def _append(self, text: str) -> None:
        try:
            with self._path.open("ab") as file:
                file.write(text.encode())
        except OSError as error:
            raise UserError(f"{self._path} cannot be written ({error.strerror}); make room there.") from error


def read_events(path: Path, since: int = 0) -> tuple[list[Event], int]:
    """The events that were written behind a place in the file.

    Args:
        path: the file; none there is an empty one.
        since: bytes that were read before.

    Returns:
        The events, and the place behind the last whole line.
    """
    try:
        with path.open("rb") as file:
            file.seek(since)
            content = file.read()
    except FileNotFoundError:
        return [], since
    whole = content[: content.rfind(b"\n") + 1]
    events = [from_line(line) for line in whole.splitlines()]
    return [e for e in events if e is not None], since + len(whole)


def last_event(path: Path) -> Event | None:
    """The last event in a file."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return None
    events, _ = read_events(path, max(size - TAIL, 0))
    return events[-1] if events else None


def _is_torn(path: Path) -> bool:
    content = path.read_bytes() if path.exists() else b""
    return content != b"" and not content.endswith(b"\n")


class _Curves:
    """TensorBoard's files; nothing where it is not installed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: Any = None
        self._resumed: int | None = None

    def add(self, event: Event) -> None:
        match event:
            case Resumed(step=step):
                self.close()
                self._resumed = step  # what was drawn behind it is drawn anew
            case Report(step=step, terms=terms):
                values = {"rate": event.rate, "steps per second": event.speed, **terms}
                self._draw("train", values, step)
            case Validated(step=step, figures=figures):
                self._draw("validation", figures, step)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _draw(self, group: str, values: Any, step: int) -> None:
        if self._writer is None:
            try:
                from torch.utils.tensorboard import SummaryWriter
            except ImportError:
                return
            purge = None if self._resumed is None else self._resumed + 1
            self._writer = SummaryWriter(str(self._folder), purge_step=purge)
        for name, value in values.items():
            self._writer.add_scalar(f"{group}/{name}", value, step)
