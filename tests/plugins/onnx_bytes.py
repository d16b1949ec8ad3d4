"""A tiny ONNX file, written by hand: its output is a table plus a slope times the mean of the red channel."""

import numpy as np

FLOAT, INT64 = 1, 7


def _varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _number(field, value):
    return _varint(field << 3) + _varint(value)


def _bytes(field, value):
    value = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _tensor(name, array):
    kind = INT64 if array.dtype == np.int64 else FLOAT
    data = array.astype("<i8" if kind == INT64 else "<f4").tobytes()
    dims = b"".join(_number(1, side) for side in array.shape)
    return dims + _number(2, kind) + _bytes(8, name) + _bytes(9, data)


def _ints(name, values):
    return _bytes(5, _bytes(1, name) + b"".join(_number(8, v) for v in values) + _number(20, 7))


def _int(name, value):
    return _bytes(5, _bytes(1, name) + _number(3, value) + _number(20, 2))


def _node(kind, inputs, output, *attributes):
    return b"".join(_bytes(1, i) for i in inputs) + _bytes(2, output) + _bytes(4, kind) + b"".join(attributes)


def _value(name, shape):
    dims = b"".join(_bytes(1, _number(1, side)) for side in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, FLOAT) + _bytes(2, dims)))


def onnx_bytes(table, slope, *, size=64, names=None):
    """The file.

    Args:
        table, slope: (R, C) arrays.
        size: sides of the input.
        names: text of the metadata entry "names".
    """
    red = np.zeros((1, 3, 1, 1), np.float32)
    red[0, 0] = 1
    weights = {
        "red": red,
        "shape": np.array([1, 1, 1], np.int64),
        "slope": slope[None].astype(np.float32),
        "table": table[None].astype(np.float32),
    }
    nodes = (
        _node("GlobalAveragePool", ["images"], "means"),
        _node("Mul", ["means", "red"], "reds"),
        _node("ReduceSum", ["reds"], "sum", _ints("axes", [1, 2, 3]), _int("keepdims", 1)),
        _node("Reshape", ["sum", "shape"], "flat"),
        _node("Mul", ["slope", "flat"], "part"),
        _node("Add", ["table", "part"], "output"),
    )
    graph = b"".join(_bytes(1, node) for node in nodes) + _bytes(2, "tiny")
    graph += b"".join(_bytes(5, _tensor(name, array)) for name, array in weights.items())
    graph += _bytes(11, _value("images", (1, 3, size, size))) + _bytes(
        12, _value("output", (1, *table.shape))
    )
    model = _number(1, 7) + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _number(2, 11))
    if names is not None:
        model += _bytes(14, _bytes(1, "names") + _bytes(2, names))
    return model
