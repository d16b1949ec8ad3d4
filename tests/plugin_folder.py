"""A plugin in a folder, for tests that break it."""

from pathlib import Path

TOML = """\
name = "{name}"
title = "Spots"
description = "Finds the brightest place"
version = "0.1"
api = "1"
module = "spots"

[[detector]]
name = "spots"
call = "Spots"
options = "SpotsOptions"

[[multi-object-tracker]]
name = "all-new"
call = "AllNew"

[[single-object-tracker]]
name = "stays"
call = "Stays"

[[review-rule]]
name = "short"
call = "short_tracks"
options = "ShortOptions"

[[importer]]
name = "spots-csv"
title = "Spots as CSV"
call = "read"
suffixes = [".spots"]

[[exporter]]
name = "spots-csv"
title = "Spots as CSV"
call = "write"
"""

CODE = '''\
"""Finds bright spots."""

from dataclasses import dataclass

import numpy as np

from workbench.api import (
    AnnotatedTrack, Annotations, Detections, Fix, Issue, Operation, Progress, TargetState, TrackedBoxes,
    new_boxes, option,
)


@dataclass(frozen=True)
class SpotsOptions:
    """How spots are sought.

    Args:
        side: of their boxes in pixels.
    """

    side: float = option(8.0, low=1.0)


class Spots:
    """The brightest place of each frame."""

    classes = ("spot",)

    def __init__(self, options):
        self.side = options.side

    def detect(self, frame, image):
        y, x = np.unravel_index(image.sum(2).argmax(), image.shape[:2])
        box = [x - self.side / 2, y - self.side / 2, self.side, self.side]
        return Detections(np.array([box]), np.array([0.9]), np.array([0]))


class AllNew:
    """Every detection is somebody new."""

    def __init__(self):
        self.count = 0

    def update(self, frame, detections, *, image=None, motion=None):
        ids = self.count + 1 + np.arange(len(detections))
        self.count += len(detections)
        rows = np.arange(len(detections))
        return TrackedBoxes(ids, detections.boxes, detections.scores, detections.classes, rows)


class Stays:
    """The target never moves."""

    def start(self, image, box):
        self.box = box

    def step(self, image):
        return TargetState(self.box, 1.0, True)


@dataclass(frozen=True)
class ShortOptions:
    """What is short.

    Args:
        frames: a shorter track is suspected.
    """

    frames: int = 3


def short_tracks(boxes, options):
    for track in np.unique(boxes.tracks).tolist():
        frames = boxes.of_track(track).frames
        if len(frames) < options.frames:
            fix = Fix(Operation.DELETE, (track,))
            first, last = frames[[0, -1]].tolist()
            yield Issue("short", first, first, last + 1, (track,), 0.5, len(frames), fix)


def read(path, video, findings):
    rows = [line.split(",") for line in path.read_text().splitlines()]
    boxes = new_boxes(len(rows))
    for column, name in enumerate(("frame", "x", "y", "w", "h")):
        boxes[name] = [float(row[column]) for row in rows]
    findings.note("every line is a spot")
    return Annotations(video, ("spot",), (AnnotatedTrack(1, "spot"),), boxes)


def write(folder, clips, findings):
    for clip in clips:
        boxes = clip.annotations.boxes
        lines = [f"{b['frame']},{b['x']:g},{b['y']:g},{b['w']:g},{b['h']:g}\\n" for b in boxes]
        folder.write_text(f"{clip.annotations.video.name}.spots", "".join(lines))
        yield Progress(1, 1, "Writing")
'''


def write_plugin(
    folder: Path, *, name: str = "spots", toml: str | None = None, code: str | None = CODE
) -> Path:
    """Write a plugin that is sound unless other text is given for a part; ``code`` None = no module."""
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text((TOML if toml is None else toml).replace("{name}", name))
    if code is not None:
        (folder / "spots.py").write_text(code)
    return folder
