"""A clip of blocks that move, detectors that find them in plugins of their own, and a project of the clip."""

from pathlib import Path

import numpy as np

from workbench.services.plugins import find_plugins
from workbench.services.projects import open_media
from workbench.services.run_detectors import RunDetectors
from workbench.services.run_options import RunOptions
from workbench.services.running import run
from workbench.video.writer import write_video

FRAMES = 60
SIZE = (160, 96)  # width, height
BLOCK = 14

TOML = """\
name = "blocks"
title = "Blocks"
description = "Finds bright blocks"
version = "0.1"
api = "1"
module = "blocks"

[[detector]]
name = "blocks"
call = "Blocks"
options = "BlocksOptions"

[[detector]]
name = "blocks-by-change"
call = "ByChange"

[[detector]]
name = "figures"
call = "Figures"
options = "BlocksOptions"
"""

CODE = '''\
"""Bright blocks, by themselves or by how they changed over three frames."""

import os
import signal
import time
from dataclasses import dataclass

import cv2
import numpy as np

from workbench.api import Detections, UserError, option


@dataclass(frozen=True)
class BlocksOptions:
    """How blocks are sought.

    Args:
        level: brightness above which something is a block, [0, 255].
        breaks_at: frame at which the detector fails; -1 = never.
    """

    level: int = 150
    breaks_at: int = -1


class Blocks:
    """Looks at each frame by itself."""

    classes = ("block", "shadow")
    warm_up = 0

    def __init__(self, options):
        self.options = options

    def detect(self, frame, image):
        time.sleep(float(os.environ.get("BLOCKS_PAUSE", 0)))
        if frame == int(os.environ.get("BLOCKS_INTERRUPT", -1)):
            os.kill(os.getpid(), signal.SIGINT)  # somebody presses Ctrl-C
        if frame == self.options.breaks_at:
            raise RuntimeError("the lamp broke")
        return found(image.min(2) > self.options.level)


class ByChange:
    """Scores say how bright the last three frames were, so what it finds depends on them."""

    classes = ("block",)
    warm_up = 2

    def __init__(self):
        self.seen = []

    def detect(self, frame, image):
        assert not self.seen or frame == self.seen[-1][0] + 1, "frames come in order"
        self.seen = [*self.seen, (frame, float(image.mean()))][-3:]
        score = 0.5 + sum(mean for _, mean in self.seen) / 3 / 512
        return found(image.min(2) > 150, score)


FIGURE = np.array(  # of the box: COCO's joints of somebody who stands in it
    [(8, 2), (9, 1), (7, 1), (10, 2), (6, 2), (11, 5), (5, 5), (13, 8), (3, 8), (14, 11), (2, 11), (10, 11)]
    + [(6, 11), (11, 15), (5, 15), (12, 19), (4, 19)]
) / (16, 20)


class Figures(Blocks):
    """Blocks with joints, and before them a weak one that is nobody; the first block is missed at times."""

    classes = ("block",)

    def detect(self, frame, image):
        blocks = super().detect(frame, image)
        if frame in range(20, 23):
            blocks = blocks[blocks.boxes[:, 1] > 20]
        boxes = np.concatenate([[[100.0 - frame, 60.0, 9.0, 9.0]], blocks.boxes])
        points = boxes[:, None, :2] + FIGURE * boxes[:, None, 2:]
        scores = np.full((*points.shape[:2], 1), 0.8)
        scores[:, 3] = 0.05  # an ear that is hardly seen
        points[:, 4] = np.nan  # and one that is not
        return Detections(
            boxes,
            np.array([0.2, *blocks.scores]),
            np.zeros(len(boxes), np.int64),
            poses=np.concatenate([points, scores], 2),
        )


def found(mask, score=0.9):
    stats = cv2.connectedComponentsWithStats(mask.astype(np.uint8))[2][1:]
    boxes = stats[stats[:, 4] > 20, :4].astype(float)
    return Detections(boxes, np.full(len(boxes), score), np.zeros(len(boxes), np.int64))
'''


def places(frame):
    """Left and top of the three blocks in a frame; they pass each other in lanes of their own."""
    return [(10 + 2 * frame, 10), (130 - 2 * frame, 40), (20 + frame, 70)]


def picture(frame):
    width, height = SIZE
    image = np.full((height, width, 3), 40 + frame % 7, np.uint8)
    for x, y in places(frame):
        image[y : y + BLOCK, max(x, 0) : x + BLOCK] = 230
    return image


def write_clip(path: Path, frames: int = FRAMES) -> Path:
    write_video(path, (picture(frame) for frame in range(frames)), fps=25.0)
    return path


def write_blocks(folder: Path) -> Path:
    """The plugin, in a folder of plugins."""
    home = folder / "blocks"
    home.mkdir(parents=True)
    (home / "plugin.toml").write_text(TOML)
    (home / "blocks.py").write_text(CODE)
    return folder


def detectors(folder: Path) -> RunDetectors:
    return RunDetectors(plugins=find_plugins([(write_blocks(folder / "plugins"), "test")]))


def project_of(clip: Path):
    return open_media(clip).project


def drained(steps):
    items = []
    while True:
        try:
            items.append(next(steps))
        except StopIteration as end:
            return items, end.value


def run_blocks(project, detectors, **options):
    """Run to the end; the outcome."""
    options.setdefault("detector", "blocks")
    steps = run(project, project.videos()[0].id, RunOptions(**options), detectors=detectors)
    return drained(steps)[1]


def poses_of(project):
    """Joints (K, 3) of all poses by frame and track's number."""
    video = project.videos()[0].id
    numbers = {track.id: track.number for track in project.tracks(video)}
    rows = project.rows("pose", video_id=video)
    return {(r.frame, numbers[r.track_id]): np.frombuffer(r.points, "<f4").reshape(-1, 3) for r in rows}


def boxes_of(project):
    """All boxes as (frame, track's number, x, y, w, h), without who made them."""
    video = project.videos()[0].id
    numbers = {track.id: track.number for track in project.tracks(video)}
    return [(row.frame, numbers[row.track_id], *row.box) for row in project.boxes_between(video, 0, 10**6)]
