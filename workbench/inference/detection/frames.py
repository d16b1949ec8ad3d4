"""Frames through a session: the next ones are read and prepared while the network runs."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing
from itertools import islice

from workbench.core.prefetching import prefetched
from workbench.inference.detection.session import Output, Session
from workbench.models.geometry import Image


def detect_frames(
    session: Session, frames: Iterable[tuple[int, Image]], *, batch: int = 1, ahead: int = 4
) -> Generator[tuple[int, Output], None, None]:
    """What a session says of each frame, in their order.

    Close the generator to stop early; it then waits for the frame that is being read, and closes ``frames``
    where that can be closed. Whatever reading a frame raises is raised here, in its turn.

    Args:
        session: not used by others meanwhile. After each output CenterTrack's may be told what to follow.
        frames: number and image uint8 (H, W, 3) RGB; read in a thread of its own.
        batch: frames that the network sees at once; 1 where each depends on the one before.
        ahead: frames that are prepared beforehand, at least 1.
    """
    count = 1 if session.sequential else batch
    prepared = prefetched(frames, lambda item: (item[0], session.prepare(item[1])), ahead=max(ahead, count))
    with closing(prepared):
        while some := list(islice(prepared, count)):
            outputs = session.run([one for _, one in some])
            yield from ((number, output) for (number, _), output in zip(some, outputs, strict=True))
