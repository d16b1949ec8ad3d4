"""Reading and writing the plain text that annotation files are made of.

Files come from everywhere: with a byte order mark, Windows line ends, trailing spaces, or not text at
all. What can be read without doubt is read; for the rest the error names file and line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

from workbench.core.errors import FormatError

MAX_BYTES = 512 * 2**20  # ten million boxes; a larger file is something else
SAFE_INTEGER = 2**53  # beyond, a float no longer tells neighbours apart


def read_text(path: Path) -> str:
    """The whole file as text, without a byte order mark.

    Raises:
        FormatError: missing, a folder, too large, or not text.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise FormatError(
                f"is {size / 2**30:.1f} GiB; annotation files are read up to {MAX_BYTES // 2**20} MiB", path
            )
        data = path.read_bytes()
    except OSError as error:
        raise FormatError(f"cannot be read ({error.strerror or error})", path) from error
    if b"\0" in data:
        raise FormatError("is not a text file; it may be a video, an archive or UTF-16 text", path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError("is not text in UTF-8", path, line) from error


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """(1-based line number, line without its end and outer spaces) of each line that is not blank."""
    for number, line in enumerate(re.split(r"\r\n|\r|\n", read_text(path)), start=1):
        if stripped := line.strip():
            yield number, stripped


def first_line(path: Path) -> str:
    """The first line that is not blank, "" if there is none or the file is not text; for telling formats."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return ""
    text = head.decode("utf-8-sig", errors="replace")
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def numbers(fields: list[str], *, path: Path, line: int) -> list[float]:
    """The fields of a line as floats; NaN and infinity pass.

    Raises:
        FormatError: a field is not a number.
    """
    try:
        values = [float(field) for field in fields]
    except ValueError:
        values = []
    if len(values) != len(fields) or any("_" in field for field in fields):
        wrong = next(field for field in fields if not is_number(field))
        raise FormatError(f"{_shown(wrong)} is not a number", path, line)
    return values


def is_number(field: str) -> bool:
    """Whether a field is a number as every program reads it."""
    try:
        float(field)
    except ValueError:
        return False
    return "_" not in field  # Python reads 1_0 as 10


def _shown(field: str) -> str:
    field = field.strip()
    if not field:
        return "an empty field"
    return repr(field if len(field) <= 24 else field[:21] + "...")


def whole(value: float, what: str, *, path: Path, line: int) -> int:
    """A number that must be an integer, like a frame or an identity.

    Raises:
        FormatError: it has a fraction, is not finite, or is beyond 2**53.
    """
    if not math.isfinite(value) or value != int(value):
        raise FormatError(f"{what} {value:g} is not a whole number", path, line)
    if abs(value) >= SAFE_INTEGER:
        raise FormatError(f"{what} {value:g} is too large", path, line)
    return int(value)


def number_text(value: float) -> str:
    """The shortest text that reads back as the same float64; whole numbers without a point."""
    text = repr(float(value))
    return text[:-2] if text.endswith(".0") else text
