"""The last few things that were made, each made once whoever asks for it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Recent(Generic[Made]):
    """Makes things by number, remembers the last ones; different ones are made in different threads at once.

    Args:
        make: makes the thing of a number.
        kept: how many are remembered; may be changed at any time.
    """

    def __init__(self, make: Callable[[int], Made], *, kept: int) -> None:
        self._make = make
        self.kept = kept
        self._made: dict[int, Future[Made]] = {}
        self._lock = Lock()

    def __call__(self, number: int) -> Made:
        """The thing of a number; waits where another thread is making it.

        Raises:
            Exception: whatever making it raised; the next who asks tries again.
        """
        with self._lock:
            future, mine = self._made.get(number), False
            if future is None:
                while len(self._made) >= self.kept:
                    del self._made[next(iter(self._made))]
                future, mine = self._made.setdefault(number, Future()), True
        if mine:
            self._fulfil(number, future)
        return future.result()

    def _fulfil(self, number: int, future: Future[Made]) -> None:
        try:
            future.set_result(self._make(number))
        except BaseException as error:  # noqa: BLE001  # raised again where it is asked for
            with self._lock:
                self._made.pop(number, None)
            future.set_exception(error)
