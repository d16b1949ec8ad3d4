"""Reading files of network weights that others published, without trusting them.

Three kinds are read: what pytracking's trainer writes (the published ATOM), dictionaries with an entry
``state_dict`` or plain dictionaries of tensors (CenterNet, FairMOT, CenterTrack, ST-GCN), and safetensors.
A pickle is only ever read by torch's restricted reader, which builds tensors and plain containers and
refuses everything else; pytracking's files also name a handful of classes for their statistics and
settings, and these are met by empty stand-ins of the same names. Nothing from a file is executed.
"""

from __future__ import annotations

import pickle
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from workbench.core.errors import ModelError

STAND_INS = {
    "model_constructor": ("NetConstructor",),
    "stats": ("AverageMeter", "StatValue"),
    "settings": ("Settings",),
    "local": ("EnvironmentSettings",),
}
"""Classes in pytracking's files by module; they lie in ``ltr.admin`` or, in older files, ``dlframework``."""
PACKAGES = ("ltr.admin", "dlframework.common.utils")
WEIGHTS = ("net", "state_dict")  # the entries that hold the tensors
SHOWN = 3  # names in a message

# What torch, pickle and zip raise on bytes that are not what they should be.
_UNREADABLE = (
    pickle.UnpicklingError,
    zipfile.BadZipFile,
    struct.error,
    RuntimeError,
    EOFError,
    OSError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True)
class Checkpoint:
    """The weights in a file.

    Args:
        path: the file.
        state: tensors by parameter name, without the prefix of data-parallel training.
        network: class name of the network, where the file says it.
        epoch: number of training epochs, where the file says it.
    """

    path: Path
    state: dict[str, Tensor]
    network: str | None = None
    epoch: int | None = None

    @property
    def numbers(self) -> int:
        """How many numbers are in the file; tensors may claim to be larger than what is stored of them."""
        stored = {v.untyped_storage().data_ptr(): v.untyped_storage().nbytes() for v in self.state.values()}
        return sum(stored.values()) // torch.float32.itemsize


@dataclass(frozen=True)
class LoadReport:
    """What did not match when weights were loaded.

    Args:
        skipped: names in the file that the network does not have.
        missing: names of the network that the file does not have; they keep their values.
        misshaped: names with another shape in the file; they keep their values.
    """

    skipped: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    misshaped: tuple[str, ...] = ()


def read_checkpoint(path: Path | str) -> Checkpoint:
    """The weights in a file, on the CPU.

    Raises:
        ModelError: it is not there, not a file of weights, damaged, or asks for code to be run.
    """
    path = Path(path)
    start = _first_bytes(path)
    if _looks_like_text(start):
        raise ModelError(f"{path} is a text or web page, not weights: fetch the file itself again.")
    content = _read_safetensors(path) if _is_safetensors(path, start) else _read_pickle(path)
    return _checkpoint(path, content)


def load_into(network: nn.Module, checkpoint: Checkpoint, *, partial: bool = False) -> LoadReport:
    """Copy weights into a network.

    Args:
        network: its parameters and buffers are overwritten.
        checkpoint: names that the network does not have are left out.
        partial: keep the network's values where the file has none of that name and shape, as the
            CenterNet family does; otherwise that is an error. Counters of batch norm may always miss.

    Raises:
        ModelError: the weights belong to another network, or are not finite; nothing was changed.
    """
    own, given = network.state_dict(), checkpoint.state
    matching = {name for name in own.keys() & given.keys() if own[name].shape == given[name].shape}
    report = LoadReport(
        skipped=tuple(name for name in given if name not in own),
        missing=tuple(name for name in own if name not in given),
        misshaped=tuple(name for name in own if name in given and name not in matching),
    )
    needed = [name for name in report.missing if not name.endswith("num_batches_tracked")]
    if not matching or not partial:
        _refuse(checkpoint.path, "lacks", needed)
        _refuse(checkpoint.path, "has another size for", list(report.misshaped))
    broken = [name for name in given if name in matching and not given[name].isfinite().all()]
    if broken:
        raise ModelError(
            f"{checkpoint.path} is damaged: {broken[0]} is not a number everywhere, as after a training that "
            "failed; choose another file."
        )
    network.load_state_dict({name: given[name] for name in matching}, strict=False)
    return report


def _refuse(path: Path, how: str, names: list[str]) -> None:
    if names:
        shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
        raise ModelError(
            f"{path} holds the weights of another network: it {how} {shown}. Choose another file."
        )


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        why = error.strerror or "unknown error"
        raise ModelError(f"{path} cannot be read ({why}): choose an existing file of weights.") from error
    if not start:
        raise ModelError(f"{path} is empty: the download went wrong, fetch the file again.")
    return start


def _looks_like_text(start: bytes) -> bool:
    """Web pages, notes and Git LFS pointers come in place of a download; weights have control bytes."""
    head = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] in (b"<", b"{", b"["):
        return True
    return not any(byte < 9 or 13 < byte < 32 for byte in start) and not start.startswith(b"\x80")


def _is_safetensors(path: Path, start: bytes) -> bool:
    """The length of a header, then the header, which is JSON."""
    if path.suffix == ".safetensors":
        return True
    return len(start) > 8 and start[8:9] == b"{" and struct.unpack("<Q", start[:8])[0] < path.stat().st_size


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, *_UNREADABLE) as error:
        raise _damaged(path, error) from error


def _read_pickle(path: Path) -> Any:
    try:
        with torch.serialization.safe_globals(_stand_ins()):
            return torch.load(path, map_location="cpu", weights_only=True)
    except _UNREADABLE as error:
        refused = re.search(r"\bGLOBAL ([\w.]+)", str(error))
        if refused is None:
            raise _damaged(path, error) from error
        raise ModelError(
            f"{path} holds more than weights ({refused[1]}), and nothing in a file of weights is run: "
            "choose a file from its authors that holds weights only."
        ) from error


def _damaged(path: Path, error: Exception) -> ModelError:
    # The restricted reader's own message is about how to switch it off.
    why = "" if isinstance(error, pickle.UnpicklingError) else re.split(r"\. |\n", str(error))[0]
    return ModelError(f"{path} is damaged or no file of weights{why and f' ({why})'}: fetch the file again.")


def _stand_ins() -> list[Callable[..., Any] | tuple[Callable[..., Any], str]]:
    """Empty classes with the names that pytracking's files mention."""
    return [
        type(name, (), {"__module__": f"{package}.{module}", "__qualname__": name})
        for package in PACKAGES
        for module, names in STAND_INS.items()
        for name in names
    ]


def _is_plain(value: Tensor) -> bool:
    """Whether a tensor is dense and of real numbers."""
    strange = value.is_quantized or value.is_complex() or value.is_meta
    return value.layout == torch.strided and not strange


def _checkpoint(path: Path, content: Any) -> Checkpoint:
    """Find the tensors in what was read."""
    if not isinstance(content, Mapping):
        raise ModelError(f"{path} holds no weights but a {type(content).__name__}: choose a file of weights.")
    weights = next((content[key] for key in WEIGHTS if isinstance(content.get(key), Mapping)), content)
    state = {
        name.removeprefix("module."): value
        for name, value in weights.items()
        if isinstance(name, str) and isinstance(value, Tensor)
    }
    if not all(_is_plain(value) for value in state.values()):
        raise ModelError(f"{path} is damaged: its tensors are not plain numbers; fetch the file again.")
    if not state:
        names = ", ".join(map(str, list(content)[:SHOWN])) or "nothing"
        raise ModelError(f"{path} holds no weights (it has {names}): choose a file of weights.")
    network, epoch = content.get("net_type"), content.get("epoch")
    return Checkpoint(
        path,
        state,
        network=network if isinstance(network, str) else None,
        epoch=epoch if isinstance(epoch, int) else None,
    )
