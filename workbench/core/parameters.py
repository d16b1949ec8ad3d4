"""Parameters of a detector or tracker, described so that a form, a command line and a record can share them.

Options are frozen dataclasses. Their fields become parameters: the kind from the type, the meaning from the
``Args:`` of the class' docstring or from ``option``, the bounds from ``option`` or from an interval like
[0, 1] in the meaning. Fields of other types (tables, options of parts) are no parameters: they keep their
defaults.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from workbench.core.errors import UserError

YES, NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")


class Kind(StrEnum):
    """What a parameter's value is, in Python: int, float, bool, str, one of some str, Path, tuple of str."""

    INTEGER = "whole number"
    NUMBER = "number"
    SWITCH = "yes or no"
    TEXT = "text"
    CHOICE = "choice"
    PATH = "file"
    NAMES = "names"  # separated by commas


@dataclass(frozen=True)
class Parameter:
    """One thing that can be set.

    Args:
        name: as it is typed.
        kind: of its values.
        default: its value where nothing is set; ``dataclasses.MISSING`` = it has to be set.
        text: what it means.
        low, high: bounds of a number, both included; None = unbounded.
        choices: of a choice.
        optional: whether None is a value; typed "none".
    """

    name: str
    kind: Kind
    default: Any
    text: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False

    @property
    def required(self) -> bool:
        """Whether it has to be set."""
        return self.default is dataclasses.MISSING

    def parse(self, text: str) -> Any:
        """The value that somebody typed.

        Raises:
            UserError: it is none; the message says what would be.
        """
        text = text.strip()
        if self.optional and text.casefold() in ("none", ""):
            return None
        try:
            return self.checked(self._read(text))
        except ValueError as error:
            raise self._refusal(text) from error

    def checked(self, value: Any) -> Any:
        """A value from a form or a record, as the options want it.

        Raises:
            UserError: it is of another kind or out of bounds.
        """
        if value is None and self.optional:
            return None
        if self.kind in (Kind.INTEGER, Kind.NUMBER):
            return self._checked_number(value)
        if self.kind is Kind.NAMES and isinstance(value, list | tuple):
            return tuple(str(name) for name in value)
        if self.kind is Kind.PATH and isinstance(value, str | Path) and str(value):
            return Path(value).expanduser()
        kept = {Kind.SWITCH: bool, Kind.TEXT: str, Kind.CHOICE: str}.get(self.kind)
        if kept is None or not isinstance(value, kept) or (self.choices and value not in self.choices):
            raise self._refusal(value)
        return value

    def _read(self, text: str) -> Any:
        if self.kind is Kind.SWITCH:
            if text.casefold() not in YES + NO:
                raise ValueError(text)
            return text.casefold() in YES
        if self.kind is Kind.INTEGER:
            return int(text)
        if self.kind is Kind.NUMBER:
            return float(text)
        if self.kind is Kind.NAMES:
            return tuple(name.strip() for name in text.split(",") if name.strip())
        return text

    def _checked_number(self, value: Any) -> float:
        whole = self.kind is Kind.INTEGER
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self._refusal(value)
        if whole and value != int(value):
            raise self._refusal(value)
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise self._refusal(value)
        return int(value) if whole else float(value)

    def _refusal(self, value: Any) -> UserError:
        return UserError(f"{self.name} takes {self.wanted}, not {str(value)[:60]!r}.")

    @property
    def wanted(self) -> str:
        """What its values are, in words."""
        said = {
            Kind.INTEGER: "a whole number",
            Kind.NUMBER: "a number",
            Kind.SWITCH: "yes or no",
            Kind.TEXT: "text",
            Kind.CHOICE: f"one of {', '.join(self.choices)}",
            Kind.PATH: "a file",
            Kind.NAMES: "names separated by commas",
        }[self.kind]
        if self.low is not None and self.high is not None:
            said += f" from {self.low:g} to {self.high:g}"
        elif self.low is not None:
            said += f" from {self.low:g} on"
        elif self.high is not None:
            said += f" up to {self.high:g}"
        return said + (" or none" if self.optional else "")


def option(
    default: Any,
    text: str = "",
    *,
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[str] = (),
) -> Any:
    """A field of options with what its type and the docstring do not say; see ``Parameter``."""
    return dataclasses.field(
        default=default, metadata={"text": text, "low": low, "high": high, "choices": tuple(choices)}
    )


def parameters_of(options: type[Any] | None) -> tuple[Parameter, ...]:
    """The parameters of a dataclass of options, in its order; none for None.

    Raises:
        TypeError: it is no dataclass.
    """
    if options is None:
        return ()
    types_of = typing.get_type_hints(options)
    meanings = _meanings(options)
    made = (_parameter(f, types_of[f.name], meanings.get(f.name, "")) for f in dataclasses.fields(options))
    return tuple(parameter for parameter in made if parameter is not None)


def parse_settings(parameters: Iterable[Parameter], settings: Iterable[str]) -> dict[str, Any]:
    """Values from "name=value" as they are typed on a command line.

    Raises:
        UserError: no such parameter, or no such value.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values = {}
    for setting in settings:
        name, sign, text = setting.partition("=")
        name = name.strip().replace("-", "_")
        if not sign:
            raise UserError(f"{setting!r} is no setting; write name=value.")
        values[name] = _known(name, known).parse(text)
    return values


def made_options(options: type[Any] | None, values: Mapping[str, Any]) -> Any:
    """Options with some values set, which may come from a form or a record; None where there are none.

    Raises:
        UserError: no such parameter, no such value, one that has to be set and is not, or values that do not
            fit each other.
    """
    known = {parameter.name: parameter for parameter in parameters_of(options)}
    checked = {name: _known(name, known).checked(value) for name, value in values.items()}
    if options is None:
        return None
    for parameter in known.values():
        if parameter.required and parameter.name not in checked:
            raise UserError(f"{parameter.name} has to be set, to {parameter.wanted}: {parameter.text}")
    try:
        return options(**checked)
    except ValueError as error:
        raise UserError(f"These settings do not go together: {error}.") from error


def values_of(options: Any) -> dict[str, Any]:
    """The values of all parameters as JSON has them; what ``made_options`` makes the same options from."""
    if options is None:
        return {}
    values = {parameter.name: getattr(options, parameter.name) for parameter in parameters_of(type(options))}
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _known(name: str, known: Mapping[str, Parameter]) -> Parameter:
    if name not in known:
        some = f"there are {', '.join(known)}" if known else "nothing can be set here"
        raise UserError(f"There is no parameter {name!r}; {some}.")
    return known[name]


def _parameter(field: dataclasses.Field[Any], kind: Any, meaning: str) -> Parameter | None:
    """The parameter of a field, or None where its type has no kind."""
    kind, optional = _without_none(kind)
    told = field.metadata
    choices = tuple(told.get("choices", ()))
    if get_origin(kind) is Literal:
        choices, kind = tuple(str(choice) for choice in get_args(kind)), str
    found = _kind(kind, choices)
    if found is None or not field.init:
        return None
    text = told.get("text") or meaning
    low, high = told.get("low"), told.get("high")
    if found in (Kind.INTEGER, Kind.NUMBER) and low is None and high is None:
        low, high = _interval(text)
    default = field.default
    if field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    return Parameter(field.name, found, default, text, low, high, choices, optional)


def _kind(kind: Any, choices: Sequence[str]) -> Kind | None:
    if choices:
        return Kind.CHOICE
    if get_origin(kind) is tuple and get_args(kind) == (str, ...):
        return Kind.NAMES
    plain = {int: Kind.INTEGER, float: Kind.NUMBER, bool: Kind.SWITCH, str: Kind.TEXT, Path: Kind.PATH}
    return plain.get(kind)


def _without_none(kind: Any) -> tuple[Any, bool]:
    """The type T of T | None, and whether it was that."""
    if get_origin(kind) not in (Union, types.UnionType):
        return kind, False
    others = [part for part in get_args(kind) if part is not types.NoneType]
    return (others[0] if len(others) == 1 else kind), len(others) < len(get_args(kind))


def _interval(text: str) -> tuple[float | None, float | None]:
    found = re.search(r"\[(-?[\d.]+), (-?[\d.]+)\]", text)
    return (float(found[1]), float(found[2])) if found else (None, None)


def _meanings(options: type[Any]) -> dict[str, str]:
    """What the docstrings of the class and its bases say of each field under ``Args:``."""
    meanings: dict[str, str] = {}
    for base in reversed(options.__mro__):
        meanings |= _entries(inspect.cleandoc(base.__doc__ or "").splitlines())
    return meanings


def _entries(lines: Sequence[str]) -> dict[str, str]:
    if "Args:" not in lines:
        return {}
    entries: dict[str, str] = {}
    names: list[str] = []
    for line in lines[lines.index("Args:") + 1 :]:
        start = re.match(r"    (\w+(?:, \w+)*): (.*)", line)
        if start:
            names = start[1].split(", ")
            entries |= dict.fromkeys(names, start[2])
        elif line.startswith("        ") and names:
            entries |= {name: f"{entries[name]} {line.strip()}" for name in names}
        else:
            break
    return entries
