"""What a plugin may use, and all it may use.

A plugin is a Python file in ``plugins/`` with a function ``register(registry)``, which is handed a
`Registry`. It imports this module and nothing else of ours, so everything here is a promise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Box
from workbench.core.errors import ModelError, PluginError, UserError
from workbench.core.target import SingleTargetTracker, TargetState

__all__ = [
    "Box",
    "Image",
    "ModelError",
    "PluginError",
    "Registry",
    "SingleTargetTracker",
    "TargetState",
    "TrackerPlugin",
    "UserError",
]

Image = NDArray[np.uint8]
"""(H, W, 3) RGB."""


@dataclass(frozen=True)
class TrackerPlugin:
    """A tracker that a plugin brings.

    Args:
        name: what the user types, lower case with dashes; unique.
        title: what menus show.
        description: one sentence: what it is good at.
        make: makes a fresh tracker from a seed.
    """

    name: str
    title: str
    description: str
    make: Callable[[int], SingleTargetTracker]


@dataclass
class Registry:
    """Collects what plugins bring."""

    trackers: dict[str, TrackerPlugin] = field(default_factory=dict)

    def add_tracker(self, tracker: TrackerPlugin) -> None:
        """Offer a tracker in the menus and on the command line.

        Raises:
            PluginError: its name is taken.
        """
        if tracker.name in self.trackers:
            raise PluginError(f"Two plugins bring a tracker called {tracker.name!r}; remove or rename one.")
        self.trackers[tracker.name] = tracker
