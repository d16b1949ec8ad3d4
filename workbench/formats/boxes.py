"""Plain box files: one target, one ``x,y,w,h`` line a frame.

Trackers read and write such files, and the ground truth of most single-target benchmarks is one. Ours:
0-based floats, the first line is the first frame, ``nan,nan,nan,nan`` where the target is lost. Reading
also takes tabs and spaces between the numbers and ``0,0,0,0`` as lost, as the benchmarks have them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.core.annotations import AnnotatedTrack, Annotations, Boxes, VideoFacts, xywh
from workbench.core.boxes import Box
from workbench.core.errors import FormatError, UserError
from workbench.core.plurals import counted
from workbench.core.progress import Progress
from workbench.core.report import Findings, Report
from workbench.formats.assembly import FileRows, assemble
from workbench.formats.clips import Clip, video_names
from workbench.formats.folder import ExportFolder
from workbench.formats.names import UniqueNames, file_name
from workbench.formats.selection import BoxRules, boxes_alone
from workbench.formats.text import first_line, is_number, number_text, numbers, read_lines

TITLE = "Plain boxes"
LOST = "nan,nan,nan,nan"
CONVENTIONS = (
    "A line is a frame, the first line the first frame.",
    "Coordinates count from 0; the right edge is x + w, not included.",
    f"A frame without the target is {LOST}.",
)


@dataclass(frozen=True)
class BoxFileOptions(BoxRules):
    """How a box file is written: nothing is clipped unless asked, so that it reads back as it was."""

    clip: bool = False


@dataclass(frozen=True)
class BoxFileReadOptions:
    """How a box file is taken.

    Args:
        first_frame: the frame of the first line, counted from 0.
        coordinate_base: what the first pixel is called; 1 for OTB.
        category: the target's category.
    """

    first_frame: int = 0
    coordinate_base: Literal[0, 1] = 0
    category: str = "object"


def write(
    target: Path, clips: Sequence[Clip], *, options: BoxFileOptions | None = None
) -> Generator[Progress, None, Report]:
    """Write a file ``video-number.txt`` for every track; pictures are not written.

    Args:
        target: the folder for the files.
        clips: the videos.

    Returns:
        The report, which is also in the folder.

    Raises:
        UserError: the folder cannot be written.
    """
    options = options or BoxFileOptions()
    findings, names = Findings(), UniqueNames()
    sources, written = [], 0
    with ExportFolder(target, TITLE, video_names(clips)) as folder:
        for clip in clips:
            video = clip.annotations.video
            rows = boxes_alone(clip.annotations, options, findings)
            written += len(rows)
            for index, track in enumerate(clip.annotations.tracks):
                name = names.take(f"{file_name(video.name)}-{track.number}")
                lines = box_lines(rows[rows["track"] == index], video.frame_count)
                folder.write_text(f"{name}.txt", "".join(f"{line}\n" for line in lines))
                sources.append((name, _source(clip, track)))
                yield Progress(index + 1, len(clip.annotations.tracks), f"Boxes of {video.name}")
        report = Report(
            TITLE, "written", written, len(sources), (), CONVENTIONS, findings.all(), tuple(sources)
        )
        return folder.finish(report)


def _source(clip: Clip, track: AnnotatedTrack) -> str:
    first, video = clip.annotations.start, clip.annotations.video
    last = first + video.frame_count - 1
    return f"track {track.number} of {video.name}, frames {first} to {last} counted from 0"


def box_lines(rows: Boxes, frame_count: int) -> list[str]:
    """A line for each frame of the video; ``rows`` are those of one track."""
    lines = [LOST] * frame_count
    for frame, box in zip(rows["frame"].tolist(), xywh(rows).tolist(), strict=True):
        lines[frame] = ",".join(map(number_text, box))
    return lines


def write_boxes(path: Path, boxes: Iterable[Box]) -> None:
    """Write one target's boxes, a line each; the file is replaced only when all is written.

    Args:
        path: the file.
        boxes: x, y, w, h of consecutive frames; NaN where the target is lost.

    Raises:
        UserError: the file cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(",".join(map(number_text, box)) + "\n" for box in boxes)
        os.replace(unfinished, path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror or error}).") from error
    finally:
        unfinished.unlink(missing_ok=True)


def recognises(source: Path) -> bool:
    """Whether this is a text whose first line has four numbers."""
    if not source.is_file() or source.suffix.lower() not in {".txt", ".csv"}:
        return False
    fields = _fields(first_line(source))
    return len(fields) == 4 and all(map(is_number, fields))


def read(
    source: Path, video: VideoFacts | None = None, *, options: BoxFileReadOptions | None = None
) -> tuple[Annotations, Report]:
    """Read a box file as one track with number 1.

    Args:
        source: the file.
        video: the video the boxes belong to; None = as many frames as the file has lines.

    Raises:
        FormatError: the file is not four numbers a line; nothing of it is kept.
    """
    options = options or BoxFileReadOptions()
    table, line = _table(source)
    findings = Findings()
    lost = np.isnan(table).all(axis=1) | (table == 0).all(axis=1)
    if lost.any():
        which = counted(int(lost.sum()), "frame says", "frames say")
        findings.note(f"{which} that the target is lost and got no box")
    frame = options.first_frame + np.arange(len(table))
    count = int((~lost).sum())
    rows = FileRows(
        frame=frame[~lost],
        identity=np.ones(count, np.int64),
        category=np.zeros(count, np.int64),
        xywh=table[~lost] - (options.coordinate_base, options.coordinate_base, 0, 0),
        score=np.full(count, np.nan),
        occluded=np.zeros(count, np.bool_),
        line=line[~lost],
    )
    facts = video or VideoFacts(source.stem, frame_count=options.first_frame + len(table))
    annotations = assemble(
        rows, video=facts, categories=(options.category,), findings=findings, names={1: source.stem}
    )
    said = (
        f"The first line was taken as frame {options.first_frame}, counted from 0.",
        f"Coordinates were taken to count from {options.coordinate_base}.",
    )
    report = Report(TITLE, "read", len(annotations.boxes), len(annotations.tracks), (), said, findings.all())
    return annotations, report


def _fields(text: str) -> list[str]:
    return text.split(",") if "," in text else re.split(r"\s+", text)


def _table(path: Path) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(boxes (N, 4) as written, line of each)."""
    rows: list[list[float]] = []
    lines: list[int] = []
    for line, text in read_lines(path):
        fields = _fields(text)
        if lines and line != lines[-1] + 1:
            raise FormatError("is empty; a frame without the target is nan,nan,nan,nan", path, lines[-1] + 1)
        if len(fields) != 4:
            raise FormatError(f"has {len(fields)} columns; a box file has x, y, w and h", path, line)
        rows.append(numbers(fields, path=path, line=line))
        lines.append(line)
    if not rows:
        raise FormatError("is empty; a box file has a line for each frame", path)
    table, line_of = np.array(rows, np.float64), np.array(lines, np.int64)
    partly = ~np.isfinite(table).all(axis=1) & ~np.isnan(table).all(axis=1)
    wrong = partly | (table[:, 2:] < 0).any(axis=1)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise FormatError(
            f"{rows[row]} is not a box; x and y are finite, w and h not negative", path, lines[row]
        )
    return table, line_of
