"""What a run found, on disk while it runs: detections in chunks, and the links of its tracks.

::

    runs/7/detections-000000.npz    frames [0, 256)
    runs/7/detections-000256.npz    frames [256, 512), and so on
    runs/7/links.npz                what association joined, and how sure it was
    runs/7/tracks.npz               the tracks as they were before they were laid over the project

A chunk is there whole or not at all, and says which detector made it of which video, so a run that was
stopped or killed goes on where its chunks end, and other trackers can be tried on the same detections.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.detections import Detections
from workbench.core.track_boxes import TrackBoxes
from workbench.services.array_files import Form, fit, read_arrays, unwritable, write_arrays
from workbench.store import Project

CHUNK, SECONDS = 256, 10.0  # frames and time of a chunk: what a kill costs at most
# Of a detection, that are kept.
COLUMNS = ("boxes", "scores", "classes", "embeddings", "poses", "centers", "offsets")
LINKS, TRACKS = "links.npz", "tracks.npz"

Array = NDArray[np.float64]

# What the arrays of a file are: kind of number, and the sides of a row (None = any).
_HEAD: dict[str, Form] = {"span": ("i",)}
_FRAMES: dict[str, Form] = {"frames": ("i",), "counts": ("i",)}
_MOVED: dict[str, Form] = {"moved": ("i",), "motions": ("f", 2, 3)}
_FOUND: dict[str, Form] = {
    **{"boxes": ("f", 4), "scores": ("f",), "classes": ("i",)},
    **{"embeddings": ("f", None), "poses": ("f", None, 3), "centers": ("f", 2), "offsets": ("f", 2)},
}
_NEEDED = ("boxes", "scores", "classes")
_LINKS: dict[str, Form] = {"tracks": ("i",), "before": ("i",), "after": ("i",), "probabilities": ("f",)}
_TRACKS: dict[str, Form] = {
    **{"tracks": ("i",), "frames": ("i",), "boxes": ("f", 4), "scores": ("f",), "classes": ("i",)},
    "sure": ("b",),
}
_MOST_FRAMES = 2**31


@dataclass(frozen=True, eq=False)
class Found:
    """Detections of the frames [start, stop) that were looked at.

    Args:
        detections: by frame; a damaged frame is left out.
        motions: (2, 3) by frame, how the camera moved since the frame before, where that was asked for.
    """

    start: int
    stop: int
    detections: Mapping[int, Detections] = field(default_factory=dict)
    motions: Mapping[int, Array] = field(default_factory=dict)

    def between(self, start: int, stop: int) -> Found:
        """Only the frames [start, stop), which are some of these."""
        detections = {frame: found for frame, found in self.detections.items() if start <= frame < stop}
        motions = {frame: motion for frame, motion in self.motions.items() if start <= frame < stop}
        return Found(start, stop, detections, motions)

    @property
    def count(self) -> int:
        """How many objects."""
        return sum(map(len, self.detections.values()))


@dataclass(frozen=True, eq=False)
class RunLinks:
    """The links that hold a run's tracks together, (L,) each.

    Args:
        tracks: ids of the project's tracks, as they were when the run was stored.
        before, after: frame of the last detection before and of the first behind it.
        probabilities: that the link is right, [0, 1].
    """

    tracks: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    probabilities: Array

    def __len__(self) -> int:
        return len(self.tracks)


def run_folder(project: Project, run_id: int) -> Path:
    """Where a run keeps its files."""
    return project.path / "runs" / str(run_id)


def key_of(facts: Mapping[str, Any]) -> str:
    """A short name of what detections depend on; equal for equal facts."""
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class DetectionWriter:
    """Collects what is found frame by frame and writes it a chunk at a time.

    Args:
        folder: where; made when it is not there.
        key: of what the detections depend on.
        start: the first frame that comes.

    Raises:
        ProjectError: the folder cannot be written.
    """

    def __init__(self, folder: Path, *, key: str, start: int) -> None:
        self._folder, self._key = folder, key
        self._start = self._stop = start
        self._detections: dict[int, Detections] = {}
        self._motions: dict[int, Array] = {}
        self._flushed = time.monotonic()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error) from error

    def add(self, frame: int, detections: Detections, motion: Array | None = None) -> None:
        """Take what was found in the next frame."""
        self._detections[frame] = detections
        if motion is not None:
            self._motions[frame] = motion
        self._stop = frame + 1
        if self._stop - self._start >= CHUNK or time.monotonic() - self._flushed > SECONDS:
            self.flush()

    def flush(self, stop: int | None = None) -> None:
        """Write what has not been written yet.

        Args:
            stop: the frames up to here were looked at; None = up to the last that was added.

        Raises:
            ProjectError: it cannot be written.
        """
        stop = self._stop if stop is None else max(stop, self._stop)
        if stop == self._start:
            return
        head = {"key": np.array(self._key), "span": np.array([self._start, stop])}
        path = self._folder / f"detections-{self._start:06d}.npz"
        write_arrays(path, {**head, **_columns(self._detections, self._motions)})
        self._start = self._stop = stop
        self._detections, self._motions, self._flushed = {}, {}, time.monotonic()


def read_found(folder: Path, *, start: int, key: str | None = None) -> Found:
    """The detections that a folder has from ``start`` on without a hole.

    Args:
        key: chunks that were made in another way end it; None = that of the first.
    """
    detections: dict[int, Detections] = {}
    motions: dict[int, Array] = {}
    stop = start
    for chunk in _chunks(folder):
        key = str(chunk["key"]) if key is None else key
        first, last = chunk["span"].tolist()
        if first != stop or str(chunk["key"]) != key:
            continue
        detections.update(_by_frame(chunk))
        motions.update(zip(chunk["moved"].tolist(), chunk["motions"], strict=True))
        stop = last
    return Found(start, stop, detections, motions)


def clear(folder: Path) -> None:
    """Take away what a run left in a folder, and the folder when nothing else is in it."""
    for path in [
        *folder.glob("detections-*.npz"),
        *folder.glob(".detections-*.part"),
        folder / LINKS,
        folder / TRACKS,
    ]:
        path.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def write_links(folder: Path, links: RunLinks) -> None:
    """Keep the links of a run's tracks.

    Raises:
        ProjectError: it cannot be written.
    """
    write_arrays(folder / LINKS, vars(links))


def links_of(project: Project, run_id: int) -> RunLinks | None:
    """The links of a run's tracks; None where the run has none, as those of trackers that see no future."""
    read = read_arrays(run_folder(project, run_id) / LINKS)
    if read is None or not fit(read, _LINKS):
        return None
    links = RunLinks(**{name: read[name] for name in _LINKS})
    return links if ((links.probabilities >= 0) & (links.probabilities <= 1)).all() else None


def write_tracks(folder: Path, tracks: TrackBoxes) -> None:
    """Keep the tracks of a run as they are, before the project's boxes are put in front of them.

    Raises:
        ProjectError: the folder cannot be written.
    """
    write_arrays(folder / TRACKS, vars(tracks))


def tracks_of(project: Project, run_id: int) -> TrackBoxes | None:
    """The tracks of a run as they were; None where they are not on the disk."""
    read = read_arrays(run_folder(project, run_id) / TRACKS)
    if read is None or not fit(read, _TRACKS) or not np.isfinite(read["boxes"]).all():
        return None
    once = np.unique(np.stack([read["tracks"], read["frames"]]), axis=1).shape[1] == len(read["tracks"])
    sound = once and (read["frames"] >= 0).all() and (read["frames"] < _MOST_FRAMES).all()
    return TrackBoxes.of(**{name: read[name] for name in _TRACKS}) if sound else None


def _columns(found: Mapping[int, Detections], motions: Mapping[int, Array]) -> dict[str, NDArray[Any]]:
    """Arrays that a chunk has beside its head."""
    columns: dict[str, NDArray[Any]] = {
        "frames": np.array(list(found), np.int64),
        "counts": np.array([len(d) for d in found.values()], np.int64),
        "moved": np.array(list(motions), np.int64),
        "motions": np.array(list(motions.values()), np.float64).reshape(-1, 2, 3),
    }
    some = [d for d in found.values() if len(d)]
    together = Detections.joined(some) if some else Detections.none()
    given = together.columns()
    if together.poses is not None:
        given["poses"] = together.poses.astype(np.float32)  # as a project has them, and most of the file
    return columns | {name: given[name] for name in COLUMNS if name in given}


def _by_frame(chunk: Mapping[str, NDArray[Any]]) -> dict[int, Detections]:
    columns: dict[str, Any] = {name: chunk[name] for name in COLUMNS if name in chunk}
    if "poses" in columns:
        columns["poses"] = columns["poses"].astype(np.float64)
    together = Detections(**columns)
    ends = np.cumsum(chunk["counts"]).tolist()
    starts = [0, *ends[:-1]]
    spans = zip(chunk["frames"].tolist(), starts, ends, strict=True)
    return {frame: together[low:high] for frame, low, high in spans}


def _chunks(folder: Path) -> Iterator[dict[str, NDArray[Any]]]:
    """Every chunk of a folder that can be read, by frame."""
    paths = [p for p in folder.glob("detections-*.npz") if p.stem.rpartition("-")[2].isdecimal()]
    for path in sorted(paths, key=lambda p: int(p.stem.rpartition("-")[2])):
        chunk = read_arrays(path)
        if chunk is not None and _is_chunk(chunk):
            yield chunk


def _is_chunk(chunk: Mapping[str, NDArray[Any]]) -> bool:
    """Whether a chunk is such as ``DetectionWriter`` writes; it may come from anywhere."""
    found = {name: form for name, form in _FOUND.items() if name in chunk or name in _NEEDED}
    if "key" not in chunk or not all(fit(chunk, forms) for forms in (_HEAD, _FRAMES, _MOVED, found)):
        return False
    span, frames, counts = (chunk[name].tolist() for name in ("span", "frames", "counts"))
    return (
        len(span) == 2
        and 0 <= span[0] < span[1] < _MOST_FRAMES
        and all(span[0] <= frame < span[1] for frame in (*frames, *chunk["moved"].tolist()))
        and len(set(frames)) == len(frames)
        and min(counts, default=0) >= 0
        and sum(counts) == len(chunk["boxes"])
        and bool((chunk["classes"] >= 0).all())
    )
