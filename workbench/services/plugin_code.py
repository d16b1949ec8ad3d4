"""A plugin's code: found, imported at its first use, and called so that nothing it does takes us down."""

from __future__ import annotations

import hashlib
import importlib
import logging
import sys
import threading
import traceback
import types
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from workbench.core.errors import PluginError, WorkbenchError
from workbench.services.plugin_manifest import Contribution, Manifest

log = logging.getLogger(__name__)

Made = TypeVar("Made")
WITHOUT_FOLDER = "workbench_plugin_"  # modules of plugins in folders are imported as parts of such a package


@dataclass(eq=False)
class Plugin:
    """One plugin that was found, and what has become of it.

    Args:
        folder: where its ``plugin.toml`` is.
        origin: who put it there: "program", "user" or the name of an installed package.
        manifest: what it says of itself; None where that cannot be read.
        package: of its module, for an installed one; "" = it is in ``folder``.
        reason: why it cannot be used; "" = nothing is known against it.
        loaded: whether its code has been imported.
        failure: what went wrong in it last, though it can be used.
    """

    folder: Path
    origin: str
    manifest: Manifest | None
    package: str = ""
    reason: str = ""
    loaded: bool = False
    failure: str = ""
    _module: types.ModuleType | None = field(default=None, repr=False)
    _lock: Any = field(default_factory=threading.RLock, repr=False)

    @property
    def name(self) -> str:
        """Its name, or that of its folder where it does not say."""
        return self.manifest.name if self.manifest else self.folder.name

    @property
    def contributions(self) -> tuple[Contribution, ...]:
        """What it says that it brings."""
        return self.manifest.contributions if self.manifest else ()

    @property
    def state(self) -> str:
        """ "broken", "failed" (last time, see ``failure``), "loaded" or "ready", which is not loaded yet."""
        if self.reason:
            return "broken"
        if self.failure:
            return "failed"
        return "loaded" if self.loaded else "ready"

    def get(self, name: str) -> Any:
        """Something of its module, which is imported if it was not.

        Raises:
            PluginError: it cannot be imported, or has no such thing; it is broken then.
        """
        with self._lock:
            if self.reason:
                raise PluginError(self._sentence(self.reason))
            try:
                if self._module is None:
                    self._module = self._imported()
                    self.loaded = True
                return getattr(self._module, name)
            except (Exception, SystemExit) as error:
                self.reason = self.what_happened(error)
                raise PluginError(self._sentence(self.reason)) from error

    def call(self, function: Callable[..., Made], *arguments: Any, **named: Any) -> Made:
        """Call something that came out of the plugin.

        Raises:
            PluginError: it failed, or tried to end the program.
            WorkbenchError: what it raised for the user to read.
        """
        try:
            return function(*arguments, **named)
        except WorkbenchError:
            raise
        except (Exception, SystemExit) as error:
            raise self.failed(self.what_happened(error)) from error

    def failed(self, what: str) -> PluginError:
        """The error to raise for something that it did wrong, which is remembered."""
        self.failure = what
        log.warning("plugin %s: %s", self.name, what)
        return PluginError(self._sentence(what))

    def what_happened(self, error: BaseException) -> str:
        """The error, and the plugin's line that it came from."""
        inside = [f for f in traceback.extract_tb(error.__traceback__)
                  if Path(f.filename).is_relative_to(self.folder)]  # fmt: skip
        where = f" ({Path(inside[-1].filename).name}, line {inside[-1].lineno})" if inside else ""
        return f"{type(error).__name__}: {error}{where}"

    def _sentence(self, what: str) -> str:
        return f"The plugin “{self.name}” in {self.folder} failed: {what}. Mend it, remove it or use another."

    def _imported(self) -> types.ModuleType:
        assert self.manifest is not None
        package = self.package or self._package_of_folder()
        return importlib.import_module(f"{package}.{self.manifest.module}")

    def _package_of_folder(self) -> str:
        """A package whose modules lie in the folder, under a name that no other plugin has."""
        name = f"{WITHOUT_FOLDER}{zlib.crc32(str(self.folder).encode()):08x}"
        if name not in sys.modules:
            package = types.ModuleType(name, f"The folder {self.folder}")
            package.__path__ = [str(self.folder)]
            sys.modules[name] = package
        return name


@dataclass(frozen=True, eq=False)
class Brought:
    """Something that a plugin brings, with the plugin."""

    plugin: Plugin
    contribution: Contribution

    def options(self) -> type[Any] | None:
        """Its dataclass of options; imports the plugin.

        Raises:
            PluginError: it cannot be imported.
        """
        name = self.contribution.options
        return self.plugin.get(name) if name else None

    def call(self, *arguments: Any) -> Any:
        """Call it; imports the plugin.

        Raises:
            PluginError: it cannot be imported, or failed.
        """
        return self.plugin.call(self.plugin.get(self.contribution.call), *arguments)

    def made(self, options: Any) -> Any:
        """Call it with options, or without an argument where it has none."""
        return self.call(*([options] if self.contribution.options else []))


def digest_of_code(plugin: Plugin) -> str:
    """SHA-256 of a plugin's Python files and of what it says of itself."""
    digest = hashlib.sha256()
    for path in sorted(p for p in plugin.folder.rglob("*") if p.suffix in (".py", ".toml")):
        digest.update(path.relative_to(plugin.folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()
