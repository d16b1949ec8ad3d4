"""How a training goes, and how options are read from the tables of a configuration file.

Knows no network and imports no torch, so that a wrong file is refused before anything heavy is started.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from workbench.core.errors import UserError

Options = TypeVar("Options")

Precision = Literal["float32", "float16", "bfloat16"]


@dataclass(frozen=True)
class TrainerOptions:
    """How a network is trained; all spans are in steps, and a step is one batch on each process.

    Args:
        steps: how many.
        optimizer: of Kingma and Ba (2015), or with decoupled weight decay (Loshchilov and Hutter, 2019).
        learning_rate: of the parameter groups that name none themselves.
        weight_decay: likewise.
        warmup: over so many steps the rate rises linearly from nothing.
        schedule: "step" multiplies the rate by ``decay`` every ``decay_every`` steps; "cosine" lets it fall
            to the share ``final`` of itself at the last step.
        clip: largest norm of the gradient over all parameters; longer ones are shortened.
        average: decay of an exponential moving average of the weights, which is then what is validated and
            exported; below 1.
        precision: of the forward pass; float16 needs CUDA and scales the loss.
        ahead: so many batches are prepared beforehand, each in a thread, or by each painter.
        painters: processes that make the batches, but no more than there are processor cores beside the one
            that trains; 0 for threads of the process that trains. On a GPU they keep a small network busy.
            Each takes as much memory as painting in the training's own process does, but for the banks of
            others.
        save_every, keep: a checkpoint that often, and how many of them stay.
        validate_every: how often, besides after the last step.
        log_every: how often the means of what was measured are reported.
        restarts: so many failed steps are met by going on from the last checkpoint.
        seed: of everything random.
        device: "auto", "cpu", "cuda" or another name that torch knows.
        threads: processor threads of torch; None = as many as it likes.

    Raises:
        UserError: a value is outside of its range.
    """

    steps: int
    optimizer: Literal["adam", "adamw"] = "adam"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    warmup: int = 0
    schedule: Literal["step", "cosine"] = "step"
    decay_every: int = 15_000
    decay: float = 0.2
    final: float = 0.02
    clip: float | None = None
    average: float | None = None
    precision: Precision = "float32"
    ahead: int = 0
    painters: int = 0
    save_every: int = 1000
    keep: int = 3
    validate_every: int | None = None
    log_every: int = 50
    restarts: int = 5
    seed: int = 0
    device: str = "auto"
    threads: int | None = None

    def __post_init__(self) -> None:
        for name in ("steps", "decay_every", "save_every", "keep", "log_every", "validate_every", "threads"):
            self._at_least(name, 1)
        for name in ("weight_decay", "warmup", "ahead", "painters", "restarts", "seed"):
            self._at_least(name, 0)
        for name in ("decay", "final", "average"):
            self._at_least(name, 0)
        for name in ("learning_rate", "clip"):
            _check(getattr(self, name) is None or getattr(self, name) > 0, name, "must be above 0")
        _check(self.average is None or self.average < 1, "average", "must be below 1")

    def _at_least(self, name: str, least: int) -> None:
        value = getattr(self, name)
        _check(value is None or value >= least, name, f"must be at least {least}")


NOT_OF_THE_RESULT = frozenset(
    {
        "save_every",
        "keep",
        "validate_every",
        "log_every",
        "restarts",
        "device",
        "threads",
        "ahead",
        "painters",
    }
)
"""Options that may change between two parts of one training."""


def _check(good: bool, name: str, rule: str) -> None:
    if not good:
        raise UserError(f"{name} {rule}.")


def read_options(kind: type[Options], table: Mapping[str, Any], *, name: str) -> Options:
    """Options from a table of a configuration file.

    A field that is a dataclass itself is read from a table inside, a tuple from a list, a path from text.

    Args:
        kind: a dataclass.
        table: values by field name; what is left out keeps its default.
        name: of the table, for messages.

    Raises:
        UserError: a key is unknown or missing, or a value is not of its kind or outside of its range.
    """
    known = {f.name: f for f in fields(kind) if f.init}  # type: ignore[arg-type]
    unknown = [key for key in table if key not in known]
    if unknown:
        raise UserError(f"[{name}] has no key {unknown[0]!r}; it knows {', '.join(known)}.")
    hints = get_type_hints(kind)
    for key, field in known.items():
        needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if needed and key not in table:
            raise UserError(f"[{name}] needs {key!r}, which must be {_words(hints[key])}.")
    values = {key: _value(hints[key], value, f"{name}.{key}") for key, value in table.items()}
    try:
        return kind(**values)
    except (UserError, ValueError) as error:
        raise UserError(f"[{name}] {error}") from error


def _value(hint: Any, value: Any, name: str) -> Any:
    """A value of a file as the type that a field wants."""
    if is_dataclass(hint) and isinstance(value, Mapping):
        return read_options(hint, value, name=name)  # type: ignore[arg-type]
    if get_origin(hint) in (Union, types.UnionType):
        others = [a for a in get_args(hint) if a is not type(None)]
        if len(others) == 1 and value is not None:
            return _value(others[0], value, name)
    if get_origin(hint) is tuple and isinstance(value, list | tuple):
        inner = get_args(hint)
        if inner[-1:] == (...,):
            return tuple(_value(inner[0], v, name) for v in value)
        if len(inner) == len(value):
            return tuple(_value(h, v, name) for h, v in zip(inner, value, strict=True))
    if hint is Path and isinstance(value, str):
        return Path(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not _fits(hint, value):
        table, _, key = name.rpartition(".")
        raise UserError(f"[{table}] {key} must be {_words(hint)}, not {value!r}.")
    return value


def _fits(hint: Any, value: Any) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) in (Union, types.UnionType):
        return any(_fits(a, value) for a in get_args(hint))
    if hint is int and isinstance(value, bool):
        return False
    kind = get_origin(hint) or hint
    return hint is Any or (isinstance(kind, type) and isinstance(value, kind))


def _words(hint: Any) -> str:
    """How a type is named to a person."""
    if get_origin(hint) is Literal:
        return " or ".join(map(repr, get_args(hint)))
    if get_origin(hint) in (Union, types.UnionType):
        return " or ".join(_words(a) for a in get_args(hint) if a is not type(None))
    if get_origin(hint) is tuple or is_dataclass(hint):
        return "a list" if get_origin(hint) is tuple else "a table"
    names = {int: "a whole number", float: "a number", str: "text", bool: "true or false", Path: "a path"}
    return names.get(hint, str(hint))
