"""What several commands read from the command line: ranges of frames, shares, names."""

from __future__ import annotations

import argparse


def frames(text: str) -> tuple[int | None, int | None]:
    """``a:b``, ``a:``, ``:b`` or one frame, as the first frame and the one behind the last."""
    first, colon, last = text.partition(":")
    words = (first, last) if colon else (first, str(int(first) + 1) if first.isdigit() else "x")
    if not all(word.isdigit() or not word for word in words):
        raise argparse.ArgumentTypeError(f"{text!r} is no range of frames; write 0:100, 50: or 7")
    return (int(words[0]) if words[0] else None, int(words[1]) if words[1] else None)


def share(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 1")
    return value


def count(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def names(text: str) -> tuple[str, ...]:
    """Names separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
