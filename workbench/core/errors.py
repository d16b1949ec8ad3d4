"""The errors a user can meet, as one tree.

::

    WorkbenchError
    |-- UserError        a request that cannot be carried out as asked
    |-- VideoError       a video, image folder or camera that cannot be read
    |-- FormatError      an annotation file that is not what it claims to be
    |-- ProjectError     a project that cannot be opened or written
    |   `-- EditConflictError   an edit made for rows that have changed since
    |-- ModelError       weights or a model that cannot be loaded or run
    `-- PluginError      a plugin that cannot be loaded

Each message is one sentence or two: what failed, where, and what to do. Any other exception is a bug
of ours and is shown with its traceback.
"""

from __future__ import annotations

from pathlib import Path


class WorkbenchError(Exception):
    """Root of the errors whose message is written for the user."""


class UserError(WorkbenchError):
    """A request that cannot be carried out as asked; the message says what to ask instead."""


class VideoError(WorkbenchError):
    """A video, image folder or camera that cannot be read."""


class FormatError(WorkbenchError):
    """An annotation file that is not what it claims to be.

    Args:
        problem: what is wrong and what to do, one sentence.
        path: the file.
        line: 1-based line number as an editor shows it, or None where lines mean nothing.
    """

    def __init__(self, problem: str, path: Path | str, line: int | None = None) -> None:
        self.problem = problem
        self.path = Path(path)
        self.line = line
        where = f"{self.path}" if line is None else f"{self.path}, line {line}"
        super().__init__(f"{where}: {problem}")


class ProjectError(WorkbenchError):
    """A project that cannot be opened or written."""


class EditConflictError(ProjectError):
    """An edit was made for rows that have changed since; nothing was written."""


class ModelError(WorkbenchError):
    """Weights or a model that cannot be loaded or run."""


class PluginError(WorkbenchError):
    """A plugin that cannot be loaded."""
