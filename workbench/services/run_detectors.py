"""The detectors that a run can use: networks of the model library, and those that plugins bring.

Both are opened as the same thing: frames in, detections out, with what tells whether detections that are on
disk are those it would find.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.detections import Detections
from workbench.core.detector import Detector
from workbench.core.errors import PluginError, UserError
from workbench.core.parameters import Parameter, made_options, parameters_of, values_of
from workbench.core.prefetching import prefetched
from workbench.core.progress import Progress
from workbench.services.detecting import GPU_BATCH, DetectOptions, Detectors, can_detect
from workbench.services.models import ModelLibrary, user_library
from workbench.services.plugin_finding import Plugins
from workbench.services.plugins import Choice, find_plugins
from workbench.services.plugins import detectors as plugin_detectors
from workbench.services.showing import learning
from workbench.video.info import VideoReader

Image = NDArray[np.uint8]
Frames = Iterable[tuple[int, Image]]
Looks = Generator[tuple[int, Detections], None, None]

AHEAD = 4  # frames that are decoded before they are wanted


@dataclass(frozen=True)
class NetworkOptions:
    """How a network looks.

    Args:
        lowest_score: detections with a higher score are kept, [0, 1]; low, for a tracker may want them.
    """

    lowest_score: float = 0.1


@dataclass(frozen=True)
class DetectorInfo:
    """A detector that can be chosen.

    Args:
        name: what commands take.
        title: what menus show.
        description: one sentence.
        origin: "plugin" or "network".
        parameters: what can be set.
        fault: why it cannot be used; "" = nothing is known against it.
    """

    name: str
    title: str
    description: str
    origin: str
    parameters: tuple[Parameter, ...] = ()
    fault: str = ""


@dataclass(frozen=True, eq=False)
class OpenDetector:
    """A detector that is ready to look.

    Args:
        name: as it was chosen.
        classes: names that its detections' classes count.
        digest: of its weights, or of its plugin's files.
        settings: its parameters, all of them, as JSON has them.
        warm_up: frames before the first that it has to be shown, see ``core.detector``.
        learn: shows it what it wants to see of a whole video before anything else.
        look: what is in frames, in their order. The second argument is what is known already of the frames
            that it is shown to warm up.
    """

    name: str
    classes: tuple[str, ...]
    digest: str
    settings: Mapping[str, Any]
    warm_up: int
    learn: Callable[[VideoReader], Generator[Progress, None, None]]
    look: Callable[[Frames, Mapping[int, Detections]], Looks]


class RunDetectors:
    """Finds and opens detectors; used by one thread at a time.

    Args:
        networks: opens networks, and keeps the last one; None = one of its own.
        plugins: None = those that are found.
        library: where names of networks are looked up.
    """

    def __init__(
        self,
        networks: Detectors | None = None,
        plugins: Plugins | None = None,
        *,
        library: Callable[[], ModelLibrary] = user_library,
    ) -> None:
        self._plugins = find_plugins() if plugins is None else plugins
        self._networks = networks or Detectors(library, plugins=self._plugins)
        self._library = library

    def list(self) -> tuple[DetectorInfo, ...]:
        """All that can be chosen, those of plugins first."""
        brought = tuple(map(_plugin_info, self._choices()))
        networks = (entry for entry in self._library().entries() if can_detect(entry))
        return brought + tuple(
            DetectorInfo(e.name, e.name, f"{e.spec}.", "network", parameters_of(NetworkOptions))
            for e in networks
        )

    def parameters(self, name: str) -> tuple[Parameter, ...]:
        """What can be set of a detector; of a file of weights what can be set of every network."""
        found = {info.name: info.parameters for info in self.list()}
        return found.get(name, parameters_of(NetworkOptions))

    def check(self, name: str) -> None:
        """Raise ``UserError`` when there is no such detector."""
        known = [info.name for info in self.list()]
        if name not in known and not Path(name).is_file():
            raise UserError(
                f"There is no detector {name!r}; choose {', '.join(known)}, or the path of a file of weights."
            )

    def open(self, name: str, settings: Mapping[str, Any] | None = None, *, seed: int = 0) -> OpenDetector:
        """A detector, ready to look.

        Args:
            name: one that ``list`` has, or the path of a file of weights.
            settings: values of some of its parameters.
            seed: of everything random in it.

        Raises:
            UserError: there is no such detector, parameter or value.
            PluginError, ModelError: it cannot be opened.
        """
        settings = settings or {}
        for choice in self._choices():
            if choice.name == name:
                return _open_plugin(choice, settings, seed)
        self.check(name)
        return _open_network(name, made_options(NetworkOptions, settings), self._networks)

    def _choices(self) -> tuple[Choice[Any], ...]:
        return plugin_detectors(self._plugins)


def _plugin_info(choice: Choice[Any]) -> DetectorInfo:
    try:
        parameters, fault = choice.parameters, ""
    except PluginError as error:
        parameters, fault = (), str(error)
    return DetectorInfo(choice.name, choice.title, choice.description, "plugin", parameters, fault)


def _open_plugin(choice: Choice[Any], settings: Mapping[str, Any], seed: int) -> OpenDetector:
    seeded = {"seed": seed} if any(p.name == "seed" for p in choice.parameters) else {}
    options = choice.configured({**seeded, **settings})
    detector = choice.make(options)

    def look(frames: Frames, known: Mapping[int, Detections]) -> Looks:
        return _each(detector, frames)

    return OpenDetector(
        choice.name,
        detector.classes,
        choice.digest(),
        values_of(options),
        detector.warm_up,
        partial(learning, detector),
        look,
    )


def _each(detector: Detector, frames: Frames) -> Looks:
    """Frame after frame, while the next ones are decoded."""
    with closing(prefetched(frames, lambda item: item, ahead=AHEAD)) as ready:
        for frame, image in ready:
            yield frame, detector.detect(frame, image)


def _open_network(name: str, options: NetworkOptions, networks: Detectors) -> OpenDetector:
    from workbench.inference.detection.centertrack import CenterTrackSession
    from workbench.inference.detection.frames import detect_frames

    session = networks.open(name, DetectOptions(threshold=options.lowest_score))
    remembers = isinstance(session, CenterTrackSession)
    batch = GPU_BATCH if session.device.type == "cuda" else 1

    def look(frames: Frames, known: Mapping[int, Detections]) -> Looks:
        with closing(detect_frames(session, frames, batch=batch)) as outputs:
            for frame, output in outputs:
                found = known.get(frame, _plain(output.detections))
                if isinstance(session, CenterTrackSession):
                    session.follow(found.boxes, found.scores)
                yield frame, found

    return OpenDetector(
        name,
        session.header.classes,
        digest_of(networks.path_of(name)),
        values_of(options),
        1 if remembers else 0,  # what it found there is told to it, so one is enough
        _nothing_to_learn,
        look,
    )


def _nothing_to_learn(_: VideoReader) -> Generator[Progress, None, None]:
    yield from ()


def _plain(found: Detections) -> Detections:
    """What a run keeps of detections: boxes that have a place and an area, with looks, offsets and poses."""
    kept = replace(found, boxes3d=None, extremes=None)
    sound = np.isfinite(kept.boxes).all(1) & (kept.boxes[:, 2:] > 0).all(1)
    return kept[sound]


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Tapped:
    """Frames on their way to a detector, of which each can be taken once more when its turn has come.

    Args:
        hold: whether somebody will take them.
    """

    def __init__(self, frames: Iterator[tuple[int, Image]], *, hold: bool) -> None:
        self._frames, self._hold = frames, hold
        self._held: dict[int, Image] = {}

    def __iter__(self) -> Iterator[tuple[int, Image]]:
        for frame, image in self._frames:
            if self._hold:
                self._held[frame] = image
            yield frame, image

    def take(self, frame: int) -> Image:
        """The image of a frame that has passed."""
        return self._held.pop(frame)
