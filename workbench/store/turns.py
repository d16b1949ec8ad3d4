"""Whose turn it is to write: a person's correction before the next slice of a bulk write.

SQLite lets one transaction write at a time and wakes those that wait by polling, which is neither
quick nor fair. Here the waiting is a condition, and bulk writers let every waiting correction go first.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """One writer at a time, corrections first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = False
        self._corrections_waiting = 0

    @contextmanager
    def take(self, *, bulk: bool = False) -> Iterator[None]:
        """Wait for a turn and hold it inside the ``with`` block; not re-entrant."""
        with self._changed:
            self._corrections_waiting += not bulk
            self._changed.wait_for(lambda: not self._taken and not (bulk and self._corrections_waiting))
            self._corrections_waiting -= not bulk
            self._taken = True
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()
