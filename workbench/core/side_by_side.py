"""Work done side by side in threads, with the results of a plain loop, in its order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(pool: ThreadPoolExecutor, function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """The function of every item, in their order; a single item is not worth a thread.

    Returns when all are done, also where one of them raises: then the first one's error is raised.
    """
    if len(items) < 2:
        return [function(item) for item in items]
    running = [pool.submit(function, item) for item in items]
    wait(running)
    return [future.result() for future in running]
