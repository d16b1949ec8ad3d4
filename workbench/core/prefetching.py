"""Items made ready in a thread of their own while the ones before them are worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


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
