"""How much work clean identities are, with the queue and without it: the whole comparison for some tracks."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.progress import Progress
from workbench.core.track_boxes import TrackBoxes
from workbench.formats.mot_challenge_rows import read_rows, read_sequence_length
from workbench.metrics.sequence import TrackRows
from workbench.review.finding import find_issues
from workbench.review.places import by_place
from workbench.review.view import Evidence
from workbench.services.evaluating import find_sequences
from workbench.services.identity_events import events_of, shown
from workbench.services.judging import Judge
from workbench.services.plots import Curves
from workbench.services.simulating import ENOUGH, Curve, ceiling, work_by_sheets, work_the_queue
from workbench.services.time_order import Tool, work_in_time_order

FIRST = 20  # places of which it is counted how many are true
QUEUE, SHEETS, JOINING = "queue", "sheets", "join, sheets"
OVERLOOKED = 5  # boxes below which the second kind of annotator overlooks an error
WATCHING = {str(tool): (tool, 1) for tool in Tool} | {
    f"{tool}, from {OVERLOOKED} boxes": (tool, OVERLOOKED) for tool in Tool
}
"""Annotators in time order: what each can do, and how many boxes an error lasts that it sees."""
Array = NDArray[np.float64]


@dataclass(frozen=True)
class IdentityCost:
    """What a queue shows, and what annotators need.

    Args:
        items: issues in the queue.
        switches, fragments: how many of the true events the queue shows, and how many there are.
        first: how many of the first places that are asked about are wrong, and how many these are.
        ceiling: IDF1 that the boxes allow.
        curves: by annotator; ``QUEUE``, ``SHEETS``, ``JOINING`` or one of ``WATCHING``.
    """

    items: int
    switches: tuple[int, int]
    fragments: tuple[int, int]
    first: tuple[int, int]
    ceiling: float
    curves: Mapping[str, Curve]

    def actions(self) -> dict[str, int | None]:
        """Actions of each annotator until IDF1 is within a hundredth of the ceiling; None = never."""
        return {name: curve.actions_to(ENOUGH * self.ceiling) for name, curve in self.curves.items()}

    def share(self, annotator: str, ours: str = QUEUE) -> float | None:
        """Actions with the queue as a share of those without it; None where either never gets there."""
        needed = self.actions()
        mine, theirs = needed[ours], needed[annotator]
        return mine / theirs if mine is not None and theirs else None

    def figures(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "items": self.items,
            "switches_shown": self.switches,
            "fragments_shown": self.fragments,
            "first_true": self.first,
            "ceiling": self.ceiling,
            "actions": self.actions(),
            "curves": {
                name: [[p.actions, p.idf1, p.hota] for p in curve.points]
                for name, curve in self.curves.items()
            },
        }

    def panel(self, title: str) -> Curves:
        """IDF1 and HOTA against actions, as shares of the most that any of these needed."""
        shown = {name: self.curves[name] for name in (QUEUE, JOINING, *map(str, Tool))}
        last = max(1, *(curve.points[-1].actions for curve in shown.values()))
        drawn = {}
        for name, curve in shown.items():
            at = np.array([p.actions for p in curve.points]) / last
            for what in ("idf1", "hota"):
                values = np.array([getattr(p, what) for p in curve.points])
                short = name.removeprefix("identity ")  # the legend is narrow
                drawn[f"{what.upper()} {short}"] = _steps(at, values)
        return Curves(f"{title} (the boxes allow {self.ceiling:.2f})", f"actions, 1 = {last}", drawn)


def _steps(at: Array, values: Array) -> tuple[Array, Array]:
    """A curve that stays as it is until the next action."""
    return np.append(np.repeat(at, 2)[1:], 1.0), np.repeat(values, 2)


def identity_cost(
    tracks: TrackBoxes, truth: TrackRows, *, evidence: Evidence | None = None, frames: int | None = None
) -> Generator[Progress, None, IdentityCost]:
    """Compare annotators on the tracks of one video.

    Args:
        tracks: what a tracker made.
        truth: what they should be.
        evidence: what is known beside the boxes.
        frames: of the video.

    Raises:
        UserError: tracks and truth cannot be measured.
    """
    evidence = evidence or Evidence(frames=frames)
    judge = Judge.of(tracks, truth, frames, filled=evidence.filled)
    issues = yield from find_issues(tracks, evidence)
    events = events_of(judge)
    seen = shown(events, issues)
    switches = [s for s, e in zip(seen, events, strict=True) if e.switch]
    fragments = [s for s, e in zip(seen, events, strict=True) if e.fragment]
    true = [any(map(judge.is_true, together)) for together in by_place(issues)[:FIRST]]
    curves = {
        QUEUE: (yield from work_the_queue(tracks, truth, evidence=evidence, frames=frames)),
        SHEETS: (yield from work_by_sheets(tracks, truth, evidence=evidence, frames=frames)),
        JOINING: (yield from work_by_sheets(tracks, truth, evidence=evidence, frames=frames, joining=True)),
    }
    for name, (tool, least) in WATCHING.items():
        curves[name] = yield from work_in_time_order(tracks, truth, tool, least=least, frames=frames)
    return IdentityCost(
        len(issues),
        (sum(switches), len(switches)),
        (sum(fragments), len(fragments)),
        (sum(true), len(true)),
        ceiling(judge),
        curves,
    )


def identity_costs(
    truth: Path, predicted: Path, *, only: Sequence[str] = ()
) -> Generator[Progress, None, dict[str, IdentityCost]]:
    """Compare annotators on files of MOTChallenge.

    Args:
        truth: a file, or a folder of sequences (NAME/gt/gt.txt).
        predicted: a file, or a folder with a file NAME.txt for each sequence.
        only: names of sequences; empty = all that the ground truth has.

    Raises:
        FormatError: a file is not what its format says.
        UserError: a file is missing, or the two do not go together.
    """
    costs = {}
    for name, (true_file, found_file) in find_sequences(truth, predicted, only=only).items():
        count = read_sequence_length(true_file.parent.parent) if true_file.parent.name == "gt" else None
        true, found = (read_rows(path, frame_count=count) for path in (true_file, found_file))
        rows = TrackRows(true.frames, true.ids, true.boxes, counted=true.seventh != 0)
        tracks = TrackBoxes.of(found.ids, found.frames, found.boxes, scores=found.seventh)
        costs[name] = yield from identity_cost(tracks, rows, frames=count)
    return costs
