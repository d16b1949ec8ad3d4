"""What a person says of a whole track or frame: verified, verified to be empty, unsure, and a comment.

It is kept as a review item of kind "track" or "frame", one for each, and so is undoable like everything.
"Verified" also marks the boxes it is about, which protects them from runs; taking it back takes that off.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from workbench.core.edits import ChangeSet
from workbench.core.errors import UserError
from workbench.core.rows import BoxRow, Origin, ReviewItemRow
from workbench.services.review_items import FRAME, JUDGEMENTS, TRACK, ReviewItem
from workbench.store import Project

VERIFIED, EMPTY, UNSURE, NONE = "verified", "empty", "unsure", ""
VERDICTS = (VERIFIED, EMPTY, UNSURE, NONE)
"""``EMPTY`` of a frame only: a person looked, and there is nothing to mark."""


def judge_track(project: Project, track_id: int, verdict: str, *, comment: str = "") -> ChangeSet:
    """Say what a whole track is; with neither verdict nor comment, take back what was said.

    Args:
        verdict: ``VERIFIED``, ``UNSURE`` or ``NONE``.

    Raises:
        UserError: the track is gone, or the verdict is none for a track.
    """
    track = project.track(track_id)
    if track is None:
        raise UserError("That track is gone; it was deleted, perhaps in the step you just undid.")
    _check(verdict, (VERIFIED, UNSURE, NONE), "track")
    rows = project.boxes_of_track(track_id)
    span = (rows[0].frame, rows[-1].frame + 1) if rows else (0, 1)
    old = next((i.row for i in judgements(project, track.video_id, TRACK) if i.tracks == (track_id,)), None)
    return _judged(project, track.video_id, old, (TRACK, span, (track_id,)), verdict, comment, rows)


def judge_frame(project: Project, video_id: int, frame: int, verdict: str, *, comment: str = "") -> ChangeSet:
    """Say what a frame is; with neither verdict nor comment, take back what was said.

    Args:
        verdict: one of ``VERDICTS``.

    Raises:
        UserError: there is no such frame, it has boxes and so is not empty, or there is no such verdict.
    """
    video = project.video(video_id)
    if not 0 <= frame < video.frame_count:
        raise UserError(f"There is no frame {frame} in {video.name}, which has 0 to {video.frame_count - 1}.")
    _check(verdict, VERDICTS, "frame")
    rows = project.boxes_at(video_id, frame)
    if verdict == EMPTY and any(not row.outside for row in rows):
        raise UserError(f"Frame {frame} has boxes, so it is not empty; delete them first.")
    old = next((i.row for i in judgements(project, video_id, FRAME) if i.frame == frame), None)
    return _judged(project, video_id, old, (FRAME, (frame, frame + 1), ()), verdict, comment, rows)


def judgements(project: Project, video_id: int, kind: str | None = None) -> list[ReviewItem]:
    """What was said of the tracks and frames of a video.

    Args:
        kind: ``review_items.TRACK`` or ``FRAME`` only; None = both.
    """
    rows = project.review_items(video_id, kinds=JUDGEMENTS if kind is None else (kind,))
    alive = project.tracks_by_id(row.track_id for row in rows if row.track_id is not None)
    return [ReviewItem(row) for row in rows if row.track_id is None or row.track_id in alive]


def _check(verdict: str, known: Sequence[str], what: str) -> None:
    if verdict not in known:
        names = ", ".join(v for v in known if v)
        raise UserError(f"A {what} cannot be {verdict!r}; choose {names}, or nothing to take it back.")


def _judged(
    project: Project,
    video_id: int,
    old: ReviewItemRow | None,
    what: tuple[str, tuple[int, int], tuple[int, ...]],
    verdict: str,
    comment: str,
    rows: Sequence[BoxRow],
) -> ChangeSet:
    kind, (start, stop), tracks = what
    item_id = project.new_ids("review_item", 1)[0] if old is None else old.id
    new = ReviewItemRow(
        id=item_id,
        video_id=video_id,
        kind=kind,
        frame=start,
        start=start,
        stop=stop,
        track_id=tracks[0] if tracks else None,
        other_track_id=None,
        tracks=json.dumps(tracks),
        score=0.0,
        gain=0.0,
        fix="",
        evidence="[]",
        place="[]",
        verdict=verdict,
        comment=comment,
        run_id=None,
    )
    before = [] if old is None else [old]
    after = [new] if verdict or comment else []
    said = old is not None and old.verdict == VERIFIED
    marked = _marked(rows, verdict == VERIFIED) if said != (verdict == VERIFIED) else ([], [])
    name = f"Call {kind} {verdict}" if verdict else f"Take back verdict on {kind}"
    return ChangeSet.of(name, review_item=(before, after), box=marked)


def _marked(rows: Sequence[BoxRow], verified: bool) -> tuple[list[BoxRow], list[BoxRow]]:
    """Rows whose mark changes, before and after; a person's own boxes need none."""
    before = [row for row in rows if bool(row.verified) != verified and row.origin != Origin.HUMAN]
    return before, [row._replace(verified=int(verified)) for row in before]
