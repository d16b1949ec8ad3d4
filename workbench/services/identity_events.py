"""The true errors of identity in tracks, as CLEAR counts them, and which of them a queue of issues shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.core.issues import Issue
from workbench.metrics.clear import match
from workbench.review.phantoms import LOW_SCORE, SHORT
from workbench.services.judging import Judge

NEAR = 5  # frames that an issue may be beside an event
OF_WHOLE_TRACKS = frozenset({SHORT, LOW_SCORE})
"""Kinds that concern a track in all its frames, and so point at no event."""


@dataclass(frozen=True)
class Event:
    """A true track is matched in two frames, and was lost between them or goes on as another.

    Args:
        true: index of the true track.
        before, after: ids of the tracks it is matched with.
        last, first: last frame before and first frame behind.
        switch, fragment: what CLEAR counts it as; at least one.
    """

    true: int
    before: int
    after: int
    last: int
    first: int
    switch: bool
    fragment: bool


def events_of(judge: Judge) -> list[Event]:
    """All identity switches and fragmentations, by true track and then frame."""
    sequence = judge.sequence
    matched = match(sequence)
    true = sequence.truth.ids[sequence.truth_rows[matched]]
    order = np.argsort(true, kind="stable")
    matched, true = matched[order], true[order]
    frame = sequence.pair_frames[matched]
    predicted = sequence.predicted.ids[sequence.predicted_rows[matched]]
    track = sequence.predicted.original_ids[predicted]
    active = (sequence.truth.per_frame > 0) & (sequence.predicted.per_frame > 0)
    turn = np.cumsum(active)[frame]
    same = np.diff(true) == 0
    switch, fragment = same & (np.diff(predicted) != 0), same & (np.diff(turn) > 1)
    return [
        Event(
            int(true[k]), int(track[k]), int(track[k + 1]), int(frame[k]), int(frame[k + 1]),
            bool(switch[k]), bool(fragment[k]),
        )
        for k in np.flatnonzero(switch | fragment).tolist()
    ]  # fmt: skip


def shows(issue: Issue, event: Event) -> bool:
    """Whether who looks at an issue looks at an event.

    A switch is shown by an issue of both of its tracks, a fragmentation by one of either of its tracks, if
    the issue's span, widened by ``NEAR`` frames, meets the event's.
    """
    if issue.kind in OF_WHOLE_TRACKS:
        return False
    if issue.start - NEAR > event.first or issue.stop - 1 + NEAR < event.last:
        return False
    tracks = {event.before, event.after}
    return tracks <= set(issue.tracks) if event.switch else bool(tracks & set(issue.tracks))


def shown(events: Sequence[Event], issues: Sequence[Issue]) -> list[bool]:
    """Which of the events some issue shows."""
    of_track: dict[int, list[Issue]] = {}
    for issue in issues:
        for track in issue.tracks:
            of_track.setdefault(track, []).append(issue)
    return [
        any(shows(i, e) for t in {e.before, e.after} for i in of_track.get(t, ()))
        for e in events
    ]  # fmt: skip
