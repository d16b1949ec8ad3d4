"""Files of arrays: written whole or not at all, and read with care, for they may be somebody else's."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import ProjectError

Form = tuple[Any, ...]
"""Of an array: kind of number as NumPy names it ("i", "f", "b"), and the sides of a row (None = any)."""


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a file of arrays, whole or not at all.

    Raises:
        ProjectError: it cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez(file, allow_pickle=False, **dict(arrays))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise unwritable(path.parent, error) from error


def read_arrays(path: Path) -> dict[str, NDArray[Any]] | None:
    """The arrays of a file that ``write_arrays`` has written; None where it is not there or is damaged."""
    try:
        with path.open("rb") as opened, zipfile.ZipFile(opened) as archive:
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
                return None  # not ours, and a small file could fill the memory
            opened.seek(0)
            with np.load(opened, allow_pickle=False) as file:
                return {name: array for name, array in file.items() if isinstance(array, np.ndarray)}
    except (OSError, EOFError, ValueError, RuntimeError, MemoryError, zipfile.BadZipFile):
        return None


def fit(arrays: Mapping[str, NDArray[Any]], forms: Mapping[str, Form]) -> bool:
    """Whether these arrays are there, of these forms, and all with the same number of rows."""
    if not forms.keys() <= arrays.keys():
        return False
    rows = {arrays[name].shape[:1] for name in forms}
    return len(rows) == 1 and all(_has_form(arrays[name], form) for name, form in forms.items())


def _has_form(array: NDArray[Any], form: Form) -> bool:
    kind, *sides = form
    if array.dtype.kind != kind or array.ndim != len(form):
        return False
    return all(side in (None, length) for side, length in zip(sides, array.shape[1:], strict=True))


def unwritable(folder: Path, error: OSError) -> ProjectError:
    """What to say when a folder refuses a file."""
    return ProjectError(
        f"{folder} cannot be written ({error.strerror}), so what was found cannot be kept there; free some "
        "space or change its permissions, and run again."
    )
