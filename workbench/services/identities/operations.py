"""The operations on identities, one a function: from a checked case to the draft of its outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.core.errors import UserError
from workbench.core.fixes import Operation
from workbench.core.plurals import counted
from workbench.core.rows import TrackRow
from workbench.services.editing import next_number
from workbench.services.identities.case import Case, category_name
from workbench.services.identities.draft import Draft, Gap


@dataclass(frozen=True, eq=False)
class Outcome:
    """A draft with its name in the history, its sentence, and the gaps that are still to be filled."""

    draft: Draft
    name: str
    text: str
    gaps: tuple[Gap, ...] = ()


def swap(case: Case) -> Outcome:
    """Two tracks exchange their boxes in the span."""
    a, b = case.tracks
    draft = Draft(case, {a.id: b.id, b.id: a.id})
    _refuse_empty(case, draft)
    moved = f"{draft.moved(a.id)} and {counted(draft.moved(b.id), 'box')}"
    return Outcome(
        draft, f"Swap {_one(a)} and {_one(b)}", f"{_one(a)} and {_one(b)} exchange {moved} {case.frames}."
    )


def merge(case: Case) -> Outcome:
    """The boxes of the second track in the span go to the first."""
    a, b = case.tracks
    draft = Draft(case, {a.id: a.id, b.id: a.id})
    _refuse_empty(case, draft)
    text = f"{_boxes(draft.moved(b.id), _one(b), 'goes', 'go')} to {_one(a)} {case.frames}."
    return Outcome(draft, f"Merge {_one(b)} into {_one(a)}", text)


def join(case: Case) -> Outcome:
    """All tracks become the first, and what lies between them is filled."""
    first = case.tracks[0]
    draft = Draft(case, {t.id: first.id for t in case.tracks})
    _refuse_empty(case, draft)
    others = ", ".join(_one(t) for t in case.tracks[1:])
    gaps = tuple(draft.gaps(first.id, at_seams=True))
    between = counted(sum(map(_length, gaps)), "frame between them is", "frames between them are")
    filled = f", and {between} filled" if gaps else ""
    become = "becomes" if len(case.tracks) == 2 else "become"
    text = f"{others} {become} {_one(first)} {case.frames}{filled}."
    return Outcome(draft, f"Join {len(case.tracks)} tracks to {_one(first)}", text, gaps)


def split(case: Case) -> Outcome:
    """The boxes of the track in the span become a new track."""
    return _split(case, next_number(case.all_tracks), "Split")


def renumber(case: Case) -> Outcome:
    """The track gets a number in the span; if another has it, it becomes that one."""
    (a,) = case.tracks
    number = case.fix.number
    assert number is not None
    if number == a.number:
        raise UserError(f"The track has the number {number} already; choose another.")
    holder = next((t for t in case.all_tracks if t.number == number), None)
    if holder is not None:
        draft = Draft(case, {a.id: holder.id, holder.id: holder.id})
        _refuse_empty(case, draft)
        text = f"{_boxes(draft.moved(a.id), _one(a), 'goes', 'go')} to {_one(holder)} {case.frames}."
        return Outcome(draft, f"Renumber {_one(a)} to {number}", text)
    draft = Draft(case, {a.id: a.id}, renamed=[(a, a._replace(number=number))])
    if not draft.whole(a.id):
        return _split(case, number, "Renumber")
    return Outcome(draft, f"Renumber {_one(a)} to {number}", f"{_one(a)} is called #{number}.")


def delete(case: Case) -> Outcome:
    """The boxes of the tracks in the span go."""
    draft = Draft(case, {t.id: None for t in case.tracks})
    _refuse_empty(case, draft)
    count = sum(draft.moved(t.id) for t in case.tracks)
    names = ", ".join(map(_one, case.tracks))
    return Outcome(draft, f"Delete {names}", f"{_boxes(count, names, 'is', 'are')} deleted {case.frames}.")


def fill(case: Case) -> Outcome:
    """The gaps of the track in the span are filled."""
    (a,) = case.tracks
    draft = Draft(case, {a.id: a.id})
    gaps = tuple(draft.gaps(a.id))
    if not gaps:
        raise UserError(f"{_one(a)} has no gap {case.frames}; choose frames between two of its boxes.")
    count = sum(len(range(max(x.frame + 1, case.start), min(y.frame, case.stop))) for x, y in gaps)
    filled = counted(count, f"frame of {_one(a)} is filled", f"frames of {_one(a)} are filled")
    return Outcome(draft, f"Fill {_one(a)}", f"{filled} {case.frames}.", gaps)


def relabel(case: Case) -> Outcome:
    """The tracks get another class."""
    number = case.fix.number
    assert number is not None
    name = category_name(case.project, number)
    renamed = [(t, t._replace(category_id=number)) for t in case.tracks if t.category_id != number]
    if not renamed:
        raise UserError(f"These tracks are {name} already; choose another class.")
    names = ", ".join(_one(t) for t, _ in renamed)
    become = "becomes" if len(renamed) == 1 else "become"
    return Outcome(Draft(case, {}, renamed=renamed), f"Relabel {names}", f"{names} {become} {name}.")


OPERATIONS: dict[Operation, Callable[[Case], Outcome]] = {
    Operation.SWAP: swap,
    Operation.MERGE: merge,
    Operation.JOIN: join,
    Operation.SPLIT: split,
    Operation.RENUMBER: renumber,
    Operation.DELETE: delete,
    Operation.FILL: fill,
    Operation.RELABEL: relabel,
}
"""All but ``Operation.EXTEND``, which takes a tracker."""


def _split(case: Case, number: int, verb: str) -> Outcome:
    (a,) = case.tracks
    new = TrackRow(case.new_id("track"), a.video_id, a.category_id, number, "", a.run_id)
    draft = Draft(case, {a.id: new.id}, new=new)
    _refuse_empty(case, draft)
    if draft.whole(a.id):
        raise UserError(f"All boxes of {_one(a)} are in these frames; choose frames within it.")
    text = f"{_boxes(draft.moved(a.id), _one(a), 'becomes', 'become')} #{number} {case.frames}."
    return Outcome(draft, f"{verb} {_one(a)}", text)


def _refuse_empty(case: Case, draft: Draft) -> None:
    if draft.is_empty:
        names = ", ".join(_one(t) for t in case.tracks if draft.gives(t.id))
        raise UserError(f"{names} has no box {case.frames}; choose frames where it has some.")


def _boxes(count: int, names: str, one: str, many: str) -> str:
    """Boxes of these tracks, with the verb for one of them and for several."""
    return counted(count, f"box of {names} {one}", f"boxes of {names} {many}")


def _length(gap: Gap) -> int:
    return gap[1].frame - gap[0].frame - 1


def _one(track: TrackRow) -> str:
    return f"#{track.number}"
