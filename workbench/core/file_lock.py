"""A file that one process, or one part of a process, has for itself: a project, a folder of a training.

The lock is the operating system's on an open file, so a process that dies leaves none behind, and two
windows of one process shut each other out as two processes do.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


class FileLock:
    """Holds ``path`` locked from ``acquire`` to ``release``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def acquire(self) -> bool:
        """Take the lock; False when somebody else holds it.

        Raises:
            OSError: the file cannot be made or locked here at all.
        """
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(file)
        except BlockingIOError:
            os.close(file)
            return False
        except OSError:
            os.close(file)
            raise
        self._file = file
        return True

    def release(self) -> None:
        """Give it back; the file stays, since removing it could take another's lock away."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError from error

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
