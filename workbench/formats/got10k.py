"""GOT-10k, a layout of single-target sequences (Huang, Zhao and Huang 2018, arXiv:1810.11981).

::

    train/list.txt                   a name a line
    train/clip-7/groundtruth.txt     x,y,w,h a frame, 0-based; 0,0,0,0 where the target is absent
    train/clip-7/absence.label       0/1 a line
    train/clip-7/cover.label         visible share in eighths, 0 to 8, a line
    train/clip-7/cut_by_image.label  0/1 a line
    train/clip-7/meta_info.ini       "key: value" lines in a fixed order: readers count them
    train/clip-7/00000001.jpg        numbered from 1, next to the texts
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from workbench.core.progress import Progress
from workbench.core.report import Findings, Report
from workbench.formats.clips import Clip
from workbench.formats.folder import ExportFolder
from workbench.formats.names import UniqueNames
from workbench.formats.single_target import (
    LINES,
    SequenceLayout,
    SequenceOptions,
    TargetSequence,
    coordinates,
    flags,
    name_after_track,
    sequence_lines,
    write_lines,
    write_sequences,
)

FULL_COVER = 8


@dataclass(frozen=True)
class Got10kOptions(SequenceOptions):
    """How GOT-10k sequences are written.

    Args:
        clip, decimals, quality: see ``SequenceOptions``.
        subset: the folder the sequences go to.
        occluded_cover: visible eighths written for a box that is marked as occluded, 1 to 7; the mark
            does not say how much is hidden, and readers skip frames with 0.
    """

    subset: Literal["train", "val"] = "train"
    occluded_cover: int = 4


def write(
    target: Path, clips: Sequence[Clip], *, options: Got10kOptions | None = None
) -> Generator[Progress, None, Report]:
    """Write every track as a sequence called ``video-number``; see ``write_sequences``."""
    options = options or Got10kOptions()
    return write_sequences(target, clips, options, Got10kLayout(options, Findings()))


class Got10kLayout(SequenceLayout):
    """Texts and pictures share a folder, and a list names the folders."""

    title = "GOT-10k"
    digits = 8

    def __init__(self, options: Got10kOptions, findings: Findings) -> None:
        super().__init__(findings)
        self._options = options
        self._names = UniqueNames()

    @property
    def conventions(self) -> tuple[str, ...]:
        """See ``SequenceLayout``."""
        return (
            LINES,
            coordinates(0),
            f"A frame without the target is 0,0,0,0 with absence 1 and cover 0; a visible box has cover"
            f" {FULL_COVER}, one marked as occluded {self._options.occluded_cover}.",
        )

    def write_texts(self, folder: ExportFolder, clip: Clip, sequence: TargetSequence) -> tuple[str, str]:
        """See ``SequenceLayout``."""
        name = name_after_track(clip, sequence, self._names)
        path = f"{self._options.subset}/{name}"
        cover = np.where(sequence.occluded, self._options.occluded_cover, FULL_COVER)
        cover[sequence.absent] = 0
        write_lines(folder, f"{path}/groundtruth.txt", sequence_lines(sequence))
        write_lines(folder, f"{path}/absence.label", flags(sequence.absent))
        write_lines(folder, f"{path}/cover.label", map(str, cover.tolist()))
        write_lines(folder, f"{path}/cut_by_image.label", flags(sequence.cut))
        write_lines(folder, f"{path}/meta_info.ini", _meta_info(clip, sequence))
        if len(sequence.boxes) == 1:
            self.findings.note(f"{name} has only one frame, which the GOT-10k toolkit cannot read")
        return name, path

    def write_list(self, folder: ExportFolder, names: Sequence[str]) -> None:
        """See ``SequenceLayout``."""
        write_lines(folder, f"{self._options.subset}/list.txt", names)


def _meta_info(clip: Clip, sequence: TargetSequence) -> list[str]:
    """The lines of meta_info.ini; pytracking reads the class from the sixth, so none may be missing."""
    video = clip.annotations.video
    category = " ".join(sequence.track.category.split()).replace(": ", " ") or "object"
    first = clip.annotations.start + sequence.start
    return [
        "[METAINFO]",
        f"url: {' '.join(video.name.split()) or 'unknown'}",
        f"begin: {_clock(first, video.fps)}",
        f"end: {_clock(first + len(sequence.boxes), video.fps)}",
        f"anno_fps: {video.fps:g}Hz",
        f"object_class: {category}",
        "motion_class: unknown",
        "major_class: unknown",
        f"root_class: {category}",
        "motion_adverb: unknown",
        f"resolution: ({video.width}, {video.height})",
    ]


def _clock(frame: int, fps: float) -> str:
    seconds = int(frame / fps) if fps > 0 else 0
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
