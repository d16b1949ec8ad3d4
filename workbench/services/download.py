"""Fetching a large file: with progress, stopped at any time, continued where it stopped, checked at the end.

What has arrived lies in ``NAME.part`` until the file is whole. It is continued only when the server confirms
that the file is still the same (If-Range with what identified it the first time) or when its checksum is
known; otherwise it begins anew, for a file of two halves would be worse than a slow one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Generator
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from workbench.core.errors import UserError
from workbench.core.progress import Progress

BLOCK = 1 << 18  # bytes between two chances to stop
SPARE = 64 << 20  # bytes that stay free on the disk
TIMEOUT = 30.0  # seconds without a byte
UNSATISFIABLE = 416  # the server's answer when nothing is left to send


def download(
    url: str, target: Path, *, sha256: str = "", timeout: float = TIMEOUT
) -> Generator[Progress, None, Path]:
    """Fetch a file; progress counts kilobytes.

    Closing the generator stops it and keeps what has arrived for the next time.

    Args:
        url: http or https.
        target: where the file goes, whole or not at all.
        sha256: its checksum or the first digits of it; empty for none.
        timeout: seconds without a byte after which the connection counts as lost.

    Returns:
        ``target``.

    Raises:
        UserError: it cannot be fetched, the disk is too full, or the checksum differs.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise UserError(f"{url} is no web address: only http and https can be fetched.")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _Part(target)
    try:
        yield from _fetch(url, part, known=bool(sha256), timeout=timeout)
    except (URLError, HTTPException, OSError) as error:
        raise _lost(url, part, error) from error
    yield from _check(part, sha256, url)
    part.finish(target)
    return target


class _Part:
    """What has arrived of a file, and what the server said identifies the file."""

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._tag = target.with_name(f"{target.name}.tag")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    def tag(self) -> str:
        return self._tag.read_text(encoding="utf-8") if self._tag.is_file() else ""

    def begin(self, headers: HTTPMessage) -> None:
        """A new file: a weak tag identifies its meaning, not its bytes, and does not count."""
        tag = headers.get("ETag", "")
        self._tag.write_text(
            tag if tag.startswith('"') else headers.get("Last-Modified", ""), encoding="utf-8"
        )

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)

    def finish(self, target: Path) -> None:
        os.replace(self.path, target)
        self._tag.unlink(missing_ok=True)


def _fetch(url: str, part: _Part, *, known: bool, timeout: float) -> Generator[Progress, None, None]:
    headers = {"User-Agent": "tracking-workbench", "Accept-Encoding": "identity"}
    tag = part.tag()
    if part.size and (tag or known):
        headers["Range"] = f"bytes={part.size}-"
        headers |= {"If-Range": tag} if tag else {}
    try:
        answer = urlopen(Request(url, headers=headers), timeout=timeout)
    except HTTPError as error:
        if error.code != UNSATISFIABLE or "Range" not in headers:
            raise
        error.close()
        part.discard()  # whole already, or of another file: which of the two cannot be told
        yield from _fetch(url, part, known=known, timeout=timeout)
        return
    with answer:
        yield from _receive(answer, part, url)


def _receive(answer: HTTPResponse, part: _Part, url: str) -> Generator[Progress, None, None]:
    headers = answer.headers
    if headers.get_content_type() == "text/html":
        raise UserError(f"{url} gives a web page and no file: fetch the file with a browser.")
    done = _first_byte(headers)
    if done == 0:
        part.begin(headers)
    elif done != part.size:
        part.discard()
        raise UserError(f"{url} sent another part of the file than was asked for: try again.")
    length = headers.get("Content-Length")
    total = None if length is None else done + int(length)
    _check_space(part.path, (total or 0) - done)
    with part.path.open("r+b" if done else "wb") as file:
        file.seek(done)
        yield _progress(part, done, total)
        while block := answer.read1(BLOCK):
            file.write(block)
            done += len(block)
            yield _progress(part, done, total)
    if total is not None and done < total:
        raise ConnectionError(f"{done} of {total} bytes arrived")


def _first_byte(headers: HTTPMessage) -> int:
    """Where the bytes that are sent belong; 0 for a whole file."""
    sent = headers.get("Content-Range", "").removeprefix("bytes ").split("-")[0]
    return int(sent) if sent.isdigit() else 0


def _check_space(path: Path, needed: int) -> None:
    free = shutil.disk_usage(path.parent).free
    if free < needed + SPARE:
        raise UserError(
            f"The disk of {path.parent} is too full: {_mb(needed)} are needed and {_mb(free)} are free; make "
            "room and try again."
        )


def _check(part: _Part, sha256: str, url: str) -> Generator[Progress, None, None]:
    if not sha256:
        return
    digest, total, done = hashlib.sha256(), part.size, 0
    with part.path.open("rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
            done += len(block)
            yield Progress(done >> 10, total >> 10, "checking what arrived, kB")
    if not digest.hexdigest().startswith(sha256):
        part.discard()
        raise UserError(
            f"What came from {url} has the checksum {digest.hexdigest()[:16]}… and not {sha256[:16]}: it was "
            "thrown away; try again, or fetch the file with a browser."
        )


def _lost(url: str, part: _Part, error: Exception) -> UserError:
    if isinstance(error, HTTPError):
        error.close()
    why = getattr(error, "reason", None) or error
    kept = f" {_mb(part.size)} are kept, and trying again continues from there." if part.size else ""
    return UserError(f"{url} could not be fetched ({why}): look at the connection and try again.{kept}")


def _progress(part: _Part, done: int, total: int | None) -> Progress:
    return Progress(done >> 10, None if total is None else total >> 10, f"fetching {part.path.stem}, kB")


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
