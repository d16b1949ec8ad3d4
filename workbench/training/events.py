"""What a training says while it runs, and the lines of a file that say the same.

Imports no torch: a window or a command line that follows a training reads these.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import ClassVar

from workbench.core.plurals import counted
from workbench.core.progress import Progress


@dataclass(frozen=True)
class Event:
    """Something that happened; ``name`` is what it is called in a file."""

    name: ClassVar[str]


@dataclass(frozen=True)
class Started(Event):
    """A process began or took over; ``world`` processes train together."""

    name = "started"
    pid: int
    device: str
    world: int


@dataclass(frozen=True)
class Resumed(Event):
    """The training goes on behind ``step`` finished steps."""

    name = "resumed"
    step: int


@dataclass(frozen=True)
class Passed(Event):
    """A step is over: a moment at which the training may be stopped. Not written to the file."""

    name = "passed"
    step: int


@dataclass(frozen=True)
class Report(Event):
    """Means over the steps since the last report.

    Args:
        step: steps finished.
        steps: steps in all.
        terms: "loss" and what else the task reports, and "waited", the share of the time that was spent
            waiting for batches; of the first process where there are several.
        rate: the learning rate of the first parameter group.
        speed: steps a second.
        left: seconds to the end, about.
    """

    name = "report"
    step: int
    steps: int
    terms: Mapping[str, float]
    rate: float
    speed: float
    left: float

    @property
    def progress(self) -> Progress:
        """The same for a progress bar."""
        terms = "  ".join(f"{name} {value:.4g}" for name, value in self.terms.items())
        return Progress(self.step, self.steps, f"{terms}  {self.speed:.3g} steps/s  {_clock(self.left)} left")


@dataclass(frozen=True)
class Validated(Event):
    """Figures on held-out material after ``step`` steps; ``best``: no score was higher so far."""

    name = "validated"
    step: int
    figures: Mapping[str, float]
    best: bool


@dataclass(frozen=True)
class Saved(Event):
    """A checkpoint of ``step`` steps was written."""

    name = "saved"
    step: int


@dataclass(frozen=True)
class Skipped(Event):
    """A checkpoint is damaged and an older one is used."""

    name = "skipped"
    file: str
    reason: str


@dataclass(frozen=True)
class Restarted(Event):
    """A step failed and the training went on from the last checkpoint.

    Args:
        failed: steps that were finished when it failed.
        reason: what happened.
        left_out: the step failed before and will be left out now.
        tries: how many more failures will be met so.
    """

    name = "restarted"
    failed: int
    reason: str
    left_out: bool
    tries: int


@dataclass(frozen=True)
class Cancelled(Event):
    """The user stopped it; ``step`` steps are kept, and it can go on from there."""

    name = "cancelled"
    step: int


@dataclass(frozen=True)
class Failed(Event):
    """It ended in an error; it can go on from the last checkpoint."""

    name = "failed"
    reason: str


@dataclass(frozen=True)
class Finished(Event):
    """All steps are done and the weights are written."""

    name = "finished"
    step: int
    weights: str


KINDS: Mapping[str, type[Event]] = {
    kind.name: kind
    for kind in (
        Started, Resumed, Passed, Report, Validated, Saved, Skipped, Restarted, Cancelled, Failed, Finished
    )
}  # fmt: skip


def to_line(event: Event, *, time: float) -> str:
    """An event as one line of JSON, with when it happened in seconds since 1970."""
    return json.dumps({"event": event.name, "time": round(time, 3), **asdict(event)}) + "\n"


def from_line(line: bytes | str) -> Event | None:
    """The event of a line; None for a torn line or an event of a newer version."""
    try:
        content = json.loads(line)
        kind = KINDS[content["event"]]
        return kind(**{f.name: content[f.name] for f in fields(kind)})
    except (ValueError, TypeError, LookupError):
        return None


def sentence(event: Event) -> str:
    """An event for a person, one line."""
    match event:
        case Started(pid=pid, device=device):
            return f"process {pid} trains on {device}"
        case Resumed(step=step):
            return f"going on behind step {step}"
        case Report() as report:
            return f"step {report.step}/{report.steps}  {report.progress.text}"
        case Validated(step=step, figures=figures, best=best):
            values = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
            return f"validated at step {step}: {values}{' (best so far)' if best else ''}"
        case Saved(step=step):
            return f"checkpoint of step {step} written"
        case Skipped(file=file, reason=reason):
            return f"{file} is left out: {reason}"
        case Restarted() as restart:
            what = ", without that step" if restart.left_out else ""
            return f"step {restart.failed + 1} failed ({restart.reason}); back to the last checkpoint{what}"
        case Cancelled(step=step):
            return f"stopped after {counted(step, 'step')}; a checkpoint and the weights so far are kept"
        case Failed(reason=reason):
            return f"failed: {reason}"
        case Finished(step=step, weights=weights):
            return f"done: {counted(step, 'step')}, weights in {weights}"
    return event.name


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
