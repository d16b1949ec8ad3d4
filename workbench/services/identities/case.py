"""A correction that was checked against a project: it can be carried out as it is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import count

from workbench.core.edits import ChangeSet
from workbench.core.errors import ProjectError, UserError
from workbench.core.fixes import Fix, Operation
from workbench.core.rows import BoxRow, ReviewItemRow, TrackRow
from workbench.store import Project, Video

END = 2**62  # behind every frame

_TRACKS = {Operation.SWAP: (2, 2), Operation.MERGE: (2, 2), Operation.JOIN: (2, None)}
_MANY = {Operation.DELETE: (1, None), Operation.RELABEL: (1, None)}
_NUMBERED = (Operation.RENUMBER, Operation.RELABEL)


@dataclass(frozen=True)
class Manner:
    """How a correction is made.

    Args:
        seen: a person looks at it, so the boxes at the seams become verified, and it is not proposed to take
            it back; False for scripts, and for many at once.
        provisional: for a preview: new rows get ids below 0, which must not be stored, and what hangs on
            the tracks besides their boxes stays out.
        after: a change of other tracks that will have been made by then, and is not stored yet.
    """

    seen: bool = True
    provisional: bool = False
    after: ChangeSet = field(default_factory=lambda: ChangeSet("", ()))


@dataclass(frozen=True, eq=False)
class Case:
    """A correction and what it is about.

    Args:
        project: where.
        fix: what is to be done.
        video: whose tracks they are.
        tracks: in the order in which the fix names them.
        start, stop: frames [start, stop); ``stop`` is ``END`` when it goes to the end.
        manner: how.
        new_id: gives an id for a new row of a table.
    """

    project: Project
    fix: Fix
    video: Video
    tracks: tuple[TrackRow, ...]
    start: int
    stop: int
    manner: Manner
    new_id: Callable[[str], int]

    @property
    def ids(self) -> list[int]:
        """Ids of the tracks."""
        return [t.id for t in self.tracks]

    @property
    def last(self) -> int:
        """The frame behind the span, within the video."""
        return min(self.stop, self.video.frame_count)

    @property
    def frames(self) -> str:
        """The span in words."""
        if self.stop < self.video.frame_count:
            return f"in frames {self.start} to {self.stop - 1}"
        return f"from frame {self.start} on" if self.start else "in the whole video"

    @property
    def all_tracks(self) -> list[TrackRow]:
        """The tracks of the video."""
        after = self.manner.after
        rows = [*after.left_of("track", self.project.tracks(self.video.id)), *after.coming("track")]
        return [row for row in rows if isinstance(row, TrackRow) and row.video_id == self.video.id]

    def items(self, tracks: Collection[int]) -> list[ReviewItemRow]:
        """The review items that may be about some of these tracks."""
        stored = self.project.review_items(self.video.id, tracks=tracks)
        after = self.manner.after
        rows = [*after.left_of("review_item", stored), *after.coming("review_item")]
        return [row for row in rows if isinstance(row, ReviewItemRow) and row.video_id == self.video.id]

    def boxes(self, track_id: int) -> list[BoxRow]:
        """A track's boxes in the span, by frame."""
        return self.project.boxes_of_track(track_id, self.start, self.stop)


def open_case(project: Project, fix: Fix, manner: Manner | None = None) -> Case:
    """Check a correction against the project.

    Raises:
        UserError: it names tracks that are not there, too few or too many, or frames outside of the video.
    """
    manner = manner or Manner()
    least, most = (_TRACKS | _MANY).get(fix.operation, (1, 1))
    if len(fix.tracks) < least or (most is not None and len(fix.tracks) > most):
        wanted = f"{least}" if least == most else f"at least {least}"
        raise UserError(f"To {fix.operation} takes {wanted} of the tracks, not {len(fix.tracks)}.")
    if len(set(fix.tracks)) < len(fix.tracks):
        raise UserError(f"To {fix.operation} takes different tracks; one is named twice.")
    known = project.tracks_by_id(fix.tracks)
    tracks = tuple(known[i] for i in fix.tracks if i in known)
    if len(tracks) < len(fix.tracks):
        raise UserError("A track of this correction is gone; look at the place again.")
    if len({t.video_id for t in tracks}) > 1:
        raise UserError("The tracks of a correction must be of one video.")
    if fix.number is None and fix.operation in _NUMBERED:
        raise UserError(f"To {fix.operation} takes a number; give one.")
    video = project.video(tracks[0].video_id)
    if fix.start >= video.frame_count or (fix.stop is not None and fix.stop <= fix.start):
        raise UserError(
            f"There are no frames {fix.start}:{fix.stop} in {video.name}, which has 0:{video.frame_count}."
        )
    stop = END if fix.stop is None else fix.stop
    return Case(project, fix, video, tracks, fix.start, stop, manner, _ids(project, manner))


def category_name(project: Project, category_id: int) -> str:
    """The name of a class.

    Raises:
        UserError: there is none of this id.
    """
    try:
        return project.category(category_id).name
    except ProjectError as error:
        raise UserError(f"There is no class {category_id} in this project; choose another.") from error


def _ids(project: Project, manner: Manner) -> Callable[[str], int]:
    if not manner.provisional:
        return lambda table: project.new_ids(table, 1)[0]
    numbers = count(1)
    return lambda _: -next(numbers)
