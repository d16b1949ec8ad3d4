"""Decoding from any key frame, with every decoded picture named by the packet it came from.

Before a packet is given to the decoder its time stamp is replaced by its number in the index; the decoder
hands the stamp through to the picture. So it is never guessed, and never computed from a frame rate, which
frame has arrived. A jump is verified the same way: the container may land anywhere (transport streams
do), and if it lands behind the packet wanted, an earlier place is tried, in the end the beginning.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from workbench.video.container import open_container
from workbench.video.index import PacketIndex

# Leaving out pictures that no other is built on is exact here; with AV1 it loses frames.
SKIPPING_IS_EXACT = frozenset({"h264", "hevc"})

_LOST = 500  # packets that nobody knows before a landing place is given up


class Decoder:
    """One decoder at one place of a file.

    Args:
        path: the file.
        index: its packet index.
        threads: of the decoder; None takes one more than the processor has cores (one picture
            is being handed over), at most 9. With one, an error is never
            reported late, so that it cannot take whole pictures with it.
    """

    def __init__(self, path: Path, index: PacketIndex, *, threads: int | None = None) -> None:
        self.threads = threads or min((os.cpu_count() or 1) + 1, 9)
        self.wanted = 0  # frames below this number need not come out
        self.fed = -1  # the last packet given to the decoder
        self._path = path
        self._index = index
        self._numbers = range(len(index.pts))
        self._open()
        self._may_skip = self.codec in SKIPPING_IS_EXACT

    @property
    def codec(self) -> str:
        """Name of the decoder."""
        return self._context.name

    @property
    def declared_size(self) -> tuple[int, int]:
        """(width, height) as the file declares it, not turned upright."""
        return self._context.width, self._context.height

    def run(self, packet: int) -> Iterator[list[tuple[int, VideoFrame]]]:
        """Decode from ``packet`` to the end; yields (frame number, picture) pairs for each packet fed.

        Damaged packets give no picture. A second run ends the first.
        """
        self.fed = packet - 1
        return self._feed(packet)

    def _feed(self, packet: int) -> Iterator[list[tuple[int, VideoFrame]]]:
        for number, raw in self._packets(packet):
            skip = self._may_skip and self._index.frame[number] < self.wanted
            self._context.skip_frame = "NONREF" if skip else "DEFAULT"
            raw.pts, raw.dts = number, None
            self.fed = number
            yield self._decode(raw)
        self.fed = len(self._index.pts)
        yield self._decode(None)

    def close(self) -> None:
        """Release the file."""
        self._container.close()

    def _open(self) -> None:
        self._container, self._stream = open_container(self._path)
        self._context = self._stream.codec_context
        self._context.thread_type = "AUTO"
        self._context.thread_count = self.threads

    def _decode(self, packet: av.Packet[VideoStream] | None) -> list[tuple[int, VideoFrame]]:
        try:
            pictures = self._context.decode(packet)
        except av.error.FFmpegError:
            return []  # the picture does not arrive, which is how the reader notices
        return [(int(self._index.frame[p.pts]), p) for p in pictures if p.pts in self._numbers]

    def _packets(self, first: int) -> Iterator[tuple[int, av.Packet[VideoStream]]]:
        """The packets from ``first`` on, with their numbers."""
        if self._index.identity is not None:
            for place in self._landings(first):
                packets = self._land(place, first)
                head = next(packets, None)
                if head is not None:
                    yield head
                    yield from packets
                    return
        self._container.close()
        self._open()
        for number, packet in enumerate(self._raw()):
            if number >= first:
                yield number, packet

    def _landings(self, first: int) -> Iterator[int]:
        """Key packets to seek for, ever further back."""
        keys = self._index.keys
        place = int(keys.searchsorted(first, side="right")) - 1
        back = 1
        while True:
            yield int(keys[place])
            if place == 0:
                return
            place = max(place - back, 0)
            back *= 2

    def _land(self, place: int, first: int) -> Iterator[tuple[int, av.Packet[VideoStream]]]:
        """Packets from ``first`` on after seeking for ``place``; none if that landed too late."""
        try:
            self._container.seek(int(self._index.seek[place]), stream=self._stream)
        except (av.error.FFmpegError, OSError, OverflowError):
            return
        number, unknown = None, 0
        for packet in self._raw():
            if number is None:
                found = self._index.find(packet)
                unknown += found is None
                if unknown > _LOST or (found is not None and found > first):
                    return
                if found != first:
                    continue
                number = first
            else:
                number += 1
            if number == len(self._index.pts) or self._index.size[number] != packet.size:
                return  # not the packets of the index: the reader will try from further back
            yield number, packet

    def _raw(self) -> Iterator[av.Packet[VideoStream]]:
        """Packets of the stream from where the container stands; a broken place ends them."""
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:
                    yield packet
        except (av.error.FFmpegError, OSError):
            return
