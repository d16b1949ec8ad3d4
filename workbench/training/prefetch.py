"""Batches made beforehand in threads, for tasks whose batches come from files.

Since a batch depends on its step alone, making it early changes nothing but the waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any


@contextmanager
def prefetched(
    batch: Callable[[int], Any], *, ahead: int, stop: int, threads: int | None = None
) -> Iterator[Callable[[int], Any]]:
    """The same function of the step, with the next batches being made meanwhile.

    Args:
        batch: makes the batch of a step; called in threads where ``ahead`` is not 0.
        ahead: how many batches are made beforehand.
        stop: no step from here on is made.
        threads: that make them; one makes them in order. None = one for each.
    """
    if ahead == 0:
        yield batch
        return
    made: dict[int, Future[Any]] = {}
    last = -1

    def take(step: int) -> Any:
        nonlocal last
        wanted = range(step, min(step + ahead + 1, stop))
        kept = set(wanted) if step > last else set()  # back after a failure: all in order again, from here
        last = step
        for stale in made.keys() - kept:
            made.pop(stale).cancel()
        for s in wanted:
            if s not in made:
                made[s] = pool.submit(batch, s)
        return made.pop(step).result()

    pool = ThreadPoolExecutor(threads or ahead, thread_name_prefix="batch")
    try:
        yield take
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
