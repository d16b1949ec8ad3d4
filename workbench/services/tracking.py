"""Follow drawn targets through a video, and keep what was followed as one edit.

The loop is a generator: the window's worker and the command line drive the same one. However it ends
(last frame, the user's stop, a crash of the model) the boxes tracked so far are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Box
from workbench.core.edits import ChangeSet
from workbench.core.errors import UserError
from workbench.core.rows import BoxRow, Origin
from workbench.core.spans import next_protected, overlay
from workbench.core.target import SingleTargetTracker
from workbench.store import Project
from workbench.video import VideoReader, open_video

Direction = Literal[1, -1]
Image = NDArray[np.uint8]


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
    """One target in one frame, as the tracker reported it."""

    track_id: int
    frame: int
    box: Box
    score: float
    found: bool


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
    """

    direction: Direction = 1
    give_up_after: int | None = 15


@dataclass
class _Running:
    """A target that is being followed."""

    target: Target
    tracker: SingleTargetTracker
    lost: int = 0


@dataclass(frozen=True)
class Outcome:
    """How a pass ended: the frames it covered and what it wrote."""

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
) -> Generator[TrackedFrame, None, tuple[int, ...]]:
    """Follow several targets in one pass over the frames.

    Each target joins when the pass reaches its frame; the frame it was drawn in is not reported.

    Args:
        frames: (frame number, image (H, W, 3) RGB) in the direction of tracking.
        targets: what to follow.
        make_tracker: makes a fresh tracker for one target.
        total: how many frames the pass would take at most, for progress.

    Returns:
        Ids of the tracks that were given up as lost.
    """
    options = options or PassOptions()
    waiting = {t.track_id: t for t in targets}
    running: dict[int, _Running] = {}
    given_up: list[int] = []
    for done, (frame, image) in enumerate(frames):
        tracked = tuple(
            _step(r, frame, image) for r in running.values() if not _over(r.target, frame, options)
        )
        for box in tracked:
            state = running[box.track_id]
            state.lost = 0 if box.found else state.lost + 1
        for track_id, state in list(running.items()):
            hopeless = options.give_up_after is not None and state.lost >= options.give_up_after
            if hopeless:
                given_up.append(track_id)
            if hopeless or _over(state.target, frame, options):
                del running[track_id]
        for target in [t for t in waiting.values() if t.frame == frame]:
            tracker = make_tracker()
            tracker.start(image, target.box)
            running[target.track_id] = _Running(target, tracker)
            del waiting[target.track_id]
        yield TrackedFrame(frame, tracked, done, total)
        if not running and not waiting:
            break
    return tuple(given_up)


def _over(target: Target, frame: int, options: PassOptions) -> bool:
    return target.stop is not None and (frame - target.stop) * options.direction >= 0


def _step(running: _Running, frame: int, image: Image) -> TrackedBox:
    state = running.tracker.step(image)
    return TrackedBox(running.target.track_id, frame, state.box, state.score, state.found)


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


@dataclass
class _Kept:
    """Boxes collected during a pass, and where each target was last seen."""

    rows: dict[int, list[BoxRow]] = field(default_factory=dict)

    def add(self, video_id: int, run_id: int, boxes: Iterable[TrackedBox]) -> None:
        for b in boxes:
            if not b.found:
                continue
            x, y, w, h = (float(v) for v in b.box)
            row = BoxRow(
                video_id, b.frame, b.track_id, x, y, w, h, float(b.score), Origin.MODEL, run_id, 0, 0, 0, 0
            )
            self.rows.setdefault(b.track_id, []).append(row)


def track_in_project(
    project: Project,
    video_id: int,
    targets: Sequence[Target],
    *,
    tracker: str,
    make_tracker: Callable[[], SingleTargetTracker],
    open_reader: Callable[[], VideoReader] | None = None,
    options: PassOptions | None = None,
) -> Generator[TrackedFrame, None, Outcome]:
    """Follow targets through a video of the project; what was tracked becomes one edit at the end.

    A pass replaces the model's and interpolated boxes it runs over, and never one that a person made or
    verified. Closing the generator stops the pass and keeps what it has.

    Args:
        tracker: name of the tracker, recorded with the run.
        open_reader: opens the video; by default the project's own record of it.

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
    kept = _Kept()
    seen, lost, state = 0, (), "stopped"
    try:
        with (open_reader or (lambda: open_video(project.video_file(video))))() as reader:
            steps = follow(
                reader.frames(first, step=options.direction),
                targets,
                make_tracker,
                total=total,
                options=options,
            )
            while True:
                try:
                    item = next(steps)
                except StopIteration as end:
                    lost = end.value
                    break
                kept.add(video_id, run.id, item.boxes)
                seen = item.done
                yield item
        state = "done"
    except GeneratorExit:
        raise
    except BaseException:
        state = "failed"
        raise
    finally:
        keep_tracked(project, kept.rows)
        project.finish_run(run.id, state)
    return Outcome(seen, sum(len(rows) for rows in kept.rows.values()), lost)


def keep_tracked(project: Project, rows: Mapping[int, Sequence[BoxRow]]) -> None:
    """Write a run's boxes as one edit; rows of a track deleted meanwhile are dropped."""
    before: list[BoxRow] = []
    after: list[BoxRow] = []
    for track_id, new in rows.items():
        if not new or project.track(track_id) is None:
            continue
        frames = [row.frame for row in new]
        old, fresh = overlay(project.boxes_of_track(track_id, min(frames), max(frames) + 1), new)
        before += old
        after += fresh
    change = ChangeSet.of("Track" if len(rows) < 2 else f"Track {len(rows)} targets", box=(before, after))
    if change:
        project.apply(change)


def _length(targets: Sequence[Target], first: int, frame_count: int, direction: Direction) -> int:
    end = frame_count if direction == 1 else -1
    stops = [end if t.stop is None else t.stop for t in targets]
    last = max(stops) if direction == 1 else min(stops)
    return abs(last - first)
