"""The trackers of many targets that can be named.

The offline one, which knows the whole video, is the default of a run; those that see one frame after another
are there for comparison, and for what is shown while a run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import PluginError, UserError
from workbench.core.parameters import Parameter, made_options, parameters_of
from workbench.services.plugin_finding import Plugins
from workbench.services.plugins import multi_trackers as plugin_trackers
from workbench.tracking.bot_sort import BotSort, BotSortOptions
from workbench.tracking.byte_track import ByteTrack, ByteTrackOptions
from workbench.tracking.center_track import CenterTrack, CenterTrackOptions
from workbench.tracking.deep_sort import DeepSort, DeepSortOptions
from workbench.tracking.jde import Jde, JdeOptions
from workbench.tracking.oc_sort import OcSort, OcSortOptions
from workbench.tracking.offline import OfflineOptions
from workbench.tracking.sort import Sort, SortOptions
from workbench.tracking.tracker import Tracker

DEFAULT = "offline"


@dataclass(frozen=True)
class MultiTracker:
    """A way to tell who is who.

    Args:
        name: what commands take.
        title: what menus show.
        description: one sentence: what it is good at.
        options: the dataclass of its parameters; None = it has none.
        make: makes a fresh tracker; None = it wants the whole video at once.
        moves: it uses the camera's motion.
        looks: it is shown the pictures.
        least_score: of a detector's objects that it is given where nobody says otherwise; None = all.
    """

    name: str
    title: str
    description: str
    options: type[Any] | None
    make: Callable[[Any], Tracker] | None
    moves: bool = False
    looks: bool = False
    least_score: float | None = None

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What a user may set."""
        return parameters_of(self.options)

    def configured(self, given: Mapping[str, object]) -> Any:
        """Its options with some values set; ``UserError`` when one is none of its parameters."""
        return made_options(self.options, given)


TRACKERS = (
    MultiTracker(
        DEFAULT,
        "Offline",
        "Links tracklets over the whole video, fills gaps and says how sure each link is: the most accurate.",
        OfflineOptions,
        None,
        least_score=0.4,  # as FairMOT and CenterTrack have it for pedestrians
    ),
    MultiTracker(
        "byte-track",
        "ByteTrack",
        "Joins sure detections first, then doubtful ones for tracks still free: fast, and good in crowds.",
        ByteTrackOptions,
        ByteTrack,
    ),
    MultiTracker(
        "bot-sort",
        "BoT-SORT",
        "ByteTrack with the camera's motion taken out, and appearance where the detector gives it.",
        BotSortOptions,
        BotSort,
        moves=True,
    ),
    MultiTracker(
        "oc-sort",
        "OC-SORT",
        "SORT that trusts what was seen more than its prediction: for targets that turn and hide.",
        OcSortOptions,
        OcSort,
    ),
    MultiTracker("sort", "SORT", "Predict, join by overlap, update: the simplest.", SortOptions, Sort),
    MultiTracker(
        "deep-sort",
        "DeepSORT",
        "Joins by appearance first, for detectors that give it; by overlap alone otherwise.",
        DeepSortOptions,
        DeepSort,
    ),
    MultiTracker(
        "jde",
        "FairMOT's association",
        "Appearance with motion first, then overlap, as published with FairMOT, whose embeddings it wants.",
        JdeOptions,
        Jde,
    ),
    MultiTracker(
        "center-track",
        "CenterTrack's association",
        "Each detection takes who is at the place it points to; it wants CenterTrack's offsets.",
        CenterTrackOptions,
        CenterTrack,
    ),
)


def multi_trackers(plugins: Plugins | None = None) -> tuple[MultiTracker, ...]:
    """Every tracker that can be named, the default first, then those that plugins bring."""
    return TRACKERS + tuple(_brought(plugins))


def _brought(plugins: Plugins | None) -> Iterator[MultiTracker]:
    for choice in plugin_trackers(plugins):
        try:
            options = choice.options
        except PluginError:
            continue  # the list of plugins says what is wrong
        yield MultiTracker(choice.name, choice.title, choice.description, options, choice.make, looks=True)


def find_multi_tracker(name: str, plugins: Plugins | None = None) -> MultiTracker:
    """One tracker.

    Raises:
        UserError: there is none of this name.
    """
    known = {tracker.name: tracker for tracker in TRACKERS}
    if name not in known:
        known = {tracker.name: tracker for tracker in multi_trackers(plugins)}
    if name not in known:
        raise UserError(f"There is no tracker {name!r}; choose {', '.join(known)}.")
    return known[name]
