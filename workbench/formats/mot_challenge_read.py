"""Reading MOTChallenge: ground truth, detections and results (Milan et al. 2016, arXiv:1603.00831).

All three are lines of ``frame,id,left,top,width,height[,conf[,class,visibility | ,x,y,z]]``. Which of them
a file is decides what its seventh and eighth columns mean: ground truth has a 0/1 mark, and a class where
it has eight or nine columns; detections and results have a confidence; with ten columns the last three are
world coordinates, which have no place here. A detection's id is -1.
"""

from __future__ import annotations

import configparser
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.core.annotations import Annotations, VideoFacts
from workbench.core.errors import FormatError
from workbench.core.plurals import counted
from workbench.core.report import Findings, Report
from workbench.formats.assembly import NO_IDENTITY, FileRows, assemble
from workbench.formats.mot_challenge import TITLE
from workbench.formats.text import first_line, is_number, numbers, read_lines, read_text, whole

Kind = Literal["gt", "det", "result"]
MIN_COLUMNS, MAX_COLUMNS = 6, 10
CLASSES = (
    "pedestrian",
    "person on vehicle",
    "car",
    "bicycle",
    "motorbike",
    "non-motorized vehicle",
    "static person",
    "distractor",
    "occluder",
    "occluder on ground",
    "occluder full",
    "reflection",
    "crowd",
)


@dataclass(frozen=True)
class MotReadOptions:
    """How a MOTChallenge file is taken.

    Args:
        kind: what the file is; None = told by its name, its ids and its columns.
        frame_base: what the first frame is called; None = 0 if the file has a frame 0, else 1.
        coordinate_base: what the first pixel is called: 0 as commonly read, 1 as in the specification.
        occluded_visibility: boxes with at most this visibility are marked as occluded.
    """

    kind: Kind | None = None
    frame_base: Literal[0, 1] | None = None
    coordinate_base: Literal[0, 1] = 0
    occluded_visibility: float = 0.5


def recognises(source: Path) -> bool:
    """Whether this is a sequence folder, or a text whose first line has 6 to 10 numbers and commas."""
    if source.is_dir():
        return (source / "gt" / "gt.txt").is_file() or (source / "det" / "det.txt").is_file()
    if source.suffix.lower() not in {".txt", ".csv"}:
        return False
    fields = first_line(source).split(",")
    if fields == [""]:
        return source.name in {"gt.txt", "det.txt"}  # a video without boxes
    return MIN_COLUMNS <= len(fields) <= MAX_COLUMNS and all(map(is_number, fields))


def read(
    source: Path, video: VideoFacts | None = None, *, options: MotReadOptions | None = None
) -> tuple[Annotations, Report]:
    """Read a file, or the gt.txt (else det.txt) of a sequence folder.

    Args:
        source: the file or folder. ``seqinfo.ini`` and ``labels.txt`` are used where they are found.
        video: the video the boxes belong to; None = what seqinfo.ini says.

    Raises:
        FormatError: the file is not MOTChallenge; nothing of it is kept.
    """
    options = options or MotReadOptions()
    path = _file_in(source)
    findings = Findings()
    table, line = _table(path)
    kind = options.kind or _kind(path, table)
    frame = _frames(table, line, path, options, findings)
    classes = table[:, 7] if kind == "gt" and table.shape[1] in (8, 9) else np.ones(len(table))
    category, names = _categories(classes, line, path)
    facts = _facts(path, video, findings)
    rows = FileRows(
        frame=frame,
        identity=_whole(table[:, 1], "identity", path, line, lowest=NO_IDENTITY),
        category=category,
        xywh=table[:, 2:6] - (options.coordinate_base, options.coordinate_base, 0, 0),
        score=_scores(table, kind, findings),
        occluded=_occluded(table, kind, options),
        line=line,
    )
    annotations = assemble(rows, video=facts, categories=names, findings=findings)
    said = (
        f"Read as {kind}: {_MEANING[kind]}.",
        f"Coordinates were taken to count from {options.coordinate_base}.",
    )
    report = Report(TITLE, "read", len(annotations.boxes), len(annotations.tracks), (), said, findings.all())
    return annotations, report


_MEANING = {
    "gt": "the seventh column says whether a box counts",
    "det": "boxes without identity, the seventh column is their score",
    "result": "the seventh column is the score",
}


def _file_in(source: Path) -> Path:
    if not source.is_dir():
        return source
    for inside in ("gt/gt.txt", "det/det.txt"):
        if (source / inside).is_file():
            return source / inside
    raise FormatError("has neither gt/gt.txt nor det/det.txt; choose the annotation file itself", source)


def _table(path: Path) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The file's numbers (N, columns), checked, and the line of each row."""
    rows: list[list[float]] = []
    lines: list[int] = []
    columns = 0
    for line, text in read_lines(path):
        fields = text.split(",")
        columns = columns or len(fields)
        _check_columns(fields, columns, path, line)
        rows.append(numbers(fields, path=path, line=line))
        lines.append(line)
    table = np.array(rows, np.float64).reshape(len(rows), max(columns, MIN_COLUMNS))
    line_of = np.array(lines, np.int64)
    _check_boxes(table[:, :9], line_of, path)
    return table, line_of


def _check_columns(fields: list[str], expected: int, path: Path, line: int) -> None:
    if len(fields) == 1:
        separator = next((s for s in (";", "\t", " ") if s in fields[0]), None)
        told = f"is separated by {separator!r}" if separator else "has no columns"
        raise FormatError(f"{told}; MOTChallenge separates numbers by commas", path, line)
    if not MIN_COLUMNS <= len(fields) <= MAX_COLUMNS:
        raise FormatError(f"has {len(fields)} columns; MOTChallenge has 6 to 10", path, line)
    if len(fields) != expected:
        raise FormatError(f"has {len(fields)} columns, and the lines before have {expected}", path, line)


def _check_boxes(used: NDArray[np.float64], line: NDArray[np.int64], path: Path) -> None:
    strange = ~np.isfinite(used).all(axis=1)
    if strange.any():
        raise FormatError("has NaN or infinity, which a box cannot", path, int(line[strange][0]))
    negative = (used[:, 4:6] < 0).any(axis=1)
    if negative.any():
        row = int(np.flatnonzero(negative)[0])
        w, h = used[row, 4:6]
        raise FormatError(f"has a box of size {w:g} × {h:g}; a size cannot be negative", path, int(line[row]))


def _whole(
    values: NDArray[np.float64], what: str, path: Path, line: NDArray[np.int64], *, lowest: int
) -> NDArray[np.int64]:
    """A column of integers, those below ``lowest`` raised to it."""
    wrong = (values != np.floor(values)) | (np.abs(values) >= 2**53)
    for row in np.flatnonzero(wrong):
        whole(float(values[row]), what, path=path, line=int(line[row]))
    return np.maximum(values, lowest).astype(np.int64)


def _frames(
    table: NDArray[np.float64],
    line: NDArray[np.int64],
    path: Path,
    options: MotReadOptions,
    findings: Findings,
) -> NDArray[np.int64]:
    """0-based frames."""
    frame = _whole(table[:, 0], "frame", path, line, lowest=-1)
    first = int(frame.min(initial=1))
    base = options.frame_base if options.frame_base is not None else min(1, max(0, first))
    if first < base:
        row = int(frame.argmin())
        raise FormatError(f"has frame {table[row, 0]:g}, and frames start at {base}", path, int(line[row]))
    if base == 0 and options.frame_base is None:
        findings.note(
            "frames start at 0 in this file, so it was read as counting from 0; MOTChallenge counts from 1"
        )
    return frame - base


def _kind(path: Path, table: NDArray[np.float64]) -> Kind:
    if path.name.startswith(("gt", "det")):
        return "gt" if path.name.startswith("gt") else "det"
    if len(table) and (table[:, 1] < 0).all():
        return "det"
    return "gt" if table.shape[1] in (8, 9) else "result"


def _categories(
    classes: NDArray[np.float64], line: NDArray[np.int64], path: Path
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """(index of each row's name, names); classes count from 1, an unknown one is called after its number."""
    known = _labels(path) or CLASSES
    numbers_used, index = np.unique(_whole(classes, "class", path, line, lowest=-1), return_inverse=True)
    names = [known[n - 1] if 1 <= n <= len(known) else f"class {n}" for n in numbers_used.tolist()]
    merged = list(dict.fromkeys(names))  # labels.txt may name two classes alike
    return np.array([merged.index(name) for name in names], np.int64)[index], tuple(merged)


def _labels(path: Path) -> tuple[str, ...]:
    labels = path.parent / "labels.txt"
    if not labels.is_file():
        return ()
    return tuple(
        name.strip() or f"class {i}" for i, name in enumerate(read_text(labels).splitlines(), start=1)
    )


def _scores(table: NDArray[np.float64], kind: Kind, findings: Findings) -> NDArray[np.float64]:
    none = np.full(len(table), np.nan)
    if table.shape[1] < 7:
        return none
    if kind == "gt":
        ignored = int((table[:, 6] == 0).sum())
        if ignored:
            findings.note(
                f"{counted(ignored, 'box is', 'boxes are')} marked as not to be counted (seventh column 0)"
                " and read all the same"
            )
        return none
    return np.where(table[:, 6] == -1, np.nan, table[:, 6])


def _occluded(table: NDArray[np.float64], kind: Kind, options: MotReadOptions) -> NDArray[np.bool_]:
    if kind != "gt" or table.shape[1] != 9:
        return np.zeros(len(table), np.bool_)
    visibility = table[:, 8]
    return (visibility >= 0) & (visibility <= options.occluded_visibility)


def _facts(path: Path, video: VideoFacts | None, findings: Findings) -> VideoFacts:
    """The video asked for, or what seqinfo.ini tells; where they differ, a note says so."""
    stated = _seqinfo(path)
    if video is None:
        return stated or VideoFacts(path.stem)
    if (
        stated
        and video.width
        and stated.width
        and (stated.width, stated.height) != (video.width, video.height)
    ):
        findings.note(
            f"the file is for pictures of {stated.width} × {stated.height} and the video has"
            f" {video.width} × {video.height}; the boxes were not scaled"
        )
    if stated and stated.frame_count and video.frame_count and stated.frame_count != video.frame_count:
        findings.note(
            f"the file is for {counted(stated.frame_count, 'frame')} and the video has {video.frame_count}"
        )
    return video


def _seqinfo(path: Path) -> VideoFacts | None:
    ini = path.parent.parent / "seqinfo.ini"
    if path.parent.name not in {"gt", "det"} or not ini.is_file():
        return None
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(read_text(ini))
        section = parser["Sequence"]
        facts = VideoFacts(
            section.get("name", path.parent.parent.name),
            section.getint("imWidth", 0),
            section.getint("imHeight", 0),
            section.getint("seqLength", 0),
            section.getfloat("frameRate", 0.0),
        )
    except (configparser.Error, KeyError, ValueError) as error:
        raise FormatError("is not a seqinfo.ini as MOTChallenge has it; mend or remove it", ini) from error
    return replace(facts, frame_count=max(0, facts.frame_count))
