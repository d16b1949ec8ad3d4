"""Names of files and folders made from what the user called things."""

from __future__ import annotations

import re

_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


def file_name(name: str, *, fallback: str = "unnamed", dash: str = "-") -> str:
    """A name that every file system and every comma-separated list takes.

    Args:
        dash: what a "-" becomes, for formats that split names at it.
    """
    safe = re.sub(r"[^\w.\-]+", "_", name.replace("-", dash))
    safe = re.sub(r"_{2,}", "_", safe)[:100].strip("._")
    return f"{safe}_" if safe.lower() in _RESERVED else safe or fallback


class UniqueNames:
    """Hands out names, each once; file systems that ignore case count."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, name: str) -> str:
        """``name``, or with the first free number appended."""
        candidate, n = name, 1
        while candidate.lower() in self._taken:
            n += 1
            candidate = f"{name}_{n}"
        self._taken.add(candidate.lower())
        return candidate
