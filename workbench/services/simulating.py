"""What clean identities cost: annotators with the ground truth in hand correct tracks, action by action.

One works the queue of issues from its head: accepts a right one of the corrections of a place (if
several are, the one that puts most right), or rejects them all, one action each; after an accepted one
the queue is made anew, and neither what was rejected is asked again nor what would take back what was
accepted. Another works it by sheets: several places are shown at once, those that are probably wrong ticked
beforehand; changing what is ticked is an action, and so is applying the sheet. The third has no queue: see
``time_order``.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.core.progress import Progress
from workbench.core.track_boxes import TrackBoxes
from workbench.metrics.hota import hota
from workbench.metrics.identity import identity
from workbench.metrics.sequence import TrackRows
from workbench.review.apply_fix import apply_fix, moved
from workbench.review.chains import is_link, linked
from workbench.review.finding import FindOptions, find_issues
from workbench.review.places import by_place, independent
from workbench.review.view import Evidence
from workbench.services.asked_before import AskedBefore
from workbench.services.joining import LIKELY
from workbench.services.judging import Judge
from workbench.services.sheets import MOST, PROBABLE

ENOUGH = 0.99  # of what the boxes allow

CORRECTING = frozenset({
    Operation.SWAP, Operation.MERGE, Operation.JOIN, Operation.SPLIT, Operation.DELETE, Operation.FILL
})  # fmt: skip
"""Operations that can be simulated: those that need no tracker and no picture."""


@dataclass(frozen=True)
class Point:
    """After so many actions.

    Args:
        actions: key presses or clicks that decide something.
        idf1, hota: of the tracks then, [0, 1].
    """

    actions: int
    idf1: float
    hota: float


@dataclass
class Curve:
    """How tracks get better with every action; one point for the start and one for each change."""

    points: list[Point] = field(default_factory=list)

    def add(self, actions: int, judge: Judge) -> None:
        """Measure tracks."""
        score = float(hota(judge.sequence).hota.mean())
        self.points.append(Point(actions, identity(judge.sequence).idf1, score))

    def actions_to(self, idf1: float) -> int | None:
        """Actions after which IDF1 is at least so much; None = never."""
        return next((p.actions for p in self.points if p.idf1 >= idf1), None)


def ceiling(judge: Judge) -> float:
    """IDF1 if every box had the identity of the true track it is matched with, and nothing else changed."""
    matched = int((judge.who >= 0).sum())
    return 2 * matched / max(1, len(judge.sequence.truth) + len(judge.sequence.predicted))


def work_the_queue(
    tracks: TrackBoxes,
    truth: TrackRows,
    *,
    evidence: Evidence | None = None,
    frames: int | None = None,
    most: int = 1000,
) -> Generator[Progress, None, Curve]:
    """Correct tracks with the queue in order.

    Args:
        tracks: what a tracker made.
        truth: what they should be.
        evidence: what is known beside the boxes.
        frames: of the video.
        most: actions after which the annotator stops.

    Yields:
        Progress with the number of actions.

    Raises:
        UserError: tracks and truth cannot be measured.
    """
    evidence = evidence or Evidence(frames=frames)
    judge = Judge.of(tracks, truth, frames, filled=evidence.filled)
    curve, asked = Curve(), AskedBefore()
    curve.add(0, judge)
    actions, changed = 0, True
    while changed and actions < most:
        changed = False
        queue = yield from _found(tracks, evidence)
        for together in by_place(asked.new(queue, tracks)):
            if actions == most:
                break
            actions += 1
            yield Progress(actions, most, "Correcting")
            asked.add(together, tracks)
            right = _right(judge, together)
            if right is not None and right.fix is not None:
                fixed = apply_fix(tracks, right.fix)
                asked.rule_out_undoing(right.fix, tracks, fixed.tracks)
                evidence, tracks = moved(evidence, tracks, fixed), fixed.tracks
                judge = Judge.of(tracks, truth, frames, filled=evidence.filled)
                curve.add(actions, judge)
                changed = True
                break
    return curve


def work_by_sheets(
    tracks: TrackBoxes,
    truth: TrackRows,
    *,
    evidence: Evidence | None = None,
    frames: int | None = None,
    most: int = 1000,
    joining: bool = False,
) -> Generator[Progress, None, Curve]:
    """Correct tracks with the queue, a sheet at a time; see ``work_the_queue``.

    Args:
        joining: first join all fragments that probably belong together (see ``services.joining``), unless
            most of the links are wrong: one action where there are some.
    """
    evidence = evidence or Evidence(frames=frames)
    judge = Judge.of(tracks, truth, frames, filled=evidence.filled)
    curve, asked, actions = Curve(), AskedBefore(), 0
    curve.add(0, judge)
    if joining:
        queue = yield from _found(tracks, evidence)
        links = [i for i in queue if is_link(i.kind, i.fix) and i.probability >= LIKELY]
        actions = 1 if links else 0
        for ids in _right_chains(judge, links):
            fixed = apply_fix(tracks, Fix(Operation.JOIN, ids))
            evidence, tracks = moved(evidence, tracks, fixed), fixed.tracks
        judge = Judge.of(tracks, truth, frames, filled=evidence.filled)
        curve.add(actions, judge)
    while actions < most:
        queue = yield from _found(tracks, evidence)
        queue.sort(key=lambda issue: -issue.probability * issue.gain)  # see services.sheets.in_order
        places = by_place(asked.new(queue, tracks))
        sheet = [places[i] for i in independent(places, MOST)]
        if not sheet:
            break
        chosen = [_right(judge, together) for together in sheet]
        actions += 1 + sum(map(_presses, sheet, chosen))
        yield Progress(actions, most, "Correcting")
        asked.add(chain.from_iterable(sheet), tracks)
        for issue in chosen:
            if issue is not None and issue.fix is not None:
                fixed = apply_fix(tracks, issue.fix)
                asked.rule_out_undoing(issue.fix, tracks, fixed.tracks)
                evidence, tracks = moved(evidence, tracks, fixed), fixed.tracks
        if any(chosen):
            judge = Judge.of(tracks, truth, frames, filled=evidence.filled)
            curve.add(actions, judge)
    return curve


def _right_chains(judge: Judge, links: Sequence[Issue]) -> list[tuple[int, ...]]:
    """Tracks that would be joined at once, see ``services.joining``; none unless most links are right."""
    found = linked([(i.tracks[0], i.tracks[1]) for i in links], [i.probability for i in links])
    made = [links[k] for one in found for k in one]
    if 2 * sum(map(judge.is_true, made)) <= len(made):
        return []
    return [(links[one[0]].tracks[0], *(links[k].tracks[1] for k in one)) for one in found]


def _right(judge: Judge, together: tuple[Issue, ...]) -> Issue | None:
    """Of the corrections of a place the right one that puts most right."""
    return max(filter(judge.is_true, together), key=lambda issue: issue.gain, default=None)


def _presses(together: tuple[Issue, ...], wanted: Issue | None) -> int:
    """Of the key that goes through the corrections of a place, or of the one that unticks it."""
    ticked = 1 if together[0].probability >= PROBABLE else 0
    if wanted is None:
        return ticked
    return (together.index(wanted) + 1 - ticked) % (len(together) + 1)


def _found(tracks: TrackBoxes, evidence: Evidence) -> Generator[Progress, None, list[Issue]]:
    found = yield from find_issues(tracks, evidence, FindOptions())
    return [i for i in found if i.fix and i.fix.operation in CORRECTING]
