"""One door for everything that can be watched frame by frame."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from workbench.video.images import ImagesReader, is_image
from workbench.video.info import VideoReader
from workbench.video.reader import FileReader


def open_video(path: PathLike[str] | str) -> VideoReader:
    """A reader for a video file, a folder of images, or one image.

    Raises:
        VideoError: it does not exist, is empty, is no video, or holds images of different sizes.
    """
    path = Path(path)
    return ImagesReader(path) if path.is_dir() or (is_image(path) and path.is_file()) else FileReader(path)
