"""Cutting a video's tracks into the sequences that single-target benchmarks are made of.

A benchmark sequence follows one target from the first frame in which it is seen; each frame has a box
or says that the target is absent. LaSOT, GOT-10k and OTB differ only in how they write that down.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from workbench.core.annotations import AnnotatedTrack, Annotations, Boxes, xywh
from workbench.core.plurals import counted
from workbench.core.progress import Progress
from workbench.core.report import Findings, Report
from workbench.formats.clips import Clip, picture_name, video_names, write_pictures
from workbench.formats.folder import ExportFolder
from workbench.formats.names import UniqueNames, file_name
from workbench.formats.selection import BoxRules, boxes_alone
from workbench.formats.text import number_text

LINES = "Lines follow the pictures, which are numbered from 1; the first line is the first frame with a box."


def coordinates(base: int) -> str:
    """The sentence that says how a layout counts pixels."""
    return f"Coordinates count from {base}; the right edge is x + w, not included."


@dataclass(frozen=True)
class SequenceOptions(BoxRules):
    """How a target's sequence is cut and written.

    Args:
        clip, decimals: see ``BoxRules``.
        quality: of the JPEG pictures, 0 to 100.
    """

    quality: int = 95


@dataclass(frozen=True, eq=False)
class TargetSequence:
    """One target from the first frame it is seen in.

    Args:
        track: whose sequence it is.
        start: the frame of the annotations that is frame 0 of the sequence.
        boxes: (N, 4) x, y, w, h; NaN where the target is absent.
        occluded: (N,) marked as occluded; together with an absent box: hidden, not gone.
        cut: (N,) the box reaches the edge of the image.
    """

    track: AnnotatedTrack
    start: int
    boxes: NDArray[np.float64]
    occluded: NDArray[np.bool_]
    cut: NDArray[np.bool_]

    @property
    def stop(self) -> int:
        """The frame of the annotations after the last."""
        return self.start + len(self.boxes)

    @property
    def absent(self) -> NDArray[np.bool_]:
        """(N,) frames without a box."""
        return np.isnan(self.boxes[:, 0])


def target_sequences(annotations: Annotations, rules: BoxRules, findings: Findings) -> list[TargetSequence]:
    """A sequence for every track that has a box to write, in order of the tracks.

    A sequence ends at the track's last row, which may mark the target as outside. Frames in between that
    have no row at all are absent too; they are counted unless the track was marked outside before them.
    """
    written = boxes_alone(annotations, rules, findings)
    marks = annotations.boxes[annotations.boxes["outside"]]
    sequences = []
    for index, track in enumerate(annotations.tracks):
        present, outside = written[written["track"] == index], marks[marks["track"] == index]
        if len(present):
            sequences.append(_sequence(track, present, outside, annotations, findings))
        else:
            findings.note(f"track {track.number} has no box to write and gets no sequence")
    return sequences


def _sequence(
    track: AnnotatedTrack, present: Boxes, outside: Boxes, annotations: Annotations, findings: Findings
) -> TargetSequence:
    width, height = annotations.video.width, annotations.video.height
    start = int(present["frame"][0])
    outside = outside[(outside["frame"] > start) & (outside["frame"] < annotations.video.frame_count)]
    stop = 1 + int(max(present["frame"][-1], outside["frame"].max(initial=-1)))
    at, geometry = present["frame"] - start, xywh(present)
    boxes = np.full((stop - start, 4), np.nan)
    boxes[at] = geometry
    occluded = np.zeros(stop - start, np.bool_)
    occluded[at] = present["occluded"]
    occluded[outside["frame"] - start] |= outside["occluded"]
    cut = np.zeros(stop - start, np.bool_)
    cut[at] = (geometry[:, :2] <= 0).any(axis=1) | (geometry[:, :2] + geometry[:, 2:] >= (width, height)).any(
        axis=1
    )
    gaps = _unmarked_gaps(stop - start, at, outside["frame"] - start)
    if gaps:
        bare = counted(gaps, "frame")
        findings.note(f"track {track.number} is written as absent in {bare} without annotation")
    return TargetSequence(track, start, boxes, occluded, cut)


def _unmarked_gaps(length: int, present: NDArray[np.int64], outside: NDArray[np.int64]) -> int:
    """How many frames have no row while the last row before them shows the target."""
    last = np.zeros(length, np.int64)
    last[present] = present
    last[outside] = outside
    last = np.maximum.accumulate(last)
    seen = np.zeros(length, np.bool_)
    seen[present] = True
    return int((~seen & seen[last]).sum())


def sequence_lines(sequence: TargetSequence, *, base: int = 0, absent: str = "0,0,0,0") -> Iterator[str]:
    """One ``x,y,w,h`` line a frame.

    Args:
        base: the coordinate of the first pixel, added to x and y.
        absent: the line of a frame without a box.
    """
    for (x, y, w, h), missing in zip(sequence.boxes.tolist(), sequence.absent.tolist(), strict=True):
        yield absent if missing else ",".join(map(number_text, (x + base, y + base, w, h)))


def flags(values: Iterable[object]) -> list[str]:
    """ "1" where true, else "0"."""
    return ["1" if value else "0" for value in values]


def write_lines(folder: ExportFolder, path: str, lines: Iterable[str]) -> None:
    """A text file of lines, each ended by "\\n"."""
    with folder.open(path) as file:
        file.writelines(f"{line}\n" for line in lines)


def name_after_track(clip: Clip, sequence: TargetSequence, names: UniqueNames) -> str:
    """``video-number``, safe as a folder's name and not handed out before."""
    return names.take(f"{file_name(clip.annotations.video.name)}-{sequence.track.number}")


class SequenceLayout(ABC):
    """How one benchmark lays a sequence out in files.

    Args:
        findings: what the layout has to say of a sequence goes here.
    """

    title: ClassVar[str]
    digits: ClassVar[int]  # of a picture's number

    def __init__(self, findings: Findings) -> None:
        self.findings = findings

    @property
    @abstractmethod
    def conventions(self) -> tuple[str, ...]:
        """How the files count frames and pixels, one sentence each."""

    @abstractmethod
    def write_texts(self, folder: ExportFolder, clip: Clip, sequence: TargetSequence) -> tuple[str, str]:
        """Write all but the pictures; returns the sequence's name and the folder of its pictures."""

    def write_list(self, folder: ExportFolder, names: Sequence[str]) -> None:  # noqa: B027
        """Write what lists the sequences; most layouts have no list."""


def write_sequences(
    target: Path, clips: Sequence[Clip], options: SequenceOptions, layout: SequenceLayout
) -> Generator[Progress, None, Report]:
    """Write every track of every clip as a sequence.

    Args:
        target: the folder of the data set.
        clips: the videos.

    Returns:
        The report, which is also in the folder.

    Raises:
        UserError: the folder cannot be written.
        VideoError: a picture is missing.
    """
    sources: dict[str, str] = {}
    boxes = 0
    with ExportFolder(target, layout.title, video_names(clips)) as folder:
        for clip in clips:
            places = []
            for sequence in target_sequences(clip.annotations, options, layout.findings):
                name, pictures = layout.write_texts(folder, clip, sequence)
                places.append((sequence, pictures))
                sources[name] = _source(clip, sequence)
                boxes += int((~sequence.absent).sum())
            paths = partial(_picture_paths, places, layout.digits)
            yield from write_pictures(folder, clip, paths, quality=options.quality)
        layout.write_list(folder, list(sources))
        found = layout.findings.all()
        named = tuple(sources.items())
        report = Report(layout.title, "written", boxes, len(sources), (), layout.conventions, found, named)
        return folder.finish(report)


def _picture_paths(places: Sequence[tuple[TargetSequence, str]], digits: int, frame: int) -> list[str]:
    """Where the picture of a frame goes: to each sequence that has the frame, numbered from 1 in each."""
    return [
        f"{where}/{picture_name(frame - s.start, len(s.boxes), digits)}"
        for s, where in places
        if s.start <= frame < s.stop
    ]


def _source(clip: Clip, sequence: TargetSequence) -> str:
    """Which track, video and frames a sequence comes from."""
    first = clip.annotations.start + sequence.start
    last = first + len(sequence.boxes) - 1
    number, video = sequence.track.number, clip.annotations.video.name
    return f"track {number} of {video}, frames {first} to {last} counted from 0"
