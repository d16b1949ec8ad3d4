"""Putting a run's tracks into the project, as one edit; see ``run_layers`` for what stays."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import cast

import numpy as np
from numpy.typing import NDArray

from workbench.core.edits import ChangeSet
from workbench.core.errors import EditConflictError
from workbench.core.progress import Progress
from workbench.core.rows import KEYS, ActionRow, BoxRow, PoseRow, ReviewItemRow, Row, TrackRow
from workbench.services.editing import next_number
from workbench.services.poses import PoseRows, is_persons
from workbench.services.run_files import Found, RunLinks
from workbench.services.run_identities import NONE, REACH
from workbench.services.run_layers import Layer, Present, lay
from workbench.services.run_poses import Exchange, exchanged, poses_that_come
from workbench.store import Project, Run
from workbench.tracking.offline import Tracks

KIND = "multi-target"
"""Of runs in the catalogue; a run replaces rows of its own kind only."""

AT_ONCE = 50  # frames that are read at a time, so that other threads have their turns
LARGE = 2000  # rows; a larger result is written in slices, which corrections need not wait for
TRIES, PAUSE = 50, 0.2  # seconds between tries to write what somebody else is changing


@dataclass(frozen=True)
class Stored:
    """What became of a run's tracks.

    Args:
        boxes: that came.
        tracks: that they are of.
        inherited: how many of these tracks were there before.
        kept: boxes that stayed as they were.
        replaced: boxes of earlier runs that went.
        poses: that came.
        links: between the run's tracks.
    """

    boxes: int
    tracks: int
    inherited: int
    kept: int
    replaced: int
    poses: int
    links: RunLinks


def store_tracks(
    project: Project,
    run: Run,
    new: Tracks,
    *,
    span: tuple[int, int],
    categories: Sequence[int],
    found: Found | None = None,
) -> Generator[Progress, None, Stored]:
    """Write a run's tracks; what somebody else is changing meanwhile is waited for.

    Args:
        new: frames as those of the video.
        span: frames [start, stop) that were looked at; only there anything is replaced.
        categories: id of each class that ``new.classes`` counts.
        found: what ``new.detections`` are rows of, whose poses come with the boxes; None = there are none.

    Raises:
        ProjectError: it cannot be written.
    """
    for last in (*[False] * TRIES, True):
        yield Progress(0, None, "Comparing with what is there")
        present = present_in(project, run, span)
        layer = _laid(project, run, new, present, span, categories)
        poses = exchanged(present, layer, _poses(project, run, new, layer, found), _own(project, run))
        change = _change(project, run, present, layer, poses)
        try:
            if change.changes:
                yield from _written(project, change)
        except EditConflictError:
            if last:
                raise
            time.sleep(PAUSE)
            continue
        break
    tracks = {row.track_id for row in layer.boxes}
    return Stored(
        len(layer.boxes),
        len(tracks),
        len(tracks & layer.inherited),
        len(present.staying),
        len(present.going),
        len(poses[1]),
        _links(new, layer),
    )


def present_in(project: Project, run: Run, span: tuple[int, int]) -> Present:
    """What a run meets in its frames and beside them."""
    assert run.video_id is not None
    video_id, (start, stop) = run.video_id, span
    own = _own(project, run)
    under = _under_annotations(project, run, span)
    staying: list[BoxRow] = []
    going: list[BoxRow] = []
    poses: list[PoseRow] = []
    for first in range(start, stop, AT_ONCE):
        last = min(first + AT_ONCE, stop)
        for row in project.boxes_between(video_id, first, last):
            goes = row.run_id in own and not row.protected and (row.track_id, row.frame) not in under
            (going if goes else staying).append(row)
        poses += cast(list[PoseRow], project.rows("pose", video_id=video_id, start=first, stop=last))
    beside = project.boxes_between(video_id, max(start - REACH, 0), start)
    beside += project.boxes_between(video_id, stop, stop + REACH)
    tracks = project.tracks_by_id({row.track_id for rows in (staying, going, beside) for row in rows})
    categories = {track.id: track.category_id for track in tracks.values()}
    return Present(staying, going, beside, poses, categories)


def _own(project: Project, run: Run) -> set[int]:
    """Runs of its kind, whose rows give way."""
    return {r.id for r in project.runs(run.video_id) if r.kind == KIND}


def _under_annotations(project: Project, run: Run, span: tuple[int, int]) -> set[tuple[int, int]]:
    """(track, frame) of boxes that a pose or an action made or verified by a person belongs to."""
    assert run.video_id is not None
    start, stop = span
    places = project.persons_poses(run.video_id)
    for action in _actions(project, run, start, stop):
        if is_persons(action):
            frames = range(max(action.start, start), min(action.stop, stop))
            places.update((action.track_id, frame) for frame in frames)
    return places


def _laid(
    project: Project,
    run: Run,
    new: Tracks,
    present: Present,
    span: tuple[int, int],
    categories: Sequence[int],
) -> Layer:
    assert run.video_id is not None
    return lay(
        new,
        present,
        video_id=run.video_id,
        run_id=run.id,
        span=span,
        categories=categories,
        number=next_number(project.tracks(run.video_id)),
        new_ids=lambda count: project.new_ids("track", count) if count else (),
    )


def _poses(project: Project, run: Run, new: Tracks, layer: Layer, found: Found | None) -> Iterable[PoseRow]:
    """Of the layer's boxes."""
    assert run.video_id is not None
    if found is None:
        return ()
    return poses_that_come(found, new, layer, PoseRows(project, run.video_id, run.id))


def _change(project: Project, run: Run, present: Present, layer: Layer, poses: Exchange) -> ChangeSet:
    """The edit; rows that come as they went are left alone."""
    emptied = _emptied(project, run, present, layer)
    along = _going_along(project, run, {track.id for track in emptied})
    gone, come = poses
    return ChangeSet.of(
        f"Run {run.model}",
        track=(emptied, layer.tracks),
        box=_different("box", present.going, layer.boxes),
        pose=_different("pose", (*gone, *along.pop("pose")), come),
        **{table: (rows, ()) for table, rows in along.items()},
    )


def _different(table: str, before: Iterable[Row], after: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Rows that go and rows that come, without those that are the same."""
    key = attrgetter(*KEYS[table])
    there = {key(row): row for row in before}
    come = {key(row): row for row in after}
    return (
        [row for place, row in there.items() if come.get(place) != row],
        [row for place, row in come.items() if there.get(place) != row],
    )


def _emptied(project: Project, run: Run, present: Present, layer: Layer) -> list[TrackRow]:
    """Tracks that have no box any more, and no pose or action that a person made."""
    assert run.video_id is not None
    left = {row.track_id for row in present.going}
    left -= {row.track_id for row in (*layer.boxes, *present.staying)}
    if not left:
        return []
    every = Counter(project.box_columns(run.video_id).track_id.tolist())
    gone = Counter(row.track_id for row in present.going)
    left = {track for track in left if every[track] == gone[track]}
    left -= {track for track, _ in project.persons_poses(run.video_id)}
    left -= {action.track_id for action in _actions(project, run) if is_persons(action)}
    return list(project.tracks_by_id(left).values())


def _going_along(project: Project, run: Run, tracks: set[int]) -> dict[str, list[Row]]:
    """Poses, actions and open questions of tracks that go; a verdict is remembered."""
    items = project.rows("review_item", video_id=run.video_id) if tracks else []
    return {
        "pose": [pose for track in tracks for pose in project.rows("pose", track_id=track)],
        "action": [a for a in _actions(project, run) if a.track_id in tracks],
        "review_item": [
            i
            for i in items
            if isinstance(i, ReviewItemRow) and not i.verdict and {i.track_id, i.other_track_id} & tracks
        ],
    }


def _actions(project: Project, run: Run, start: int = 0, stop: int | None = None) -> list[ActionRow]:
    rows = project.rows("action", video_id=run.video_id, start=start, stop=stop)
    return cast(list[ActionRow], rows)


def _written(project: Project, change: ChangeSet) -> Generator[Progress, None, None]:
    if sum(len(c.before) + len(c.after) for c in change.changes) < LARGE:
        project.apply(change)
    else:
        yield from project.apply_large(change)


def _links(new: Tracks, layer: Layer) -> RunLinks:
    """Links between boxes of one track of the project; those at which it was cut are none any more."""
    links = new.links
    ends = [_rows_at(new, links.ids, frames) for frames in (links.before, links.after)]
    before, after = (np.where(rows < 0, NONE, layer.track_of[rows]) for rows in ends)
    whole = (before == after) & (after != NONE)
    return RunLinks(after[whole], links.before[whole], links.after[whole], links.probabilities[whole])


def _rows_at(new: Tracks, ids: NDArray[np.int64], frames: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of the boxes of some tracks in some frames, or -1."""
    if not len(new):
        return np.full(len(ids), -1)
    places, wanted = (new.ids << 32) + new.frames, (ids << 32) + frames
    rows = np.minimum(np.searchsorted(places, wanted), len(places) - 1)
    return np.where(places[rows] == wanted, rows, -1)
