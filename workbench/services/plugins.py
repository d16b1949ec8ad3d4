"""What can be chosen by name, with what plugins bring: detectors, trackers and review rules.

``find_plugins`` says which plugins there are. A program that lives on, like the window, finds them once and
hands them round, so that its list of plugins knows what went wrong.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from workbench.core.errors import UserError
from workbench.core.parameters import Parameter, made_options, parameters_of
from workbench.core.target import SingleTargetTracker
from workbench.formats.registry import FORMATS
from workbench.inference.trackers import TrackerInfo, available, maker
from workbench.services.plugin_code import Brought, digest_of_code
from workbench.services.plugin_finding import Plugins, in_folders, in_packages, plugin_folders
from workbench.services.plugin_guard import (
    GuardedDetector,
    GuardedRule,
    GuardedTarget,
    GuardedTracker,
    options_of,
)
from workbench.services.plugin_manifest import Point

Made = TypeVar("Made")
Guard = Callable[[Brought, Any], Made]


@dataclass(frozen=True, eq=False)
class Choice(Generic[Made]):
    """Something of a plugin that can be chosen by its name; the plugin is imported when its options are read.

    Args:
        name: what the user types.
        title, description: what menus show.
        plugin: name of the plugin that brings it.
    """

    name: str
    title: str
    description: str
    plugin: str
    _brought: Brought
    _guard: Guard[Made]

    @property
    def options(self) -> type[Any] | None:
        """Its frozen dataclass of options; None = nothing can be set.

        Raises:
            PluginError: the plugin cannot be used.
        """
        return options_of(self._brought)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What can be set.

        Raises:
            PluginError: the plugin cannot be used.
        """
        return self._brought.plugin.call(parameters_of, self.options)

    def digest(self) -> str:
        """SHA-256 of its plugin's files; while it is the same, what it finds is expected to be."""
        return digest_of_code(self._brought.plugin)

    def configured(self, given: Mapping[str, Any]) -> Any:
        """Its options with some values set, see ``core.parameters.made_options``.

        Raises:
            UserError: no such parameter or value.
            PluginError: the plugin cannot be used.
        """
        return self._brought.plugin.call(made_options, self.options, given)

    def make(self, options: Any = None) -> Made:
        """A fresh one.

        Args:
            options: an instance of ``options``; None = its defaults.

        Raises:
            UserError: an option that has to be set is not.
            PluginError: the plugin cannot be used.
        """
        return self._guard(self._brought, self.configured({}) if options is None else options)


def find_plugins(folders: Sequence[tuple[Path, str]] | None = None) -> Plugins:
    """The plugins there are; what is wrong with one is its ``reason``, and the others are kept.

    Args:
        folders: (folder, origin) to look in; None = the program's, the user's, and what packages bring.
    """
    reserved = {
        Point.SINGLE_OBJECT_TRACKER: [info.name for info in available()],
        Point.IMPORTER: [known.name for known in FORMATS],
        Point.EXPORTER: [known.name for known in FORMATS],
    }
    if folders is not None:
        return Plugins(list(in_folders(folders)), reserved)
    return Plugins([*in_folders(plugin_folders()), *in_packages()], reserved)


def detectors(plugins: Plugins | None = None) -> tuple[Choice[GuardedDetector], ...]:
    """The detectors that plugins bring."""
    return _choices(plugins, Point.DETECTOR, GuardedDetector)


def find_detector(name: str, plugins: Plugins | None = None) -> Choice[GuardedDetector]:
    """The detector of that name.

    Raises:
        UserError: no plugin brings it.
    """
    return _named(name, "detector", detectors(plugins))


def multi_trackers(plugins: Plugins | None = None) -> tuple[Choice[GuardedTracker], ...]:
    """The multi-object trackers that plugins bring."""
    return _choices(plugins, Point.MULTI_OBJECT_TRACKER, GuardedTracker)


def review_rules(plugins: Plugins | None = None) -> tuple[Choice[GuardedRule], ...]:
    """The review rules that plugins bring; what ``make`` gives is called with the tracks of a video."""
    return _choices(plugins, Point.REVIEW_RULE, GuardedRule)


def choices_named(name: str, plugins: Plugins | None = None) -> tuple[Choice[Any], ...]:
    """Everything of this name that plugins bring and that has options; more than one at different points."""
    plugins = find_plugins() if plugins is None else plugins
    every: tuple[Choice[Any], ...] = (
        *detectors(plugins),
        *_choices(plugins, Point.SINGLE_OBJECT_TRACKER, GuardedTarget),
        *multi_trackers(plugins),
        *review_rules(plugins),
    )
    return tuple(choice for choice in every if choice.name == name)


def trackers(plugins: Plugins | None = None) -> tuple[TrackerInfo, ...]:
    """Every single-object tracker that can be named, the built-in ones first."""
    brought = _choices(plugins, Point.SINGLE_OBJECT_TRACKER, GuardedTarget)
    return available() + tuple(TrackerInfo(c.name, c.title, c.description) for c in brought)


def default_tracker(plugins: Plugins | None = None) -> str:
    """Name of the tracker that is used where none is chosen."""
    return next(t.name for t in trackers(plugins) if t.default)


def find_tracker(
    name: str | None,
    *,
    seed: int = 0,
    threads: int | None = None,
    settings: Mapping[str, Any] | None = None,
    plugins: Plugins | None = None,
) -> Callable[[], SingleTargetTracker]:
    """A function that makes fresh single-object trackers of one kind.

    Args:
        name: a name that `trackers` lists, or the path of a published ATOM checkpoint; None = the default.
        seed: seed of everything random in it.
        threads: processor threads it may use; None = all.
        settings: values of a plugin's options.

    Raises:
        UserError: there is no such tracker.
        ModelError: the checkpoint cannot be used.
        PluginError: its plugin cannot be used.
    """
    plugins = find_plugins() if plugins is None else plugins
    known = {t.name: t for t in trackers(plugins)}
    if name is None:
        name = default_tracker(plugins)
    for choice in _choices(plugins, Point.SINGLE_OBJECT_TRACKER, GuardedTarget):
        if choice.name == name:
            return functools.partial(_seeded, choice, seed, settings or {})
    if name not in known and not Path(name).is_file():
        raise UserError(
            f"There is no tracker {name!r}; choose {', '.join(known)}, or the path of a checkpoint."
        )
    return maker(name, seed=seed, threads=threads)


def _seeded(choice: Choice[Made], seed: int, settings: Mapping[str, Any]) -> Made:
    """A fresh one; its plugin is imported now, on the thread that uses it."""
    seeded = {"seed": seed} if any(p.name == "seed" for p in choice.parameters) else {}
    return choice.make(choice.configured({**seeded, **settings}))


def _choices(plugins: Plugins | None, point: Point, guard: Guard[Made]) -> tuple[Choice[Made], ...]:
    plugins = find_plugins() if plugins is None else plugins
    return tuple(
        Choice(c.name, c.title, c.description, brought.plugin.name, brought, guard)
        for brought in plugins.brought(point)
        for c in (brought.contribution,)
    )


def _named(name: str, what: str, choices: Sequence[Choice[Made]]) -> Choice[Made]:
    for choice in choices:
        if choice.name == name:
            return choice
    known = ", ".join(choice.name for choice in choices) or "there are none"
    raise UserError(f"There is no {what} {name!r} among the plugins; choose one of them: {known}.")
