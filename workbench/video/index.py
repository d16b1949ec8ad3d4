"""The packet index: which packet holds which frame, found once when a file is opened.

A video file stores packets in decoding order; people count frames in the order they are shown. The index
is made by demuxing alone, which costs no decoding: frames are the packets sorted by presentation time
stamp (pts), without those an edit list hides. Stamps can be missing or wrong (raw streams, H.264 in AVI,
a cut broadcast that begins in the middle of a group), so the first packets are decoded and compared with
what the stamps promised; where they differ, the whole file is decoded once and the order taken from what
came out. Frame numbers are therefore those of a plain decoding of the file from its beginning.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from workbench.core.plurals import counted
from workbench.core.progress import Progress
from workbench.video.container import open_container
from workbench.video.info import numbers

Ints = NDArray[np.int64]

PROBED = 16
"""Packets that are decoded at the beginning to see whether the stamps tell the truth."""

_REPORT_EVERY = 2000  # packets
_NO_STAMP = np.iinfo(np.int64).min


@dataclass(frozen=True, eq=False)
class PacketIndex:
    """Packets in decoding order, and frames in presentation order. P packets, F frames.

    Args:
        pts: (P,) presentation stamps.
        seek: (P,) the stamp by which the container finds a packet.
        position: (P,) byte offset in the file, or -1.
        size: (P,) bytes.
        key: (P,) whether decoding may start here.
        order: (F,) the packet of each frame.
        time_base: seconds of one unit of pts.
        declared_rate: frames a second as the head of the file says, 0 = it does not.
        problems: one sentence each.
        damaged: frames known to be broken before anything was decoded.
    """

    pts: Ints
    seek: Ints
    position: Ints
    size: Ints
    key: NDArray[np.bool_]
    order: Ints
    time_base: Fraction
    declared_rate: float = 0.0
    problems: tuple[str, ...] = ()
    damaged: frozenset[int] = frozenset()

    @cached_property
    def frame(self) -> Ints:
        """(P,) the frame number of each packet, -1 where it is not shown."""
        frame = np.full(len(self.pts), -1, dtype=np.int64)
        frame[self.order] = np.arange(len(self.order))
        return frame

    @cached_property
    def keys(self) -> Ints:
        """Packets where decoding may start; the first packet always is one."""
        return np.union1d([0], np.flatnonzero(self.key)) if len(self.pts) else np.zeros(0, dtype=np.int64)

    @cached_property
    def seconds(self) -> NDArray[np.float64]:
        """(F,) time of each frame after frame 0; NaN where the file has no stamps."""
        pts = np.sort(self.pts[self.order])  # the order of frames may come from decoding, see above
        if not len(pts) or (pts == _NO_STAMP).any():
            return np.full(len(pts), np.nan)
        return np.asarray((pts - pts[0]) * float(self.time_base))

    @cached_property
    def by_stamp(self) -> bool:
        """Whether every packet has a presentation stamp of its own."""
        return len(np.unique(self.pts)) == len(self.pts) and _NO_STAMP not in self.pts

    @cached_property
    def identity(self) -> dict[int, int] | None:
        """Packet number by stamp or else by byte offset; None where neither tells packets apart."""
        values = self.pts if self.by_stamp else self.position
        if len(np.unique(values)) < len(values):
            return None
        return {int(value): packet for packet, value in enumerate(values)}

    def find(self, packet: av.Packet[VideoStream]) -> int | None:
        """The number of a packet by its stamp (or place), size and kind; None when they disagree.

        A program stream that is entered in the middle can give a stamp to the wrong packet.
        """
        name = packet.pts if self.by_stamp else packet.pos
        number = None if name is None or self.identity is None else self.identity.get(name)
        if number is None or self.size[number] != packet.size or self.key[number] != packet.is_keyframe:
            return None
        return number

    def start(self, frame: int) -> int:
        """The place in ``keys`` from which decoding reaches ``frame``.

        Pictures that follow a key frame in the file but are shown before it (an open group) need the
        key frame before.
        """
        packet = self.order[frame]
        place = int(np.searchsorted(self.keys, packet, side="right")) - 1
        if place > 0 and frame < self.frame[self.keys[place]]:
            place -= 1
        return max(place, 0)

    def longest_gop(self) -> int:
        """The largest number of packets from one key frame to the next."""
        return int(np.diff(np.append(self.keys, len(self.pts))).max(initial=0))


@dataclass
class _Packets:
    """What demuxing finds, packet by packet."""

    pts: list[int] = field(default_factory=list)
    dts: list[int] = field(default_factory=list)
    position: list[int] = field(default_factory=list)
    size: list[int] = field(default_factory=list)
    key: list[bool] = field(default_factory=list)
    hidden: list[bool] = field(default_factory=list)
    corrupt: list[int] = field(default_factory=list)
    broken: str = ""

    def add(self, packet: av.Packet[VideoStream]) -> None:
        if packet.is_corrupt:
            self.corrupt.append(len(self.pts))
        self.pts.append(_NO_STAMP if packet.pts is None else packet.pts)
        self.dts.append(_NO_STAMP if packet.dts is None else packet.dts)
        self.position.append(-1 if packet.pos is None else packet.pos)
        self.size.append(packet.size)
        self.key.append(packet.is_keyframe)
        self.hidden.append(packet.is_discard)


def read_index(path: Path) -> PacketIndex:
    """``build_index`` for a caller who needs no progress."""
    steps = build_index(path)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            index: PacketIndex = end.value
            return index


def build_index(path: Path) -> Generator[Progress, None, PacketIndex]:
    """Read the index of a file; progress counts bytes, then packets if the file has to be decoded.

    Raises:
        VideoError: the file cannot be opened or has no video.
    """
    container, stream = open_container(path)
    with container:
        expected = _expected(container, stream)
        packets = _Packets()
        for done in _demux(container, stream, packets):
            yield Progress(done, container.size, f"Reading the index of {path.name}")
        index = _by_stamps(container, stream, packets)
    arrived = list(_arrivals(path, PROBED)) if packets.pts else []
    if None not in arrived and not _agrees(index, arrived):
        index = yield from _by_decoding(path, index)
    problems = (*index.problems, *_missing(index, expected, packets.broken), *_gaps(index))
    return replace(index, problems=problems, damaged=frozenset(map(int, index.frame[packets.corrupt])) - {-1})


def _demux(container: InputContainer, stream: VideoStream, packets: _Packets) -> Iterator[int]:
    """Fill ``packets``; yields the byte position now and then. A broken file ends early."""
    try:
        for packet in container.demux(stream):
            if not packet.size:  # an end mark, or a "nothing changed" chunk of AVI
                continue
            packets.add(packet)
            if len(packets.pts) % _REPORT_EVERY == 0:
                yield max(packet.pos or 0, 0)
    except (av.error.FFmpegError, OSError) as error:
        packets.broken = str(error.strerror or error)


def _by_stamps(container: InputContainer, stream: VideoStream, packets: _Packets) -> PacketIndex:
    """The index as the time stamps tell it."""
    pts, dts = np.array(packets.pts, dtype=np.int64), np.array(packets.dts, dtype=np.int64)
    shown = np.flatnonzero(~np.array(packets.hidden, dtype=bool))
    # Matroska is searched by presentation time, the others by decoding time.
    by_pts = "matroska" in container.format.name
    return PacketIndex(
        pts=pts,
        seek=np.where(by_pts | (dts == _NO_STAMP), pts, dts),
        position=np.array(packets.position, dtype=np.int64),
        size=np.array(packets.size, dtype=np.int64),
        key=np.array(packets.key, dtype=bool),
        order=shown[np.argsort(pts[shown], kind="stable")],
        time_base=stream.time_base or Fraction(1, 1),
        declared_rate=float(stream.average_rate or stream.guessed_rate or 0),
    )


def _agrees(index: PacketIndex, arrived: Sequence[int | None]) -> bool:
    """Whether the packets decoded first gave the frames, in the order, that the index promises."""
    promised = index.order[index.order < PROBED]
    return index.by_stamp and promised.tolist() == list(arrived)


def _by_decoding(path: Path, index: PacketIndex) -> Generator[Progress, None, PacketIndex]:
    """The index with the order in which a plain decoding of the whole file gives its frames."""
    arrived: list[int | None] = []
    for packet in _arrivals(path, len(index.pts)):
        arrived.append(packet)
        if len(arrived) % 50 == 0:
            yield Progress(len(arrived), len(index.pts), f"Finding the order of frames in {path.name}")
    order = np.array([packet for packet in arrived if packet is not None], dtype=np.int64)
    errors = len(arrived) - len(order)
    which = counted(
        errors, "damaged frame cannot be counted, and is", "damaged frames cannot be counted, and are"
    )
    problems = (f"{which} left out.",) if errors else ()
    return replace(index, order=order, problems=problems)


def _arrivals(path: Path, stop: int) -> Iterator[int | None]:
    """Decode the packets 0 .. stop - 1; yields the packet each frame came from, None for an error."""
    container, stream = open_container(path)
    with container:
        context = stream.codec_context
        context.thread_type = "AUTO"
        packets = (packet for packet in container.demux(stream) if packet.size)
        for number in range(stop + 1):
            try:
                packet = next(packets, None) if number < stop else None
                if packet is not None:
                    packet.pts, packet.dts = number, None
                yield from (frame.pts for frame in context.decode(packet))
            except (av.error.FFmpegError, OSError):
                yield None
                if packet is None:
                    return
            if packet is None:
                return


def _expected(container: InputContainer, stream: VideoStream) -> tuple[int, float]:
    """What the head of the file declares: packets (0 = unknown), and seconds (0 = unknown)."""
    if "mp4" in container.format.name:
        # The table of samples, which unlike ``frames`` leaves out what the edit list cuts away.
        return len(getattr(stream, "index_entries", ())), 0.0
    clock = stream.metadata.get("DURATION", "").split(":")  # Matroska, one a stream
    seconds = 0.0
    if len(clock) == 3:
        seconds = int(clock[0]) * 3600 + int(clock[1]) * 60 + float(clock[2])
    return stream.frames, seconds


def _missing(index: PacketIndex, expected: tuple[int, float], broken: str) -> Iterator[str]:
    """Sentences on what the head of the file promises and its body does not hold."""
    packets, seconds = expected
    count, last = len(index.order), len(index.order) - 1
    lost = packets - len(index.pts)
    if seconds and count > 1 and np.isfinite(index.seconds).all():
        steps, rest = np.diff(index.seconds), seconds - float(index.seconds[-1])
        if rest > 2 * steps.max():
            lost = max(lost, round(rest / float(np.median(steps))) - 1)
    if lost > 0:
        missing = counted(lost, "frame at its end is missing", "frames at its end are missing")
        yield f"The file ends after frame {last}: about {missing}."
    elif broken:
        yield f"The file cannot be read beyond frame {last} ({broken})."


def _gaps(index: PacketIndex) -> Iterator[str]:
    """A sentence on holes in a video of otherwise constant rate."""
    steps = np.diff(index.seconds)
    if len(steps) < 10 or not np.isfinite(steps).all():
        return
    usual = float(np.median(steps))
    even = np.abs(steps - usual) <= max(0.02 * usual, 1.5 * float(index.time_base))
    holes = np.flatnonzero(steps > 1.9 * usual)
    if len(holes) and (~even).sum() == len(holes) and len(holes) <= max(3, 0.02 * len(steps)):
        yield f"Time stamps jump after frame {numbers(holes.tolist())}: frames may be missing there."
