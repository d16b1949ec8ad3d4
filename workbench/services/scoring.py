"""Scoring the tracks of a project against ground truth that was imported into it, or that is a file.

A layer is scored: a run as its tracker made it, or all boxes that were not imported. A run is laid over what
a project has, and gives way to imported boxes that are in the same place; so its tracks are taken from before
that, and what was corrected in them afterwards belongs to the other layer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.core.rows import BoxRow, Origin
from workbench.metrics.sequence import TrackRows
from workbench.services.evaluating import read_truth
from workbench.services.plots import write_plot
from workbench.services.run_files import tracks_of
from workbench.services.run_options import noted
from workbench.services.run_storing import KIND
from workbench.services.scores import Evaluation, score_tracks
from workbench.store import Project, Run

SLICE = 500  # frames read at once


@dataclass(frozen=True)
class Layer:
    """What can be scored.

    Args:
        title: for a list.
        run_id: of a run; None = all boxes that were not imported.
    """

    title: str
    run_id: int | None = None


EVERYTHING = Layer("All tracks but imported ones")


def layers_of(project: Project, video_id: int) -> list[Layer]:
    """The layers of a video: its runs, the newest first, then everything."""
    runs = [run for run in project.runs(video_id) if run.kind == KIND]
    return [*(Layer(title_of(run), run.id) for run in reversed(runs)), EVERYTHING]


def title_of(run: Run) -> str:
    """A run in a few words: its number, with what it detected and tracked, and when."""
    known = noted(run)
    parts = [part for part in (known.get("detector") or run.model, known.get("tracker")) if part]
    return f"Run {run.id}: {', '.join(parts)} ({run.started_at[11:16]} UTC)"


def truth_of(project: Project, video_id: int) -> Path | None:
    """The file that tracks of a video are scored against; None = the imported boxes, or the file is gone."""
    stored = project.setting(_truth_key(video_id))
    path = None if stored is None else project.file_at(stored)
    return path if path is not None and path.is_file() else None


def note_truth(project: Project, video_id: int, truth: Path | None) -> None:
    """Remember what a video's tracks are scored against, see ``truth_of``."""
    project.set_setting(_truth_key(video_id), None if truth is None else project.stored_path(truth))


def score_layer(
    project: Project, video_id: int, layer: Layer = EVERYTHING, *, truth: Path | None = None
) -> Generator[Progress, None, Evaluation]:
    """Score a layer in the frames it is about; classes are ignored, as the benchmarks of MOT15 do it.

    Args:
        truth: a MOTChallenge file; None = the imported boxes.

    Raises:
        UserError: there is no ground truth, or nothing to score.
        FormatError: the file is not what it should be.
    """
    video = project.video(video_id)
    rows: list[BoxRow] = []
    for start in range(0, video.frame_count, SLICE):
        yield Progress(start, video.frame_count, "Reading boxes")
        stop = min(start + SLICE, video.frame_count)
        rows += [row for row in project.boxes_between(video_id, start, stop) if not row.outside]
    if truth is not None:
        true = read_truth(truth, frame_count=video.frame_count)
    else:
        true = _table([row for row in rows if row.origin == Origin.IMPORTED])
    if not len(true):
        raise UserError(
            f"{truth or video.name} has no ground truth: import it with File > Import, or choose a file."
        )
    found, (first, end) = _of_layer(project, layer, rows, video.frame_count)
    if not len(found):
        raise UserError(f"{layer.title}: there are no boxes to score in {video.name}.")
    yield Progress(0, None, "Scoring")
    inside = (true.frames >= first) & (true.frames < end)
    counted = inside if true.counted is None else inside & true.counted
    true = TrackRows(true.frames, true.ids, true.boxes, counted=counted)
    return Evaluation({video.name: score_tracks(true, found, frame_count=video.frame_count)})


def write_scores(scores: Evaluation, path: Path) -> list[Path]:
    """Write the figures as JSON, and a plot beside it with the ending .svg.

    Returns:
        The two files.

    Raises:
        UserError: they cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_text(json.dumps(scores.as_dict(), indent=2) + "\n", encoding="utf-8")
        os.replace(unfinished, path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror or error}).") from error
    finally:
        unfinished.unlink(missing_ok=True)
    write_plot(path.with_suffix(".svg"), scores.panels())
    return [path, path.with_suffix(".svg")]


def _truth_key(video_id: int) -> str:
    return f"truth-{video_id}"


def _of_layer(
    project: Project, layer: Layer, rows: Sequence[BoxRow], frame_count: int
) -> tuple[TrackRows, tuple[int, int]]:
    """The boxes of a layer, and the frames it is about."""
    if layer.run_id is None:
        return _table([row for row in rows if row.origin != Origin.IMPORTED]), (0, frame_count)
    run = project.run(layer.run_id)
    tracks = tracks_of(project, run.id)
    if tracks is None:  # of a run before tracks were kept
        found = _table([row for row in rows if row.run_id == run.id])
    else:
        scores = np.where(np.isnan(tracks.scores), 1.0, tracks.scores)
        found = TrackRows(tracks.frames, tracks.tracks, tracks.boxes, scores)
    known = noted(run)
    stop = known.get("stop", frame_count) if run.state == "done" else int(found.frames.max(initial=-1)) + 1
    return found, (known.get("start", 0), stop)


def _table(rows: Sequence[BoxRow]) -> TrackRows:
    columns = np.array(
        [(row.frame, row.track_id, *row.box, 1.0 if row.score is None else row.score) for row in rows],
        np.float64,
    ).reshape(-1, 7)
    frames, tracks = columns[:, :2].astype(np.int64).T
    return TrackRows(frames, tracks, columns[:, 2:6], columns[:, 6])
