"""Cheap identities of files, to know a video again when it has moved and to see that it has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from workbench.core.errors import VideoError

_SPAN = 2**20  # bytes hashed at either end


def file_fingerprint(path: Path) -> str:
    """Size and a hash of the first and the last mebibyte, as ``size-hex``.

    Raises:
        VideoError: the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            for place in (0, max(size - _SPAN, 0)):
                file.seek(place)
                digest.update(file.read(_SPAN))
    except OSError as error:
        raise VideoError(f"{path} cannot be read ({error.strerror}).") from error
    return f"{size}-{digest.hexdigest()[:32]}"


def folder_fingerprint(paths: Iterable[Path]) -> str:
    """A hash of the names and sizes of the images, as ``count-hex``."""
    digest, count = hashlib.sha256(), 0
    for path in paths:
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        count += 1
    return f"{count}-{digest.hexdigest()[:32]}"
