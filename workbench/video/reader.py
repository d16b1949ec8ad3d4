"""Frame-accurate reading of a video file.

A frame is found through the packet index, decoded from the key frame before it, and taken only when the
picture that arrived is the one wanted. If it does not arrive, decoding starts again from earlier key
frames (a stream may refresh its picture slowly, without clean key frames); if it never does, the frame is
damaged, and that is what the caller hears.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Literal, Self

import numpy as np
from av.video.frame import VideoFrame

from workbench.core.errors import VideoError
from workbench.video.decoder import Decoder
from workbench.video.identity import file_fingerprint
from workbench.video.index import PacketIndex, read_index
from workbench.video.info import Image, VideoInfo, check_frame, numbers, span
from workbench.video.picture import Converter, upright_size

LONG_GOP = 30
"""Packets from key frame to key frame above which a proxy pays."""

HELD_BYTES = 256 * 2**20
"""Memory for the decoded pictures of one stretch when going backward."""

_HEADS = 5  # groups in which a whole picture is looked for when a file is opened
_PATIENCE = 24  # packets fed beyond the one wanted before its picture is given up


class FileReader:
    """Random access to a video file; see ``VideoReader``.

    Args:
        path: the file.
        index: its packet index if the caller has built it already.
        threads: of the decoder, see ``Decoder``; one is fastest for jumping about in intra-coded files.

    Raises:
        VideoError: the file cannot be opened or has no video.
    """

    def __init__(self, path: Path, *, index: PacketIndex | None = None, threads: int | None = None) -> None:
        self._path = path
        self._lock = Lock()  # a file that is closed while a thread reads from it takes the program down
        self._closed = False
        self._index = index or read_index(path)
        self._damaged = set(self._index.damaged)
        self._decoder = Decoder(path, self._index, threads=threads)
        self._run: Iterator[list[tuple[int, VideoFrame]]] | None = None
        self._passed = -1  # frames up to here do not come again in this run
        self._ahead: dict[int, VideoFrame] = {}
        width, height = self._size()
        self._convert = Converter(width, height)
        self.info = VideoInfo(
            path=path,
            kind="file",
            width=width,
            height=height,
            frame_count=len(self._index.order),
            fps=_rate(self._index),
            codec=self._decoder.codec,
            long_gop=self._index.longest_gop() > LONG_GOP,
            variable_rate=_varies(self._index),
        )

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the file, one sentence each; grows when reading finds more damage."""
        return (*self._index.problems, *self._damage())

    def read(self, frame: int) -> Image:
        """One frame; see ``VideoReader.read``."""
        return self._convert(self._decoded(frame))

    def frames(
        self, start: int = 0, stop: int | None = None, step: Literal[1, -1] = 1
    ) -> Iterator[tuple[int, Image]]:
        """Numbered frames forward or backward; see ``VideoReader.frames``."""
        wanted = span(self.info.frame_count, start, stop, step)
        for frame, picture in self._forward(wanted) if step == 1 else self._backward(wanted):
            yield frame, self._convert(picture)

    def seconds(self, frame: int) -> float:
        """Time of a frame after frame 0."""
        check_frame(frame, self.info.frame_count)
        seconds = float(self._index.seconds[frame])
        return frame / self.info.fps if np.isnan(seconds) else seconds

    def run_start(self, frame: int) -> int:
        """The first frame that decoding passes on its way to ``frame``."""
        check_frame(frame, self.info.frame_count)
        return int(np.clip(self._index.frame[self._index.keys[self._index.start(frame)]], 0, frame))

    @property
    def index(self) -> PacketIndex:
        """The packet index."""
        return self._index

    def fingerprint(self) -> str:
        """Size, and a hash of the first and the last mebibyte."""
        return file_fingerprint(self._path)

    def close(self) -> None:
        """Release the file, after a frame that is being read; whoever reads on gets a ValueError."""
        with self._lock:
            self._closed = True
            self._run = None
            self._ahead.clear()
            self._decoder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _size(self) -> tuple[int, int]:
        """(width, height) of a picture near the beginning, else as the file declares it."""
        heads = self._index.frame[self._index.keys[:_HEADS]].tolist()
        for _, picture in self._forward(
            frame for frame in [0, *heads] if 0 <= frame < len(self._index.order)
        ):
            return upright_size(picture)
        return self._decoder.declared_size

    def _forward(self, wanted: Iterable[int]) -> Iterator[tuple[int, VideoFrame]]:
        for frame in wanted:
            try:
                picture = self._decoded(frame)
            except VideoError:
                continue  # named in ``problems``; its number is left out
            yield frame, picture

    def _backward(self, wanted: range) -> Iterator[tuple[int, VideoFrame]]:
        """Stretch by stretch: decode forward from a key frame, keep the pictures, give them backward."""
        high = wanted.start
        while high > wanted.stop:
            low = max(wanted.stop + 1, high - self._stretch() + 1, self.run_start(high))
            held = list(self._forward(range(low, high + 1)))
            while held:
                yield held.pop()
            high = low - 1

    def _stretch(self) -> int:
        """Frames whose decoded pictures fit in ``HELD_BYTES`` (three bytes for two pixels, as 4:2:0)."""
        return int(np.clip(HELD_BYTES // max(self.info.width * self.info.height * 3 // 2, 1), 8, 128))

    def _decoded(self, frame: int) -> VideoFrame:
        check_frame(frame, len(self._index.order))
        with self._lock:
            if self._closed:
                raise ValueError(f"the reader of {self._path} is closed")
            picture = None if frame in self._damaged else self._searched(frame)
            if picture is None:
                self._damaged.add(frame)
                raise VideoError(
                    f"Frame {frame} of {self._path} is damaged in the file; go on with the next one."
                )
            return picture

    def _searched(self, frame: int) -> VideoFrame | None:
        """The picture of a frame; None when it is damaged."""
        picture = self._search(frame)
        if picture is None and self._decoder.threads > 1:
            # A threaded decoder reports an error late and may drop whole pictures with it.
            self._decoder.close()
            self._decoder, self._run = Decoder(self._path, self._index, threads=1), None
            picture = self._search(frame)
        return picture

    def _search(self, frame: int) -> VideoFrame | None:
        """The picture of a frame, decoded from as far back as it takes."""
        for start in self._starts(frame):
            picture = self._pull(frame, start)
            if picture is not None and not picture.is_corrupt:
                return picture
        return None

    def _starts(self, frame: int) -> Iterator[int | None]:
        """Packets to decode from, cheapest first; None goes on where the decoder stands."""
        keys, place = self._index.keys, self._index.start(frame)
        going = self._run is not None and frame > self._passed
        if going and (frame in self._ahead or keys[place] <= self._decoder.fed + 1):
            yield None
            if (
                self._decoder.threads == 1
                and frame - 1 in self._damaged
                and self._index.start(frame - 1) == place
            ):
                return  # the frame before was searched for in vain, and decoding went on from there
        for earlier in dict.fromkeys(max(place - back, 0) for back in (0, 1, 3, 8)):
            yield int(keys[earlier])

    def _pull(self, frame: int, start: int | None) -> VideoFrame | None:
        """Decode until the picture of ``frame`` has arrived; None when it does not."""
        if start is not None:
            self._run, self._passed = self._decoder.run(start), -1
            self._ahead.clear()
        assert self._run is not None
        self._decoder.wanted = frame
        last = self._index.order[frame] + _PATIENCE + self._decoder.threads
        while frame not in self._ahead and self._decoder.fed < last:
            batch = next(self._run, None)
            if batch is None:
                break
            self._ahead.update((number, picture) for number, picture in batch if number >= frame)
        self._passed = frame
        picture = self._ahead.pop(frame, None)
        self._ahead = {number: held for number, held in self._ahead.items() if number > frame}
        return picture

    def _damage(self) -> Iterator[str]:
        """Sentences on the damaged frames, and on those that are built on them."""
        if not self._damaged:
            return
        yield f"Damaged, and not shown: frame {numbers(list(self._damaged))}."
        keys = np.append(self._index.keys, len(self._index.pts))
        built: set[int] = set()
        for frame in self._damaged:
            packet = self._index.order[frame]
            end = keys[np.searchsorted(keys, packet, side="right")]
            built.update(map(int, self._index.frame[packet:end]))
        built -= self._damaged | {-1}
        if built:
            yield f"Built on damaged frames, and perhaps wrong: frame {numbers(list(built))}."


def _rate(index: PacketIndex) -> float:
    """Average frames a second; 25 where nothing tells."""
    if len(index.seconds) > 1 and index.seconds[-1] > 0:
        return (len(index.seconds) - 1) / float(index.seconds[-1])
    return index.declared_rate or 25.0


def _varies(index: PacketIndex) -> bool:
    """Whether the distance of frames changes by more than the rounding of their stamps."""
    steps = np.diff(index.seconds)
    if len(steps) < 2 or np.isnan(steps).any():
        return False
    usual = float(np.median(steps))
    return bool((np.abs(steps - usual) > max(0.02 * usual, 1.5 * float(index.time_base))).any())
