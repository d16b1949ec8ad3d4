"""The user's library of models: what came with the program, what was added, and what could be fetched.

Adding copies a file into the library's folder, under a name, with a record beside it (``NAME.json``) of what
was recognised in it; the user's own file is never touched, and removing deletes the copy only. What came
with the program lies in ``resources/weights`` and cannot be removed. The catalogue names what others publish.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import platformdirs

from workbench.core.errors import ModelError, UserError
from workbench.core.progress import Progress
from workbench.core.resources import resource_folder
from workbench.models.recognition import RUNNABLE, Spec
from workbench.models.weights_header import Header, read_header
from workbench.services.download import SPARE, download
from workbench.services.model_catalogue import Published, read_catalogue

Place = Literal["bundled", "installed", "available"]
NAME = re.compile(r"\w[\w.+-]*")
SUFFIXES = (".safetensors", ".pth")  # of files in the library
BLOCK = 1 << 22  # bytes between two chances to stop


@dataclass(frozen=True)
class ModelEntry:
    """A model as the user chooses it.

    Args:
        name: what commands take.
        place: with the program, in the library, or only in the catalogue.
        spec: the network.
        needs: what is missing before it can be run, one clause; empty when it is ready.
        path: the file; None while it is not here.
        size: of the file in bytes.
        header: what the file says, or what is known of published weights.
        published: its entry in the catalogue.
        sha256: of the file when it was added.
    """

    name: str
    place: Place
    spec: Spec
    needs: str = ""
    path: Path | None = None
    size: int | None = None
    header: Header | None = None
    published: Published | None = None
    sha256: str = ""

    @property
    def licence(self) -> str:
        """Of the weights; empty where nobody stated it."""
        return (self.header and self.header.licence) or (self.published.licence if self.published else "")

    @property
    def data(self) -> str:
        """What it was trained on; empty where nobody stated it."""
        return (self.header and self.header.data) or (self.published.data if self.published else "")

    @property
    def figures(self) -> Mapping[str, Any]:
        """How good it is, as its authors say."""
        return (self.published.figures if self.published else {}) or (
            self.header.training if self.header else {}
        )


@dataclass(frozen=True)
class ModelLibrary:
    """The models that one user can choose from.

    Args:
        folder: where added files are kept; made when it is needed.
        cache: where downloads wait until they are whole.
        bundled: the folder of what came with the program.
        catalogue: what others publish.
    """

    folder: Path
    cache: Path
    bundled: Path
    catalogue: tuple[Published, ...] = field(repr=False)

    def entries(self) -> tuple[ModelEntry, ...]:
        """All models: bundled, installed, available, each in the order of their names."""
        bundled = [self._bundled(path) for path in sorted(self.bundled.glob("*.safetensors"))]
        installed = [self._installed(path) for path in sorted(self.folder.glob("*.json"))]
        taken = {entry.name for entry in (*bundled, *installed)}
        available = [_available(p) for p in self.catalogue if p.name not in taken]
        return (*bundled, *installed, *sorted(available, key=lambda entry: entry.name))

    def find(self, name: str) -> ModelEntry:
        """One model.

        Raises:
            UserError: none has this name.
        """
        entries = {entry.name: entry for entry in self.entries()}
        if name not in entries:
            known = ", ".join(entry.name for entry in entries.values() if entry.path) or "none yet"
            raise UserError(
                f"There is no model {name!r}; installed are: {known}. 'workbench models list' shows all."
            )
        return entries[name]

    def add(self, path: Path, *, name: str | None = None) -> Generator[Progress, None, ModelEntry]:
        """Copy a file of weights into the library; progress counts kilobytes.

        Args:
            path: ours or a published file; it is left as it is.
            name: what to call it; by default what the catalogue calls a file of this name, or else the
                file's name.

        Raises:
            ModelError: the file cannot be read, or holds no weights that are known.
            UserError: the name is taken or no name for a file, or the disk is full.
        """
        from workbench.models.loading import inspect

        yield Progress(0, None, f"looking into {path.name}")
        header = inspect(path)
        name = self._free_name(name or self._name_for(path, header.spec))
        target = self.folder / f"{name}{path.suffix if path.suffix in SUFFIXES else '.pth'}"
        sha256 = yield from _copy(path, target)
        record = {
            "file": target.name,
            "sha256": sha256,
            "header": header.metadata(),
            "source": path.name,
            "added_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        _write_whole(self._record(name), json.dumps(record, indent=1, ensure_ascii=False))
        return self.find(name)

    def verify(self, name: str) -> Generator[Progress, None, str]:
        """Compare a model's file with its checksum.

        Returns:
            The checksum that it has.

        Raises:
            ModelError: the file has changed or is gone.
            UserError: there is no such model, or it is not here.
        """
        entry = self.find(name)
        if entry.path is None:
            raise UserError(f"The model {name} is not here; it needs {entry.needs}.")
        if entry.place == "bundled":
            from workbench.models.weights_file import read_weights

            yield Progress(0, None, f"checking {name}")
            return read_weights(entry.path).header.sha256
        sha256 = yield from _read(entry.path)
        if sha256 != entry.sha256:
            raise ModelError(
                f"{entry.path} has changed since it was added: remove the model {name} and add it again."
            )
        if entry.published and not sha256.startswith(entry.published.sha256):
            raise ModelError(f"{entry.path} is not what its authors publish as {name}: fetch it again.")
        return sha256

    def remove(self, name: str) -> None:
        """Delete the library's copy of a model.

        Raises:
            UserError: there is no such model, or it is not in the library.
        """
        place = self.find(name).place
        if place != "installed":
            why = "belongs to the program" if place == "bundled" else "is not installed"
            raise UserError(f"The model {name} {why}: only models that were added can be removed.")
        try:
            for suffix in (*SUFFIXES, ".json"):
                (self.folder / f"{name}{suffix}").unlink(missing_ok=True)
        except OSError as error:
            raise UserError(f"The model {name} cannot be removed ({error}): close what uses it.") from error

    def download(self, name: str) -> Generator[Progress, None, ModelEntry]:
        """Fetch a model of the catalogue and add it; what has arrived is kept when it is stopped.

        Raises:
            UserError: there is no such model, it is here already, it cannot be fetched by a program, or the
                download failed.
            ModelError: what arrived holds no weights that are known.
        """
        entry = self.find(name)
        published = entry.published
        if entry.place != "available" or published is None:
            raise UserError(f"The model {name} is here already ({entry.path}).")
        if not published.url:
            raise UserError(
                f"{name} cannot be fetched by a program: get {published.file} from {published.page} with a "
                f"browser, then: workbench models add {published.file}"
            )
        target = self.cache / published.file
        if not target.is_file():
            yield from download(published.url, target, sha256=published.sha256)
        try:
            added = yield from self.add(target, name=name)
        except ModelError:
            target.unlink()
            raise
        target.unlink()
        return added

    def _record(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _bundled(self, path: Path) -> ModelEntry:
        try:
            header = read_header(path)
        except ModelError:
            header = None
        size = path.stat().st_size
        if header is None:
            needs = "the program to be installed again, for its file is damaged"
            return ModelEntry(path.stem, "bundled", Spec("unknown"), needs, path, size)
        return ModelEntry(path.stem, "bundled", header.spec, _needs(header.spec), path, size, header)

    def _installed(self, record: Path) -> ModelEntry:
        name = record.stem
        try:
            content = json.loads(record.read_text(encoding="utf-8"))
            header, path = Header.of(content["header"]), self.folder / Path(content["file"]).name
            sha256 = str(content["sha256"])
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return ModelEntry(name, "installed", Spec("unknown"), "a record that can be read: add it again")
        if not path.is_file():
            return ModelEntry(name, "installed", header.spec, "its file, which is gone: add it again")
        published = next((p for p in self.catalogue if p.name == name and p.kind == header.spec.kind), None)
        size = path.stat().st_size
        needs = _needs(header.spec)
        return ModelEntry(name, "installed", header.spec, needs, path, size, header, published, sha256)

    def _name_for(self, path: Path, spec: Spec) -> str:
        names = (p.name for p in self.catalogue if p.file == path.name and p.kind == spec.kind)
        return next(names, path.stem.removesuffix(".pth"))

    def _free_name(self, name: str) -> str:
        if not NAME.fullmatch(name):
            raise UserError(
                f"{name!r} cannot be a model's name: use letters, digits, '.', '+', '-' and '_' (--name)."
            )
        if any(entry.name == name and entry.place != "available" for entry in self.entries()):
            raise UserError(
                f"There is a model {name} already: remove it first, or give another name (--name)."
            )
        return name


def user_library() -> ModelLibrary:
    """The library of whoever runs the program."""
    return ModelLibrary(
        folder=Path(platformdirs.user_data_dir("tracking-workbench")) / "models",
        cache=Path(platformdirs.user_cache_dir("tracking-workbench")) / "downloads",
        bundled=resource_folder() / "weights",
        catalogue=read_catalogue(),
    )


def _available(published: Published) -> ModelEntry:
    spec = Spec(published.kind, published.task, published.arch)
    needs = "to be downloaded" if published.url else f"{published.file} from {published.page}"
    return ModelEntry(published.name, "available", spec, needs, published=published)


def _needs(spec: Spec) -> str:
    return "" if spec.kind in RUNNABLE else "a later version of the program, which has this network"


def _copy(path: Path, target: Path) -> Generator[Progress, None, str]:
    """Copy a file, whole or not at all, and return its SHA-256."""
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(target.parent).free < path.stat().st_size + SPARE:
            raise OSError("the disk is too full")
        with part.open("wb") as copy:
            sha256 = yield from _read(path, copy.write)
            copy.flush()
            os.fsync(copy.fileno())
        os.replace(part, target)
    except OSError as error:
        raise UserError(f"{path} cannot be copied to {target.parent} ({error}): make room there.") from error
    finally:
        part.unlink(missing_ok=True)
    return sha256


def _read(path: Path, write: Callable[[bytes], object] | None = None) -> Generator[Progress, None, str]:
    """Hand a file on in pieces and return its SHA-256."""
    digest, done, total = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            if write is not None:
                write(block)
            done += len(block)
            yield Progress(done >> 10, total >> 10, f"{'copying' if write else 'checking'} {path.name}, kB")
    return digest.hexdigest()


def _write_whole(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
