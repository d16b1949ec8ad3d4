"""OTB, the layout of the Object Tracking Benchmark (Wu, Lim and Yang 2015, TPAMI 37(9)).

::

    clip-7/groundtruth_rect.txt   x,y,w,h a frame
    clip-7/img/0001.jpg           numbered from 1

The benchmark grew up in MATLAB and its coordinates are commonly read as 1-based, so 1 is the default.
It has no way to say that a target is absent: UAV123, which shares the layout, writes NaN, and most
readers skip a box without size; both are offered.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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
    name_after_track,
    sequence_lines,
    write_lines,
    write_sequences,
)

ABSENT = {"zero": "0,0,0,0", "nan": "NaN,NaN,NaN,NaN"}


@dataclass(frozen=True)
class OtbOptions(SequenceOptions):
    """How OTB sequences are written.

    Args:
        clip, decimals, quality: see ``SequenceOptions``.
        coordinate_base: what the first pixel is called.
        absent: the line of a frame without the target: "0,0,0,0" or "NaN,NaN,NaN,NaN".
    """

    coordinate_base: Literal[0, 1] = 1
    absent: Literal["zero", "nan"] = "zero"


def write(
    target: Path, clips: Sequence[Clip], *, options: OtbOptions | None = None
) -> Generator[Progress, None, Report]:
    """Write every track as a sequence called ``video-number``; see ``write_sequences``."""
    options = options or OtbOptions()
    return write_sequences(target, clips, options, OtbLayout(options, Findings()))


class OtbLayout(SequenceLayout):
    """One text a sequence."""

    title = "OTB"
    digits = 4

    def __init__(self, options: OtbOptions, findings: Findings) -> None:
        super().__init__(findings)
        self._options = options
        self._names = UniqueNames()

    @property
    def conventions(self) -> tuple[str, ...]:
        """See ``SequenceLayout``."""
        return (
            LINES,
            coordinates(self._options.coordinate_base),
            f"A frame without the target is {ABSENT[self._options.absent]}; OTB itself has no word for it.",
        )

    def write_texts(self, folder: ExportFolder, clip: Clip, sequence: TargetSequence) -> tuple[str, str]:
        """See ``SequenceLayout``."""
        name = name_after_track(clip, sequence, self._names)
        absent = ABSENT[self._options.absent]
        lines = sequence_lines(sequence, base=self._options.coordinate_base, absent=absent)
        write_lines(folder, f"{name}/groundtruth_rect.txt", lines)
        return name, f"{name}/img"
