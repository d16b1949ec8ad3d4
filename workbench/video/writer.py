"""Writing a video, for demonstration clips and camera recordings: small, and quick to jump in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.video.stream import VideoStream

from workbench.core.errors import VideoError
from workbench.video.info import Image

SHORT_GOP = 12

_TICK = Fraction(1, 1000)  # seconds; the clock of Matroska


def best_encoder() -> str:
    """``libx264`` where this FFmpeg has it, else ``mpeg4``, which every FFmpeg has."""
    return "libx264" if "libx264" in av.codecs_available else "mpeg4"


class VideoWriter:
    """Writes frames one by one.

    Args:
        path: the file; its suffix chooses the container.
        fps: frames a second; nominal when frames are written with their own times.
        codec: name of an encoder; None takes ``best_encoder()``.
        gop: largest distance of key frames.
        options: options of the encoder.
        container_options: options of the container.
        metadata: notes in the head of the file.

    Raises:
        VideoError: the file cannot be written, or there is no such encoder.
    """

    def __init__(
        self,
        path: Path,
        fps: float = 25.0,
        *,
        codec: str | None = None,
        gop: int = SHORT_GOP,
        options: Mapping[str, str] | None = None,
        container_options: Mapping[str, str] | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        self._path = path
        self._codec = codec or best_encoder()
        self._rate = Fraction(fps).limit_denominator(1001)
        self._gop = gop
        self._options = dict(options or {})
        self._stream: VideoStream | None = None
        self._last = -1
        self._broken = False  # after a failed write the encoder must not be asked again: it may crash
        try:
            self._container = av.open(f"file:{path.absolute()}", "w", options=dict(container_options or {}))
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise VideoError(f"{path} cannot be written; look at its folder and its suffix.") from error
        self._container.metadata.update(metadata or {})

    def write(self, image: Image, seconds: float | None = None) -> None:
        """Append a frame; but for mjpeg, an odd row or column at its end is left out, as encoders need it.

        Args:
            image: (H, W, 3) RGB, of one size for the whole file.
            seconds: its time, later than that of the frame before; None follows the rate. A file has
                either all or none of its times given.
        """
        if self._codec != "mjpeg":
            image = image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
        if self._stream is None:
            self._stream = self._start(image, _TICK if seconds is not None else 1 / self._rate)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        tick = self._stream.codec_context.time_base
        wanted = self._last + 1 if seconds is None else round(seconds / float(tick))
        self._last = frame.pts = max(wanted, self._last + 1)
        frame.time_base = tick
        self._encode(self._stream, frame)

    def close(self) -> None:
        """Write what is left and finish the file."""
        stream, self._stream = self._stream, None
        try:
            if stream is not None and not self._broken:
                self._encode(stream, None)
        finally:
            self._finish()

    def _finish(self) -> None:
        try:
            self._container.close()
        except (av.error.FFmpegError, OSError) as error:
            if not self._broken:  # else it was said already
                raise VideoError(f"{self._path} cannot be finished ({error.strerror}).") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _encode(self, stream: VideoStream, frame: av.VideoFrame | None) -> None:
        try:
            self._container.mux(stream.encode(frame))  # the file is made with the first packet
        except (av.error.FFmpegError, OSError) as error:
            self._broken = True
            reason = error.strerror or "the encoder refused"
            raise VideoError(f"{self._path} cannot be written ({reason}).") from error

    def _start(self, image: Image, tick: Fraction) -> VideoStream:
        try:
            stream = self._container.add_stream(self._codec, rate=self._rate, options=self._options)
        except (av.error.FFmpegError, ValueError) as error:
            raise VideoError(f"No encoder {self._codec!r} for {self._path}: {error}.") from error
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = image.shape[:2]
        stream.pix_fmt = "yuvj420p" if self._codec == "mjpeg" else "yuv420p"
        stream.gop_size = self._gop
        stream.codec_context.time_base = tick
        return stream


def write_video(
    path: Path,
    frames: Iterable[Image],
    *,
    fps: float = 25.0,
    codec: str | None = None,
    gop: int = SHORT_GOP,
    options: Mapping[str, str] | None = None,
) -> Path:
    """Write all frames to a file; see ``VideoWriter``. Returns the path."""
    with VideoWriter(path, fps, codec=codec, gop=gop, options=options) as writer:
        for image in frames:
            writer.write(image)
    return path
