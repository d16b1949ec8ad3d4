"""Tracks with errors to find: our trackers' output on made scenes and on sequences of MOTChallenge."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from workbench.core.detections import Detections
from workbench.core.track_boxes import TrackBoxes
from workbench.metrics.sequence import TrackRows
from workbench.review.view import Evidence, Links
from workbench.tracking.byte_track import ByteTrack
from workbench.tracking.offline import track_offline
from workbench.tracking.sort import Sort

Array = NDArray[np.float64]
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Case:
    """Tracks of one video, and what they should be."""

    name: str
    tracker: str
    tracks: TrackBoxes
    evidence: Evidence
    truth: TrackRows
    frames: int


def finished(job: Generator[Any, None, Result]) -> Result:
    """What a long job returns."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


def offline(detections: list[Detections]) -> tuple[TrackBoxes, Evidence]:
    """Our default, with what it knows of its links and of boxes that it filled in."""
    made = finished(track_offline(detections))
    tracks = TrackBoxes.of(made.ids, made.frames, made.boxes, scores=made.scores, classes=made.classes)
    links = Links(made.links.ids, made.links.before, made.links.after, made.links.probabilities)
    looks = _looks(detections, made.frames, made.detections)
    return tracks, Evidence(looks, made.detections < 0, links)


def online(make: Callable[[], Any]) -> Callable[[list[Detections]], tuple[TrackBoxes, Evidence]]:
    """A tracker that sees one frame after another."""

    def run(detections: list[Detections]) -> tuple[TrackBoxes, Evidence]:
        tracker = make()
        found = [tracker.update(frame, seen) for frame, seen in enumerate(detections)]
        frames = np.repeat(np.arange(len(found)), [len(f) for f in found])
        ids, rows = (np.concatenate([getattr(f, name) for f in found]) for name in ("ids", "detections"))
        order = np.lexsort((frames, ids))
        tracks = TrackBoxes.of(
            ids,
            frames,
            np.concatenate([f.boxes for f in found]),
            scores=np.concatenate([f.scores for f in found]),
            classes=np.concatenate([f.classes for f in found]),
        )
        return tracks, Evidence(_looks(detections, frames[order], rows[order]))

    return run


TRACKERS: dict[str, Callable[[list[Detections]], tuple[TrackBoxes, Evidence]]] = {
    "offline": offline,
    "byte-track": online(ByteTrack),
    "sort": online(Sort),
}


def case_of(
    tracker: str, name: str, detections: list[Detections], truth: list[tuple[NDArray[np.int64], Array]]
) -> Case:
    """Detections of every frame as a tracker sees them."""
    tracks, evidence = TRACKERS[tracker](detections)
    frames = np.repeat(np.arange(len(truth)), [len(ids) for ids, _ in truth])
    rows = TrackRows.of(
        frames, np.concatenate([ids for ids, _ in truth]), np.concatenate([boxes for _, boxes in truth])
    )
    return Case(name, tracker, tracks, evidence, rows, len(detections))


def _looks(
    detections: list[Detections], frames: NDArray[np.int64], rows: NDArray[np.int64]
) -> NDArray[np.float32] | None:
    """Embeddings of the detections that boxes are of; 0 for a box of none."""
    if all(seen.embeddings is None for seen in detections):
        return None
    width = max(seen.embeddings.shape[1] for seen in detections if seen.embeddings is not None)
    looks = np.zeros((len(frames), width), np.float32)
    for at, (frame, row) in enumerate(zip(frames.tolist(), rows.tolist(), strict=True)):
        known = detections[frame].embeddings
        if row >= 0 and known is not None:
            looks[at] = known[row]
    return looks
