"""Carrying out corrections from a file: each is one edit, done whole or refused with a reason.

Those that come later see what earlier ones did. See ``services.proposals`` for the file.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.edits import ChangeSet
from workbench.core.errors import (
    EditConflictError,
    FormatError,
    ModelError,
    PluginError,
    UserError,
    VideoError,
)
from workbench.core.fixes import Fix, Operation
from workbench.core.progress import Progress
from workbench.services import identities, reviewing
from workbench.services.identities import Follower, Manner
from workbench.services.proposals import read_items
from workbench.services.review_items import ACCEPTED, FIXED, OPEN, REJECTED, SKIPPED, VERDICTS, ReviewItem
from workbench.store import Project

LARGE = 2000  # rows; a larger edit is written in slices, which corrections need not wait for

Steps = Generator[Any, None, str]


@dataclass(frozen=True)
class Applied:
    """What became of one item of a file.

    Args:
        place: number of the item in the file, from 0.
        done: whether it was carried out.
        text: what was done, or why not.
    """

    place: int
    done: bool
    text: str


def apply_file(
    project: Project,
    video_id: int,
    path: Path,
    *,
    follower: Follower | None = None,
    manner: Manner | None = None,
) -> Generator[Progress, None, list[Applied]]:
    """Carry out the items of a file, one edit each; those that cannot be done are refused with a reason.

    Closing the generator leaves what was carried out so far.

    Args:
        follower: extends tracks and fills gaps; None = extensions are refused, gaps interpolated.
        manner: None = nobody looked at the corrections, see ``identities.Manner``.

    Returns:
        What became of each item; those that were to be left alone are not among them.

    Raises:
        FormatError: the file is none, or is about another video; nothing was done.
    """
    data = read_items(path)
    _check_video(project, video_id, data, path)
    how = _How(project, video_id, follower, manner or Manner(seen=False))
    done: list[Applied] = []
    for place, item in enumerate(data["items"]):
        now = Progress(place, len(data["items"]), f"Applying {path.name}")
        yield now
        try:
            text = yield from _paced(how.apply(item), now)
        except (UserError, EditConflictError, VideoError, ModelError, PluginError) as error:
            done.append(Applied(place, False, str(error)))
        else:
            done += [Applied(place, True, text)] if text else []
    return done


def _paced(steps: Steps, progress: Progress) -> Generator[Progress, None, str]:
    """Drive one item to its end, telling the same progress at every step."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return str(end.value)
        yield progress


def _check_video(project: Project, video_id: int, data: Mapping[str, Any], path: Path) -> None:
    video = project.video(video_id)
    for key, own in (("video", video.name), ("frames", video.frame_count)):
        if data.get(key, own) != own:
            raise FormatError(f"is about {key} {data[key]!r:.60}, and this is {own!r}", path)


@dataclass(frozen=True)
class _How:
    """Where and in which way items are carried out."""

    project: Project
    video_id: int
    follower: Follower | None
    manner: Manner

    def apply(self, data: object) -> Steps:
        """Carry out one item; returns what was done, "" = nothing was asked.

        Raises:
            UserError: it is no item, or cannot be done.
        """
        if not isinstance(data, dict):
            raise UserError(f"An item is a JSON object, not {data!r:.60}.")
        verdict = data.get("verdict", ACCEPTED)
        if verdict not in VERDICTS:
            raise UserError(
                f"There is no verdict {verdict!r:.60}; write accepted, rejected, skipped or nothing."
            )
        if verdict == OPEN:  # also of an item that is gone meanwhile
            return ""
        item = self._known(data)
        if item is not None and item.verdict == verdict:
            return ""
        if verdict in (REJECTED, SKIPPED):
            return self._decide(item, verdict)
        fix = self._fix(data.get("fix"), item)
        plan = yield from identities.carry_out(self.project, fix, follower=self.follower, manner=self.manner)
        change = plan.change
        if item is not None:
            same = verdict != FIXED and fix == item.fix
            change = (
                reviewing.accept(self.project, item, plan=plan)
                if same
                else reviewing.fix_otherwise(self.project, item, fix, plan=plan)
            )
        yield from self._write(change)
        return plan.text

    def _known(self, data: Mapping[str, Any]) -> ReviewItem | None:
        """The item that the file names; None when it names none."""
        item_id = data.get("id")
        if item_id is None:
            return None
        whole = isinstance(item_id, int) and not isinstance(item_id, bool) and 0 <= item_id < 2**62
        item = reviewing.find_item(self.project, item_id) if whole else None
        if item is None or item.row.video_id != self.video_id:
            raise UserError(
                f"There is no item {item_id!r:.60} about this video; leave its id out to propose it."
            )
        kind = data.get("kind", item.kind)
        if kind != item.kind:
            raise UserError(f"Item {item_id} is of kind {item.kind}, not {kind!r:.60}.")
        return item

    def _decide(self, item: ReviewItem | None, verdict: str) -> str:
        if item is None:
            raise UserError(f"Only a known item can be {verdict}; give its id.")
        decide = reviewing.reject if verdict == REJECTED else reviewing.skip
        self.project.apply(decide(item))
        return f"Item {item.id} is {verdict}."

    def _fix(self, data: object, item: ReviewItem | None) -> Fix:
        if data is None and item is not None and item.fix is not None:
            return item.fix
        if not isinstance(data, dict):
            raise UserError(f"An item that is accepted has a fix, a JSON object, not {data!r:.60}.")
        tracks = data.get("tracks")
        known = {**data}
        if isinstance(tracks, list):
            known["tracks"] = list(self._ids(tracks))
        if "class" in known:
            known["number"] = self._class(known.pop("class"))
        fix = Fix.from_json(known)
        if fix.operation == Operation.RELABEL and "class" not in data:
            raise UserError("To relabel takes the name of a class; write it as “class”.")
        return fix

    def _ids(self, names: list[object]) -> Iterator[int]:
        """Ids of tracks of this video, named by number or as "id:12"."""
        tracks = self.project.tracks(self.video_id)
        for name in names:
            if isinstance(name, str) and name.startswith("id:"):
                found = [t.id for t in tracks if f"id:{t.id}" == name]
            elif isinstance(name, int) and not isinstance(name, bool):
                found = [t.id for t in tracks if t.number == name]
            else:
                raise UserError(f"A track is named by its number or as “id:12”, not {name!r:.60}.")
            if len(found) != 1:
                how_many = "There is no track" if not found else "There are several tracks"
                raise UserError(f"{how_many} {name!r:.60} in this video.")
            yield found[0]

    def _class(self, name: object) -> int:
        for category in self.project.categories():
            if isinstance(name, str) and category.name.casefold() == name.casefold():
                return category.id
        known = ", ".join(c.name for c in self.project.categories())
        raise UserError(f"There is no class {name!r:.60}; choose one of {known}.")

    def _write(self, change: ChangeSet) -> Generator[Progress, None, None]:
        if not change:
            raise UserError("Nothing would change.")
        if sum(1 for _ in change.rows()) > LARGE:
            yield from self.project.apply_large(change)
        else:
            self.project.apply(change)
