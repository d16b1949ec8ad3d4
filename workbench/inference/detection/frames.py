"""Frames through a session: the next ones are read and prepared while the network runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from typing import Any, TypeVar

from workbench.inference.detection.session import Output, Session
from workbench.models.geometry import Image

T = TypeVar("T")
R = TypeVar("R")


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


def prefetched(items: Iterable[T], prepare: Callable[[T], R], *, ahead: int) -> Generator[R, None, None]:
    """The items, each prepared; up to ``ahead`` of them beforehand, in one thread.

    What ``items`` or ``prepare`` raises is raised in its turn. At the end, and when the generator is closed,
    the thread has ended and ``items`` is closed where that can be done.
    """
    source = iter(items)
    end = object()

    def take() -> Any:
        return next((prepare(item) for item in islice(source, 1)), end)

    pool = ThreadPoolExecutor(1, thread_name_prefix="frames")
    try:
        waiting = deque(pool.submit(take) for _ in range(ahead))
        while (made := waiting.popleft().result()) is not end:
            waiting.append(pool.submit(take))
            yield made
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        if hasattr(source, "close"):
            source.close()
