"""Review items and proposed corrections as a JSON file, so that scripts and other people can take part.

::

    {
      "format": "workbench-review", "version": 1,
      "video": "clip", "frames": 1000,                  # optional, compared with the project's if given
      "items": [
        {
          "id": 17,                                     # of the item in the project; left out: a new proposal
          "kind": "possible-switch", "frame": 120, "start": 110, "stop": 130, "tracks": [3, 7],
          "probability": 0.8, "gain": 240, "evidence": {"overlap": 0.6}, "comment": "",   # for reading only
          "verdict": "accepted",                        # "" = left alone, rejected, skipped; see below
          "fix": {"operation": "swap", "tracks": [3, 7], "start": 120, "stop": null}
        }
      ]
    }

Tracks are named by their numbers, as the window shows them; ``"id:12"`` names one by its id. A fix is as
``core.fixes.Fix``: operations on frames [start, stop), ``stop`` null = to the end; ``number`` is what a track
is renumbered to, and ``class`` the name of the class to relabel to.

An item is carried out when its verdict is "accepted", or when it has none at all: ``{"fix": {...}}`` is a
whole item. A file as it was exported changes nothing, for its open items have the verdict "". With an ``id``,
the item is decided in the same edit: accepted, or put right otherwise when the fix is not its own.
``services.applying`` carries them out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import FormatError, UserError
from workbench.core.fixes import Fix, Operation
from workbench.formats.text import read_text
from workbench.services import reviewing
from workbench.services.review_items import VERDICTS, ReviewItem
from workbench.services.reviewing import Filters
from workbench.store import Project

FORMAT, VERSION = "workbench-review", 1


# Writing ------------------------------------------------------------------------------------------


def exported(project: Project, video_id: int, filters: Filters | None = None) -> dict[str, Any]:
    """The review items of a video as a JSON object, those that are worth most first.

    Args:
        filters: which; None = all, with and without verdict.
    """
    video = project.video(video_id)
    filters = filters or Filters(verdicts=frozenset(VERDICTS))
    names = {track.id: track.number for track in project.tracks(video_id)}
    classes = {category.id: category.name for category in project.categories(archived=True)}
    items = reviewing.queue(project, video_id, filters)
    return {
        "format": FORMAT,
        "version": VERSION,
        "video": video.name,
        "frames": video.frame_count,
        "items": [_item(item, names, classes) for item in items],
    }


def write_items(path: Path, data: Mapping[str, Any]) -> None:
    """Write what ``exported`` gave, one item a line.

    Raises:
        UserError: the file cannot be written.
    """
    head = {key: value for key, value in data.items() if key != "items"}
    lines = ",\n".join(json.dumps(item, ensure_ascii=False, allow_nan=False) for item in data["items"])
    text = f'{json.dumps(head, ensure_ascii=False)[:-1]}, "items": [\n{lines}\n]}}\n'
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}); name another file.") from error


def _item(item: ReviewItem, names: Mapping[int, int], classes: Mapping[int, str]) -> dict[str, Any]:
    return {
        "id": item.id,
        "kind": item.kind,
        "frame": item.frame,
        "start": item.row.start,
        "stop": item.row.stop,
        "tracks": _named(item.tracks, names),
        "probability": item.probability,
        "gain": item.row.gain,
        "evidence": dict(item.evidence),
        "comment": item.row.comment,
        "verdict": item.verdict,
        "fix": None if item.fix is None else _fix(item.fix, names, classes),
    }


def _fix(fix: Fix, names: Mapping[int, int], classes: Mapping[int, str]) -> dict[str, Any]:
    data = {**fix.to_json(), "tracks": _named(fix.tracks, names)}
    if fix.operation == Operation.RELABEL:
        data["class"] = classes.get(data.pop("number"))
    elif fix.number is None:
        del data["number"]
    return data


def _named(tracks: tuple[int, ...], names: Mapping[int, int]) -> list[int | str]:
    """Tracks by number; one that is gone by its id."""
    return [names.get(t, f"id:{t}") for t in tracks]


# Reading ------------------------------------------------------------------------------------------


def read_items(path: Path) -> dict[str, Any]:
    """A file as somebody wrote it.

    Returns:
        Its object; "items" is a list of anything.

    Raises:
        FormatError: it cannot be read, or is not of this format.
    """
    text = read_text(path)
    try:
        data = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise FormatError(f"is not JSON ({error.msg})", path, error.lineno) from error
    except (ValueError, RecursionError) as error:  # NaN, a number of a million digits; brackets in brackets
        raise FormatError("is not JSON that can be read", path) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise FormatError(f'is JSON, but no review items: it needs "format": "{FORMAT}"', path)
    if data.get("version") != VERSION or isinstance(data["version"], bool):
        raise FormatError(
            f"is of version {data.get('version')!r:.20}, and this program reads {VERSION}", path
        )
    if not isinstance(data.get("items"), list):
        raise FormatError("has no list of items", path)
    return data


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")
