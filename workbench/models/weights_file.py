"""Our own files of weights: safetensors with a header and a checksum.

Nothing in such a file can be run, and it says what network it belongs to (``weights_header``), so that no
name of a file or of a parameter has to be interpreted. Matrices may be stored in half precision, which
halves the file; vectors never are, they are few, and variances can be larger than half precision holds.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from workbench.core.errors import ModelError
from workbench.models.weights_header import Header, read_header


@dataclass(frozen=True)
class Weights:
    """What such a file holds.

    Args:
        path: the file.
        header: what it says about itself.
        state: tensors by parameter name, on the CPU, floating ones in single precision.
    """

    path: Path
    header: Header
    state: dict[str, Tensor]


def write_weights(path: Path, state: Mapping[str, Tensor], header: Header, *, half: bool = False) -> Header:
    """Write a file, whole or not at all: a file of this name stays as it is until the new one is complete.

    Args:
        path: usually ends in ".safetensors".
        state: tensors by parameter name.
        header: its checksum is filled in.
        half: store matrices in half precision.

    Returns:
        The header as written.

    Raises:
        ModelError: the file cannot be written.
    """
    stored = {name: _stored(value, half=half) for name, value in state.items()}
    header = replace(header, sha256=digest(stored))
    try:
        _replace(path, stored, header)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be written ({error}): choose another place.") from error
    return header


def read_weights(path: Path | str, *, kind: str | None = None) -> Weights:
    """Read a file and check it.

    Args:
        path: the file.
        kind: the kind of network that is wanted; None for any.

    Raises:
        ModelError: it cannot be read, is no file of ours, is of another kind, is cut short, comes from
            another version, or its numbers have changed since it was written.
    """
    path = Path(path)
    header = read_header(path)
    if header is None:
        raise ModelError(
            f"{path} has no header of this program: add it with 'workbench models add', which recognises "
            "published weights by their parameters."
        )
    if kind not in (None, header.spec.kind):
        raise ModelError(f"{path} holds {header.spec}, not {kind}: choose another file.")
    try:
        stored = load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise ModelError(f"{path} is damaged ({error}): fetch the file again.") from error
    if digest(stored) != header.sha256:
        raise ModelError(f"{path} is damaged: its numbers are not those that were written; fetch it again.")
    return Weights(path, header, {name: _single(value) for name, value in stored.items()})


def digest(state: Mapping[str, Tensor]) -> str:
    """SHA-256 over name, type, shape and bytes of each tensor, in the order of their names."""
    total = hashlib.sha256()
    for name, value in sorted(state.items()):
        total.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        total.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return total.hexdigest()


def _stored(value: Tensor, *, half: bool) -> Tensor:
    value = value.detach().cpu()
    if half and value.dtype == torch.float32 and value.dim() > 1:
        narrow = value.to(torch.float16)
        if narrow.isfinite().all():
            return narrow.contiguous()
    return value.clone(memory_format=torch.contiguous_format)


def _single(value: Tensor) -> Tensor:
    return value.float() if value.dtype in (torch.float16, torch.bfloat16) else value


def _replace(path: Path, state: dict[str, Tensor], header: Header) -> None:
    """Write beside the file, make sure it is on the disk, and only then take the name."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(descriptor)
    try:
        save_file(state, name, metadata=header.metadata())
        with open(name, "rb+") as file:
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
