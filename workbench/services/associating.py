"""Who is who among what was found: a tracker, what it is told, and the detections that take part."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.detections import Detections
from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.services.multi_trackers import MultiTracker
from workbench.services.run_files import Found
from workbench.tracking.camera_motion import CameraMotion
from workbench.tracking.offline import Links, Tracks, track_offline
from workbench.tracking.tracker import Image, TrackedBoxes, usable
from workbench.video import open_video

EVERY = 64  # frames between two words of progress

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Association:
    """How detections become tracks.

    Args:
        tracker: which.
        options: what ``tracker.configured`` made.
        names: classes that detections count.
        wanted: numbers of the classes that take part; None = all.
        threshold: least score of detections that take part; None = the tracker decides.
        video: where the pictures are, for trackers that want to see them; None = nowhere.
    """

    tracker: MultiTracker
    options: Any
    names: tuple[str, ...]
    wanted: tuple[int, ...] | None = None
    threshold: float | None = None
    video: Path | None = None

    @property
    def camera(self) -> bool:
        """Whether it wants to know how the camera moves."""
        return self.tracker.moves and bool(getattr(self.options, "camera_motion", True))

    def chosen(self, found: Detections) -> Detections:
        """Those that take part."""
        return found[self._rows(found)] if self._chooses else found

    @property
    def _chooses(self) -> bool:
        return self.wanted is not None or self.threshold is not None

    def _rows(self, found: Detections) -> Indices:
        """Rows of those that take part."""
        high = found.scores >= (-np.inf if self.threshold is None else self.threshold)
        return np.flatnonzero(high if self.wanted is None else high & np.isin(found.classes, self.wanted))

    def tracks(self, found: Found) -> Generator[Progress, None, Tracks]:
        """Join what was found.

        Returns:
            Tracks whose frames are those of the video, and whose detections are rows of what was found.

        Raises:
            UserError: the detections have not what the tracker needs.
            VideoError: the pictures that the tracker wants to see cannot be read.
            PluginError: the plugin that brings the tracker failed.
        """
        if not self._chooses:
            return (yield from self._joined(found))
        rows = {frame: self._rows(detections) for frame, detections in found.detections.items()}
        kept = replace(found, detections={f: d[rows[f]] for f, d in found.detections.items()})
        return _of_all((yield from self._joined(kept)), rows)

    def _joined(self, found: Found) -> Generator[Progress, None, Tracks]:
        """Join those that take part."""
        if self.camera and self.video is not None and not found.motions.keys() >= found.detections.keys():
            found = yield from _with_motions(found, self.video)
        if not self.tracker.looks or self.video is None:
            return (yield from associate(found, self.tracker, self.options))
        with open_video(self.video) as reader:
            pictures = reader.frames(found.start, found.stop)
            return (yield from associate(found, self.tracker, self.options, pictures=pictures))


def class_numbers(names: Sequence[str], wanted: Sequence[str]) -> tuple[int, ...] | None:
    """Places of the wanted classes among all; None = all of them are wanted.

    Raises:
        UserError: there is no such class.
    """
    known = {name.casefold(): number for number, name in enumerate(names)}
    for name in wanted:
        if name.casefold() not in known:
            some = ", ".join(names[:10]) + (" and others" if len(names) > 10 else "")
            raise UserError(f"The detector knows no class {name!r}; it knows {some}.")
    return tuple(known[name.casefold()] for name in wanted) or None


def _of_all(tracks: Tracks, rows: Mapping[int, Indices]) -> Tracks:
    """Tracks whose detections are rows of all that was found.

    Args:
        tracks: of the detections that were chosen.
        rows: of these among all, by frame.
    """
    frames = np.array(sorted(rows), np.int64)
    counts = np.array([len(rows[frame]) for frame in frames.tolist()], np.int64)
    every = np.concatenate([np.empty(0, np.int64), *(rows[frame] for frame in frames.tolist())])
    first = np.cumsum(counts) - counts
    detections, joined = tracks.detections.copy(), tracks.detections >= 0
    at = np.searchsorted(frames, tracks.frames[joined])
    detections[joined] = every[first[at] + detections[joined]]
    return replace(tracks, detections=detections)


def _with_motions(found: Found, video: Path) -> Generator[Progress, None, Found]:
    """The same with the camera's motion in every frame, from the pictures."""
    camera, motions = CameraMotion(), {}
    with open_video(video) as reader:
        for frame, image in reader.frames(found.start, found.stop):
            if (frame - found.start) % EVERY == 0:
                yield Progress(frame - found.start, found.stop - found.start, "Measuring the camera's motion")
            if frame in found.detections:
                motions[frame] = camera.step(image, usable(found.detections[frame]).boxes)
    return replace(found, motions=motions)


def associate(
    found: Found,
    tracker: MultiTracker,
    options: Any,
    *,
    pictures: Iterable[tuple[int, Image]] = (),
) -> Generator[Progress, None, Tracks]:
    """Join detections into tracks.

    Args:
        found: what was detected, and where.
        options: what ``tracker.configured`` made.
        pictures: (frame, image) of the frames of ``found``, for a tracker that looks at them.

    Returns:
        Tracks whose frames are those of the video.

    Raises:
        UserError: the detections have not what the tracker needs.
        PluginError: the plugin that brings the tracker failed.
    """
    if tracker.make is None:
        nothing = Detections.none()
        frames = [found.detections.get(frame, nothing) for frame in range(found.start, found.stop)]
        return _shifted((yield from track_offline(frames, options)), found.start)
    seen: list[tuple[int, TrackedBoxes]] = []
    made, images = tracker.make(options), iter(pictures)
    for frame, detections in found.detections.items():
        done = frame - found.start
        if done % EVERY == 0:
            yield Progress(done, found.stop - found.start, "Joining detections")
        image = next((picture for at, picture in images if at == frame), None)
        seen.append((frame, made.update(done, detections, image=image, motion=found.motions.get(frame))))
    return _gathered(seen)


def _gathered(seen: Sequence[tuple[int, TrackedBoxes]]) -> Tracks:
    """What a tracker said frame by frame, by id and then frame."""
    none = np.empty(0, np.int64)
    ids = np.concatenate([none, *(t.ids for _, t in seen)])
    frames = np.repeat(np.array([f for f, _ in seen], np.int64), [len(t) for _, t in seen])
    order = np.lexsort((frames, ids))
    return Tracks(
        frames[order],
        ids[order],
        np.concatenate([np.empty((0, 4)), *(t.boxes for _, t in seen)])[order],
        np.concatenate([np.empty(0), *(t.scores for _, t in seen)])[order],
        np.concatenate([none, *(t.classes for _, t in seen)])[order],
        np.concatenate([none, *(t.detections for _, t in seen)])[order],
        no_links(),
    )


def no_links() -> Links:
    """Of trackers that do not say how sure they are."""
    none = np.empty(0, np.int64)
    return Links(none, none, none, none, none, none, np.empty(0))


def _shifted(tracks: Tracks, start: int) -> Tracks:
    """Frames of a stretch as those of its video."""
    links = replace(tracks.links, before=tracks.links.before + start, after=tracks.links.after + start)
    return replace(tracks, frames=tracks.frames + start, links=links)
