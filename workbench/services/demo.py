"""The demo project: a procedural clip, its ground truth, and two targets left for the user to draw."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Generator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.core.edits import ChangeSet
from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.core.rows import BoxRow, Origin, TrackRow
from workbench.services.projects import SUFFIX, add_media, create_project
from workbench.services.scoring import note_truth
from workbench.store import Project
from workbench.training.synthetic.clip_types import ClipFrame, ClipOptions
from workbench.video.writer import VideoWriter

FPS = 25.0
LEFT_TO_DRAW = 2  # targets whose truth is only in the ground truth file
OCCLUDED_BELOW = 0.5  # visible share
NOTHING = np.empty((0, 0, 3), np.uint8)
NOBODY = np.empty((0, 0), np.int16)


def make_demo(folder: Path, *, options: ClipOptions | None = None) -> Generator[Progress, None, Path]:
    """Make the demo project in ``folder``, or leave it as it is when it is there already.

    The clip is ``demo.mp4``; ``ground_truth.txt`` beside it holds every target in MOTChallenge columns.
    Tracks are scored against that file, for the imported boxes lack the targets that are left to draw.

    Returns:
        The project's path.
    """
    from workbench.training.synthetic.clips import make_clip

    options = options or ClipOptions(still=True)  # or the detector without weights had nothing to find
    home = folder / f"demo{SUFFIX}"
    if (home / "project.db").is_file():
        return home
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"The demo cannot be made in {folder}: {error.strerror}; name another folder."
        ) from error
    truth: list[ClipFrame] = []
    clip = folder / "demo.mp4"
    with VideoWriter(clip, FPS) as writer:
        for made in make_clip(options):
            writer.write(made.image)
            truth.append(dataclasses.replace(made, image=NOTHING, owners=NOBODY))
            yield Progress(len(truth), options.frames, "making the demo clip")
    truth_file = folder / "ground_truth.txt"
    _write_truth(truth_file, truth)
    unfinished = folder / f"unfinished-demo{SUFFIX}"
    shutil.rmtree(unfinished, ignore_errors=True)
    with create_project(unfinished) as project:
        _fill(project, clip, truth)
        note_truth(project, project.videos()[0].id, truth_file)
    unfinished.rename(home)
    return home


def _fill(project: Project, clip: Path, truth: list[ClipFrame]) -> None:
    video = add_media(project, clip)
    category = project.categories()[0].id
    count = max(len(truth[0].boxes) - LEFT_TO_DRAW, 1)
    ids = project.new_ids("track", count)
    tracks = [TrackRow(t, video.id, category, i + 1, "", None) for i, t in enumerate(ids)]
    rows = [
        _row(video.id, frame, ids[i], seen.boxes[i], hidden=bool(seen.visibility[i] < OCCLUDED_BELOW))
        for frame, seen in enumerate(truth)
        for i in range(count)
        if seen.visibility[i] > 0
    ]
    project.apply(ChangeSet.of("Demo ground truth", track=((), tracks), box=((), rows)))


def _row(video_id: int, frame: int, track_id: int, box: NDArray[np.float64], *, hidden: bool) -> BoxRow:
    x, y, w, h = box.tolist()
    return BoxRow(
        video_id=video_id,
        frame=frame,
        track_id=track_id,
        x=x,
        y=y,
        w=w,
        h=h,
        score=None,
        origin=Origin.IMPORTED,
        run_id=None,
        verified=0,
        keyframe=0,
        occluded=int(hidden),
        outside=0,
    )


def _write_truth(path: Path, truth: list[ClipFrame]) -> None:
    lines = [
        f"{frame + 1},{i + 1},{x:.3f},{y:.3f},{w:.3f},{h:.3f},1,1,{visible:.3f}\n"
        for frame, seen in enumerate(truth)
        for i, ((x, y, w, h), visible) in enumerate(zip(seen.boxes, seen.visibility, strict=True))
        if visible > 0
    ]
    path.write_text("".join(lines), encoding="utf-8")
