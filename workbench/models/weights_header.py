"""The header of our own files of weights: what the network is, and how it wants its images.

A file is a safetensors file whose metadata (strings by name) hold these fields; whatever is no plain text
is JSON. Knows no torch, so that many files can be listed at once.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from workbench.core.errors import ModelError
from workbench.models.recognition import Spec

VERSION = 1  # of the header; raised when a field changes its meaning
MARK = "workbench"  # the field that holds the version, and by which a file of ours is known
LONGEST = 100_000_000  # bytes of a header, as safetensors has it
LARGEST = 8192  # pixels of an input's side
MANY = 64  # heads, and layers of one: more than any network has, few enough to build
WRONG = (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)  # of JSON


@dataclass(frozen=True)
class Header:
    """What a file of weights says about itself.

    Args:
        spec: what the network is built from.
        classes: names, in the order of the network's output.
        input_size: height and width of an input image in pixels; None where any will do.
        mean, std: of the input, per channel in `colour`'s order, for values in [0, 1].
        colour: order of the input's channels.
        licence: of the weights.
        data: what they were trained on.
        training: recipe and figures, free.
        sha256: of the tensors, see ``weights_file.digest``.
    """

    spec: Spec
    classes: tuple[str, ...] = ()
    input_size: tuple[int, int] | None = None
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    colour: Literal["RGB", "BGR"] = "RGB"
    licence: str = ""
    data: str = ""
    training: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = ""

    def metadata(self) -> dict[str, str]:
        """The fields as safetensors keeps them."""
        content = asdict(self)
        text = {k: v if isinstance(v, str) else json.dumps(v) for k, v in content.items()}
        return {MARK: str(VERSION), "kind": self.spec.kind, **text}

    @classmethod
    def of(cls, metadata: Mapping[str, str]) -> Header:
        """The header from its metadata.

        Raises:
            One of ``WRONG``: a field is missing, of another kind or outside of its range.
        """
        return cls(
            spec=_spec(json.loads(metadata["spec"])),
            classes=tuple(map(str, json.loads(metadata["classes"]))),
            input_size=_size(json.loads(metadata["input_size"])),
            mean=_of_channels(metadata["mean"], low=-math.inf),
            std=_of_channels(metadata["std"], low=0.0),
            colour=_colour(metadata["colour"]),
            licence=metadata["licence"],
            data=metadata["data"],
            training=dict(json.loads(metadata["training"])),
            sha256=metadata["sha256"],
        )


def read_header(path: Path) -> Header | None:
    """The header of a file of ours; None for any other file, also for other safetensors.

    Raises:
        ModelError: it cannot be read, is cut short, comes from a newer version, or its header is wrong.
    """
    head = safetensors_head(path)
    metadata = {} if head is None else head.get("__metadata__", {})
    if not isinstance(metadata, dict) or MARK not in metadata:
        return None
    if metadata[MARK] != str(VERSION):
        raise ModelError(
            f"{path} was written by another version of the program (its header is of version "
            f"{metadata[MARK]}, not {VERSION}): update the program, or export the weights again."
        )
    try:
        return Header.of(metadata)
    except WRONG as error:
        raise ModelError(f"{path} has a damaged header ({error}): fetch the file again.") from error


def safetensors_head(path: Path) -> dict[str, Any] | None:
    """The JSON at the beginning of a safetensors file; None where the file is none.

    Raises:
        ModelError: it cannot be read, or is shorter than its JSON says.
    """
    try:
        with path.open("rb") as file:
            start = file.read(9)
            length = struct.unpack("<Q", start[:8])[0] if len(start) == 9 else 0
            if start[8:] != b"{" or not 1 < length <= LONGEST:
                return None
            text = start[8:] + file.read(length - 1)
    except OSError as error:
        why = error.strerror or "unknown error"
        raise ModelError(f"{path} cannot be read ({why}): choose an existing file of weights.") from error
    size = path.stat().st_size
    if len(text) < length:
        raise _cut(path, size, 8 + length)
    try:
        head = json.loads(text)
        needed = (
            8 + length + max((_end(entry) for name, entry in head.items() if name[:2] != "__"), default=0)
        )
    except WRONG as error:
        raise ModelError(f"{path} is damaged (its header is no JSON): fetch the file again.") from error
    if size < needed:
        raise _cut(path, size, needed)
    return dict(head)


def _end(entry: Mapping[str, Any]) -> int:
    return int(entry["data_offsets"][1])


def _cut(path: Path, size: int, needed: int) -> ModelError:
    return ModelError(
        f"{path} is damaged: it is cut short, {size} of {needed} bytes are there; fetch the file again."
    )


def _spec(content: Mapping[str, Any]) -> Spec:
    spec = Spec(**{**content, "head_conv": tuple(content.get("head_conv", ()))})
    texts, tables = (spec.kind, spec.task, spec.arch), (spec.heads, spec.options)
    numbers = (*spec.head_conv, spec.classes, *spec.heads.values())
    for values, wanted in ((texts, str), (tables, dict), (numbers, int)):
        if not all(isinstance(value, wanted) for value in values):
            raise TypeError("the network's description")
    if max(len(spec.heads), len(spec.head_conv)) > MANY or min(numbers, default=1) < 1:
        raise ValueError(f"more than {MANY} heads or layers, or one without channels")
    return spec


def _of_channels(text: str, *, low: float) -> tuple[float, ...]:
    """Numbers above ``low``, one for each colour."""
    values = tuple(map(float, json.loads(text)))
    if len(values) != 3 or not all(low < value < math.inf for value in values):
        raise ValueError(f"mean or deviation {text[:40]}")
    return values


def _size(content: Sequence[int] | None) -> tuple[int, int] | None:
    if content is None:
        return None
    height, width = map(int, content)
    if not 1 <= min(height, width) <= max(height, width) <= LARGEST:
        raise ValueError(f"an input of {width} x {height} pixels")
    return height, width


def _colour(text: str) -> Literal["RGB", "BGR"]:
    if text == "BGR":
        return "BGR"
    if text == "RGB":
        return "RGB"
    raise ValueError(f"colour order {text}")
