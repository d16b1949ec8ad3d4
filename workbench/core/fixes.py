"""Corrections of identities, as data: what a review item suggests, a script proposes and a person accepts.

A fix names tracks and a span [start, stop) of frames; carrying it out on a project is
``services.identities``. It goes through JSON unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from workbench.core.errors import UserError


class Operation(StrEnum):
    """What can be done to identities; a = the first track, b = the second."""

    SWAP = "swap"  # a and b exchange their boxes in the span
    MERGE = "merge"  # b's boxes in the span go to a, which keeps its identity
    JOIN = "join"  # all tracks become the first one, and the gaps between them are filled
    SPLIT = "split"  # a's boxes in the span become a new track; the rest keeps the identity
    DELETE = "delete"  # a's boxes in the span go
    FILL = "fill"  # the gaps of a in the span are filled
    EXTEND = "extend"  # a is followed by a tracker over the span, from the end that touches its boxes
    RENUMBER = "renumber"  # a gets the identity ``number``; if another track has it, in the span it is merged
    RELABEL = "relabel"  # the tracks get the class ``number`` (id of a category)


OPERATIONS = tuple(Operation)


@dataclass(frozen=True)
class Fix:
    """One correction.

    Args:
        operation: what is done.
        tracks: ids of the tracks it is done to, as the operation says; at least one.
        start, stop: frames [start, stop); ``stop`` None = to the end of the video.
        number: what ``RENUMBER`` and ``RELABEL`` give.
    """

    operation: Operation
    tracks: tuple[int, ...]
    start: int = 0
    stop: int | None = None
    number: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "operation": str(self.operation),
            "tracks": list(self.tracks),
            "start": self.start,
            "stop": self.stop,
            "number": self.number,
        }

    @classmethod
    def from_json(cls, data: object) -> Self:
        """From a JSON object, which may be somebody's.

        Raises:
            UserError: it is no fix; the message says what is wrong with it.
        """
        if not isinstance(data, Mapping):
            raise UserError(f"A fix is a JSON object with “operation” and “tracks”, not {data!r:.60}.")
        if data.get("operation") not in OPERATIONS:  # of any type, so perhaps without a hash
            known = ", ".join(OPERATIONS)
            raise UserError(f"There is no operation {data.get('operation')!r:.60}; choose one of {known}.")
        tracks = data.get("tracks")
        if not isinstance(tracks, list) or not tracks or not all(map(_is_frame, tracks)):
            raise UserError(f"A fix names its tracks as a list of ids, not {tracks!r:.60}.")
        start, stop, number = data.get("start", 0), data.get("stop"), data.get("number")
        if not _is_frame(start) or not (stop is None or (_is_frame(stop) and stop > start)):
            raise UserError(
                f"A fix concerns frames start to stop, from 0 and start < stop, not {start!r}:{stop!r}."
            )
        if not (number is None or _is_frame(number)):
            raise UserError(f"The number of a fix is a whole number from 0, not {number!r:.60}.")
        return cls(Operation(data["operation"]), tuple(tracks), start, stop, number)


def _is_frame(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62
