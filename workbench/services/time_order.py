"""The annotator without a queue: watches the video and repairs every error when it comes, as other tools do.

Tools have different operations, so there are two annotators.

- With *split and merge* (CVAT, DIVE): a split where a track goes over to another target, and a merge where a
  target goes on in another track; so an exchange of two tracks is two splits and two merges.
- With *identity from here on* (SLEAP, X-AnyLabeling): one action gives the rest of a track another identity,
  and where that one goes on elsewhere the two are exchanged by the same action.

Both delete a track of nothing by one action, and what they join is filled in between where that is right.
They find every error without an action and decide nothing wrongly. One who overlooks what lasts a few boxes
only, as a person would at normal speed, watches the video once more for that when nothing longer is left.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

import numpy as np

from workbench.core.fixes import Fix, Operation
from workbench.core.progress import Progress
from workbench.core.track_boxes import TrackBoxes
from workbench.metrics.sequence import TrackRows
from workbench.review.apply_fix import NEW, apply_fix
from workbench.services.judging import NOBODY, Judge
from workbench.services.simulating import Curve


class Tool(StrEnum):
    """What an annotator without a queue can do."""

    SPLIT_AND_MERGE = "split and merge"
    FROM_HERE_ON = "identity from here on"


@dataclass(frozen=True)
class Run:
    """Boxes of a track that are of one true track, or of none at all (``NOBODY``)."""

    track: int
    true: int
    first: int
    last: int


def work_in_time_order(
    tracks: TrackBoxes,
    truth: TrackRows,
    tool: Tool,
    *,
    least: int = 1,
    frames: int | None = None,
    most: int = 1000,
) -> Generator[Progress, None, Curve]:
    """Correct tracks from the first frame to the last.

    Args:
        tracks: what a tracker made.
        truth: what they should be.
        tool: what one action can do.
        least: boxes that an error lasts at least to be seen at first.
        frames: of the video.
        most: actions after which the annotator stops.

    Yields:
        Progress with the number of actions.

    Raises:
        UserError: tracks and truth cannot be measured.
    """
    judge = Judge.of(tracks, truth, frames)
    curve, actions = Curve(), 0
    curve.add(0, judge)
    for flicker in dict.fromkeys((least, 1)):
        while actions < most:
            fixes = _first_error(judge, flicker, tool)
            if not fixes:
                break
            for fix in fixes:
                tracks = _applied(tracks, fix, truth, frames)
            actions += len(fixes)
            judge = Judge.of(tracks, truth, frames)
            curve.add(actions, judge)
            yield Progress(actions, None, "Correcting in time order")
    return curve


def _applied(tracks: TrackBoxes, fix: Fix, truth: TrackRows, frames: int | None) -> TrackBoxes:
    """After a correction; a gap is left open where filling it would lay boxes on somebody else."""
    fixed = apply_fix(tracks, fix)
    new = fixed.origin == NEW
    if not new.any():
        return fixed.tracks
    judge = Judge.of(fixed.tracks, truth, frames)
    own = judge.near[(fixed.tracks.tracks == fix.tracks[0]) & ~new]
    if np.isin(judge.near[new], [NOBODY, *own[-1:], *own[:1]]).all():
        return fixed.tracks
    return apply_fix(tracks, replace(fix, operation=Operation.MERGE)).tracks


def _first_error(judge: Judge, flicker: int, tool: Tool) -> list[Fix]:
    """What corrects the error that comes first, each of them one action; none = there is no error."""
    home: dict[int, Run] = {}  # where each target is
    owner: dict[int, int] = {}  # whose each track is
    for run in sorted(_runs(judge, flicker), key=lambda r: (r.first, r.track)):
        if run.true == NOBODY:
            return [Fix(Operation.DELETE, (run.track,))]
        known = home.get(run.true)
        if known is not None and known.track != run.track:
            return _reunited(judge.tracks, known, run, tool)
        if owner.setdefault(run.track, run.true) != run.true:
            return [Fix(Operation.SPLIT, (run.track,), run.first)]
        home[run.true] = run
    return []


def _reunited(tracks: TrackBoxes, known: Run, run: Run, tool: Tool) -> list[Fix]:
    """What makes a target that went on in another track one again."""
    if known.last >= run.first:  # two tracks of it at one time
        stop = min(known.last, run.last) + 1
        return [Fix(Operation.MERGE, (known.track, run.track), run.first, stop)]
    goes_on = bool((tracks.of_track(known.track).frames > known.last).any())
    had_others = bool((tracks.of_track(run.track).frames < run.first).any())
    if tool is Tool.FROM_HERE_ON and (goes_on or had_others):
        return [Fix(Operation.SWAP, (known.track, run.track), known.last + 1)] if not had_others else [
            Fix(Operation.SWAP, (known.track, run.track), run.first)
        ]  # fmt: skip
    new = int(tracks.tracks.max()) + 1
    fixes, joined = [], run.track
    if goes_on:
        fixes.append(Fix(Operation.SPLIT, (known.track,), known.last + 1))
        new += 1
    if had_others:
        fixes.append(Fix(Operation.SPLIT, (run.track,), run.first))
        joined = new
    return [*fixes, Fix(Operation.JOIN, (known.track, joined))]


def _runs(judge: Judge, flicker: int) -> list[Run]:
    """Stretches of every track that are of one target for long enough; boxes of nobody do not end one."""
    tracks, runs = judge.tracks, []
    bounds = tracks.bounds.tolist()
    for begin, stop in pairwise(bounds):
        track, frames, who = int(tracks.tracks[begin]), tracks.frames[begin:stop], judge.who[begin:stop]
        seen = np.flatnonzero(who != NOBODY)
        if not len(seen) and stop - begin >= flicker and (judge.near[begin:stop] == NOBODY).all():
            runs.append(Run(track, NOBODY, int(frames[0]), int(frames[-1])))
        cuts = np.flatnonzero(np.diff(who[seen])) + 1
        for part in np.split(seen, cuts):
            if len(part) >= flicker:
                first, last, true = int(frames[part[0]]), int(frames[part[-1]]), int(who[part[0]])
                if runs and runs[-1].track == track and runs[-1].true == true:
                    first = runs.pop().first
                runs.append(Run(track, true, first, last))
    return runs
