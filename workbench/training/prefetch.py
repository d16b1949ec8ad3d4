"""Batches made beforehand in threads, for tasks whose batches come from files.

Since a batch depends on its step alone, making it early changes nothing but the waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any


@contextmanager
def prefetched(batch: Callable[[int], Any], *, ahead: int, stop: int) -> Iterator[Callable[[int], Any]]:
    """The same function of the step, with the next batches being made meanwhile.

    Args:
        batch: makes the batch of a step; called in threads where ``ahead`` is not 0.
        ahead: how many batches are made beforehand, each in a thread of its own.
        stop: no step from here on is made.
    """
    if ahead == 0:
        yield batch
        return
    made: dict[int, Future[Any]] = {}

    def take(step: int) -> Any:
        wanted = range(step, min(step + ahead + 1, stop))
        for stale in made.keys() - set(wanted):
            made.pop(stale).cancel()
        for s in wanted:
            if s not in made:
                made[s] = pool.submit(batch, s)
        return made.pop(step).result()

    pool = ThreadPoolExecutor(ahead, thread_name_prefix="batch")
    try:
        yield take
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
