"""The plugins there are: folders beside the program and among the user's settings, and installed packages.

Only ``plugin.toml`` is read, so that finding is instant and a broken plugin costs nothing.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path

import platformdirs

from workbench.core.errors import PluginError
from workbench.core.resources import PACKAGE
from workbench.services.plugin_code import Brought, Plugin
from workbench.services.plugin_manifest import Point, read_manifest

GROUP = "workbench.plugins"  # of entry points


class Plugins:
    """What was found, in order; of two that clash the first one is kept.

    Args:
        plugins: what was found.
        reserved: names that belong to the program itself, by point.
    """

    def __init__(self, plugins: Sequence[Plugin], reserved: Mapping[Point, Collection[str]]) -> None:
        self.all = tuple(plugins)
        taken = {(point, name): "the program itself" for point, names in reserved.items() for name in names}
        names: dict[str, Plugin] = {}
        for plugin in self.all:
            other = names.setdefault(plugin.name, plugin)
            if other is not plugin:
                plugin.reason = f"the name {plugin.name!r} is taken by {other.folder}"
            if not plugin.reason:
                plugin.reason = _clash(plugin, taken)

    def brought(self, point: Point) -> tuple[Brought, ...]:
        """What sound plugins bring to a point."""
        return tuple(
            Brought(plugin, contribution)
            for plugin in self.all
            for contribution in plugin.contributions
            if contribution.point is point and not plugin.reason
        )

    def check(self) -> None:
        """Import every plugin, so that ``state`` and ``reason`` of each are known."""
        for brought in (b for point in Point for b in self.brought(point)):
            contribution = brought.contribution
            for name in filter(None, (contribution.call, contribution.options)):
                if not brought.plugin.reason:
                    _try(brought.plugin, name)


def _try(plugin: Plugin, name: str) -> None:
    try:
        plugin.get(name)
    except PluginError:
        return  # it is the plugin's reason now


def _clash(plugin: Plugin, taken: dict[tuple[Point, str], str]) -> str:
    """What is wrong with the names of what it brings; takes them if nothing is."""
    wanted = [(c.point, c.name) for c in plugin.contributions]
    for point, name in wanted:
        if (point, name) in taken:
            return f"its {point} {name!r} has the name of one of {taken[point, name]}"
    taken.update(dict.fromkeys(wanted, f"the plugin {plugin.name!r}"))
    return ""


def plugin_folders() -> tuple[tuple[Path, str], ...]:
    """Where plugins are looked for, and who put them there."""
    packaged = PACKAGE / "_plugins"  # in a wheel, see setup.py
    return (
        (packaged if packaged.is_dir() else PACKAGE.parent / "plugins", "program"),
        (user_plugins(), "user"),
    )


def user_plugins() -> Path:
    """The folder for the user's own plugins, which need not exist."""
    return Path(platformdirs.user_config_dir("tracking-workbench")) / "plugins"


def in_folders(folders: Sequence[tuple[Path, str]]) -> Iterator[Plugin]:
    """The plugins in some folders; a folder without ``plugin.toml`` is one that is broken."""
    for folder, origin in folders:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.is_dir() and not path.name.startswith((".", "_")):
                yield _read(path, origin)


def in_packages() -> Iterator[Plugin]:
    """The plugins that packages of the environment bring; none of them is imported."""
    for entry in sorted(metadata.entry_points(group=GROUP)):
        origin = entry.dist.name if entry.dist else entry.value
        folder = _package_folder(entry.value)
        if folder is None:
            reason = f"the package {entry.value!r} is not there; install {origin} again"
            yield Plugin(Path(entry.name), origin, None, reason=reason)
        else:
            yield _read(folder, origin, package=entry.value)


def _package_folder(name: str) -> Path | None:
    """Where a package lies, told without importing it."""
    first, *rest = name.split(".")
    try:
        spec = importlib.util.find_spec(first)
    except (ImportError, ValueError):
        return None
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places)), *rest) if places else None


def _read(folder: Path, origin: str, *, package: str = "") -> Plugin:
    try:
        return Plugin(folder, origin, read_manifest(folder), package)
    except PluginError as error:
        return Plugin(folder, origin, None, package, reason=str(error))
