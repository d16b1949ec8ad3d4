"""MOTChallenge files as plain columns, for scoring tracks (Milan et al. 2016, arXiv:1603.00831).

Reading them as annotations of a project (``mot_challenge_read``) mends what can be mended; here a file is
taken as it stands or refused, since a score of mended tracks would not be the score of the file.
"""

from __future__ import annotations

import configparser
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import FormatError
from workbench.formats.text import numbers, read_lines, read_text

MIN_COLUMNS, MAX_COLUMNS = 6, 10
NO_IDENTITY = -1


@dataclass(frozen=True, eq=False)
class MotRows:
    """The rows of a file in its order.

    Args:
        frames: (N,) from 0.
        ids: (N,) identities.
        boxes: (N, 4) x, y, w, h in pixels as written.
        seventh: (N,) the seventh column: whether a true box counts (0 = no), or a score; 1 if it is absent.
    """

    frames: NDArray[np.int64]
    ids: NDArray[np.int64]
    boxes: NDArray[np.float64]
    seventh: NDArray[np.float64]

    @property
    def has_identities(self) -> bool:
        """False of detections, whose identities all are -1."""
        return not len(self.ids) or bool((self.ids != NO_IDENTITY).any())


def read_rows(path: Path, *, frame_count: int | None = None) -> MotRows:
    """Read ground truth, detections or results; an empty file has no rows.

    Args:
        frame_count: frames of the video; None = not known.

    Raises:
        FormatError: a line is not MOTChallenge, a frame is not in the video, or has two boxes of an identity.
    """
    table, lines = _table(path)
    for column, what in ((0, "frame"), (1, "identity")):
        _refuse(table[:, column] != np.floor(table[:, column]), f"has no whole number as {what}", path, lines)
        _refuse(np.abs(table[:, column]) >= 2**53, f"has a {what} that is too large", path, lines)
    _refuse(table[:, 0] < 1, "has a frame below 1; MOTChallenge counts frames from 1", path, lines)
    if frame_count is not None:
        text = f"has a frame behind the last one, which is {frame_count}"
        _refuse(table[:, 0] > frame_count, text, path, lines)
    seventh = table[:, 6] if table.shape[1] > 6 else np.ones(len(table))
    frames, ids = table[:, 0].astype(np.int64) - 1, table[:, 1].astype(np.int64)
    rows = MotRows(frames, ids, table[:, 2:6], seventh)
    if rows.has_identities:
        text = "has an identity a second time in the same frame; it has one box a frame"
        _refuse(_repeated(rows), text, path, lines)
    return rows


def read_sequence_length(folder: Path) -> int | None:
    """Number of frames that the seqinfo.ini of a sequence tells; None where there is no such file.

    Raises:
        FormatError: the file does not tell it.
    """
    ini = folder / "seqinfo.ini"
    if not ini.is_file():
        return None
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(read_text(ini))
        length = parser.getint("Sequence", "seqLength")
    except (configparser.Error, ValueError) as error:
        raise FormatError("does not tell seqLength as MOTChallenge does; mend or remove it", ini) from error
    if length < 0:
        raise FormatError(f"has a seqLength of {length}, which is below 0", ini)
    return length


def _table(path: Path) -> tuple[NDArray[np.float64], list[int]]:
    """(numbers (N, columns) that make boxes, line of each row)."""
    read = list(read_lines(path))
    if not read:
        return np.empty((0, MIN_COLUMNS)), []
    lines, texts = zip(*read, strict=True)
    try:
        table = np.loadtxt(texts, delimiter=",", ndmin=2, comments=None)
    except ValueError as error:
        raise _complaint(path, read) from error
    if not MIN_COLUMNS <= table.shape[1] <= MAX_COLUMNS:
        raise _complaint(path, read)
    used = table[:, :7]
    _refuse(~np.isfinite(used).all(axis=1), "has NaN or infinity, which a box cannot", path, list(lines))
    _refuse((used[:, 4:6] < 0).any(axis=1), "has a box of negative size", path, list(lines))
    return table, list(lines)


def _complaint(path: Path, read: list[tuple[int, str]]) -> FormatError:
    """What is wrong with the first line that is not like MOTChallenge or not like the first."""
    expected = len(read[0][1].split(","))
    for line, text in read:
        fields = text.split(",")
        if not MIN_COLUMNS <= len(fields) <= MAX_COLUMNS:
            text = (
                f"has {len(fields)} columns between commas; MOTChallenge has {MIN_COLUMNS} to {MAX_COLUMNS}"
            )
            return FormatError(text, path, line)
        if len(fields) != expected:
            return FormatError(f"has {len(fields)} columns, and the first line has {expected}", path, line)
        try:
            numbers(fields, path=path, line=line)
        except FormatError as error:
            return error
    return FormatError("cannot be read as numbers between commas", path)


def _refuse(wrong: NDArray[np.bool_] | np.bool_, problem: str, path: Path, lines: list[int]) -> None:
    if wrong.any():
        raise FormatError(problem, path, lines[int(np.argmax(wrong))])


def _repeated(rows: MotRows) -> NDArray[np.bool_]:
    """Rows whose frame and identity stand in a row before."""
    order = np.lexsort((rows.ids, rows.frames))
    again = (np.diff(rows.frames[order]) == 0) & (np.diff(rows.ids[order]) == 0)
    repeated = np.zeros(len(order), np.bool_)
    repeated[order[1:][again]] = True
    return repeated
