"""Filling the review queue: what is known of a video's boxes, what is found, and what of it is new."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.core.edits import ChangeSet
from workbench.core.errors import EditConflictError, PluginError, UserError
from workbench.core.issues import Issue
from workbench.core.plurals import counted
from workbench.core.progress import Progress
from workbench.core.rows import Origin
from workbench.core.track_boxes import TrackBoxes
from workbench.review.appearance import Looks
from workbench.review.finding import FindOptions, find_issues
from workbench.review.view import Evidence, Links
from workbench.services import reviewing
from workbench.services.embeddings import embeddings_of
from workbench.services.joining import joins
from workbench.services.looks import looks_of
from workbench.services.plugin_guard import GuardedRule
from workbench.services.plugins import Choice, review_rules
from workbench.services.reconciling import Reconciled, reconcile
from workbench.services.review_items import JUDGEMENTS
from workbench.services.run_files import links_of
from workbench.store import Project


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Args:
        new: items that are asked for the first time.
        kept: items that still hold.
        gone: items that hold no more.
        answered: issues that were decided before, and so are not asked again.
        links: how many fragments could be joined to others at once, see ``services.joining``.
        problems: what could not be used, one sentence each.
    """

    new: int
    kept: int
    gone: int
    answered: int
    links: int = 0
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        hold = "holds no more" if self.gone == 1 else "hold no more"
        others = {"known before": self.kept, hold: self.gone, "decided before": self.answered}
        said = [counted(self.new, "new issue"), *(f"{n} {words}" for words, n in others.items() if n)]
        links = f"; {counted(self.links, 'likely link')} between fragments can be made at once"
        return ", ".join(said) + (links if self.links else "")


def find(
    project: Project,
    video_id: int,
    *,
    options: FindOptions | None = None,
    look: bool = True,
    rules: Sequence[Choice[GuardedRule]] | None = None,
) -> Generator[Progress, None, Found]:
    """Look for errors of identity and bring the queue up to date, as one edit.

    Closing the generator changes nothing in the queue; what boxes look like is kept.

    Args:
        options: of ``review.finding``.
        look: use what the boxes show, unless a run kept embeddings of them; the first time, every frame with
            a box is decoded.
        rules: review rules of plugins; None = all there are.

    Raises:
        ProjectError: it could not be written.
    """
    options = options or FindOptions()
    yield Progress(0, None, "Reading the tracks")
    boxes = project.track_boxes(video_id)
    problems: list[str] = []
    looks = embeddings_of(project, video_id, boxes)
    if look and looks is None:
        looks = yield from looks_of(project, video_id, boxes)
        if looks is None:
            problems.append("The video is not where it was, so only the boxes were judged.")
    evidence = evidence_of(project, video_id, boxes, looks)
    issues = yield from find_issues(boxes, evidence, options)
    issues += list(_of_rules(boxes, review_rules() if rules is None else rules, options, problems))
    done = yield from _update(project, video_id, boxes, issues, options)
    links = joins(reviewing.queue(project, video_id)).links
    return Found(done.new, done.kept, done.gone, done.answered, links, tuple(problems))


def evidence_of(project: Project, video_id: int, boxes: TrackBoxes, looks: Looks | None) -> Evidence:
    """What a project knows beside the boxes of a video.

    Args:
        boxes: as ``Project.track_boxes`` gave them, perhaps some edits ago.
        looks: (N, D) how each looks; None = not known.
    """
    video = project.video(video_id)
    tracks, frames = project.box_keys(video_id, origins=(Origin.INTERPOLATED,)).T
    return Evidence(
        looks=looks,
        filled=np.isin(_key(boxes.tracks, boxes.frames), _key(tracks, frames)),
        links=_links(project, video_id),
        picture=(float(video.width), float(video.height)),
        frames=video.frame_count,
    )


def _key(tracks: NDArray[np.int64], frames: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each box."""
    return (tracks << 32) + frames


def _links(project: Project, video_id: int) -> Links | None:
    """The links of all runs over a video that kept some."""
    found = [links for run in project.runs(video_id) if (links := links_of(project, run.id)) is not None]
    if not found:
        return None
    return Links(
        np.concatenate([links.tracks for links in found]),
        np.concatenate([links.before for links in found]),
        np.concatenate([links.after for links in found]),
        np.concatenate([links.probabilities for links in found]),
    )


def _of_rules(
    boxes: TrackBoxes, rules: Iterable[Choice[GuardedRule]], options: FindOptions, problems: list[str]
) -> Iterator[Issue]:
    """What plugins suspect; one that fails is named and left out."""
    for rule in rules:
        try:
            found = rule.make()(boxes)
        except (PluginError, UserError) as error:
            problems.append(str(error))
            continue
        kinds = options.kinds
        yield from (i for i in found if i.kind not in JUDGEMENTS and (not kinds or i.kind in kinds))


def _update(
    project: Project, video_id: int, boxes: TrackBoxes, issues: Sequence[Issue], options: FindOptions
) -> Generator[Progress, None, Reconciled]:
    """Write what is new in the queue; decisions made meanwhile are kept."""
    for last in (False, False, True):
        done = _reconciled(project, video_id, boxes, issues, options)
        change = ChangeSet.of("Find identity issues", review_item=(done.before, done.after))
        if not change:
            return done
        try:
            yield from project.apply_large(change)
        except EditConflictError:
            if last:
                raise
            continue
        return done
    raise AssertionError  # the last try returns or raises


def _reconciled(
    project: Project, video_id: int, boxes: TrackBoxes, issues: Sequence[Issue], options: FindOptions
) -> Reconciled:
    runs = {track.id: track.run_id for track in project.tracks(video_id)}
    stored = [
        row
        for row in project.review_items(video_id)
        if row.kind not in JUDGEMENTS and (not options.kinds or row.kind in options.kinds)
    ]
    alive = [issue for issue in issues if runs.keys() >= set(issue.tracks)]
    return reconcile(
        stored,
        alive,
        boxes,
        video_id=video_id,
        new_ids=lambda count: project.new_ids("review_item", count),
        runs=runs,
    )
