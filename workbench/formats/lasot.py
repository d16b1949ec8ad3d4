"""LaSOT, a layout of single-target sequences by class (Fan et al. 2019, arXiv:1809.07845).

::

    person/person-1/groundtruth.txt      x,y,w,h a frame, 0-based; 0,0,0,0 where the target is absent
    person/person-1/full_occlusion.txt   one line of comma-separated 0/1
    person/person-1/out_of_view.txt      the same
    person/person-1/nlp.txt              a few words that describe the target
    person/person-1/img/00000001.jpg     numbered from 1

A frame without a box is out of view, or fully occluded where the track is marked as both outside and
occluded. Readers take the class from the part of the name before the dash, so a class has none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path

from workbench.core.progress import Progress
from workbench.core.report import Findings, Report
from workbench.formats.clips import Clip
from workbench.formats.folder import ExportFolder
from workbench.formats.names import file_name
from workbench.formats.single_target import (
    LINES,
    SequenceLayout,
    SequenceOptions,
    TargetSequence,
    coordinates,
    flags,
    sequence_lines,
    write_lines,
    write_sequences,
)


def write(
    target: Path, clips: Sequence[Clip], *, options: SequenceOptions | None = None
) -> Generator[Progress, None, Report]:
    """Write every track as a sequence of its category; see ``write_sequences``."""
    return write_sequences(target, clips, options or SequenceOptions(), LasotLayout(Findings()))


class LasotLayout(SequenceLayout):
    """Sequences are numbered within their class, over all videos."""

    title = "LaSOT"
    digits = 8

    def __init__(self, findings: Findings) -> None:
        super().__init__(findings)
        self._per_class = Counter[str]()

    @property
    def conventions(self) -> tuple[str, ...]:
        """See ``SequenceLayout``."""
        return (
            LINES,
            coordinates(0),
            "A frame without the target is 0,0,0,0 with a 1 in out_of_view.txt, or in full_occlusion.txt"
            " where it is marked as occluded as well.",
        )

    def write_texts(self, folder: ExportFolder, clip: Clip, sequence: TargetSequence) -> tuple[str, str]:
        """See ``SequenceLayout``."""
        kind = file_name(sequence.track.category, fallback="object", dash="_").lower()
        self._per_class[kind] += 1
        name = f"{kind}-{self._per_class[kind]}"
        path = f"{kind}/{name}"
        hidden = sequence.absent & sequence.occluded
        words = sequence.track.name or sequence.track.category
        write_lines(folder, f"{path}/groundtruth.txt", sequence_lines(sequence))
        write_lines(folder, f"{path}/full_occlusion.txt", [",".join(flags(hidden))])
        write_lines(folder, f"{path}/out_of_view.txt", [",".join(flags(sequence.absent & ~hidden))])
        write_lines(folder, f"{path}/nlp.txt", [" ".join(words.split())])
        return name, f"{path}/img"
