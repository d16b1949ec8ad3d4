"""What an export or import did: the numbers written, clipped, mended and left out, each with its reason.

The same report is read by a person (``str``) and by a program (``as_dict``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from workbench.core.plurals import counted

Kind = Literal["clipped", "left out", "mended", "note"]
LINES_KEPT = 10  # of each finding: enough to look at, few enough to read


@dataclass(frozen=True)
class Finding:
    """Something that happened to a number of rows.

    Args:
        kind: "clipped", "left out" and "mended" speak of rows, "note" of the file.
        reason: a clause that follows "left out 3 boxes: ".
        count: how many rows; 0 for a note.
        lines: 1-based lines of the file, the first few.
    """

    kind: Kind
    reason: str
    count: int = 0
    lines: tuple[int, ...] = ()

    def __str__(self) -> str:
        if self.kind == "note":
            return f"Note: {self.reason}."
        where = f" (line {', '.join(map(str, self.lines))}" if self.lines else ""
        if self.lines:
            where += ", …)" if self.count > len(self.lines) else ")"
        return f"{self.kind.capitalize()} {counted(self.count, 'box')}: {self.reason}{where}."


class Findings:
    """Collects findings while files are read or written; equal reasons add up."""

    def __init__(self) -> None:
        self._found: dict[tuple[Kind, str], tuple[int, list[int]]] = {}

    def add(self, kind: Kind, reason: str, *, count: int = 1, lines: Iterable[int] = ()) -> None:
        """Count rows that met this fate; nothing is noted for a count of 0."""
        if not count:
            return
        before, kept = self._found.get((kind, reason), (0, []))
        for line in lines:
            if len(kept) == LINES_KEPT:
                break
            kept.append(int(line))
        self._found[kind, reason] = (before + count, kept)

    def note(self, reason: str) -> None:
        """Say something that concerns the file as a whole."""
        self._found[("note", reason)] = (0, [])

    def all(self) -> tuple[Finding, ...]:
        """What was found, in order of first appearance."""
        return tuple(
            Finding(kind, reason, n, tuple(lines)) for (kind, reason), (n, lines) in self._found.items()
        )


@dataclass(frozen=True)
class Report:
    """How an export or import went.

    Args:
        format: title of the format.
        action: what was done with the boxes.
        boxes, tracks: how many were written or read.
        videos: names of the videos that were written.
        conventions: how the files count frames and pixels, one sentence each.
        findings: what was not carried over as it stood.
        sequences: (sequence, where it comes from) for formats that rename videos or targets.
        files: paths relative to the export's folder, "/" between parts.
    """

    format: str
    action: Literal["written", "read"]
    boxes: int
    tracks: int
    videos: tuple[str, ...] = ()
    conventions: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    sequences: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()

    def count(self, kind: Kind) -> int:
        """How many boxes were clipped, mended or left out."""
        return sum(f.count for f in self.findings if f.kind == kind)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return asdict(self)

    def __str__(self) -> str:
        boxes, tracks = counted(self.boxes, "box"), counted(self.tracks, "track")
        lines = [f"{self.format}: {boxes} of {tracks} {self.action}."]
        lines += self.conventions
        lines += [str(finding) for finding in self.findings]
        lines += [f"{sequence}: {source}." for sequence, source in self.sequences]
        return "\n".join(lines)
