"""Rows before and after a change as one compact blob, for the journal.

Rows are laid out by column: whole numbers as differences from row to row, floats bit by bit, both with
their bytes regrouped by significance, because neighbouring rows share their high bytes. A run-length
pass over that is as small as a full search for matches, and faster. Decoding is exact.

Layout, little-endian: head (format, rows before, rows in all, width of each kind of column), then,
compressed: whole numbers, floats, which of them are null, then texts and bytes with their lengths.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from workbench.core.edits import Change
from workbench.core.errors import ProjectError
from workbench.core.rows import ROW_TYPES, Row

_FORMAT = 1
_HEAD = struct.Struct("<BIIBBB")
_WIDTH = 8  # bytes of a number


def encode(change: Change) -> bytes:
    """The rows of a change as bytes.

    Raises:
        ValueError: a number is NaN, which the tables cannot hold (None is "not measured").
    """
    rows = change.before + change.after
    ints, floats, texts = _kinds(change.table)
    columns = list(zip(*rows, strict=True))
    whole, no_whole = _numbers([columns[i] for i in ints], len(rows), np.int64)
    real, no_real = _numbers([columns[i] for i in floats], len(rows), np.float64)
    if np.isnan(real).any():
        raise ValueError(f"a row of {change.table} holds NaN; write None where nothing was measured")
    body = b"".join(
        (
            _by_significance(np.diff(whole, axis=1, prepend=np.int64(0))),
            _by_significance(real),
            np.packbits(np.concatenate([no_whole, no_real])).tobytes(),
            *(_strings(columns[i]) for i in texts),
        )
    )
    head = _HEAD.pack(_FORMAT, len(change.before), len(rows), len(ints), len(floats), len(texts))
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 8, zlib.Z_RLE)
    return head + packer.compress(body) + packer.flush()


def decode(table: str, blob: bytes) -> Change:
    """The change that ``encode`` was given.

    Raises:
        ProjectError: the blob has another format or another number of columns.
    """
    version, before, count, *widths = _HEAD.unpack_from(blob)
    kinds = _kinds(table)
    if version != _FORMAT or widths != [len(k) for k in kinds]:
        raise ProjectError(f"The history of {table} was written in a format this program does not know.")
    body = memoryview(zlib.decompress(memoryview(blob)[_HEAD.size :]))
    ints, floats, texts = kinds
    size = _WIDTH * count
    numbers = len(ints) + len(floats)
    whole = np.cumsum(_from_significance(body, len(ints), count, np.int64), axis=1)
    real = _from_significance(body[size * len(ints) :], len(floats), count, np.float64)
    at = size * numbers
    null_bytes = (numbers * count + 7) // 8
    null = np.unpackbits(np.frombuffer(body[at : at + null_bytes], np.uint8), count=numbers * count)
    columns = _columns(table, (*whole, *real), null.reshape(numbers, count).astype(bool))
    _read_strings(columns, texts, _text_fields(table), body[at + null_bytes :], count)
    rows: tuple[Row, ...] = tuple(map(ROW_TYPES[table]._make, zip(*columns, strict=True)))
    return Change(table, rows[:before], rows[before:])


@cache
def _field_types(table: str) -> tuple[tuple[type, ...], ...]:
    hints = get_type_hints(ROW_TYPES[table])
    return tuple(tuple(get_args(h)) or (h,) for h in (hints[f] for f in ROW_TYPES[table]._fields))


@cache
def _kinds(table: str) -> tuple[list[int], list[int], list[int]]:
    """Positions of the columns of whole numbers, of floats, and of texts and bytes."""
    ints: list[int] = []
    floats: list[int] = []
    texts: list[int] = []
    for i, types in enumerate(_field_types(table)):
        (ints if int in types else floats if float in types else texts).append(i)
    return ints, floats, texts


def _text_fields(table: str) -> list[bool]:
    """For each column of texts or bytes, whether it is text."""
    types = _field_types(table)
    return [str in types[i] for i in _kinds(table)[2]]


def _numbers(
    columns: Sequence[tuple[Any, ...]], count: int, kind: type
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Columns (C, N) with 0 for None, and where None was."""
    null = np.zeros((len(columns), count), dtype=bool)
    filled: list[Iterable[Any]] = []
    for i, column in enumerate(columns):
        if None in column:
            null[i] = [value is None for value in column]
            column = tuple(0 if value is None else value for value in column)
        filled.append(column)
    return np.array(filled, dtype=kind).reshape(len(columns), count), null


def _by_significance(values: NDArray[Any]) -> bytes:
    """(C, N) numbers as bytes, for each column first all lowest bytes, last all highest."""
    little = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"), copy=False))
    return little.view(np.uint8).reshape(*values.shape, _WIDTH).swapaxes(1, 2).tobytes()


def _from_significance(body: memoryview, columns: int, count: int, kind: type) -> NDArray[Any]:
    raw = np.frombuffer(body, np.uint8, count=columns * count * _WIDTH)
    little = np.ascontiguousarray(raw.reshape(columns, _WIDTH, count).swapaxes(1, 2))
    values = little.reshape(columns, count * _WIDTH).view(np.dtype(kind).newbyteorder("<"))
    return values.astype(kind, copy=False)


def _columns(table: str, numbers: tuple[NDArray[Any], ...], null: NDArray[np.bool_]) -> list[Any]:
    """One list of Python values for each column of the table; those of texts are still empty."""
    ints, floats, texts = _kinds(table)
    columns: list[Any] = [None] * (len(ints) + len(floats) + len(texts))
    for i, values, absent in zip((*ints, *floats), numbers, null, strict=True):
        column = values.tolist()
        for row in np.flatnonzero(absent):
            column[row] = None
        columns[i] = column
    return columns


def _strings(column: tuple[str | bytes, ...]) -> bytes:
    parts = [value.encode() if isinstance(value, str) else bytes(value) for value in column]
    return np.array([len(p) for p in parts], dtype="<u4").tobytes() + b"".join(parts)


def _read_strings(columns: list[Any], at: list[int], text: list[bool], body: memoryview, count: int) -> None:
    for i, is_text in zip(at, text, strict=True):
        lengths = np.frombuffer(body, "<u4", count=count).tolist()
        body = body[4 * count :]
        column: list[str | bytes] = []
        for length in lengths:
            piece = bytes(body[:length])
            column.append(piece.decode() if is_text else piece)
            body = body[length:]
        columns[i] = column
