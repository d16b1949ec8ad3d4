"""The folder an export is written into: all of it, or as it was before.

Files are first written to a hidden folder inside the target, which is on the same file system and so
costs nothing to move from. Only when everything stands are they moved to their places. What an earlier
export left and this one does not replace is removed; files that no export wrote are never touched,
and an export that would have to replace one is refused.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Any

from workbench.core.errors import UserError
from workbench.core.plurals import counted
from workbench.core.report import Report

REPORT_TEXT, REPORT_JSON = "report.txt", "report.json"
UNFINISHED = ".unfinished-export"


def earlier_export(target: Path) -> str:
    """What an earlier export left in a folder, in words for a person; "" where it left nothing."""
    last = _last_report(target)
    files = _claimed_files(last)
    is_there = any(os.path.exists(target / path) for path in files)  # of a name that is too long, too
    return f"{_words(last)}, {counted(len(files), 'file')}" if is_there else ""


class ExportFolder:
    """Context manager: write files under relative "/" paths, then ``finish``; else nothing has happened.

    Args:
        target: the folder; made if missing.
        title: of the format.
        videos: names of the videos. A folder with an export of another format, or of a video that is not
            among these, is refused rather than replaced.

    Raises:
        UserError: the folder cannot be written, or something is in the way.
    """

    def __init__(self, target: Path, title: str, videos: Sequence[str]) -> None:
        self.target = Path(target)
        self._videos = tuple(videos)
        self._staging = self.target / UNFINISHED
        self._files: dict[str, None] = {}  # in order, each once
        last = _last_report(self.target)
        self._owned = _claimed_files(last)
        self._refuse_other_export(title, last)

    def _refuse_other_export(self, title: str, last: dict[str, Any]) -> None:
        others = [name for name in last.get("videos", ()) if name not in self._videos]
        if self._owned and (last.get("format") != title or others):
            raise UserError(
                f"{self.target} holds another export ({_words(last)}); choose another folder,"
                " or export all videos at once."
            )

    def __enter__(self) -> ExportFolder:
        self._is_new = not self.target.exists()
        for report in (REPORT_TEXT, REPORT_JSON):
            self._refuse_foreign(report)
        try:
            self.target.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self._staging, ignore_errors=True)
            self._staging.mkdir()
        except OSError as error:
            raise self._refusal(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._staging, ignore_errors=True)
        if self._is_new and error is not None:
            with suppress(OSError):  # somebody may have put a file there meanwhile
                self.target.rmdir()
        if isinstance(error, OSError):
            raise self._refusal(error) from error

    def _refusal(self, error: OSError) -> UserError:
        reason = error.strerror or str(error)
        return UserError(
            f"{self.target}: the export could not be written ({reason}) and nothing was changed."
        )

    def open(self, path: str) -> IO[str]:
        """A text file to write, UTF-8 with "\\n" as line end."""
        return self._place(path).open("w", encoding="utf-8", newline="\n")

    def write_text(self, path: str, text: str) -> None:
        """Write a small text file whole."""
        with self.open(path) as file:
            file.write(text)

    def write_bytes(self, path: str, data: bytes) -> None:
        """Write a binary file whole."""
        self._place(path).write_bytes(data)

    def _place(self, path: str) -> Path:
        self._refuse_foreign(path)
        self._files[path] = None
        place = self._staging / path
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def _refuse_foreign(self, path: str) -> None:
        if path not in self._owned and (self.target / path).exists():
            raise UserError(f"{self.target / path} was not written by an export; choose another folder.")

    def finish(self, report: Report) -> Report:
        """Write the report beside the files and move all to their places.

        Returns:
            The report, with its files and videos filled in.
        """
        report = replace(report, videos=self._videos)
        report = _with_files(report, (*self._files, REPORT_TEXT, REPORT_JSON))
        both = _with_files(report, tuple({**dict.fromkeys(report.files), **self._owned}))
        self._write_report(both)
        os.replace(
            self._staging / REPORT_JSON, self.target / REPORT_JSON
        )  # a kill from here on loses track of none
        for path in self._files:
            (self.target / path).parent.mkdir(parents=True, exist_ok=True)
            os.replace(self._staging / path, self.target / path)
        self._remove_stale(set(report.files))
        self._write_report(report)
        for path in (REPORT_TEXT, REPORT_JSON):
            os.replace(self._staging / path, self.target / path)
        return report

    def _write_report(self, report: Report) -> None:
        text = json.dumps(report.as_dict(), indent=1, ensure_ascii=False)
        (self._staging / REPORT_JSON).write_text(text + "\n", encoding="utf-8", newline="\n")
        (self._staging / REPORT_TEXT).write_text(f"{report}\n", encoding="utf-8", newline="\n")

    def _remove_stale(self, kept: set[str]) -> None:
        for path in self._owned:
            if path in kept:
                continue
            (self.target / path).unlink(missing_ok=True)
            for parent in PurePosixPath(path).parents[:-1]:
                with suppress(OSError):  # not empty
                    (self.target / parent).rmdir()


def _with_files(report: Report, files: tuple[str, ...]) -> Report:
    return replace(report, files=tuple(sorted(files)))


def _last_report(target: Path) -> dict[str, Any]:
    """The report of the export that is in the folder, {} if there is none."""
    try:
        report = json.loads((target / REPORT_JSON).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return report if isinstance(report, dict) and isinstance(report.get("videos", []), list) else {}


def _words(report: dict[str, Any]) -> str:
    return f"{report.get('format')} of {', '.join(map(str, report.get('videos', ())))}"


def _claimed_files(report: dict[str, Any]) -> dict[str, None]:
    """The relative paths a report lists, without any that leads out of the folder."""
    claimed = report.get("files")
    if not isinstance(claimed, list):
        return {}
    return dict.fromkeys(path for path in claimed if isinstance(path, str) and _is_inside(path))


def _is_inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return (
        bool(path)
        and "\\" not in path
        and ":" not in path
        and not pure.is_absolute()
        and ".." not in pure.parts
    )
