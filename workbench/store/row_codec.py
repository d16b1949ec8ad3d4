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
from dataclasses import dataclass
from functools import cache
from itertools import chain
from types import NoneType
from typing import Any, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from workbench.core.edits import Change
from workbench.core.errors import ProjectError
from workbench.core.rows import ROW_TYPES, Row

_FORMAT = 1
_HEAD = struct.Struct("<BIIBBB")
_WIDTH = 8  # bytes of a number
_MOST_BYTES = 2**28  # of a blob's rows; a small file could promise any number


@dataclass(frozen=True)
class _Layout:
    """Positions of a table's columns by kind, and which may be None."""

    ints: tuple[int, ...]
    floats: tuple[int, ...]
    texts: tuple[int, ...]
    text: tuple[bool, ...]  # for each of ``texts``: text, else bytes
    nullable: frozenset[int]

    @property
    def widths(self) -> list[int]:
        return [len(self.ints), len(self.floats), len(self.texts)]


@cache
def _layout(kind: Any) -> _Layout:
    hints = get_type_hints(kind)
    types = [get_args(hints[f]) or (hints[f],) for f in kind._fields]
    texts = tuple(i for i, t in enumerate(types) if str in t or bytes in t)
    return _Layout(
        ints=tuple(i for i, t in enumerate(types) if int in t),
        floats=tuple(i for i, t in enumerate(types) if float in t),
        texts=texts,
        text=tuple(str in types[i] for i in texts),
        nullable=frozenset(i for i, t in enumerate(types) if NoneType in t),
    )


def encode(change: Change) -> bytes:
    """The rows of a change as bytes.

    Raises:
        ValueError: a number is NaN, which the tables cannot hold (None is "not measured").
    """
    rows = change.before + change.after
    kind: Any = ROW_TYPES[change.table]
    layout = _layout(kind)
    columns = list(zip(*rows, strict=True))
    whole, no_whole = _numbers(columns, layout.ints, layout.nullable, np.int64)
    real, no_real = _numbers(columns, layout.floats, layout.nullable, np.float64)
    if np.isnan(real).any():
        raise ValueError(f"a row of {change.table} holds NaN; write None where nothing was measured")
    whole[:, 1:] -= whole[:, :-1].copy()
    body = b"".join(
        (
            _by_significance(whole),
            _by_significance(real),
            np.packbits(np.concatenate([no_whole, no_real])).tobytes(),
            *(_strings(columns[i]) for i in layout.texts),
        )
    )
    head = _HEAD.pack(_FORMAT, len(change.before), len(rows), *layout.widths)
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 8, zlib.Z_RLE)
    return head + packer.compress(body) + packer.flush()


def decode(table: str, blob: bytes, kind: Any = None) -> Change:
    """The change that ``encode`` was given.

    Args:
        table: whose rows they are.
        blob: as ``encode`` made it.
        kind: the NamedTuple of the rows where it is an older one; None = as the table's are now.

    Raises:
        ProjectError: the blob is damaged, or has another format or another number of columns.
    """
    try:
        return _decoded(table, blob, kind)
    except (struct.error, zlib.error, ValueError, KeyError, TypeError, MemoryError) as error:
        raise ProjectError(
            f"The history of {table!r:.60} is damaged, so this edit cannot be undone or redone; go on from "
            "the data as they are."
        ) from error


def _decoded(table: str, blob: bytes, kind: Any) -> Change:
    version, before, count, *widths = _HEAD.unpack_from(blob)
    kind = ROW_TYPES[table] if kind is None else kind
    layout = _layout(kind)
    if version != _FORMAT or widths != layout.widths:
        raise ProjectError(f"The history of {table} was written in a format this program does not know.")
    body = memoryview(zlib.decompressobj().decompress(memoryview(blob)[_HEAD.size :], _MOST_BYTES))
    numbers = len(layout.ints) + len(layout.floats)
    whole = np.cumsum(_from_significance(body, len(layout.ints), count, np.int64), axis=1)
    real = _from_significance(body[whole.nbytes :], len(layout.floats), count, np.float64)
    body = body[_WIDTH * count * numbers :]
    null_bytes = (numbers * count + 7) // 8
    null = np.unpackbits(np.frombuffer(body[:null_bytes], np.uint8), count=numbers * count)
    columns: dict[int, list[Any]] = {}
    places = (*layout.ints, *layout.floats)
    for i, values, absent in zip(places, (*whole, *real), null.reshape(numbers, count), strict=True):
        columns[i] = values.tolist()
        for row in np.flatnonzero(absent):
            columns[i][row] = None
    body = body[null_bytes:]
    for i, is_text in zip(layout.texts, layout.text, strict=True):
        columns[i], body = _read_strings(body, count, text=is_text)
    in_order = (columns[i] for i in range(len(columns)))
    rows: tuple[Row, ...] = tuple(map(kind._make, zip(*in_order, strict=True)))
    return Change(table, rows[:before], rows[before:])


def _numbers(
    columns: Sequence[tuple[Any, ...]], places: Sequence[int], nullable: frozenset[int], kind: type
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Some columns as (C, N) with 0 for None, and where None was."""
    shape = len(places), len(columns[0])
    null = np.zeros(shape, dtype=bool)
    filled: list[Iterable[Any]] = []
    for i, place in enumerate(places):
        column: Sequence[Any] = columns[place]
        if place in nullable and None in column:
            null[i] = [value is None for value in column]
            column = [0 if value is None else value for value in column]
        filled.append(column)
    values: NDArray[Any] = np.fromiter(chain.from_iterable(filled), dtype=kind, count=null.size)
    return values.reshape(shape), null


def _by_significance(values: NDArray[Any]) -> bytes:
    """(C, N) numbers as bytes, for each column first all lowest bytes, last all highest."""
    little = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"), copy=False))
    return little.view(np.uint8).reshape(*values.shape, _WIDTH).swapaxes(1, 2).tobytes()


def _from_significance(body: memoryview, columns: int, count: int, kind: type) -> NDArray[Any]:
    raw = np.frombuffer(body, np.uint8, count=columns * count * _WIDTH)
    little = np.ascontiguousarray(raw.reshape(columns, _WIDTH, count).swapaxes(1, 2))
    values = little.reshape(columns, count * _WIDTH).view(np.dtype(kind).newbyteorder("<"))
    return values.astype(kind, copy=False)


def _strings(column: tuple[str | bytes, ...]) -> bytes:
    parts = [value.encode() if isinstance(value, str) else bytes(value) for value in column]
    return np.array([len(p) for p in parts], dtype="<u4").tobytes() + b"".join(parts)


def _read_strings(body: memoryview, count: int, *, text: bool) -> tuple[list[str | bytes], memoryview]:
    """One column of texts or bytes, and what follows it."""
    lengths = np.frombuffer(body, "<u4", count=count).tolist()
    body = body[4 * count :]
    column: list[str | bytes] = []
    for length in lengths:
        piece = bytes(body[:length])
        column.append(piece.decode() if text else piece)
        body = body[length:]
    return column, body
