"""Opening a video file with FFmpeg (through PyAV), and saying in one sentence why it cannot be opened."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from workbench.core.errors import VideoError

# A playlist is a text file that names other files; nothing outside this machine is fetched for one.
OPTIONS = {"protocol_whitelist": "file,crypto,data"}


def open_container(path: Path) -> tuple[InputContainer, VideoStream]:
    """The opened file and its first real video stream (a cover picture is none).

    Raises:
        VideoError: it does not exist, is empty, is no video, or has no picture in it.
    """
    try:
        # "file:" keeps FFmpeg from reading a colon in the name as a protocol.
        container = av.open(f"file:{path.absolute()}", options=OPTIONS)
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(_why(path)) from error
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic and stream.codec_context:
            return container, stream
    container.close()
    raise VideoError(f"{path} holds no video that can be decoded; choose another file.")


def _why(path: Path) -> str:
    """The sentence for a file that FFmpeg does not open."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
            cut = head[4:8] == b"ftyp" and not _has_index(file)
    except FileNotFoundError:
        return f"{path} does not exist; look whether it was moved or its disk is not connected."
    except OSError as error:
        return f"{path} cannot be read ({error.strerror}); look at the rights of the file."
    if not head:
        return f"{path} is empty (0 bytes); copy or record it again."
    if cut:
        return f"{path} was cut off: the index at the end of an MP4 is missing; copy or record it again."
    return f"{path} is not a video, or is broken from its beginning; open it in a video player to find out."


def _has_index(file: BinaryIO) -> bool:
    """Whether an MP4 has its table of frames, which stands behind the pictures in most files."""
    end, place = file.seek(0, 2), 0
    while place + 8 <= end:
        file.seek(place)
        head = file.read(16)
        if head[4:8] == b"moov":
            return True
        size = int.from_bytes(head[:4], "big")
        size = int.from_bytes(head[8:], "big") if size == 1 else size
        if size < 8:  # 0: up to the end of the file
            return False
        place += size
    return False
