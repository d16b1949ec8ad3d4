"""Boxes that a tracker finds for a correction: beyond a track's end, or in its gaps from both sides.

In a gap the tracker comes once from each side, and on to the box at the other one, which tells how far it has
drifted; what becomes of the two passes is ``core.blending``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

import numpy as np

from workbench.core.blending import blend
from workbench.core.boxes import Array, as_boxes
from workbench.core.errors import UserError
from workbench.core.plurals import counted
from workbench.core.rows import BoxRow, Origin
from workbench.core.spans import next_protected
from workbench.core.target import SingleTargetTracker
from workbench.services.identities.case import END, Case
from workbench.services.identities.draft import Draft, Gap
from workbench.services.identities.plans import Plan
from workbench.services.tracking import PassOptions, Target, TrackedBox, TrackedFrame, follow
from workbench.video import open_video


@dataclass(frozen=True)
class Follower:
    """A single-target tracker: its name, recorded with the run, and how to make a fresh one."""

    name: str
    make: Callable[[], SingleTargetTracker]


def extend(case: Case, follower: Follower) -> Generator[TrackedFrame, None, Plan]:
    """Follow the track over the span, from the end of it that touches the track's boxes.

    Boxes that a person made or verified stay, and end it; so does losing the target.
    """
    (track,) = case.tracks
    direction, seed = _end(case)
    stored = case.boxes(track.id)
    protected = next_protected(stored, seed.frame, step=direction)
    end = case.stop if direction == 1 else case.start - 1
    stop = end if protected is None else protected.frame
    target = Target(track.id, seed.frame, seed.box, None if stop == END else stop)
    found = yield from _in_run(case, follower, [target], direction)
    if not found:
        raise UserError(f"The target of #{track.number} was not found again beside its last box.")
    draft = Draft(case, {track.id: track.id})
    draft.replace(_row(track.video_id, box, box.box, box.score, run) for box, run in found)
    word = "forward" if direction == 1 else "backward"
    text = f"#{track.number} is followed {word} over {counted(len(found), 'frame')} {case.frames}."
    return draft.plan(f"Extend #{track.number}", text)


def extend_preview(case: Case) -> Plan:
    """What is known of an extension beforehand."""
    (track,) = case.tracks
    direction, seed = _end(case)
    word = "forward" if direction == 1 else "backward"
    text = f"#{track.number} is followed {word} from frame {seed.frame} by a tracker, {case.frames}."
    return Draft(case, {track.id: track.id}).plan(f"Extend #{track.number}", text)


def fill_gaps(
    case: Case, gaps: Sequence[Gap], follower: Follower
) -> Generator[TrackedFrame, None, list[BoxRow]]:
    """Boxes for the gaps of a track, as far as the tracker found it there from either side."""
    rows: list[BoxRow] = []
    for first, last in gaps:
        there = yield from _in_run(case, follower, [_target(first, last)], 1)
        back = yield from _in_run(case, follower, [_target(last, first)], -1)
        ahead, behind = ({box.frame: box for box, _ in found} for found in (there, back))
        runs = [run for _, run in [*there, *back]]
        rows += blended(first, last, ahead, behind, run_id=runs[0]) if runs else []
    return rows


def blended(
    first: BoxRow,
    last: BoxRow,
    ahead: Mapping[int, TrackedBox],
    behind: Mapping[int, TrackedBox],
    *,
    run_id: int,
) -> list[BoxRow]:
    """One row a frame that either pass found.

    Args:
        first, last: the boxes that the two passes started from.
        ahead: what the pass from ``first`` on found, by frame, as far as the frame of ``last``.
        behind: what the pass back from ``last`` found, as far as the frame of ``first``.
        run_id: the run they belong to.
    """
    frames = range(first.frame + 1, last.frame)
    boxes = blend(
        first.box, last.box, _boxes(ahead, [*frames, last.frame]), _boxes(behind, [first.frame, *frames])
    )
    rows = []
    for frame, place in zip(frames, boxes, strict=True):
        share = (frame - first.frame) / (last.frame - first.frame)
        seen = [(one[frame], near) for one, near in ((ahead, 1.0 - share), (behind, share)) if frame in one]
        if seen:
            score = np.average([box.score for box, _ in seen], weights=[near for _, near in seen])
            rows.append(_row(first.video_id, seen[0][0], place.tolist(), float(score), run_id))
    return rows


def _boxes(found: Mapping[int, TrackedBox], frames: Sequence[int]) -> Array:
    """The boxes of these frames; NaN where none was found."""
    return as_boxes([found[frame].box if frame in found else (np.nan,) * 4 for frame in frames])


def _end(case: Case) -> tuple[Literal[1, -1], BoxRow]:
    """The direction in which the span goes on from the track's boxes, and the last of these."""
    (track,) = case.tracks
    before = case.project.nearest_box(track.id, case.start, step=-1)
    behind = case.project.nearest_box(track.id, case.stop)
    if before is not None and before.frame == case.start - 1 and not before.outside:
        return 1, before
    if behind is not None and behind.frame == case.stop and not behind.outside:
        return -1, behind
    raise UserError(
        f"#{track.number} has no box next to frames {case.start} to {case.last - 1}; begin where it ends."
    )


def _target(start: BoxRow, end: BoxRow) -> Target:
    """To be followed from one box to the frame of another, that one included."""
    beyond = end.frame + (1 if end.frame > start.frame else -1)
    return Target(start.track_id, start.frame, start.box, beyond)


def _in_run(
    case: Case, follower: Follower, targets: Sequence[Target], direction: Literal[1, -1]
) -> Generator[TrackedFrame, None, list[tuple[TrackedBox, int]]]:
    """One pass, with its record in the catalogue; returns the boxes found, each with the id of the run."""
    run = case.project.add_run(
        video_id=case.video.id,
        kind="single-target",
        model=follower.name,
        parameters={
            "targets": [t.track_id for t in targets],
            "frame": targets[0].frame,
            "direction": direction,
            "operation": str(case.fix.operation),
        },
    )
    state = "stopped"
    try:
        found = yield from _pass(case, follower, targets, direction)
        state = "done"
    except GeneratorExit:
        raise
    except BaseException:
        state = "failed"
        raise
    finally:
        case.project.finish_run(run.id, state)
    return [(box, run.id) for box in found]


def _pass(
    case: Case, follower: Follower, targets: Sequence[Target], direction: Literal[1, -1]
) -> Generator[TrackedFrame, None, list[TrackedBox]]:
    first = targets[0].frame
    end = targets[0].stop
    end = (case.video.frame_count if direction == 1 else -1) if end is None else end
    found: list[TrackedBox] = []
    with open_video(case.project.video_file(case.video)) as reader:
        frames = reader.frames(first, step=direction)
        options = PassOptions(direction=direction)
        steps = follow(frames, targets, follower.make, total=abs(end - first) - 1, options=options)
        with closing(steps):
            for item in steps:
                found += [box for box in item.boxes if box.found]
                yield item
    return found


def _row(video_id: int, tracked: TrackedBox, box: Sequence[float], score: float, run_id: int) -> BoxRow:
    x, y, w, h = map(float, box)
    place = (video_id, tracked.frame, tracked.track_id, x, y, w, h)
    return BoxRow(*place, float(score), Origin.MODEL, run_id, 0, 0, 0, 0)
