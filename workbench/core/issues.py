"""What a search for identity errors finds, as data: a place to look at, how sure it is, and a correction."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.fixes import Fix


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
