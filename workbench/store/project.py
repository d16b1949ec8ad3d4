"""A project: a folder ``name.wbp`` with its database, weights, jobs, snapshots and cache.

One window writes a project; a second one that opens it reads. There is no "save": every change is in
the database when its call returns, together with what undoes it.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from uuid import uuid4

from workbench.core.errors import ProjectError
from workbench.core.file_lock import FileLock
from workbench.store import schema
from workbench.store.catalogue import Catalogue
from workbench.store.history import History
from workbench.store.journal import Edit
from workbench.store.migrations import upgrade
from workbench.store.reads import Reads
from workbench.store.soundness import check_tables
from workbench.store.sqlite import Database, create_file, log_of, mark

_FILE = "project.db"
_FOLDERS = ("weights", "jobs", "snapshots", "cache")


class Project(History, Reads, Catalogue):
    """An open project; made by ``create`` and ``open``, and a context manager that closes it.

    Reading works from any thread. Writing does too, one after the other, corrections before long edits.
    """

    def __init__(self, path: Path, database: Database, lock: FileLock) -> None:
        super().__init__(database)
        self.path = path
        self._lock = lock
        self._notices: tuple[str, ...] = ()

    @classmethod
    def create(cls, path: Path) -> Project:
        """Make a new project's folder, with all in it or not at all, and open it.

        Raises:
            ProjectError: something is there already, or it cannot be written.
        """
        path = Path(path)
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise ProjectError(f"{path} exists already; open it, or choose another name.")
        building = path.with_name(f".{path.name}.{uuid4().hex}")
        try:
            building.mkdir(parents=True)
            _build(building)
            if path.exists():
                path.rmdir()
            building.rename(path)
        except OSError as error:
            raise ProjectError(
                f"{path} cannot be made here ({error.strerror}); choose another place."
            ) from error
        finally:
            shutil.rmtree(building, ignore_errors=True)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Project:
        """Open a project; read-only when asked to, or when another window writes it (see ``notices``).

        What a crash left half-written is taken back, and an older schema brought up to date.

        Raises:
            ProjectError: it is no project, damaged, of a newer program, or cannot be written.
        """
        path = Path(path)
        if not (path / _FILE).is_file():
            raise ProjectError(
                f"{path} is no Tracking Workbench project; choose a folder that was made as one."
            )
        with ExitStack() as undo:
            lock, notices = FileLock(path / "lock"), []
            undo.callback(lock.release)
            if not read_only and not _acquire(lock):
                read_only = True
                notices.append(
                    f"{path.name} is open in another window already, so this one cannot change it."
                )
            unfinished = not read_only and log_of(path / _FILE).exists()
            database = Database(path / _FILE, read_only=read_only)
            undo.callback(database.close)
            if unfinished:
                database.check()
            upgrade(database)
            check_tables(database)
            project = cls(path, database, lock)
            if not read_only:
                notices += [f"“{e.name}” was not finished and was taken back." for e in project._recovered()]
            project._notices = tuple(notices)
            undo.pop_all()
        return project

    def _recovered(self) -> list[Edit]:
        """What a crash left half-way and is at rest now."""
        try:
            return self._recover()
        except ProjectError as error:
            raise ProjectError(
                f"An edit of {self.path} was not finished, and cannot be taken back: {error} Restore a copy "
                "of the project, or open it read-only."
            ) from error

    @property
    def read_only(self) -> bool:
        """Whether every change is refused."""
        return self._db.read_only

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know about how the project was opened, a sentence each."""
        return self._notices

    def check(self) -> None:
        """Read the whole database; ``ProjectError`` when it is damaged."""
        self._db.check()

    def backup(self, path: Path) -> None:
        """Copy the database as it is now to a new file, also while it is being written.

        Raises:
            ProjectError: the file exists already or cannot be written.
        """
        if Path(path).exists():
            raise ProjectError(f"{path} exists already; choose another name for the copy.")
        self._db.backup(Path(path))

    def close(self) -> None:
        """Close the files and let another window write; doing it twice does nothing."""
        self._db.close()
        self._lock.release()

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


def _build(folder: Path) -> None:
    """Fill a new project's folder."""
    for name in _FOLDERS:
        (folder / name).mkdir()
    create_file(folder / _FILE)
    database = Database(folder / _FILE)
    try:
        with database.writing() as connection:
            schema.metadata.create_all(connection)
            mark(connection, schema.VERSION)
    finally:
        database.close()


def _acquire(lock: FileLock) -> bool:
    try:
        return lock.acquire()
    except OSError as error:
        folder = lock.path.parent
        raise ProjectError(
            f"{folder} cannot be written ({error.strerror}); change its permissions, or open it read-only."
        ) from error
