"""The catalogue of published weights, ``resources/models.toml``: what each is and where it is offered."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from workbench.core.errors import ModelError
from workbench.core.resources import resource


@dataclass(frozen=True)
class Published:
    """Weights that their authors offer.

    Args:
        name: what the program calls them.
        kind, task, arch: as in ``models.recognition.Spec``.
        file: what their authors call the file.
        data: what they were trained on.
        licence: as far as the authors state it.
        page: where they are offered.
        figures: as the authors report them on that page.
        input_size: height and width in pixels.
        url: an address that gives the file itself; empty where a person has to fetch it.
        sha256: of the file or its first digits; empty where unknown.
        note: anything else.
    """

    name: str
    kind: str
    task: str
    arch: str
    file: str
    data: str
    licence: str
    page: str
    classes: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    input_size: tuple[int, int] | None = None
    url: str = ""
    sha256: str = ""
    note: str = ""


def read_catalogue(path: Path | None = None) -> tuple[Published, ...]:
    """All entries, in the file's order.

    Args:
        path: another catalogue than the program's own.

    Raises:
        ModelError: it is not what it should be.
    """
    path = resource("models.toml") if path is None else path
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        entries = tuple(_published(entry) for entry in content["model"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ModelError(
            f"The catalogue {path} cannot be used ({error}): install the program again."
        ) from error
    if len({entry.name for entry in entries}) < len(entries):
        raise ModelError(f"The catalogue {path} has a name twice: mend it, or install the program again.")
    return entries


def _published(entry: Mapping[str, Any]) -> Published:
    unknown = set(entry) - {f.name for f in fields(Published)}
    if unknown:
        raise ValueError(f"{entry.get('name')} has unknown entries {sorted(unknown)}")
    size = entry.get("input_size")
    return Published(**{**entry, "input_size": size and (int(size[0]), int(size[1]))})
