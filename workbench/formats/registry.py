"""The formats there are, so that menus, the command line and the import's guess read one list."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from workbench.core.annotations import Annotations, VideoFacts
from workbench.core.errors import FormatError, UserError
from workbench.core.progress import Progress
from workbench.core.report import Report
from workbench.formats import boxes, coco, coco_read, got10k, lasot, mot_challenge, mot_challenge_read, otb
from workbench.formats.clips import Clip
from workbench.formats.single_target import SequenceOptions


class Writer(Protocol):
    """Writes clips into a folder; a generator, for pictures take their time."""

    def __call__(
        self, target: Path, clips: Sequence[Clip], *, options: Any = None
    ) -> Generator[Progress, None, Report]:
        """Write; the report is the generator's return value."""
        ...


class Reader(Protocol):
    """Reads the boxes of one video."""

    def __call__(
        self, source: Path, video: VideoFacts | None = None, *, options: Any = None
    ) -> tuple[Annotations, Report]:
        """Read a file or folder."""
        ...


@dataclass(frozen=True)
class Format:
    """A file format.

    Args:
        name: what the user types, lower case with dashes; unique.
        title: what menus show.
        description: one sentence: what it is for.
        write: None = cannot be exported.
        write_options: the frozen dataclass of ``write``'s options.
        pictures: whether ``write`` can write pictures too.
        read: None = cannot be imported.
        read_options: the frozen dataclass of ``read``'s options.
        recognises: whether a path looks like this format; looks at names and first lines only.
    """

    name: str
    title: str
    description: str
    write: Writer | None = None
    write_options: type[Any] | None = None
    pictures: bool = False
    read: Reader | None = None
    read_options: type[Any] | None = None
    recognises: Callable[[Path], bool] | None = None


FORMATS: tuple[Format, ...] = (
    Format(
        "mot-challenge",
        mot_challenge.TITLE,
        "Multi-object tracking as text, read by TrackEval, FairMOT and CVAT",
        mot_challenge.write,
        mot_challenge.MotOptions,
        True,
        mot_challenge_read.read,
        mot_challenge_read.MotReadOptions,
        mot_challenge_read.recognises,
    ),
    Format(
        "coco",
        coco.TITLE,
        "Boxes of all videos in one JSON, read by CenterTrack and pycocotools",
        coco.write,
        coco.CocoOptions,
        True,
        coco_read.read,
        coco_read.CocoReadOptions,
        coco_read.recognises,
    ),
    Format(
        "lasot",
        lasot.LasotLayout.title,
        "Single-target sequences by class, with flags for hidden and gone",
        lasot.write,
        SequenceOptions,
        True,
    ),
    Format(
        "got-10k",
        got10k.Got10kLayout.title,
        "Single-target sequences with the visible share of each frame",
        got10k.write,
        got10k.Got10kOptions,
        True,
    ),
    Format("otb", otb.OtbLayout.title, "Single-target sequences, 1-based", otb.write, otb.OtbOptions, True),
    Format(
        "boxes",
        boxes.TITLE,
        "A text file a target, x,y,w,h a frame",
        boxes.write,
        boxes.BoxFileOptions,
        False,
        boxes.read,
        boxes.BoxFileReadOptions,
        boxes.recognises,
    ),
)
"""The built-in formats, in the order menus show them."""


def find_format(name: str, formats: Sequence[Format] = FORMATS) -> Format:
    """The format of that name.

    Raises:
        UserError: there is none.
    """
    for known in formats:
        if known.name == name:
            return known
    raise UserError(f"There is no format {name!r}; choose {', '.join(f.name for f in formats)}.")


def recognise(source: Path, formats: Sequence[Format] = FORMATS) -> Format:
    """The format that a file or folder is in, told by its name and its first line.

    Raises:
        FormatError: nothing is there, or none of the formats knows it.
    """
    if not source.exists():
        raise FormatError("does not exist; name an annotation file or a sequence folder", source)
    for known in formats:
        if known.read and known.recognises and known.recognises(source):
            return known
    titles = ", ".join(f.title for f in formats if f.read)
    raise FormatError(f"is in none of the formats that can be read ({titles}); name its format", source)
