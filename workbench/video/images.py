"""A folder of images as a video, in the order a person would count them (natural sort)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, Self

import cv2
import numpy as np

from workbench.core.errors import VideoError
from workbench.video.identity import folder_fingerprint
from workbench.video.info import Image, VideoInfo, check_frame, span

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})

NOMINAL_FPS = 25.0
"""Images carry no time; their seconds are counted at this rate."""


def is_image(path: Path) -> bool:
    """Whether the name is that of an image this reader takes."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def natural_key(path: Path) -> tuple[list[tuple[int, str]], str]:
    """Sorts img2 before img10."""
    parts = re.findall(r"\d+|\D+", path.name.lower())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], path.name


class ImagesReader:
    """The images of a folder, or one image, as frames; see ``VideoReader``.

    Args:
        path: a folder, or one image file, which becomes a video of one frame.

    Raises:
        VideoError: no images, or images of different sizes.
    """

    problems: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        self._paths = sorted(filter(is_image, path.iterdir()), key=natural_key) if path.is_dir() else [path]
        if not self._paths:
            raise VideoError(f"{path} holds no images; give a folder of jpg, png, bmp, webp or tif files.")
        first = self._load(self._paths[0])
        self._size = first.shape[:2]
        self._check_sizes()
        self.info = VideoInfo(
            path=path,
            kind="images",
            width=first.shape[1],
            height=first.shape[0],
            frame_count=len(self._paths),
            fps=NOMINAL_FPS,
            codec=self._paths[0].suffix.lower().lstrip("."),
            long_gop=False,
            variable_rate=False,
        )

    @property
    def paths(self) -> tuple[Path, ...]:
        """The image of each frame."""
        return tuple(self._paths)

    def read(self, frame: int) -> Image:
        """One frame; see ``VideoReader.read``."""
        check_frame(frame, len(self._paths))
        path = self._paths[frame]
        image = self._load(path)
        if image.shape[:2] != self._size:
            raise self._other_size(path, image.shape[1], image.shape[0])
        return image

    def frames(
        self, start: int = 0, stop: int | None = None, step: Literal[1, -1] = 1
    ) -> Iterator[tuple[int, Image]]:
        """Numbered frames; see ``VideoReader.frames``."""
        for frame in span(len(self._paths), start, stop, step):
            try:
                image = self.read(frame)
            except VideoError as error:
                if str(error) not in self.problems:
                    self.problems = (*self.problems, str(error))
                continue
            yield frame, image

    def seconds(self, frame: int) -> float:
        """Time after frame 0 at the nominal rate."""
        check_frame(frame, len(self._paths))
        return frame / NOMINAL_FPS

    def run_start(self, frame: int) -> int:
        """The frame itself: every image stands alone."""
        check_frame(frame, len(self._paths))
        return frame

    def fingerprint(self) -> str:
        """A hash of the names and sizes of the images."""
        return folder_fingerprint(self._paths)

    def close(self) -> None:
        """Nothing is held open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _load(self, path: Path) -> Image:
        try:
            # Not cv2.imread, which cannot open every name on every system.
            data = np.fromfile(path, dtype=np.uint8)
        except OSError as error:
            raise VideoError(f"The image {path} cannot be read ({error.strerror}).") from error
        try:
            image = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
        except cv2.error:
            image = None
        if image is None:
            raise VideoError(f"The image {path} is broken; replace it or take it out of the folder.")
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)

    def _check_sizes(self) -> None:
        """Refuse a mixed folder by the heads of the files; turned photos are compared when read."""
        for path in self._paths:
            size = header_size(path)
            if size is not None and sorted(size) != sorted(self._size):
                raise self._other_size(path, *size)

    def _other_size(self, path: Path, width: int, height: int) -> VideoError:
        return VideoError(
            f"The image {path} is {width} x {height} but {self._paths[0].name} is "
            f"{self._size[1]} x {self._size[0]}; images of one video must have one size."
        )


def header_size(path: Path) -> tuple[int, int] | None:
    """(width, height) from the head of a PNG, BMP or JPEG file, as stored; None for other files.

    Sources: PNG specification, section 11.2.2; BITMAPINFOHEADER; ITU-T T.81, annex B.
    """
    try:
        with path.open("rb") as file:
            head = file.read(26)
            if head.startswith(b"\x89PNG\r\n\x1a\n") and len(head) >= 24:
                width, height = struct.unpack(">II", head[16:24])
                return width, height
            if head.startswith(b"BM") and len(head) == 26:
                width, height = struct.unpack("<ii", head[18:26])
                return width, abs(height)
            if head.startswith(b"\xff\xd8"):
                file.seek(2)
                return _jpeg_size(file)
    except (OSError, struct.error):
        pass
    return None


def _jpeg_size(file: BinaryIO) -> tuple[int, int] | None:
    """(width, height) from the frame header behind the start of a JPEG file."""
    while (head := file.read(4)) and len(head) == 4 and head[0] == 0xFF:
        marker, length = head[1], int.from_bytes(head[2:], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", file.read(5)[1:])
            return width, height
        file.seek(length - 2, 1)
    return None
