"""What an ONNX file says of itself: the size of its input and the names of its classes.

Only the few fields that are wanted are read from the protocol buffer, and nothing of the file is executed.
Field numbers are those of onnx.proto3.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

GRAPH, METADATA = 7, 14  # of ModelProto
INITIALIZER, INPUT = 5, 11  # of GraphProto
KEY, VALUE = 1, 2  # of StringStringEntryProto
NAME, TYPE = 1, 2  # of ValueInfoProto
TENSOR, SHAPE, DIMENSION, NUMBER = 1, 2, 1, 1  # of TypeProto, its Tensor, TensorShapeProto, Dimension
TENSOR_NAME = 8  # of TensorProto


class OnnxFile(NamedTuple):
    """Facts of a file.

    Args:
        size: (width, height) of the input picture in pixels; None = any.
        names: of the classes in their order; empty = not said.
    """

    size: tuple[int, int] | None
    names: tuple[str, ...]


def read_facts(data: bytes) -> OnnxFile:
    """Read them from the content of a file.

    Raises:
        ValueError: it is no ONNX file.
    """
    view = memoryview(data)
    graph: memoryview | None = None
    names: tuple[str, ...] = ()
    for field, value in _fields(view):
        if field == GRAPH and isinstance(value, memoryview):
            graph = value
        elif field == METADATA and isinstance(value, memoryview):
            entry = {number: bytes(text).decode("utf-8", "replace") for number, text in _texts(value)}
            names = _names(entry.get(VALUE, "")) if entry.get(KEY) == "names" else names
    if graph is None:
        raise ValueError("it has no graph")
    return OnnxFile(_size(graph), names)


def _size(graph: memoryview) -> tuple[int, int] | None:
    weights = {
        bytes(name).decode("utf-8", "replace")
        for field, value in _texts(graph)
        if field == INITIALIZER
        for number, name in _texts(value)
        if number == TENSOR_NAME
    }
    for field, value in _texts(graph):
        if field != INPUT:
            continue
        parts = dict(_texts(value))
        if bytes(parts.get(NAME, b"")).decode("utf-8", "replace") in weights or TYPE not in parts:
            continue
        shape = dict(_texts(dict(_texts(parts[TYPE])).get(TENSOR, memoryview(b"")))).get(SHAPE)
        sides = [
            dict(_fields(d)).get(NUMBER, 0) for f, d in _texts(shape or memoryview(b"")) if f == DIMENSION
        ]
        if len(sides) == 4 and all(isinstance(side, int) and side > 0 for side in sides[2:]):
            return int(sides[3]), int(sides[2])  # type: ignore[arg-type]
        return None
    return None


def _names(text: str) -> tuple[str, ...]:
    """Names as exporters write them: a Python dictionary or list, in text."""
    try:
        names = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ()
    if isinstance(names, dict):
        return tuple(str(names[number]) for number in sorted(names))
    return tuple(map(str, names)) if isinstance(names, list | tuple) else ()


def _texts(view: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The fields that have a length."""
    for field, value in _fields(view):
        if isinstance(value, memoryview):
            yield field, value


def _fields(view: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """(number, content) of each field of a message."""
    at = 0
    while at < len(view):
        tag, at = _number(view, at)
        kind = tag & 7
        if kind == 0:
            value, at = _number(view, at)
            yield tag >> 3, value
        elif kind == 2:
            length, at = _number(view, at)
            if at + length > len(view):
                raise ValueError("it ends too early")
            yield tag >> 3, view[at : at + length]
            at += length
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError("it is no protocol buffer")


def _number(view: memoryview, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    value = shift = 0
    while at < len(view) and shift < 64:
        byte = view[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("it ends too early")
