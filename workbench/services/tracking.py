"""Follow drawn targets through a video, and keep what was followed as one edit.

The loop is a generator: the window's worker and the command line drive the same one. However it ends
(last frame, the user's stop, a crash of the model) the boxes tracked so far are kept.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Box
from workbench.core.edits import ChangeSet
from workbench.core.errors import EditConflictError, ProjectError, UserError, VideoError
from workbench.core.heatmaps import Heatmap
from workbench.core.plurals import counted
from workbench.core.prefetching import prefetched
from workbench.core.rows import BoxRow, Origin
from workbench.core.side_by_side import side_by_side
from workbench.core.spans import next_protected, overlay
from workbench.core.target import ShowsScores, SingleTargetTracker
from workbench.services.poses import is_persons, poses_of_boxes
from workbench.store import Project
from workbench.video import open_video

Direction = Literal[1, -1]
Image = NDArray[np.uint8]

LARGE = 2000  # rows; a larger result is written in slices, which corrections need not wait for
TRIES, PAUSE = 50, 0.2  # seconds between tries to write what somebody else is changing
AHEAD = 3  # frames decoded while another is tracked
REPLACED_WHERE_LOST = (Origin.MODEL, Origin.INTERPOLATED)


@dataclass(frozen=True)
class Target:
    """What to follow.

    Args:
        track_id: the identity its boxes belong to.
        frame: where ``box`` was drawn.
        box: x, y, w, h in pixels.
        stop: the first frame, in the direction of tracking, that is not tracked any more; None = to the
            end of the video.
    """

    track_id: int
    frame: int
    box: Box
    stop: int | None = None


@dataclass(frozen=True)
class TrackedBox:
    """One target in one frame, as the tracker reported it; ``score_map`` only where it was asked for."""

    track_id: int
    frame: int
    box: Box
    score: float
    found: bool
    score_map: Heatmap | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class TrackedFrame:
    """What a pass yields after each frame."""

    frame: int
    boxes: tuple[TrackedBox, ...]
    done: int
    total: int


@dataclass(frozen=True)
class PassOptions:
    """How a pass over the frames behaves.

    Args:
        direction: 1 forward, -1 backward.
        give_up_after: a target that is lost for this many frames in a row is followed no further;
            None = never.
        side_by_side: how many targets are followed at the same time, each in a thread; None = as many as
            there are processor cores. The boxes are the same.
    """

    direction: Direction = 1
    give_up_after: int | None = 15
    side_by_side: int | None = None


@dataclass
class _Running:
    """A target that is being followed."""

    target: Target
    tracker: SingleTargetTracker
    lost: int = 0


@dataclass(frozen=True)
class Outcome:
    """How a pass ended: the frames it tracked and the boxes it wrote."""

    frames: int
    boxes: int
    lost: tuple[int, ...]  # ids of tracks that were given up


def follow(
    frames: Iterable[tuple[int, Image]],
    targets: Sequence[Target],
    make_tracker: Callable[[], SingleTargetTracker],
    *,
    total: int,
    options: PassOptions | None = None,
    score_maps: Callable[[], bool] = lambda: False,
) -> Generator[TrackedFrame, None, tuple[int, ...]]:
    """Follow several targets in one pass over the frames.

    Each target joins when the pass reaches its frame; the frame it was drawn in is not reported. The next
    frames are read in a thread while one is tracked. When the generator is over or closed, all threads have
    ended and ``frames`` is closed where that can be done.

    Args:
        frames: (frame number, image (H, W, 3) RGB) in the direction of tracking.
        targets: what to follow.
        make_tracker: makes a fresh tracker for one target; several are used at a time, each in a thread.
        total: how many frames the pass would take at most, for progress.
        score_maps: asked in every frame whether the trackers' score maps are wanted; somebody may be looking.

    Returns:
        Ids of the tracks that were given up as lost.
    """
    options = options or PassOptions()
    waiting = {t.track_id: t for t in targets}
    running: dict[int, _Running] = {}
    given_up: list[int] = []
    threads = ThreadPoolExecutor(options.side_by_side or os.cpu_count() or 1, thread_name_prefix="targets")
    ahead = prefetched(frames, lambda frame: frame, ahead=AHEAD)
    with closing(ahead), threads:
        for done, (frame, image) in enumerate(ahead):
            step = partial(_step, frame=frame, image=image, score_map=score_maps())
            followed = [r for r in running.values() if not _over(r.target, frame, options)]
            tracked = tuple(side_by_side(threads, step, followed))
            for box in tracked:
                state = running[box.track_id]
                state.lost = 0 if box.found else state.lost + 1
            for track_id, state in list(running.items()):
                hopeless = options.give_up_after is not None and state.lost >= options.give_up_after
                if hopeless:
                    given_up.append(track_id)
                if hopeless or _over(state.target, frame, options):
                    del running[track_id]
            joining = [t for t in waiting.values() if (frame - t.frame) * options.direction >= 0]
            for target in joining:
                _check_start(target, frame, image)
                running[target.track_id] = _Running(waiting.pop(target.track_id), make_tracker())
            side_by_side(threads, partial(_start, image=image), [running[t.track_id] for t in joining])
            yield TrackedFrame(frame, tracked, done, total)
            if not running and not waiting:
                break
    return tuple(given_up)


def _check_start(target: Target, frame: int, image: Image) -> None:
    if frame != target.frame:
        raise VideoError(
            f"Frame {target.frame} is damaged, so nothing can be followed from it; start in another."
        )
    x, y, w, h = target.box
    height, width = image.shape[:2]
    if not (x < width and y < height and x + w > 0 and y + h > 0):
        raise UserError(
            f"The box {x:g}, {y:g}, {w:g}, {h:g} of frame {frame} lies outside of the picture "
            f"({width}×{height} pixels); draw one inside."
        )


def _over(target: Target, frame: int, options: PassOptions) -> bool:
    return target.stop is not None and (frame - target.stop) * options.direction >= 0


def _start(running: _Running, *, image: Image) -> None:
    running.tracker.start(image, running.target.box)


def _step(running: _Running, *, frame: int, image: Image, score_map: bool) -> TrackedBox:
    tracker = running.tracker
    state = tracker.step(image)
    shown = tracker.score_map() if score_map and isinstance(tracker, ShowsScores) else None
    return TrackedBox(running.target.track_id, frame, state.box, state.score, state.found, shown)


def targets_at(
    project: Project, track_ids: Iterable[int], *, frame: int, direction: Direction = 1
) -> list[Target]:
    """Targets for tracks that have a box in ``frame``; each ends at its next human or verified box.

    Raises:
        UserError: a track has no box there.
    """
    targets = []
    for track_id in track_ids:
        row = project.box(track_id, frame)
        if row is None or row.outside:
            raise UserError(
                f"There is no box to follow in frame {frame}; draw one, or go to a frame that has."
            )
        stop = next_protected(project.boxes_of_track(track_id), frame, step=direction)
        targets.append(Target(track_id, frame, row.box, None if stop is None else stop.frame))
    return targets


Reported = dict[int, list[TrackedBox]]  # by track, in the order of the pass
Pass = Generator[TrackedFrame, None, tuple[int, ...]]


def track_in_project(
    project: Project,
    video_id: int,
    targets: Sequence[Target],
    *,
    tracker: str,
    make_tracker: Callable[[], SingleTargetTracker],
    options: PassOptions | None = None,
    score_maps: Callable[[], bool] = lambda: False,
    keep: Callable[[Outcome], None] = lambda _: None,
) -> Generator[TrackedFrame, None, Outcome]:
    """Follow targets through a video of the project; what was tracked becomes one edit at the end.

    A pass replaces what it runs over, but never a box that a person made or verified, also one made while
    it runs; of imported boxes the edit's name says how many. Where it lost the target, the boxes of an
    earlier pass go. Closing the generator stops the pass
    and keeps what it has.

    Args:
        tracker: name of the tracker, recorded with the run.
        score_maps: see ``follow``.
        keep: is handed the outcome however the pass ends.

    Raises:
        VideoError, ModelError: reading or tracking failed; what was tracked before is kept.
    """
    options = options or PassOptions()
    video = project.video(video_id)
    first = min(t.frame for t in targets) if options.direction == 1 else max(t.frame for t in targets)
    total = _length(targets, first, video.frame_count, options.direction)
    run = project.add_run(
        video_id=video_id,
        kind="single-target",
        model=tracker,
        parameters={"targets": [t.track_id for t in targets], "frame": first, "direction": options.direction},
    )
    reported: Reported = {}
    lost: tuple[int, ...] = ()
    state = "stopped"
    try:
        with open_video(project.video_file(video)) as reader:
            frames = reader.frames(first, step=options.direction)
            steps = follow(frames, targets, make_tracker, total=total, options=options, score_maps=score_maps)
            with closing(steps):  # before the reader, from which a thread of its own reads ahead
                lost = yield from _noting(steps, reported)
        state = "done"
    except GeneratorExit:
        raise
    except BaseException:
        state = "failed"
        raise
    finally:
        try:
            kept = keep_tracked(project, targets, reported, run_id=run.id, direction=options.direction)
            outcome = Outcome(len({b.frame for boxes in reported.values() for b in boxes}), kept, lost)
            keep(outcome)
        finally:
            project.finish_run(run.id, state)
    return outcome


def _noting(steps: Pass, reported: Reported) -> Pass:
    """Pass a pass on, and remember what it reported."""
    while True:
        try:
            item = next(steps)
        except StopIteration as end:
            return tuple(end.value)
        for box in item.boxes:
            kept = replace(box, score_map=None)  # a map of each frame would fill the memory
            reported.setdefault(box.track_id, []).append(kept)
        yield item


def keep_tracked(
    project: Project, targets: Sequence[Target], reported: Reported, *, run_id: int, direction: Direction
) -> int:
    """Write what a pass reported as one edit; what somebody else is changing meanwhile is waited for.

    Returns:
        How many boxes were written.
    """
    for _ in range(TRIES):
        change = _result(project, targets, reported, run_id=run_id, direction=direction)
        if not change:
            break
        try:
            _write(project, change)
        except EditConflictError:
            time.sleep(PAUSE)
            continue
        except ProjectError as error:
            count = sum(len(c.after) for c in change.changes)
            lost = counted(count, "box of this pass is lost", "boxes of this pass are lost")
            raise ProjectError(f"{error} {lost}; track again then.") from error
        return sum(len(c.after) for c in change.changes)
    return 0


def _write(project: Project, change: ChangeSet) -> None:
    if sum(1 for _ in change.rows()) < LARGE:
        project.apply(change)
        return
    for _ in project.apply_large(change):
        pass


def _result(
    project: Project, targets: Sequence[Target], reported: Reported, *, run_id: int, direction: Direction
) -> ChangeSet:
    """The change set of a pass against the rows as they are now.

    A target's boxes end before the next row that a person made, also when that was made during the pass;
    rows of a track deleted meanwhile are dropped.
    """
    before: list[BoxRow] = []
    after: list[BoxRow] = []
    for target in targets:
        track = project.track(target.track_id)
        boxes = reported.get(target.track_id, ())
        if track is None or not boxes:
            continue
        stored = project.boxes_of_track(target.track_id)
        stop = next_protected(stored, target.frame, step=direction)
        inside = [b for b in boxes if stop is None or (stop.frame - b.frame) * direction > 0]
        old, new = overlay(stored, [_row(track.video_id, b, run_id) for b in inside if b.found])
        gone = {b.frame for b in inside if not b.found}
        stale = [r for r in stored if r.frame in gone and not r.protected and r.origin in REPLACED_WHERE_LOST]
        before += old + stale
        after += new
    name = "Track" if len(targets) == 1 else f"Track {len(targets)} targets"
    imported = sum(row.origin == Origin.IMPORTED for row in before)
    if imported:
        name += f", in place of {counted(imported, 'imported box')}"
    poses = [row for row in poses_of_boxes(project, before, after) if not is_persons(row)]
    return ChangeSet.of(name, box=(before, after), pose=(poses, ()))


def _row(video_id: int, box: TrackedBox, run_id: int) -> BoxRow:
    x, y, w, h = (float(v) for v in box.box)
    return BoxRow(
        video_id, box.frame, box.track_id, x, y, w, h, float(box.score), Origin.MODEL, run_id, 0, 0, 0, 0
    )


def _length(targets: Sequence[Target], first: int, frame_count: int, direction: Direction) -> int:
    end = frame_count if direction == 1 else -1
    stops = [end if t.stop is None else t.stop for t in targets]
    last = max(stops) if direction == 1 else min(stops)
    return max(abs(last - first) - 1, 0)
