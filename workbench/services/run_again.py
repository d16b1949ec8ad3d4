"""Runs without a detector: other trackers on what a run found, and trackers on a file of detections."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench import __version__
from workbench.core.detections import Detections
from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.formats.mot_challenge_rows import MotRows, read_rows
from workbench.services.run_ending import Ending, Keep, only_tracks, stored_tracks, to_the_end
from workbench.services.run_files import Found, read_found, run_folder
from workbench.services.run_options import RunOptions, association_of, noted, record, span_of
from workbench.services.run_storing import KIND
from workbench.store import Project

ANYTHING = "object"  # what the objects of a file without classes are called


def track_again(project: Project, run_id: int, options: RunOptions, *, keep: Keep | None = None) -> Ending:
    """Join what an earlier run detected with another tracker, threshold or choice of classes.

    Args:
        run_id: the run whose detections are taken.
        options: what they say of a detector counts for nothing.
        keep: see ``run_ending``.

    Raises:
        UserError: no such tracker, parameter, class or range, or the run's detections are not there any more.
        ProjectError: the project cannot be written.
    """
    earlier = project.run(run_id)
    if earlier.video_id is None or earlier.kind != KIND:
        raise UserError(f"Run {run_id} detected nothing; name one of {_runs(project)}.")
    known = noted(earlier)
    start, names = known.get("start", 0), tuple(known.get("names", ()))
    source = known.get("detections_of", run_id)
    found = read_found(run_folder(project, source), start=noted(project.run(source)).get("start", 0))
    if found.stop == found.start:
        raise UserError(
            f"The detections of run {run_id} are not on the disk any more; run the detector again."
        )
    if any(len(d) and d.classes.max() >= len(names) for d in found.detections.values()):
        raise UserError(
            f"Run {run_id} does not say of which classes its detections are; run the detector again."
        )
    first = max(options.start, found.start)
    stop = found.stop if options.stop is None else min(options.stop, found.stop)
    if first >= stop:
        raise UserError(f"Run {run_id} looked at the frames {start}:{found.stop} only; name some of them.")
    video = project.video_file(project.video(earlier.video_id))
    association = association_of(options, names, video if video.exists() else None)
    entry = project.add_run(
        video_id=earlier.video_id,
        kind=KIND,
        model=earlier.model,
        parameters={
            **{k: known[k] for k in ("detector", "detector_settings", "digest") if k in known},
            **record(options, association),
            "detections_of": source,
            "start": first,
            "stop": stop,
        },
        seed=earlier.seed,
        version=__version__,
    )
    ending = stored_tracks(project, entry, association, found.between(first, stop), state="done", keep=keep)
    return (yield from to_the_end(ending))


def track_file(path: Path, options: RunOptions, *, keep: Keep | None = None) -> Ending:
    """Join the detections of a MOTChallenge file; no video is needed.

    Raises:
        FormatError: the file is not what it should be.
        UserError: no such tracker, parameter, class or range.
    """
    yield Progress(0, None, f"Reading {path.name}")
    found, names, notes = read_detections(path, options)
    association = association_of(options, names, None, chosen_already=True)
    return (yield from only_tracks(association, found, state="done", problems=notes, keep=keep))


def track_file_in(
    project: Project, video_id: int, path: Path, options: RunOptions, *, keep: Keep | None = None
) -> Ending:
    """As ``track_file``, for a video of a project, which gets the tracks.

    Raises:
        ProjectError: the project cannot be written.
    """
    yield Progress(0, None, f"Reading {path.name}")
    video = project.video(video_id)
    found, names, notes = read_detections(path, options, frame_count=video.frame_count)
    file = project.video_file(video)
    association = association_of(options, names, file if file.exists() else None, chosen_already=True)
    entry = project.add_run(
        video_id=video_id,
        kind=KIND,
        model=path.name,
        parameters={
            **record(options, association),
            "detections_file": str(path),
            "start": found.start,
            "stop": found.stop,
        },
        version=__version__,
    )
    ending = stored_tracks(project, entry, association, found, state="done", problems=notes, keep=keep)
    return (yield from to_the_end(ending))


def read_detections(
    path: Path, options: RunOptions, *, frame_count: int | None = None
) -> tuple[Found, tuple[str, ...], tuple[str, ...]]:
    """Detections of a MOTChallenge file, the name of their class, and what is to be said about them.

    The format does not name classes: they are called as the only class that the options want, or else
    "object". Confidences that are no shares are brought to [0, 1].

    Raises:
        FormatError: the file is not what it should be.
        UserError: several classes are wanted, or frames that are not there.
    """
    if len(options.classes) > 1:
        raise UserError(f"{path} does not name classes; give one name with which its boxes are to go.")
    rows = read_rows(path, frame_count=frame_count)
    count = frame_count if frame_count is not None else int(rows.frames.max(initial=-1)) + 1
    start, stop = span_of(options, count, path) if count else (0, 0)
    scores, notes = _shares(rows, path)
    order = np.argsort(rows.frames, kind="stable")
    frames = rows.frames[order]
    detections = {}
    for frame in range(start, stop):
        own = order[slice(*np.searchsorted(frames, (frame, frame + 1)))]
        detections[frame] = Detections(rows.boxes[own], scores[own], np.zeros(len(own), np.int64))
    return Found(start, stop, detections), (options.classes or (ANYTHING,)), notes


def _shares(rows: MotRows, path: Path) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Scores in [0, 1], and a sentence where they had to be changed."""
    scores = rows.seventh
    if not len(scores) or (scores.min() >= 0 and scores.max() <= 1):
        return scores, ()
    low, high = float(scores.min()), float(scores.max())
    if low == high:
        return np.ones(len(scores)), (f"{path.name} gives no confidences, so all boxes are taken as sure.",)
    note = f"The confidences of {path.name} go from {low:g} to {high:g}; they were brought to 0 to 1."
    return (scores - low) / (high - low), (note,)


def _runs(project: Project) -> str:
    runs = [str(run.id) for run in project.runs() if run.kind == KIND]
    return ", ".join(runs) or "those to come: there is none yet"
