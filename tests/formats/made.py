"""Annotations made for tests, and ways to compare and to finish."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from workbench.core.annotations import AnnotatedTrack, Annotations, VideoFacts, new_boxes

Result = TypeVar("Result")
VIDEO = VideoFacts("clip", 64, 48, 10, 25.0)
PERSON, CAR = AnnotatedTrack(7, "person", "the red one"), AnnotatedTrack(3, "traffic light - big")


def annotations(
    rows: Iterable[dict[str, Any]],
    *,
    tracks: tuple[AnnotatedTrack, ...] = (PERSON, CAR),
    video: VideoFacts = VIDEO,
    start: int = 0,
) -> Annotations:
    """Rows as dicts of columns; ``box`` stands for x, y, w, h."""
    rows = list(rows)
    boxes = new_boxes(len(rows))
    for place, row in zip(boxes, rows, strict=True):
        columns = dict(row)
        if "box" in columns:
            columns.update(zip("xywh", columns.pop("box"), strict=True))
        for name, value in columns.items():
            place[name] = value
    categories = tuple(dict.fromkeys(track.category for track in tracks))
    return Annotations(video, categories, tracks, boxes, start)


def two_tracks() -> Annotations:
    """A person in frames 0 to 5, gone in 3 and 4, occluded in 5; a car in frames 2 and 3."""
    return annotations(
        [
            {"frame": 0, "track": 0, "box": (1.5, 2.25, 10.1, 20), "score": 0.125},
            {"frame": 1, "track": 0, "box": (2, 2, 10, 20)},
            {"frame": 2, "track": 0, "box": (1 / 3, 2, 10, 20)},
            {"frame": 3, "track": 0, "box": (1 / 3, 2, 10, 20), "outside": True},
            {"frame": 4, "track": 0, "box": (1 / 3, 2, 10, 20), "outside": True, "occluded": True},
            {"frame": 5, "track": 0, "box": (30, 20, 8, 9), "occluded": True},
            {"frame": 2, "track": 1, "box": (50, 40, 14, 8)},
            {"frame": 3, "track": 1, "box": (50, 40, 20, 20)},
        ]
    )


def finished(steps: Generator[Any, None, Result]) -> Result:
    """What a generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def box_table(a: Annotations) -> list[tuple[Any, ...]]:
    """Everything a box carries that formats keep, identity by number, in order."""
    return sorted(
        (
            a.tracks[b["track"]].number,
            int(b["frame"]),
            *(float(b[k]) for k in ("x", "y", "w", "h")),
            None if np.isnan(b["score"]) else float(b["score"]),
            bool(b["occluded"]),
        )
        for b in a.boxes
    )


def pictures(count: int, width: int = 64, height: int = 48) -> Iterable[tuple[int, np.ndarray]]:
    """Frames of one grey each, 10 times their number."""
    for frame in range(count):
        yield frame, np.full((height, width, 3), 10 * frame, np.uint8)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
