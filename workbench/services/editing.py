"""The user's edits: each function reads the project and returns the change set that does it.

Nothing is written here; the caller applies the change set, which makes it one step of the history.
A change set that is false (nothing would change) need not be applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from workbench.core.boxes import Box
from workbench.core.edits import ChangeSet
from workbench.core.errors import UserError
from workbench.core.rows import ROW_TYPES, BoxRow, Origin, ReviewItemRow, Row, TrackRow
from workbench.core.spans import (
    interpolate,
    is_anchor,
    next_anchor,
    next_protected,
    overlay,
    refill_around,
)
from workbench.services.poses import poses_of_boxes
from workbench.services.review_items import OPEN, TRACK, ReviewItem
from workbench.store import Project

MIN_SIDE = 1.0  # pixels; a smaller box can neither be seen nor grabbed


@dataclass(frozen=True)
class Draw:
    """A new track and the change set that draws its first box."""

    track_id: int
    change: ChangeSet


def join(changes: Sequence[ChangeSet]) -> ChangeSet:
    """Several change sets of different rows as one step, named after the first that changes something."""
    changes = [c for c in changes if c] or list(changes[:1])
    tables = {change.table for c in changes for change in c.changes}
    rows = {
        table: (
            [row for c in changes for change in c.changes if change.table == table for row in change.before],
            [row for c in changes for change in c.changes if change.table == table for row in change.after],
        )
        for table in ROW_TYPES
        if table in tables
    }
    return ChangeSet.of(changes[0].name, **rows)


def human_box(video_id: int, frame: int, track_id: int, box: Box) -> BoxRow:
    """A keyframe drawn by a person.

    Raises:
        UserError: a side is under ``MIN_SIDE`` pixels.
    """
    x, y, w, h = (float(v) for v in box)
    if not (w >= MIN_SIDE and h >= MIN_SIDE):
        raise UserError(f"A box of {w:.1f} × {h:.1f} pixels is too small; draw one of at least 1 × 1.")
    return BoxRow(video_id, frame, track_id, x, y, w, h, None, Origin.HUMAN, None, 0, 1, 0, 0)


def next_number(tracks: Iterable[TrackRow]) -> int:
    """The smallest identity number above all in use."""
    return max((t.number for t in tracks), default=0) + 1


def draw_box(
    project: Project, video_id: int, *, frame: int, box: Box, category_id: int, name: str = "Draw box"
) -> Draw:
    """Start a new track with one keyframe."""
    track_id = project.new_ids("track", 1)[0]
    number = next_number(project.tracks(video_id))
    track = TrackRow(track_id, video_id, category_id, number, "", None)
    row = human_box(video_id, frame, track_id, box)
    return Draw(track_id, ChangeSet.of(name, track=((), (track,)), box=((), (row,))))


def place_box(project: Project, track_id: int, *, frame: int, box: Box, name: str = "Move box") -> ChangeSet:
    """Put a track's box where the user dragged it; interpolated neighbours follow.

    The row becomes a human keyframe and keeps the run it came from, so that corrections of a model's
    output can be told from boxes drawn by hand.
    """
    track = _track(project, track_id)
    rows = project.boxes_of_track(track_id)
    old = next((row for row in rows if row.frame == frame), None)
    new = human_box(track.video_id, frame, track_id, box)
    if old is not None:
        new = new._replace(run_id=old.run_id, occluded=old.occluded)
    return _replace_anchor(name, rows, frame, new)


def delete_boxes(project: Project, track_id: int, *, start: int, stop: int) -> ChangeSet:
    """Delete a track's boxes in [start, stop); a track without boxes goes with its last one."""
    track = _track(project, track_id)
    rows = project.boxes_of_track(track_id)
    gone = [row for row in rows if start <= row.frame < stop]
    name = "Delete box" if len(gone) == 1 else f"Delete {len(gone)} boxes"
    if len(gone) < len(rows):
        return ChangeSet.of(name, box=(gone, ()), pose=(poses_of_boxes(project, gone), ()))
    return _delete_tracks(project, [track], "Delete track")


def delete_tracks(project: Project, track_ids: Sequence[int]) -> ChangeSet:
    """Delete whole tracks with everything that hangs on them."""
    tracks = [_track(project, i) for i in track_ids]
    return _delete_tracks(
        project, tracks, "Delete track" if len(tracks) == 1 else f"Delete {len(tracks)} tracks"
    )


def relabel(project: Project, track_ids: Sequence[int], *, category_id: int) -> ChangeSet:
    """Give tracks another class."""
    before = [_track(project, i) for i in track_ids]
    after = [t._replace(category_id=category_id) for t in before]
    return ChangeSet.of("Relabel", track=(before, after))


def renumber(project: Project, track_id: int, *, number: int) -> ChangeSet:
    """Give a track another identity number.

    Raises:
        UserError: another track of the video has that number.
    """
    track = _track(project, track_id)
    taken = next((t for t in project.tracks(track.video_id) if t.number == number and t.id != track_id), None)
    if taken is not None:
        raise UserError(f"Number {number} is in use by another track of this video; choose a free one.")
    return ChangeSet.of("Renumber", track=((track,), (track._replace(number=number),)))


def mark(
    project: Project,
    track_id: int,
    *,
    start: int,
    stop: int,
    occluded: bool | None = None,
    verified: bool | None = None,
) -> ChangeSet:
    """Set flags on a track's rows in [start, stop); None leaves a flag alone."""
    flags = {"occluded": occluded, "verified": verified}
    values = {name: int(value) for name, value in flags.items() if value is not None}
    before = project.boxes_of_track(track_id, start, stop)
    after = [row._replace(**values) for row in before]
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    words = ", ".join(f"{name if value else 'not ' + name}" for name, value in values.items())
    return ChangeSet.of(f"Mark {words}", box=([old for old, _ in changed], [new for _, new in changed]))


def mark_outside(project: Project, track_id: int, *, frame: int) -> ChangeSet:
    """Say that the target is not in the picture from ``frame`` on, until the next box a person made.

    Unprotected rows up to that box go; a row at ``frame`` keeps the last known place.
    """
    rows = project.boxes_of_track(track_id)
    if not rows:
        raise UserError("This track has no box yet; draw one before marking it outside.")
    stop = next_protected(rows, frame)
    here = next((row for row in rows if row.frame == frame), None)
    last = here or max((r for r in rows if r.frame < frame), key=lambda r: r.frame, default=rows[0])
    outside = last._replace(
        frame=frame, score=None, origin=Origin.HUMAN, verified=0, keyframe=1, occluded=0, outside=1
    )
    gone = [
        row
        for row in rows
        if row.frame == frame or (row.frame > frame and (stop is None or row.frame < stop.frame))
    ]
    poses = poses_of_boxes(project, gone, (outside,))
    return ChangeSet.of("Mark outside", box=(gone, (outside,)), pose=(poses, ()))


def mark_inside(project: Project, track_id: int, *, frame: int) -> ChangeSet:
    """Take the outside mark off the row at ``frame``."""
    before = project.boxes_of_track(track_id, frame, frame + 1)
    return ChangeSet.of("Mark inside", box=(before, [row._replace(outside=0) for row in before]))


def interpolate_track(
    project: Project, track_id: int, *, start: int | None = None, stop: int | None = None
) -> ChangeSet:
    """Fill the spans between anchors (keyframes, human and verified boxes).

    Without a range, only frames without a box and those interpolated before are filled; in a range
    [start, stop), what a model found or a file brought is replaced as well.

    Raises:
        UserError: there are no two anchors to fill between.
    """
    rows = project.boxes_of_track(track_id, start, stop)
    if sum(is_anchor(row) for row in rows) < 2:
        raise UserError("Interpolation needs two boxes drawn by hand; draw another further along the track.")
    kept = {row.frame for row in rows if row.origin != Origin.INTERPOLATED} if start is None else set()
    before, after = overlay(rows, [row for row in interpolate(rows) if row.frame not in kept])
    same = set(before) & set(after)
    before, after = ([row for row in rows if row not in same] for rows in (before, after))
    poses = poses_of_boxes(project, before, after)
    return ChangeSet.of("Interpolate", box=(before, after), pose=(poses, ()))


def propagate(project: Project, track_id: int, *, frame: int, start: int, stop: int) -> ChangeSet:
    """Copy the box at ``frame`` to every other frame of [start, stop).

    Boxes that a person made or verified stay.
    """
    source = project.box(track_id, frame)
    if source is None:
        raise UserError(f"The track has no box in frame {frame} to propagate.")
    copy = source._replace(
        origin=Origin.INTERPOLATED, keyframe=0, verified=0, score=None, run_id=None, outside=0
    )
    rows = project.boxes_of_track(track_id, start, stop)
    copies = [copy._replace(frame=f) for f in range(start, stop) if f != frame]
    before, after = overlay(rows, copies)
    return ChangeSet.of("Propagate", box=(before, after), pose=(poses_of_boxes(project, before, after), ()))


def toggle_keyframe(project: Project, track_id: int, *, frame: int) -> ChangeSet:
    """Make the row at ``frame`` a keyframe, or take that back.

    A model's box that was made a keyframe is the model's again. Any other gives way to interpolation between
    the keyframes on its two sides; where there is none on a side, it stays.
    """
    row = project.box(track_id, frame)
    if row is None:
        raise UserError(f"The track has no box in frame {frame}; draw one to set a keyframe.")
    if not is_anchor(row):
        new = row._replace(keyframe=1, origin=Origin.HUMAN)
        return ChangeSet.of("Set keyframe", box=((row,), (new,)))
    if row.score is not None:  # a person's own box has none
        new = row._replace(keyframe=0, verified=0, origin=Origin.MODEL)
        return ChangeSet.of("Remove keyframe", box=((row,), (new,)))
    rows = project.boxes_of_track(track_id)
    sides = [next_anchor(rows, frame, step=step) for step in (-1, 1)]
    if None in sides:
        raise UserError("This is the first or last keyframe of its track; nothing could be filled in for it.")
    loose = row._replace(keyframe=0, verified=0, origin=Origin.INTERPOLATED)
    return _replace_anchor("Remove keyframe", rows, frame, loose)


def _replace_anchor(name: str, rows: Sequence[BoxRow], frame: int, new: BoxRow) -> ChangeSet:
    """Change the row at ``frame`` and fill anew the interpolated spans beside it."""
    changed = sorted([row for row in rows if row.frame != frame] + [new], key=lambda row: row.frame)
    filled = {row.frame: row for row in refill_around(changed, frame)}
    after = {frame: new} | filled
    before = [row for row in rows if row.frame in after and row != after[row.frame]]
    stored = {row.frame: row for row in rows}
    fresh = [row for row in after.values() if stored.get(row.frame) != row]
    return ChangeSet.of(name, box=(before, fresh))


def _delete_tracks(project: Project, tracks: Sequence[TrackRow], name: str) -> ChangeSet:
    """Tracks go with their boxes, poses and actions, and with what is asked about them.

    What was decided about them stays, so that it is not asked again of the tracks that a later run makes.
    """
    rows: dict[str, tuple[Iterable[Row], Iterable[Row]]] = {
        table: ([row for t in tracks for row in project.rows(table, track_id=t.id)], ())
        for table in ("box", "pose", "action")
    }
    ids = {t.id for t in tracks}
    for video_id in {t.video_id for t in tracks}:
        items = project.review_items(video_id, tracks=ids)
        rows["review_item"] = ([row for row in items if _goes_with(row, ids)], ())
    return ChangeSet.of(name, track=(tracks, ()), **rows)


def _goes_with(row: ReviewItemRow, tracks: Set[int]) -> bool:
    """A review item means nothing without these tracks."""
    if row.kind == TRACK or row.verdict == OPEN:
        return not tracks.isdisjoint(ReviewItem(row).tracks)
    return False


def _track(project: Project, track_id: int) -> TrackRow:
    track = project.track(track_id)
    if track is None:
        raise UserError("That track is gone; it was deleted, perhaps in the step you just undid.")
    return track
