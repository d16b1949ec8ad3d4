"""What a long job says while it runs.

A long job is a generator. It yields frozen dataclasses and returns its result; whoever drives it (the
window's worker or the command line's loop) may close it between two items, which is how it is stopped.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Args:
        done: units finished.
        total: units in all, or None while that is not known.
        text: what is happening, for a person.
    """

    done: int
    total: int | None
    text: str = ""
