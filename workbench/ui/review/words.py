"""A review item in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.core.fixes import Operation
from workbench.services.review_items import ACCEPTED, FIXED, OPEN, REJECTED, SKIPPED, ReviewItem

MARKS = {OPEN: "", ACCEPTED: "✓", REJECTED: "✗", SKIPPED: "↷", FIXED: "✎"}
"""What stands for a verdict in the list."""
VERDICT_WORDS = {
    OPEN: "open",
    ACCEPTED: "accepted",
    REJECTED: "rejected: not asked again",
    SKIPPED: "skipped",
    FIXED: "put right in another way",
}


def kind_words(kind: str) -> str:
    """``possible-switch`` as a title."""
    return kind.replace("-", " ").capitalize()


def list_words(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def question(item: ReviewItem, titles: Mapping[int, str]) -> str:
    """What is suspected, of whom, and where: one line."""
    who = list_words([titles.get(track, "?") for track in item.tracks])
    return f"{kind_words(item.kind)}: {who} at frame {item.frame}"


def instead(item: ReviewItem, titles: Mapping[int, str]) -> str:
    """What an item proposes, where another one proposes something else."""
    assert item.fix is not None
    who = list_words([titles.get(track, "?") for track in item.fix.tracks])
    return f"Or {item.fix.operation} {who}{_way(item)}, {100 * item.probability:.0f} %"


def _way(item: ReviewItem) -> str:
    """Which way a track is extended, since a place may offer both."""
    fix = item.fix
    if fix is None or fix.operation != Operation.EXTEND:
        return ""
    return " backward" if fix.stop is not None and fix.stop <= item.frame else " forward"


def likely(item: ReviewItem) -> str:
    """How probable it is, in words; nothing is quite certain."""
    percent = 100 * item.probability
    return "over 99 % likely" if percent > 99 else f"{percent:.0f} % likely"


def evidence(item: ReviewItem) -> str:
    """What speaks for it: one line, "" when nothing was measured."""
    return ", ".join(f"{name} {_value(value)}" for name, value in item.evidence if value is not None)


def _value(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return str(int(value)) if float(value).is_integer() else f"{value:.2f}"
