"""What plugins bring, behind a wall: every call is guarded, and what comes back is checked.

Whatever is wrong with a plugin becomes a PluginError that names it; a wrong value gets no further than here.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.boxes import Box, as_boxes
from workbench.core.detections import Detections
from workbench.core.detector import LearnsFirst
from workbench.core.heatmaps import Heatmap
from workbench.core.issues import Issue
from workbench.core.target import ShowsScores, TargetState
from workbench.core.track_boxes import TrackBoxes
from workbench.core.tracker import TrackedBoxes
from workbench.services.plugin_code import Brought, Plugin

Image = NDArray[np.uint8]
Wanted = TypeVar("Wanted")


class GuardedDetector:
    """A plugin's detector; implements ``core.detector.Detector`` and ``LearnsFirst``."""

    def __init__(self, brought: Brought, options: Any) -> None:
        self._plugin = brought.plugin
        self._inner = brought.made(options)
        self._joints: int | None = None  # of the poses that came so far; 0 = objects came without
        self.classes: tuple[str, ...] = tuple(self._attribute("classes", _is_names))
        self.warm_up: int = self._attribute("warm_up", _is_count, 0)
        learns = isinstance(self._inner, LearnsFirst)
        self.samples: int = self._attribute("samples", _is_count) if learns else 0
        """How many frames it wants to see before the first; 0 = none, and ``learn`` does nothing."""

    def learn(self, frame: int, image: Image) -> None:
        """See ``LearnsFirst``."""
        if self.samples:
            self._plugin.call(self._inner.learn, frame, image)

    def detect(self, frame: int, image: Image) -> Detections:
        """See ``Detector``."""
        found = self._plugin.call(self._inner.detect, frame, image)
        fault = _detections_fault(found, self.classes)
        found = _checked(self._plugin, "detect", found, Detections, fault)
        if len(found):
            joints = 0 if found.poses is None else found.poses.shape[1]
            if joints != (joints if self._joints is None else self._joints):
                raise self._plugin.failed(f"detect gave poses of {joints} joints after {self._joints}")
            self._joints = joints
        return found

    def _attribute(self, name: str, is_sound: Any, *default: Any) -> Any:
        value = self._plugin.call(getattr, self._inner, name, *default)
        if not is_sound(value):
            raise self._plugin.failed(f"its detector has {name} = {value!r:.60}")
        return value


class GuardedTarget:
    """A plugin's single-object tracker; implements ``core.target.SingleTargetTracker``."""

    def __init__(self, brought: Brought, options: Any) -> None:
        self._plugin = brought.plugin
        self._inner = brought.made(options)

    def start(self, image: Image, box: Box) -> None:
        """See ``SingleTargetTracker``."""
        self._plugin.call(self._inner.start, image, box)

    def step(self, image: Image) -> TargetState:
        """See ``SingleTargetTracker``."""
        state = self._plugin.call(self._inner.step, image)
        return _checked(self._plugin, "step", state, TargetState, _target_fault(state))

    def score_map(self) -> Heatmap | None:
        """See ``ShowsScores``; None where the plugin's tracker shows none."""
        if not isinstance(self._inner, ShowsScores):
            return None
        shown = self._plugin.call(self._inner.score_map)
        return None if shown is None else _checked(self._plugin, "score_map", shown, Heatmap, "")


class GuardedTracker:
    """A plugin's multi-object tracker; implements ``core.tracker.Tracker``."""

    def __init__(self, brought: Brought, options: Any) -> None:
        self._plugin = brought.plugin
        self._inner = brought.made(options)

    def update(
        self,
        frame: int,
        detections: Detections,
        *,
        image: Image | None = None,
        motion: ArrayLike | None = None,
    ) -> TrackedBoxes:
        """See ``Tracker``."""
        seen = self._plugin.call(self._inner.update, frame, detections, image=image, motion=motion)
        return _checked(self._plugin, "update", seen, TrackedBoxes, _tracked_fault(seen, len(detections)))


class GuardedRule:
    """A plugin's review rule: what it suspects in the tracks of a video."""

    def __init__(self, brought: Brought, options: Any) -> None:
        self._brought, self._options = brought, options

    def __call__(self, boxes: TrackBoxes) -> tuple[Issue, ...]:
        """Everything it finds, in its order.

        Raises:
            PluginError: it failed, or what it found is none.
        """
        arguments = [boxes, self._options] if self._brought.contribution.options else [boxes]
        plugin = self._brought.plugin
        found = plugin.call(lambda: tuple(self._brought.call(*arguments)))
        for issue in found:
            _checked(plugin, self._brought.contribution.call, issue, Issue, _issue_fault(issue, boxes))
        return found


def _checked(plugin: Plugin, call: str, value: Any, wanted: type[Wanted], fault: str) -> Wanted:
    """The value, if it is what it has to be."""
    if not isinstance(value, wanted):
        raise plugin.failed(f"{call} gave {type(value).__name__}, not {wanted.__name__}")
    if fault:
        raise plugin.failed(f"{call} gave {fault}")
    return value


def _is_names(value: Any) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(name, str) for name in value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _detections_fault(found: Any, classes: tuple[str, ...]) -> str:
    if not isinstance(found, Detections):
        return ""
    boxes, scores, numbers = (np.asarray(c) for c in (found.boxes, found.scores, found.classes))
    if boxes.ndim != 2 or boxes.shape[1] != 4 or scores.ndim != 1 or numbers.ndim != 1:
        return f"boxes of shape {boxes.shape} and scores of shape {scores.shape}, not (N, 4) and (N,)"
    if not np.issubdtype(boxes.dtype, np.number) or not np.issubdtype(numbers.dtype, np.integer):
        return f"boxes of {boxes.dtype} and classes of {numbers.dtype}, not numbers and whole numbers"
    if len(numbers) and not 0 <= numbers.min() <= numbers.max() < len(classes):
        return f"class {numbers.max()} of {len(classes)}"
    if len(scores) and not 0 <= scores.min() <= scores.max() <= 1:  # False for NaN
        return "scores that are not in [0, 1]"
    poses = np.zeros((len(boxes), 0, 3)) if found.poses is None else np.asarray(found.poses)
    if poses.ndim != 3 or poses.shape[2] != 3 or not np.issubdtype(poses.dtype, np.number):
        return f"poses of {poses.dtype} and shape {poses.shape}, not numbers (N, K, 3)"
    return ""


def _target_fault(state: Any) -> str:
    box = getattr(state, "box", ())
    return "" if len(box) == 4 and _are_boxes(box) else f"the box {box!r:.60}"


def _are_boxes(boxes: ArrayLike) -> bool:
    """Whether all of (N, 4) have a place and no negative size."""
    sides = as_boxes(boxes)
    return bool(np.isfinite(sides).all() and (sides[:, 2:] >= 0).all())


def _tracked_fault(seen: Any, detections: int) -> str:
    if not isinstance(seen, TrackedBoxes):
        return ""
    count = len(seen.ids)
    lengths = {len(c) for c in (seen.boxes, seen.scores, seen.classes, seen.detections)}
    if lengths != {count} or np.shape(seen.boxes) != (count, 4):
        return "columns of different lengths"
    if not _are_boxes(seen.boxes):
        return "a box that is not finite, or of negative size"
    if len(np.unique(seen.ids)) < count:
        return "an id twice in one frame"
    return "a detection that is not there" if count and np.max(seen.detections) >= detections else ""


def _issue_fault(issue: Any, boxes: TrackBoxes) -> str:
    if not isinstance(issue, Issue):
        return ""
    if not issue.tracks or not np.isin(issue.tracks, boxes.tracks).all():
        return f"an issue of the tracks {issue.tracks!r}, which are not there"
    return "" if 0 <= issue.probability <= 1 else f"the probability {issue.probability!r}"


def options_of(brought: Brought) -> type[Any] | None:
    """A plugin's dataclass of options.

    Raises:
        PluginError: the plugin cannot be imported, or has no such dataclass.
    """
    options = brought.options()
    if options is not None and not hasattr(options, "__dataclass_fields__"):
        raise brought.plugin.failed(f"{brought.contribution.options} is no dataclass")
    return options
