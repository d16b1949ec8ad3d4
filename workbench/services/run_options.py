"""What a run is told: detector, tracker, frames, and the values of their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from workbench.core.errors import UserError
from workbench.core.parameters import values_of
from workbench.services.associating import Association, class_numbers
from workbench.services.multi_trackers import DEFAULT, find_multi_tracker
from workbench.store import Run

# What ``record`` and those who run note, and of which kind it is.
_FRAMES = ("start", "stop", "detections_of")
_NAMES = ("names", "classes")
_KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("key", "detector", "tracker", "digest"), (str,)),
    **dict.fromkeys(("detector_settings", "tracker_settings"), (dict,)),
    "threshold": (int, float, type(None)),
}


@dataclass(frozen=True)
class RunOptions:
    """What is run, and on what.

    Args:
        detector: a name that ``RunDetectors.list`` has, or the path of a file of weights.
        tracker: a name that ``multi_trackers`` has.
        start, stop: frames [start, stop); None = to the end.
        classes: names of those that become tracks; empty = all.
        threshold: score that a detection needs to take part, [0, 1]; None = ``MultiTracker.least_score``.
        detector_settings, tracker_settings: values of some of their parameters.
        seed: of everything random.
        resume: go on with an earlier run of the same detector that did not come to its end, or take what one
            detected that was the same in everything; the newest of these.
    """

    detector: str = ""
    tracker: str = DEFAULT
    start: int = 0
    stop: int | None = None
    classes: tuple[str, ...] = ()
    threshold: float | None = None
    detector_settings: Mapping[str, Any] = field(default_factory=dict)
    tracker_settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    resume: bool = True


def association_of(
    options: RunOptions, names: tuple[str, ...], video: Path | None, *, chosen_already: bool = False
) -> Association:
    """What a run's options say of the tracker.

    Args:
        names: of the classes that detections count.
        video: where the pictures are; None = nowhere.
        chosen_already: somebody has left out what is unlikely, so that all takes part.

    Raises:
        UserError: no such tracker, parameter or class.
    """
    tracker = find_multi_tracker(options.tracker)
    least = None if chosen_already else tracker.least_score
    return Association(
        tracker,
        tracker.configured(options.tracker_settings),
        names,
        class_numbers(names, options.classes),
        least if options.threshold is None else options.threshold,
        video,
    )


def span_of(options: RunOptions, count: int, path: Path) -> tuple[int, int]:
    """The frames [start, stop) that are run, of a video with so many.

    Raises:
        UserError: the video has no such frames.
    """
    stop = count if options.stop is None else options.stop
    if not 0 <= options.start < stop <= count:
        raise UserError(
            f"The frames {options.start}:{stop} are not in {path}, which has 0:{count}; name others."
        )
    return options.start, stop


def noted(run: Run) -> dict[str, Any]:
    """What the catalogue keeps of a run; in a project of somebody else's, what cannot be is left out."""
    return {name: value for name, value in run.parameters.items() if _is_sound(name, value)}


def _is_sound(name: str, value: object) -> bool:
    if name in _FRAMES:
        return isinstance(value, int) and 0 <= value < 2**53
    if name in _NAMES:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return isinstance(value, _KINDS.get(name, object))


def options_of(run: Run) -> RunOptions:
    """The options that a run was made with."""
    known = noted(run)
    names = {f.name for f in fields(RunOptions)} & known.keys()
    chosen = {name: known[name] for name in names}
    return RunOptions(**{**chosen, "classes": tuple(known.get("classes", ())), "seed": run.seed or 0})


def record(options: RunOptions, association: Association) -> dict[str, Any]:
    """What the catalogue keeps of the tracker's side."""
    return {
        "tracker": options.tracker,
        "tracker_settings": values_of(association.options),
        "classes": list(options.classes),
        "threshold": association.threshold,
        "names": list(association.names),
    }
