"""The history of a project as people ask for it: what was done, by whom, to what, and back to there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from workbench.core.edits import Change, Scope
from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.core.rows import BoxRow, Origin
from workbench.store import Edit, Project

NAMED = 3  # tracks that are named before the others are counted


@dataclass(frozen=True)
class Entry:
    """One step of the history, with what it touched in words: "#3, #7, frames 10 to 40"."""

    edit: Edit
    touched: str


@dataclass(frozen=True)
class Touched:
    """What an edit did to the boxes of a track.

    Args:
        changed: boxes that were there before and after.
        added: boxes that are new.
        deleted: boxes that are gone.
        came: how many it got from each other track, by that track's id.
        went: how many it gave to each other track.
    """

    changed: int = 0
    added: int = 0
    deleted: int = 0
    came: Mapping[int, int] = field(default_factory=dict)
    went: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Made:
    """Which boxes are asked for; all that is given must hold.

    Args:
        origins: who made them; empty = anybody.
        models: names of the models of their runs; empty = any, or none.
        runs: ids of their runs; empty = any, or none.
        verified: verified or not; None = either.
        edited_since: an edit touched them at this moment or later; it has a time zone.
    """

    origins: frozenset[Origin] = frozenset()
    models: frozenset[str] = frozenset()
    runs: frozenset[int] = frozenset()
    verified: bool | None = None
    edited_since: datetime | None = None


def entries(
    project: Project, *, track_id: int | None = None, video_id: int | None = None, limit: int = 200
) -> list[Entry]:
    """Edits that are done or can be redone, newest first.

    Args:
        track_id: only those that touched this track, which may be gone.
        video_id: only those that touched this video.
        limit: of how many of the newest.
    """
    edits = project.history(limit) if track_id is None else project.history_of_track(track_id, limit)
    edits = [e for e in edits if video_id is None or video_id in e.scope.videos]
    named = {t for e in edits for t in sorted(e.scope.tracks)[:NAMED]}
    numbers = {track.id: track.number for track in project.tracks_by_id(named).values()}
    return [Entry(e, _in_words(e.scope, numbers)) for e in edits]


def touched(project: Project, edit: Edit, track_id: int) -> Touched:
    """What an edit did to the boxes of a track; reads all rows of the edit."""
    found = Touched()
    for change in project.changes_of(edit).changes:
        if change.table == "box":
            found = _touched(change, track_id)
    return found


def go_to(project: Project, edit: Edit | None) -> Generator[Progress, None, int]:
    """Undo or redo, one edit after the other, until ``edit`` is the last that was done.

    Closing the generator stops between two edits; what was moved so far stays so.

    Args:
        edit: done or undone; None = before the first.

    Returns:
        How many edits were undone or redone.

    Raises:
        UserError: the edit is in the history no more.
    """
    goal = 0 if edit is None else _position(project, edit)
    total = _distance(project, goal)
    moved = 0
    while moved < total:
        newest, following = project.next_undo, project.next_redo
        if newest is not None and (newest.position or 0) > goal:
            steps, name = project.undo_large(), f"Undo: {newest.name}"
        elif following is not None and (following.position or 0) <= goal:
            steps, name = project.redo_large(), f"Redo: {following.name}"
        else:
            break
        yield Progress(moved, total, name)
        for part in steps:
            yield Progress(moved, total, f"{name} ({part.done}/{part.total} rows)")
        moved += 1
    return moved


def boxes_made(project: Project, video_id: int, made: Made) -> NDArray[np.int64]:
    """The boxes of a video that were made in some way.

    Returns:
        (N, 2) track and frame, by frame and track.
    """
    runs = _runs(project, video_id, made)
    origins = sorted(map(int, made.origins)) or None
    keys = project.box_keys(video_id, origins=origins, runs=runs, verified=made.verified)
    if made.edited_since is None or not len(keys):
        return keys
    since = _edited_since(project, video_id, made.edited_since)
    kept = [(track, frame) in since for track, frame in keys.tolist()]
    return keys[np.array(kept, np.bool_)]


def maker_of(project: Project, row: BoxRow) -> str:
    """Who or what made a box, in words."""
    by = {
        Origin.HUMAN: "drawn by a person",
        Origin.MODEL: "found by a model",
        Origin.INTERPOLATED: "interpolated",
        Origin.IMPORTED: "imported",
    }[Origin(row.origin)]
    if row.run_id is not None:
        run = project.run(row.run_id)
        made = f"{run.model or run.kind} (run {run.id})"
        by = f"corrected by a person; {made} put it elsewhere" if row.origin == Origin.HUMAN else f"by {made}"
        by = f"interpolated {by}" if row.origin == Origin.INTERPOLATED else by
    return f"{by}, verified" if row.verified else by


def _in_words(scope: Scope, numbers: Mapping[int, int]) -> str:
    tracks = sorted(scope.tracks)
    parts = [f"#{numbers[t]}" if t in numbers else "a track that is gone" for t in tracks[:NAMED]]
    if len(tracks) > NAMED:
        parts = [f"{len(tracks)} tracks"]
    if scope.start < scope.stop:
        last = scope.stop - 1
        parts.append(f"frame {last}" if last == scope.start else f"frames {scope.start} to {last}")
    return ", ".join(dict.fromkeys(parts))


def _touched(change: Change, track_id: int) -> Touched:
    before, after = (
        [row for row in rows if isinstance(row, BoxRow)] for rows in (change.before, change.after)
    )
    sources = {_content(row): row.track_id for row in before if row.track_id != track_id}
    targets = {_content(row): row.track_id for row in after if row.track_id != track_id}
    old = {row.frame: targets.get(_content(row)) for row in before if row.track_id == track_id}
    new = {row.frame: sources.get(_content(row)) for row in after if row.track_id == track_id}
    own = {frame for frame, source in new.items() if source is None}
    kept = {frame for frame, target in old.items() if target is None}
    return Touched(
        changed=len(own & old.keys()),
        added=len(own - old.keys()),
        deleted=len(kept - own),
        came=Counter(source for source in new.values() if source is not None),
        went=Counter(target for target in old.values() if target is not None),
    )


def _content(row: BoxRow) -> object:
    """What stays the same of a box that changes hands."""
    return row._replace(track_id=0, verified=0)


def _position(project: Project, edit: Edit) -> int:
    now = project.edit(edit.id)
    if now is None or now.position is None or now.state not in ("done", "undone"):
        raise UserError(f"“{edit.name}” is in the history no more; something else was done instead.")
    return now.position


def _distance(project: Project, goal: int) -> int:
    """How many edits are between now and a position."""
    edits = project.history(2**31)
    done = sum(e.state == "done" and (e.position or 0) > goal for e in edits)
    return done or sum(e.state == "undone" and (e.position or 0) <= goal for e in edits)


def _runs(project: Project, video_id: int, made: Made) -> list[int] | None:
    if not made.models and not made.runs:
        return None
    known = project.runs(video_id)
    named = {r.id for r in known if r.model in made.models}
    if not made.models:
        return sorted(made.runs)
    return sorted(named & made.runs if made.runs else named)


def _edited_since(project: Project, video_id: int, moment: datetime) -> set[tuple[int, int]]:
    """(track, frame) of the boxes that done edits wrote since."""
    found: set[tuple[int, int]] = set()
    for edit in project.edits_after(moment):
        if video_id not in edit.scope.videos or "box" not in edit.scope.tables:
            continue
        for change in project.changes_of(edit).changes:
            same = set(change.before)
            rows = (r for r in change.after if isinstance(r, BoxRow) and r not in same)
            found.update((r.track_id, r.frame) for r in rows)
    return found
