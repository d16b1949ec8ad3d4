"""From a fix to its plan: at once where rows only change hands, frame by frame where a tracker is asked."""

from __future__ import annotations

from collections.abc import Generator

from workbench.core.errors import UserError
from workbench.core.fixes import Fix, Operation
from workbench.core.spans import fill_between
from workbench.services.identities.case import Case, Manner, open_case
from workbench.services.identities.following import Follower, extend, extend_preview, fill_gaps
from workbench.services.identities.operations import OPERATIONS, Outcome
from workbench.services.identities.plans import Plan
from workbench.services.tracking import TrackedFrame
from workbench.store import Project


def plan(project: Project, fix: Fix, *, manner: Manner | None = None) -> Plan:
    """What a fix comes to; gaps are filled by interpolation. Apply its change to carry it out.

    Raises:
        UserError: it cannot be done as it says, or takes a tracker (``Operation.EXTEND``).
    """
    case = open_case(project, fix, manner)
    if fix.operation == Operation.EXTEND:
        raise UserError("To extend a track takes a tracker, so it cannot be done at once.")
    return _interpolated(_outcome(case))


def preview(project: Project, fix: Fix) -> Plan:
    """What canvas and timeline draw before a fix is made; it writes nothing, and must not be applied.

    Of an extension, nothing is known before a tracker has run: its rows are those of today.

    Raises:
        UserError: it cannot be done as it says.
    """
    case = open_case(project, fix, Manner(provisional=True))
    if fix.operation == Operation.EXTEND:
        return extend_preview(case)
    return _interpolated(_outcome(case))


def carry_out(
    project: Project, fix: Fix, *, follower: Follower | None = None, manner: Manner | None = None
) -> Generator[TrackedFrame, None, Plan]:
    """``plan`` for a worker: a tracker extends tracks and fills gaps, from both ends, if one is given.

    Nothing is applied; closing the generator leaves nothing behind but the record of the run.

    Raises:
        UserError: it cannot be done as it says.
        VideoError, ModelError: the video cannot be read, or the tracker failed.
    """
    case = open_case(project, fix, manner)
    if fix.operation == Operation.EXTEND:
        if follower is None:
            raise UserError("To extend a track takes a tracker; choose one.")
        return (yield from extend(case, follower))
    outcome = _outcome(case)
    if follower is not None and outcome.gaps:
        rows = yield from fill_gaps(case, outcome.gaps, follower)
        outcome.draft.add(rows)
    return _interpolated(outcome)


def _outcome(case: Case) -> Outcome:
    return OPERATIONS[case.fix.operation](case)


def _interpolated(outcome: Outcome) -> Plan:
    """Fill what is still open along straight lines, and make the plan."""
    for first, last in outcome.gaps:
        outcome.draft.add(fill_between(first, last))
    return outcome.draft.plan(outcome.name, outcome.text)
