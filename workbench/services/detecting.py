"""Run a detector, a network or one of a plugin, over frames of a video.

The loop is a generator that the window's worker and the command line both drive. Nothing is stored by it:
what was found is provisional until somebody accepts it (``accepting``). Torch is imported when a network is
opened.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes3d import default_camera, project
from workbench.core.detections import Detections
from workbench.core.errors import UserError
from workbench.core.heatmaps import Heatmap
from workbench.core.progress import Progress
from workbench.services.models import ModelEntry, ModelLibrary, user_library
from workbench.services.plugin_finding import Plugins
from workbench.services.plugin_guard import GuardedDetector
from workbench.services.plugins import Choice, detectors, find_plugins
from workbench.services.showing import shown_to
from workbench.video import VideoReader, open_video

if TYPE_CHECKING:
    from workbench.inference.detection.session import Session
    from workbench.models.loading import LoadedModel

KINDS = ("centernet", "fairmot", "centertrack")  # of networks that detect
GPU_BATCH = 4  # frames at once


@dataclass(frozen=True)
class DetectOptions:
    """What is looked for.

    Args:
        threshold: detections with a higher score are given.
        classes: names; empty = all that the network knows.
        heatmaps: give the network's heat maps, too.
        settings: values of a plugin's options by name; a network has none.
    """

    threshold: float = 0.3
    classes: tuple[str, ...] = ()
    heatmaps: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class DetectedFrame:
    """What a detector found in one frame.

    Args:
        frame: its number.
        detections: best first.
        classes: names, which ``detections.classes`` counts.
        model: by which network.
        camera: (3, 4) projection of the 3D boxes, see core.boxes3d.
        heatmaps: where they were asked for.
        done, total: frames looked at, of how many.
    """

    frame: int
    detections: Detections
    classes: tuple[str, ...]
    model: str
    camera: NDArray[np.float64]
    heatmaps: tuple[Heatmap, ...] = ()
    done: int = 1
    total: int = 1


@dataclass(frozen=True)
class DetectOutcome:
    """How a run ended: frames looked at, objects found, and what was wrong with the video."""

    frames: int
    found: int
    problems: tuple[str, ...] = ()


class Detectors:
    """Opens detectors and keeps the last one's weights, so that the next run begins at once.

    Used by one thread at a time.

    Args:
        library: where names are looked up.
        device: "auto", or what torch calls it.
        threads: processor threads of torch for the whole program; None leaves them as they are.
        plugins: the plugins there are; None = they are looked for.
    """

    def __init__(
        self,
        library: Callable[[], ModelLibrary] = user_library,
        *,
        device: str = "auto",
        threads: int | None = None,
        plugins: Plugins | None = None,
    ) -> None:
        self._library, self._device, self._threads = library, device, threads
        self._plugins = find_plugins() if plugins is None else plugins
        self._kept: tuple[Path, float, LoadedModel] | None = None

    def open(self, name: str, options: DetectOptions) -> Session:
        """A session with a model.

        Args:
            name: of a model in the library, or the path of a file of weights.
            options: what is looked for; the classes are not the session's business.

        Raises:
            UserError: there is no such model, or it is not here.
            ModelError: it cannot be read, or does not detect.
        """
        from workbench.inference.detection.opening import open_session
        from workbench.inference.detection.options import DetectionOptions
        from workbench.inference.device import torch_device, use_threads

        if self._threads is not None:
            use_threads(self._threads)
        model = self._load(self.path_of(name))
        seen = DetectionOptions(threshold=options.threshold, heatmaps=options.heatmaps)
        return open_session(model, seen, device=torch_device(self._device))

    def plugin(self, name: str) -> Choice[GuardedDetector] | None:
        """The detector of a plugin that has this name; names of files and of the library go before."""
        if self._is_network(name):
            return None
        return next((choice for choice in detectors(self._plugins) if choice.name == name), None)

    def _is_network(self, name: str) -> bool:
        try:
            return Path(name).is_file() or self._library().find(name).path is not None
        except UserError:
            return False

    def path_of(self, name: str) -> Path:
        """The file of weights that a name stands for.

        Raises:
            UserError: there is none.
        """
        if Path(name).is_file():
            return Path(name)
        try:
            entry = self._library().find(name)
        except UserError as error:
            known = ", ".join(choice.name for choice in detectors(self._plugins)) or "none"
            raise UserError(f"{error} Detectors of plugins: {known}.") from None
        if entry.path is None or entry.needs:
            raise UserError(f"The model {name} cannot be run; it needs {entry.needs}.")
        return entry.path

    def _load(self, path: Path) -> LoadedModel:
        from workbench.models.loading import load

        written = path.stat().st_mtime
        if self._kept is None or self._kept[:2] != (path, written):
            self._kept = None  # two networks may be more than the memory holds
            self._kept = (path, written, load(path))
        return self._kept[2]


def can_detect(entry: ModelEntry) -> bool:
    """Whether a model of the library is a detector that is ready to run."""
    return entry.path is not None and not entry.needs and entry.spec.kind in KINDS


Steps = Generator[Progress | DetectedFrame, None, DetectOutcome]


def detect(
    source: Path,
    model: str,
    *,
    detectors: Detectors,
    start: int = 0,
    stop: int | None = None,
    options: DetectOptions | None = None,
) -> Steps:
    """Look at the frames [start, stop) of a video, or at an image.

    Args:
        source: a video file, a folder of images or an image.
        model: a plugin's detector, a name of the library, or the path of a file of weights.
        detectors: opens the model.
        stop: None = to the end.
        options: what is looked for.

    Raises:
        UserError: no such model, range, class or setting.
        PluginError: the plugin failed.
        ModelError: the network cannot be loaded or run.
        VideoError: the video cannot be read.
    """
    options = options or DetectOptions()
    yield Progress(0, None, f"Loading {model}")
    looker = _looker(model, detectors, options)
    names = looker.classes
    wanted = _numbers(names, options.classes)
    with open_video(source) as reader:
        info = reader.info
        stop = info.frame_count if stop is None else stop
        if not 0 <= start < stop <= info.frame_count:
            raise UserError(
                f"The frames {start}:{stop} are not in {source}, which has 0:{info.frame_count}; name others."
            )
        camera = default_camera(info.width, info.height) if looker.camera is None else looker.camera
        done = found = 0
        with closing(looker.looks(reader, start, stop)) as looks:
            for look in looks:
                if isinstance(look, Progress):
                    yield look
                    continue
                frame, detections, heatmaps = look
                detections = _with_area(detections, camera)
                chosen = detections[_worth_showing(detections, wanted)]
                done, found = done + 1, found + len(chosen)
                yield DetectedFrame(
                    frame, chosen, names, Path(model).stem, camera, heatmaps, done, stop - start
                )
        return DetectOutcome(done, found, reader.problems)


Look = tuple[int, Detections, tuple[Heatmap, ...]]
Looks = Generator[Progress | Look, None, None]


class _Looker(NamedTuple):
    """A detector that is ready, whatever it is."""

    classes: tuple[str, ...]
    camera: NDArray[np.float64] | None
    looks: Callable[[VideoReader, int, int], Looks]


def _looker(name: str, detectors: Detectors, options: DetectOptions) -> _Looker:
    choice = detectors.plugin(name)
    if choice is not None:
        detector = choice.make(choice.configured(options.settings))
        return _Looker(detector.classes, None, partial(_plugin_looks, detector, options.threshold))
    if options.settings:
        raise UserError(f"{name} is a network and has no settings; leave {', '.join(options.settings)} out.")
    session = detectors.open(name, options)
    return _Looker(session.header.classes, session.camera, partial(_network_looks, session))


def _plugin_looks(
    detector: GuardedDetector, threshold: float, reader: VideoReader, start: int, stop: int
) -> Looks:
    for item in shown_to(detector, reader, start, stop):
        if isinstance(item, Progress):
            yield item
        else:
            frame, detections = item
            yield frame, detections[detections.scores > threshold], ()


def _network_looks(session: Session, reader: VideoReader, start: int, stop: int) -> Looks:
    """Frames through a session; one that wants to know where things were is told what it found there."""
    from workbench.inference.detection.centertrack import CenterTrackSession
    from workbench.inference.detection.frames import detect_frames

    batch = GPU_BATCH if session.device.type == "cuda" else 1
    with closing(detect_frames(session, reader.frames(start, stop), batch=batch)) as outputs:
        for frame, output in outputs:
            if isinstance(session, CenterTrackSession):
                session.follow(output.detections.boxes, output.detections.scores)
            yield frame, output.detections, output.heatmaps


def _numbers(names: Sequence[str], wanted: Sequence[str]) -> list[int] | None:
    """Places of the wanted classes in the network's list; None = all."""
    known = {name.casefold(): number for number, name in enumerate(names)}
    unknown = [name for name in wanted if name.casefold() not in known]
    if unknown:
        some = ", ".join(names[:10]) + (" and others" if len(names) > 10 else "")
        raise UserError(f"The model knows no class {unknown[0]!r}; it knows {some}.")
    return [known[name.casefold()] for name in wanted] or None


def _with_area(detections: Detections, camera: NDArray[np.float64]) -> Detections:
    """A box round the corners of a 3D box, where the network gives no 2D box beside it."""
    empty = (detections.boxes[:, 2:] == 0).all(1)
    if detections.boxes3d is None or not empty.any():
        return detections
    corners = project(detections.boxes3d.corners(), camera)  # N, 8, 2
    low, high = corners.min(1), corners.max(1)
    around = np.concatenate([low, high - low], 1)
    return replace(detections, boxes=np.where(empty[:, None], around, detections.boxes))


def _worth_showing(detections: Detections, wanted: Sequence[int] | None) -> NDArray[np.bool_]:
    """Of a wanted class, and with a box that has a place and an area."""
    boxes = detections.boxes
    sound = np.isfinite(boxes).all(1) & (boxes[:, 2:] > 0).all(1)
    return np.asarray(sound if wanted is None else sound & np.isin(detections.classes, wanted))
