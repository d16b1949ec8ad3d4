"""Writing MOTChallenge, the text format of multi-object tracking (Milan et al. 2016, arXiv:1603.00831).

::

    train/clip/gt/gt.txt      frame,id,left,top,width,height,mark,class,visibility    by id, then frame
    train/clip/gt/labels.txt  a class name a line, class 1 first
    train/clip/seqinfo.ini    seven keys in a fixed order: readers find them by their neighbours
    train/clip/img1/000001.jpg
    clip.txt                  results: frame,id,left,top,width,height,conf,-1,-1,-1   by frame, then id

Frames and identities count from 1. The specification counts coordinates from 1 too, but the readers in
use (CVAT, FairMOT, CenterTrack, TrackEval) take left and top as they are, so 0 is the default here.
The ground truth is sorted by identity because FairMOT's converter starts a new identity at each line
whose id differs from the line before.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from workbench.core.annotations import Annotations, Boxes
from workbench.core.progress import Progress
from workbench.core.report import Findings, Report
from workbench.formats.clips import Clip, picture_name, video_names, write_pictures
from workbench.formats.folder import ExportFolder
from workbench.formats.names import UniqueNames, file_name
from workbench.formats.selection import BoxRules, boxes_alone
from workbench.formats.text import number_text

TITLE = "MOTChallenge"
DIGITS = 6
PEDESTRIANS = {"pedestrian", "person"}


@dataclass(frozen=True)
class MotOptions(BoxRules):
    """How MOTChallenge files are written.

    Args:
        clip, decimals: see ``BoxRules``.
        kind: "gt" = a data set with ground truth, "result" = what a tracker submits, one file a video.
        coordinate_base: what the first pixel is called: 0 as commonly read, 1 as in the specification.
        occluded_visibility: the visibility of a box that is marked as occluded, [0, 1]; the mark does not
            say how much is hidden, and CenterTrack drops boxes below 0.25.
        subset: the folder the sequences go to.
        quality: of the JPEG pictures, 0 to 100.
    """

    kind: Literal["gt", "result"] = "gt"
    coordinate_base: Literal[0, 1] = 0
    occluded_visibility: float = 0.5
    subset: str = "train"
    quality: int = 95


def write(
    target: Path, clips: Sequence[Clip], *, options: MotOptions | None = None
) -> Generator[Progress, None, Report]:
    """Write a sequence folder (or a result file) for every clip.

    Args:
        target: the folder of the data set; the subset's folder lies in it.
        clips: the videos.

    Returns:
        The report, which is also in the folder.

    Raises:
        UserError: the folder cannot be written.
        VideoError: a picture is missing.
    """
    options = options or MotOptions()
    findings, names = Findings(), UniqueNames()
    boxes, tracks = 0, 0
    with ExportFolder(target, TITLE, video_names(clips)) as folder:
        for clip in clips:
            name = names.take(file_name(clip.annotations.video.name))
            rows = boxes_alone(clip.annotations, options, findings)
            numbers = identity_numbers(clip.annotations, findings)
            boxes, tracks = boxes + len(rows), tracks + len(np.unique(rows["track"]))
            _note_shift(clip.annotations, findings)
            if options.kind == "result":
                _write_rows(folder, f"{name}.txt", result_lines(rows, numbers, options))
                continue
            path = f"{file_name(options.subset)}/{name}"
            _write_sequence(folder, path, clip.annotations, rows, numbers, options, findings)
            yield from _write_pictures(folder, path, clip, options)
        said = _conventions(clips, options)
        return folder.finish(
            Report(TITLE, "written", boxes, tracks, conventions=said, findings=findings.all())
        )


def _write_sequence(
    folder: ExportFolder,
    path: str,
    annotations: Annotations,
    rows: Boxes,
    numbers: list[int],
    options: MotOptions,
    findings: Findings,
) -> None:
    _write_rows(folder, f"{path}/gt/gt.txt", ground_truth_lines(rows, numbers, annotations, options))
    _write_rows(folder, f"{path}/gt/labels.txt", (" ".join(name.split()) for name in annotations.categories))
    folder.write_text(f"{path}/seqinfo.ini", seqinfo(path.rsplit("/", 1)[-1], annotations, findings))
    _note_first_class(annotations, findings)


def _write_rows(folder: ExportFolder, path: str, lines: Iterator[str]) -> None:
    with folder.open(path) as file:
        file.writelines(f"{line}\n" for line in lines)


def _write_pictures(
    folder: ExportFolder, path: str, clip: Clip, options: MotOptions
) -> Generator[Progress, None, None]:
    count = clip.annotations.video.frame_count

    def places(frame: int) -> list[str]:
        return [f"{path}/img1/{picture_name(frame, count, DIGITS)}"]

    yield from write_pictures(folder, clip, places, quality=options.quality)


def identity_numbers(annotations: Annotations, findings: Findings) -> list[int]:
    """The identity written for each track: its number, or a free one where that is below 1 or taken."""
    numbers = [track.number for track in annotations.tracks]
    following = max(numbers, default=0) + 1
    taken: set[int] = set()
    for index, number in enumerate(numbers):
        if number < 1 or number in taken:
            findings.note(f"track {number} is written as {following}, for identities count from 1, each once")
            numbers[index], following = following, following + 1
        taken.add(numbers[index])
    return numbers


def ground_truth_lines(
    rows: Boxes, numbers: list[int], annotations: Annotations, options: MotOptions
) -> Iterator[str]:
    """Lines of gt.txt, by identity and then frame."""
    classes = {name: str(i) for i, name in enumerate(annotations.categories, start=1)}
    class_of = [classes[track.category] for track in annotations.tracks]
    hidden = number_text(options.occluded_visibility)
    number = np.asarray(numbers, np.int64)
    order = np.lexsort((rows["frame"], number[rows["track"]]))
    for frame, track, box, _, occluded in _fields(rows[order], options):
        yield f"{frame},{numbers[track]},{box},1,{class_of[track]},{hidden if occluded else '1'}"


def result_lines(rows: Boxes, numbers: list[int], options: MotOptions) -> Iterator[str]:
    """Lines of a result file, by frame and then identity; a box without a score has confidence 1."""
    number = np.asarray(numbers, np.int64)
    order = np.lexsort((number[rows["track"]], rows["frame"]))
    for frame, track, box, score, _ in _fields(rows[order], options):
        confidence = "1" if np.isnan(score) else number_text(score)
        yield f"{frame},{numbers[track]},{box},{confidence},-1,-1,-1"


def _fields(rows: Boxes, options: MotOptions) -> Iterator[tuple[int, int, str, float, bool]]:
    """(frame from 1, track index, "left,top,width,height", score, occluded) of each row."""
    base = options.coordinate_base
    for frame, track, x, y, w, h, score, occluded, _, _ in rows.tolist():
        box = ",".join(map(number_text, (x + base, y + base, w, h)))
        yield frame + 1, track, box, score, occluded


def seqinfo(name: str, annotations: Annotations, findings: Findings) -> str:
    """The text of seqinfo.ini: exactly these keys in this order, with a whole frame rate."""
    video = annotations.video
    rate = max(1, round(video.fps))
    if abs(rate - video.fps) > 0.005:
        findings.note(f"{video.name} has {video.fps:.2f} frames a second, and seqinfo.ini says {rate}")
    return (
        f"[Sequence]\nname={name}\nimDir=img1\nframeRate={rate}\nseqLength={video.frame_count}\n"
        f"imWidth={video.width}\nimHeight={video.height}\nimExt=.jpg\n\n"
    )


def _note_first_class(annotations: Annotations, findings: Findings) -> None:
    first = annotations.categories[0] if annotations.categories else "pedestrian"
    if first.lower() not in PEDESTRIANS:
        findings.note(f"TrackEval and FairMOT read class 1 alone, which here is {first!r}")


def _note_shift(annotations: Annotations, findings: Findings) -> None:
    if annotations.start:
        findings.note(
            f"frame 1 of the files is frame {annotations.start} of {annotations.video.name}, counted from 0"
        )


def _conventions(clips: Sequence[Clip], options: MotOptions) -> tuple[str, ...]:
    said = [
        "Frames and identities count from 1.",
        f"Coordinates count from {options.coordinate_base}; the right edge is left + width, not included.",
    ]
    if options.kind == "gt":
        said.append(
            f"A box marked as occluded has visibility {number_text(options.occluded_visibility)}, others 1."
        )
        categories = dict.fromkeys(name for clip in clips for name in clip.annotations.categories)
        if len(clips) == 1 and categories:
            classes = ", ".join(f"{i} {name}" for i, name in enumerate(categories, start=1))
            said.append(f"Classes: {classes}.")
    return tuple(said)
