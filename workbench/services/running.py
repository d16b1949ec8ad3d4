"""A run: detect what is in each frame of a video, join it into tracks, and lay these over the project.

Generators that the window's worker and the command line both drive. However a run ends (last frame, the
user's stop, a detector that fails) what was found so far becomes tracks, as one edit. What was found is on
disk from the first chunk on (``run_files``), so a run that was stopped, or killed, goes on where that ends
when it is started again, and other trackers can be tried on it (``track_again``). One that is done and is
started again as it was detects nothing anew: what it found is laid over the project as that is now.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from workbench import __version__
from workbench.core.errors import ModelError, PluginError, ProjectError, UserError, VideoError, WorkbenchError
from workbench.core.plurals import counted
from workbench.core.progress import Progress
from workbench.services.associating import Association
from workbench.services.run_detecting import RunFrame, detect_into
from workbench.services.run_detectors import OpenDetector, RunDetectors
from workbench.services.run_ending import (
    Ending,
    Keep,
    MakesEnding,
    Outcome,
    drained,
    only_tracks,
    stored_tracks,
    to_the_end,
)
from workbench.services.run_files import COLUMNS, clear, key_of, read_found, run_folder
from workbench.services.run_options import RunOptions, association_of, noted, record, span_of
from workbench.services.run_storing import KIND
from workbench.store import Project, Run
from workbench.video import open_video
from workbench.video.info import VideoReader

UNFINISHED = ("running", "stopped", "failed")  # "running" = the program ended without a word
SENTENCES = (UserError, VideoError, ProjectError, ModelError, PluginError)

Steps = Generator[Progress | RunFrame, None, Outcome]


def run(
    project: Project,
    video_id: int,
    options: RunOptions,
    *,
    detectors: RunDetectors,
    on: int | None = None,
    keep: Keep | None = None,
) -> Steps:
    """Run a detector and a tracker over a video of the project; see the module.

    Closing the generator stops the run and keeps what it has.

    Args:
        detectors: opens the detector.
        on: id of the run that goes on; None = the one that the options mean, if any.
        keep: see ``Keep``.

    Raises:
        UserError: no such detector, tracker, parameter, class or range; the run cannot go on.
        PluginError, ModelError, VideoError: the detector or the video failed; what was found before is kept.
        ProjectError: the project or the run's folder cannot be written.
    """
    path = project.video_file(project.video(video_id))
    with ExitStack() as opened:
        job = yield from _job(path, options, detectors, opened)
        entry = _begun(project, video_id, options, job, on)
        folder = run_folder(project, entry.id)
        ending = partial(stored_tracks, project, entry, job.association, keep=keep)
        return (yield from _whole(job, folder, ending))


def run_file(
    source: Path, options: RunOptions, *, detectors: RunDetectors, folder: Path, keep: Keep | None = None
) -> Steps:
    """Run a detector and a tracker over a video without a project.

    Args:
        source: a video file or a folder of images.
        folder: where what was found is kept; an unfinished run goes on from what is there.

    Raises:
        As ``run``.
    """
    with ExitStack() as opened:
        job = yield from _job(source, options, detectors, opened)
        if not options.resume or read_found(folder, start=job.span[0], key=job.key).stop == job.span[0]:
            clear(folder)
        return (yield from _whole(job, folder, partial(only_tracks, job.association, keep=keep)))


def unfinished(project: Project, video_id: int) -> list[Run]:
    """Runs that were stopped, killed or failed and can go on, the newest first."""
    return [entry for entry in reversed(project.runs(video_id)) if can_go_on(entry)]


def can_go_on(entry: Run) -> bool:
    """Whether a run looked at frames itself, and did not come to its end."""
    return entry.kind == KIND and entry.state in UNFINISHED and bool(noted(entry).get("key"))


@dataclass(frozen=True, eq=False)
class _Job:
    """A detector on a video, and what follows."""

    reader: VideoReader
    detector: OpenDetector
    association: Association
    span: tuple[int, int]
    key: str


def _job(
    path: Path, options: RunOptions, detectors: RunDetectors, opened: ExitStack
) -> Generator[Progress, None, _Job]:
    yield Progress(0, None, f"Opening {options.detector}")
    reader = opened.enter_context(open_video(path))
    span = span_of(options, reader.info.frame_count, path)
    detector = detectors.open(options.detector, options.detector_settings, seed=options.seed)
    association = association_of(options, detector.classes, path)
    facts = {
        "detector": detector.digest,
        "settings": detector.settings,
        "video": reader.fingerprint(),
        "kept": COLUMNS,
    }
    return _Job(reader, detector, association, span, key_of(facts))


def _whole(job: _Job, folder: Path, ending: MakesEnding) -> Steps:
    """Detect, and bring what was found to its end however detecting ended."""
    start, stop = job.span
    known = read_found(folder, start=start, key=job.key)

    def end(state: str) -> Ending:
        every = read_found(folder, start=start, key=job.key)
        found = every.between(start, min(every.stop, stop))
        resumed = min(known.stop, stop) - start
        return ending(found, state=state, resumed=resumed, problems=job.reader.problems)

    try:
        yield from detect_into(
            folder,
            job.reader,
            job.detector,
            key=job.key,
            span=job.span,
            known=known,
            camera=job.association.camera,
            chosen=job.association.chosen,
        )
    except (GeneratorExit, KeyboardInterrupt):
        drained(end("stopped"))
        raise
    except SENTENCES as error:
        raise type(error)(f"{error} {_what_is_kept(end('failed'))}") from error
    except Exception:
        drained(end("failed"))
        raise
    return (yield from to_the_end(end("done")))


def _what_is_kept(ending: Ending) -> str:
    try:
        outcome = drained(ending)
    except WorkbenchError as error:
        return f"What was found before could not be stored either: {error}"
    count = outcome.stop - outcome.start
    if not count:
        return "Nothing had been found before."
    frames = counted(count, "frame")
    return f"What was found in the {frames} before is kept; the same run again goes on from there."


def _begun(project: Project, video_id: int, options: RunOptions, job: _Job, on: int | None) -> Run:
    """A new run in the catalogue, or one that goes on."""
    parameters = {
        **record(options, job.association),
        "detector": options.detector,
        "detector_settings": dict(job.detector.settings),
        "digest": job.detector.digest,
        "key": job.key,
        "start": job.span[0],
        "stop": job.span[1],
    }
    earlier: Run | None = None
    if on is not None:
        earlier = project.run(on)
        if not _goes_on(earlier, parameters):
            raise UserError(
                f"Run {on} cannot go on: the detector, the video or this program is another by now. Run anew."
            )
    elif options.resume:
        earlier = _earlier(project, video_id, parameters, options.seed)
    if earlier is not None:
        return project.reopen_run(earlier.id, parameters=parameters)
    return project.add_run(
        video_id=video_id,
        kind=KIND,
        model=Path(options.detector).stem,
        parameters=parameters,
        seed=options.seed,
        version=__version__,
    )


def _earlier(project: Project, video_id: int, parameters: Mapping[str, Any], seed: int) -> Run | None:
    """The newest run that can go on or be taken as it is.

    That is one of this detector that did not come to its end, or one that was the same in everything.
    """
    same = (KIND, "done", seed, __version__, key_of(parameters))
    for entry in reversed(project.runs(video_id)):
        its = (entry.kind, entry.state, entry.seed, entry.version, key_of(entry.parameters))
        if its == same or _goes_on(entry, parameters):
            return entry
    return None


def _goes_on(entry: Run, parameters: Mapping[str, Any]) -> bool:
    """Whether a run can go on as one of these parameters."""
    known = noted(entry)
    same = (known.get("key"), known.get("start")) == (parameters["key"], parameters["start"])
    return can_go_on(entry) and same
