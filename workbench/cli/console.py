"""Saying things on the terminal, and driving a service's generator to its end."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from workbench.core.errors import UserError
from workbench.core.progress import Progress

if TYPE_CHECKING:
    from workbench.store import Project

Result = TypeVar("Result")
Item = TypeVar("Item")


def check_folder(out: Path) -> None:
    """Say at once, not after a long job, that its result could not be written."""
    folder = out.absolute().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK) or out.is_dir():
        raise UserError(f"{out} cannot be written; name a file in a folder that exists and may be written.")


def open_project(path: Path, *, read_only: bool = False) -> Project:
    """A project, or that of a video, with what there is to say about it on standard error.

    Raises:
        UserError: it is to be read only, and is a video that has none: reading makes no project.
    """
    from workbench.services.projects import home_of, open_path

    if read_only and path.exists() and not home_of(path).exists():
        raise UserError(f"{path} has no project yet; open it in the window, or name a .wbp project.")
    opened = open_path(path, read_only=read_only)
    for notice in opened.notices:
        print(f"workbench: {notice}", file=sys.stderr)
    return opened.project


def video_id(project: Project, name: str | None) -> int:
    """The video of that name, or the only one.

    Raises:
        UserError: there is not exactly one.
    """
    videos = project.videos()
    if name is not None:
        videos = [v for v in videos if v.name == name]
    if len(videos) != 1:
        known = ", ".join(v.name for v in project.videos()) or "none"
        raise UserError(f"{project.path} holds these videos: {known}; name one of them with --video.")
    return videos[0].id


def finish(steps: Generator[Progress, None, Result]) -> Result:
    """Drive a long job to its end, showing progress where somebody watches."""
    result: list[Result] = []

    def keep() -> Generator[Progress, None, None]:
        result.append((yield from steps))

    for _ in shown(keep(), lambda p: f"{p.text} {p.done}/{p.total or '?'}"):
        pass
    return result[0]


def shown(items: Iterable[Item], line: Callable[[Item], str]) -> Iterable[Item]:
    """Pass items on, with one line of progress on a terminal, renewed a few times a second."""
    watched = sys.stderr.isatty()
    last = 0.0
    for item in items:
        now = time.monotonic()
        if watched and now - last > 0.2:
            print(f"\r\x1b[K{line(item)}", end="", file=sys.stderr, flush=True)
            last = now
        yield item
    clear_line()


def clear_line() -> None:
    """Take the line of progress away, so that what is printed next stands alone."""
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
