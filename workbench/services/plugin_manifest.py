"""What a plugin says of itself in ``plugin.toml``, read without running its code; see workbench.api."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from workbench.api import API_VERSION
from workbench.core.errors import PluginError

FILE = "plugin.toml"
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
TEXTS = ("title", "description", "version", "api", "module")


class Point(StrEnum):
    """Where a plugin can bring something."""

    DETECTOR = "detector"
    SINGLE_OBJECT_TRACKER = "single-object-tracker"
    MULTI_OBJECT_TRACKER = "multi-object-tracker"
    IMPORTER = "importer"
    EXPORTER = "exporter"
    REVIEW_RULE = "review-rule"


@dataclass(frozen=True)
class Contribution:
    """One thing that a plugin brings.

    Args:
        point: where.
        name: what the user types; unique in its point.
        title, description: what menus show.
        call: name in the plugin's module of what is called.
        options: name in the plugin's module of the dataclass of options; "" = none.
        suffixes: of the files an importer reads, like ".csv".
        pictures: whether an exporter can write pictures.
    """

    point: Point
    name: str
    title: str
    description: str
    call: str
    options: str = ""
    suffixes: tuple[str, ...] = ()
    pictures: bool = False


@dataclass(frozen=True)
class Manifest:
    """A plugin's own description; see workbench.api."""

    name: str
    title: str
    description: str
    version: str
    api: str
    module: str
    contributions: tuple[Contribution, ...]


def read_manifest(folder: Path) -> Manifest:
    """Read a plugin's ``plugin.toml``.

    Raises:
        PluginError: it is missing, or not as it has to be; the message says where.
    """
    path = folder / FILE
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PluginError(f"{path} cannot be read ({error}); mend it or remove the plugin.") from error
    try:
        return _manifest(table)
    except ValueError as error:
        raise PluginError(f"{path}: {error}.") from error


def _manifest(table: Mapping[str, Any]) -> Manifest:
    texts = {key: _text(table, key) for key in TEXTS}
    if texts["api"] != API_VERSION:
        raise ValueError(
            f"it was written for version {texts['api']} of the plugin interface, and this program has "
            f"{API_VERSION}; look for another version of the plugin"
        )
    if not all(part.isidentifier() for part in texts["module"].split(".")):
        raise ValueError(f"module is the name of a Python module without .py, not {texts['module']!r}")
    unknown = [key for key in table if key not in (*TEXTS, "name", *Point)]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no point and no key; the points are {', '.join(Point)}")
    brought = [_contribution(Point(key), entry, texts) for key in table if key in set(Point)
               for entry in _tables(table, key)]  # fmt: skip
    if not brought:
        raise ValueError(f"it brings nothing; write a table [[{Point.DETECTOR}]] or another point")
    twice = {(c.point, c.name) for c in brought}
    if len(twice) < len(brought):
        raise ValueError("two things of one point have the same name")
    return Manifest(_name(table), **texts, contributions=tuple(brought))


def _contribution(point: Point, entry: Mapping[str, Any], texts: Mapping[str, str]) -> Contribution:
    where = f"[[{point}]] "
    known = ("name", "title", "description", "call", "options", "suffixes", "pictures")
    for key in entry:
        if key not in known:
            raise ValueError(f"{where}has no key {key!r}; there are {', '.join(known)}")
    suffixes = entry.get("suffixes", [])
    if not isinstance(suffixes, list) or not all(isinstance(s, str) and s[:1] == "." for s in suffixes):
        raise ValueError(f'{where}suffixes is a list like [".csv"], not {suffixes!r}')
    call, options = _text(entry, "call", where), _text(entry, "options", where, default="")
    for part in (call, options or "Options"):
        if not part.isidentifier():
            raise ValueError(f"{where}{part!r} is no name in a Python module")
    return Contribution(
        point,
        _name(entry, where),
        _text(entry, "title", where, default=texts["title"]),
        _text(entry, "description", where, default=texts["description"]),
        call,
        options,
        tuple(suffix.casefold() for suffix in suffixes),
        entry.get("pictures", False) is True,
    )


def _tables(table: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    entries = table[key]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"{key} is written as [[{key}]], one table for each thing")
    return entries


def _name(table: Mapping[str, Any], where: str = "") -> str:
    name = _text(table, "name", where)
    if not NAME.fullmatch(name):
        raise ValueError(f"{where}name is lower case with dashes, not {name!r}")
    return name


def _text(table: Mapping[str, Any], key: str, where: str = "", *, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or (not value and default is None):
        raise ValueError(f'{where}{key} is missing; write {key} = "…"' if value is None else
                         f"{where}{key} is text in quotes, not {value!r}")  # fmt: skip
    return value
