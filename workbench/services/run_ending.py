"""The end of a run, whether it was done, stopped or failed: who is who, and into the project."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import numpy as np

from workbench.core.progress import Progress
from workbench.core.report import Findings
from workbench.core.track_boxes import TrackBoxes
from workbench.services.associating import Association
from workbench.services.importing import category_ids
from workbench.services.run_files import Found, run_folder, write_links, write_tracks
from workbench.services.run_storing import Stored, store_tracks
from workbench.store import Project, Run
from workbench.tracking.offline import Tracks

Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Outcome:
    """How a run ended.

    Args:
        state: "done", "stopped" or "failed".
        start, stop: the frames that were looked at.
        detections: how many were found there.
        tracks: who is who, before it was laid over the project.
        classes: names that ``tracks.classes`` counts.
        resumed: frames that an earlier start had looked at; all of them where the same run was done before.
        run_id: of the project's run; None outside of a project.
        stored: what came into the project.
        problems: what was wrong with the video.
    """

    state: str
    start: int
    stop: int
    detections: int
    tracks: Tracks
    classes: tuple[str, ...]
    resumed: int = 0
    run_id: int | None = None
    stored: Stored | None = None
    problems: tuple[str, ...] = ()

    @property
    def repeated(self) -> bool:
        """Whether nothing was left to detect, for the same run was done before."""
        return 0 < self.resumed == self.stop - self.start


Ending = Generator[Progress, None, Outcome]
Keep = Callable[[Outcome], None]
"""Is handed the outcome of a run however it ends, before the generator does."""


class MakesEnding(Protocol):
    """Makes what follows detection, from what was found."""

    def __call__(self, found: Found, *, state: str, resumed: int, problems: tuple[str, ...]) -> Ending:
        """The last part of a run.

        Args:
            found: what was found, now or earlier.
            state, resumed, problems: see ``Outcome``.
        """
        ...


def only_tracks(
    association: Association,
    found: Found,
    *,
    state: str,
    resumed: int = 0,
    problems: tuple[str, ...] = (),
    keep: Keep | None = None,
) -> Ending:
    """Associate, and no more."""
    tracks = yield from association.tracks(found)
    outcome = Outcome(
        state, found.start, found.stop, found.count, tracks, association.names, resumed, problems=problems
    )
    if keep is not None:
        keep(outcome)
    return outcome


def stored_tracks(
    project: Project,
    entry: Run,
    association: Association,
    found: Found,
    *,
    state: str,
    resumed: int = 0,
    problems: tuple[str, ...] = (),
    keep: Keep | None = None,
) -> Ending:
    """Associate and write into the project; the run's entry says how it ended."""
    ended = "failed"
    try:
        outcome = yield from only_tracks(association, found, state=state, resumed=resumed, problems=problems)
        stored = None
        if found.stop > found.start:
            categories = _categories(project, association.names, outcome.tracks)
            span = (found.start, found.stop)
            stored = yield from store_tracks(
                project, entry, outcome.tracks, span=span, categories=categories, found=found
            )
            write_links(run_folder(project, entry.id), stored.links)
            write_tracks(run_folder(project, entry.id), _columns(outcome.tracks))
        outcome = replace(outcome, run_id=entry.id, stored=stored)
        if keep is not None:
            keep(outcome)
        ended = state
    finally:
        project.finish_run(entry.id, ended)
    return outcome


def _columns(tracks: Tracks) -> TrackBoxes:
    return TrackBoxes.of(
        tracks.ids, tracks.frames, tracks.boxes, scores=tracks.scores, classes=tracks.classes
    )


def _categories(project: Project, names: Sequence[str], tracks: Tracks) -> list[int]:
    """Id of the category of each class; those that no track has are not added to the project."""
    used = np.unique(tracks.classes).tolist()
    ids = category_ids(project, [names[number] for number in used], Findings())
    return [ids.get(name, 0) for name in names]


def drained(ending: Generator[Any, None, Result]) -> Result:
    """Do all of a job without a word."""
    while True:
        try:
            next(ending)
        except StopIteration as end:
            result: Result = end.value
            return result


def to_the_end(ending: Generator[Progress, None, Result]) -> Generator[Progress, None, Result]:
    """A job that is not stopped half-way: when it is closed, it is finished first."""
    while True:
        try:
            item = next(ending)
        except StopIteration as end:
            result: Result = end.value
            return result
        try:
            yield item
        except GeneratorExit:
            drained(ending)
            raise
