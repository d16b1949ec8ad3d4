"""What a search for identity errors finds, as data: a place to look at, how sure it is, and a correction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from workbench.core.boxes import Array
from workbench.core.fixes import Fix

Number = TypeVar("Number", float, Array)


def worth(probability: Number, gain: Number) -> Number:
    """What a look at an issue is worth: boxes it is expected to put right, times its probability once more.

    Of two that are expected to put as many boxes right the surer one comes first: a queue that begins with
    improbable catastrophes is soon put away. On made scenes more of the first items are true than in the
    order of the expected gain; as many boxes are put right by the same number of looks after a strong
    tracker, and a tenth fewer after a weak one.

    Args:
        probability: [0, 1]; gain: boxes; both numbers or both arrays of one shape.
    """
    return probability**2 * gain


@dataclass(frozen=True)
class Issue:
    """One suspicion.

    Args:
        kind: what is suspected, lower case with dashes, like ``possible-switch``.
        frame: where to look.
        start, stop: frames [start, stop) it concerns.
        tracks: ids of the tracks it concerns; at least one.
        probability: that it is true, [0, 1].
        gain: boxes whose identity or existence is wrong if it is true; from 0.
        fix: what would put it right; None = only a person can tell.
        evidence: (name, value) of what speaks for it, in the order a person wants to read it.
    """

    kind: str
    frame: int
    start: int
    stop: int
    tracks: tuple[int, ...]
    probability: float
    gain: float
    fix: Fix | None = None
    evidence: tuple[tuple[str, float | str], ...] = ()

    @property
    def worth(self) -> float:
        """What it is asked for before others: see ``worth``."""
        return float(worth(self.probability, self.gain))
