"""A proxy: the same frames at half size, each compressed by itself, so that any of them is near.

In a file with 250 frames from key frame to key frame a jump decodes a hundred frames and more; in the
proxy it decodes one small picture. It is Motion JPEG in Matroska; a frame's number is its time stamp, so
a frame that is damaged in the source is missing here and nothing moves into its place.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from uuid import uuid4

from workbench.core.errors import VideoError
from workbench.core.progress import Progress
from workbench.video.container import open_container
from workbench.video.identity import file_fingerprint
from workbench.video.info import Image, VideoReader
from workbench.video.opening import open_video
from workbench.video.picture import half
from workbench.video.reader import FileReader
from workbench.video.writer import VideoWriter

_FPS = 25  # of the proxy's clock, whatever the source's
_QUANTISER = "5"  # 2 is the best JPEG, 31 the worst
_REPORT_EVERY = 25  # frames


def proxy_path(path: Path, folder: Path) -> Path:
    """Where the proxy of a video belongs in a cache folder."""
    return folder / f"{file_fingerprint(path)}.proxy.mkv"


def build_proxy(path: Path, target: Path) -> Generator[Progress, None, Path]:
    """Write the proxy of a video, through a temporary file beside it.

    Closing the generator stops the work and leaves nothing behind.

    Args:
        path: the video.
        target: the proxy, see ``proxy_path``; its folder is made.

    Raises:
        VideoError: the video cannot be opened, or the proxy not written.
    """
    temporary = target.with_name(f".{uuid4().hex}.mkv")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open_video(path) as reader:
            yield from _write(reader, path, temporary)
        temporary.replace(target)
    except OSError as error:
        raise VideoError(f"The proxy {target} cannot be written ({error.strerror}).") from error
    finally:
        temporary.unlink(missing_ok=True)
    return target


def open_proxy(target: Path, path: Path, frame_count: int) -> ProxyReader | None:
    """The proxy if it is there, whole, and made from this video as it now is; else None."""
    try:
        container, _ = open_container(target)
        with container:
            stamp = container.metadata.get("COMMENT", "")
        return ProxyReader(target) if stamp == _stamp(path, frame_count) else None
    except (VideoError, OSError):
        return None


class ProxyReader:
    """Half-size frames by their number in the source. Not thread safe.

    Args:
        target: a proxy that ``open_proxy`` has found valid.
    """

    def __init__(self, target: Path) -> None:
        self._reader = FileReader(target, threads=1)
        index = self._reader.index
        seconds = index.pts[index.order] * float(index.time_base)
        self._place = {round(time * _FPS): place for place, time in enumerate(seconds.tolist())}

    def read(self, frame: int) -> Image | None:
        """The image of exactly this frame, or None when the proxy does not have it."""
        place = self._place.get(frame)
        if place is None:
            return None
        try:
            return self._reader.read(place)
        except VideoError:
            return None

    def close(self) -> None:
        """Release the file."""
        self._reader.close()


def _write(reader: VideoReader, path: Path, temporary: Path) -> Generator[Progress, None, None]:
    count = reader.info.frame_count
    quality = {"qmin": _QUANTISER, "qmax": _QUANTISER}
    stamp = {"comment": _stamp(path, count)}
    with VideoWriter(temporary, _FPS, codec="mjpeg", gop=1, options=quality, metadata=stamp) as writer:
        for frame, image in reader.frames():
            writer.write(half(image), frame / _FPS)
            if frame % _REPORT_EVERY == 0:
                yield Progress(frame, count, f"Making a proxy of {path.name}")


def _stamp(path: Path, frame_count: int) -> str:
    """What the proxy was made from."""
    facts = path.stat()
    return json.dumps({"size": facts.st_size, "mtime_ns": facts.st_mtime_ns, "frames": frame_count})
