"""Numbers and lists from the plain text files that come with the data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from workbench.core.boxes import Array, as_boxes
from workbench.core.errors import FormatError


def read_boxes(path: Path) -> Array:
    """(N, 4) of a file with four numbers a line, with commas or spaces between.

    Raises:
        FormatError: there is no such file, or a line is something else.
    """
    rows = []
    for number, line in _lines(path):
        row = _numbers(line, path, number)
        if len(row) != 4:
            raise FormatError(f"has {len(row)} numbers where a box x,y,w,h is expected", path, number)
        rows.append(row)
    return as_boxes(rows)


def read_numbers(path: Path, *, count: int) -> Array:
    """(count,) numbers of a file, one a frame, with commas, spaces or line ends between.

    Raises:
        FormatError: there is no such file, something in it is not a number, or there are more or fewer.
    """
    found = [value for number, line in _lines(path) for value in _numbers(line, path, number)]
    if len(found) != count:
        raise FormatError(f"has {len(found)} numbers for {count} boxes; one a frame is expected", path)
    return np.array(found)


def listed_folders(split: Path, folder_of: Callable[[str], Path]) -> list[Path]:
    """Folders of the sequences whose names a file lists, one a line.

    Args:
        split: the list.
        folder_of: where a sequence of that name lies.

    Raises:
        FormatError: the list cannot be read, or names a sequence without ``groundtruth.txt``.
    """
    named = [(line, name, folder_of(name)) for line, name in _lines(split)]
    for line, name, folder in named:
        if not (folder / "groundtruth.txt").exists():
            raise FormatError(f"names {name}, which is not at {folder}; shorten the list", split, line)
    return [folder for _, _, folder in named]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FormatError(f"cannot be read ({error.strerror}); the data set is incomplete", path) from error
    except UnicodeDecodeError as error:
        raise FormatError("is not text in UTF-8", path) from error
    for number, line in enumerate(text.splitlines(), start=1):
        if stripped := line.strip():
            yield number, stripped


def _numbers(line: str, path: Path, number: int) -> list[float]:
    try:
        return [float(field) for field in line.replace(",", " ").split()]
    except ValueError as error:
        raise FormatError(f"{line[:40]!r} is not a list of numbers", path, number) from error
