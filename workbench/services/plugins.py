"""Plugins, and the trackers there are: the built-in ones and those that plugins bring."""

from __future__ import annotations

import functools
import importlib.util
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import platformdirs

from workbench.api import Registry
from workbench.core.errors import PluginError, UserError
from workbench.core.target import SingleTargetTracker
from workbench.inference.trackers import TrackerInfo, available, make

log = logging.getLogger(__name__)


def plugin_folders() -> tuple[Path, ...]:
    """Where plugins are looked for: beside the program, and among the user's settings."""
    return (
        Path(__file__).resolve().parents[2] / "plugins",
        Path(platformdirs.user_config_dir("tracking-workbench")) / "plugins",
    )


def load_plugins(folders: Sequence[Path] | None = None) -> Registry:
    """Load every plugin; one that fails is logged and left out, and the others are kept."""
    registry = Registry()
    for folder in plugin_folders() if folders is None else folders:
        for path in sorted(folder.glob("*.py")):
            try:
                _load(path, registry)
            except PluginError as error:
                log.warning("%s", error)
    return registry


def _load(path: Path, registry: Registry) -> None:
    spec = importlib.util.spec_from_file_location(f"workbench_plugin_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise PluginError(f"The plugin {path} cannot be read as Python.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        module.register(registry)
    except PluginError:
        raise
    except Exception as error:  # a plugin is somebody else's code: whatever it does, we stay up
        raise PluginError(f"The plugin {path} failed: {error!r}; mend or remove it.") from error


def trackers(registry: Registry | None = None) -> tuple[TrackerInfo, ...]:
    """Every tracker that can be named, the built-in ones first."""
    registry = load_plugins() if registry is None else registry
    brought = tuple(
        TrackerInfo(name=t.name, title=t.title, description=t.description, default=False)
        for t in registry.trackers.values()
    )
    return available() + brought


def find_tracker(
    name: str | None, *, seed: int = 0, threads: int | None = None, registry: Registry | None = None
) -> Callable[[], SingleTargetTracker]:
    """A function that makes fresh trackers of one kind.

    Args:
        name: a name that `trackers` lists, or the path of a published ATOM checkpoint; None = the default.
        seed: seed of everything random in it.
        threads: processor threads it may use; None = all.

    Raises:
        UserError: there is no such tracker.
        ModelError: the checkpoint cannot be used.
    """
    registry = load_plugins() if registry is None else registry
    known = {t.name: t for t in trackers(registry)}
    if name is None:
        name = next(t.name for t in known.values() if t.default)
    if name in registry.trackers:
        return functools.partial(registry.trackers[name].make, seed)
    if name not in known and not Path(name).is_file():
        raise UserError(
            f"There is no tracker {name!r}; choose {', '.join(known)}, or the path of a checkpoint."
        )
    return functools.partial(make, name, seed=seed, threads=threads)
