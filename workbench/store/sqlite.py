"""SQLite's own side of the store: connections, pragmas, transactions, copies and its errors in words.

Everything that another database would do differently is here. One connection writes, in turns
(``workbench.store.turns``); each read has a connection to itself while it lasts, so it never waits for
a write (write-ahead log). The log is folded back into the file by bulk writers between their slices,
outside their turn, and only seldom by a correction.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from workbench.core.errors import EditConflictError, ProjectError
from workbench.core.rows import KEYS, ROW_TYPES
from workbench.store.turns import Turns

Values: TypeAlias = Sequence[Any]

_APPLICATION = 0x57425031  # "WBP1", marks the file as ours
_LOG_PAGES = 4000  # a correction folds the log back when it is longer than this
_WRITER_CACHE = 32 * 1024  # KiB; with SQLite's own 2 MiB, exchanging two long tracks takes a half more time
_SLICES_A_FOLD = 16  # a bulk writer does after so many slices, which is about half of that

_SENTENCES = {
    sqlite3.SQLITE_FULL: "The disk is full, so {path} was not changed; free some space and repeat it.",
    sqlite3.SQLITE_IOERR: "{path} could not be read or written ({detail}); check the disk.",
    sqlite3.SQLITE_CORRUPT: "{path} is damaged ({detail}); restore a copy of it, or open it read-only.",
    sqlite3.SQLITE_NOTADB: "{path} is damaged or no project file; restore a copy of it.",
    sqlite3.SQLITE_READONLY: "{path} cannot be written; change its permissions, or open it read-only.",
    sqlite3.SQLITE_CANTOPEN: "{path} cannot be opened; check that the folder is there and may be written.",
    sqlite3.SQLITE_BUSY: "{path} is being written by another program; close it and try again.",
}

_MISFITS = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: "there is a row already where it would put one",
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: "there is a row already where it would put one",
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: "it leaves rows without a track, video, category or run they name",
}


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite raises inside the block into a ``ProjectError`` of one sentence.

    A wrong statement or a value of a wrong type is our bug and passes through.
    """
    try:
        yield
    except (sqlite3.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, sqlite3.IntegrityError):
            misfit = _MISFITS.get(cause.sqlite_errorcode, "a row of it is not complete")
            raise EditConflictError(f"Nothing was changed, for {misfit} ({cause}).") from error
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        if "decode to UTF-8" in str(cause):  # the driver's own word, without a code
            code = sqlite3.SQLITE_CORRUPT
        if code not in _SENTENCES:
            raise
        raise ProjectError(_SENTENCES[code].format(path=path, detail=cause)) from error


class _Reader:
    """A connection that reads; whoever holds it has it alone."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.raw = driver(connection)


class Database:
    """The connections to one ``project.db``.

    Args:
        path: the file; it must exist.
        read_only: refuse every write.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self._engine = _engine(path, read_only=read_only)
        self._turns = Turns()
        # Idle readers, not one a thread: a thread of Qt's is a new one to Python at every call into it, and
        # what Python keeps for a thread would be made and torn down each time.
        self._idle: list[_Reader] = []
        self._closed = False
        self._slices = 0
        with explained(path):
            self._writer = self._engine.connect()
            driver(self._writer).execute(f"PRAGMA cache_size = {-_WRITER_CACHE}")

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._closed

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for statements that only read."""
        with explained(self.path), self._reader() as reader:
            yield reader.connection

    def read(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """All rows of a query, by the driver itself: the fast way for boxes and tracks."""
        with explained(self.path), self._reader() as reader:
            return reader.raw.execute(sql, values).fetchall()

    def read_in_parts(self, sql: str, values: Values = (), *, rows: int) -> Iterator[list[tuple[Any, ...]]]:
        """All rows of a query, so many at a time and as they are at its start; at least one part."""
        with explained(self.path), self._reader() as reader:
            cursor = reader.raw.execute(sql, values)
            while True:
                part = cursor.fetchmany(rows)
                yield part
                if len(part) < rows:
                    return

    @contextmanager
    def writing(
        self, *, bulk: bool = False, durable: bool = True, then: Callable[[], None] | None = None
    ) -> Iterator[Connection]:
        """One transaction on the one writing connection; an exception takes all of it back.

        Args:
            bulk: a slice of a long write, which lets corrections go first.
            durable: on disk when the block ends; else it may be lost with the power, though never torn.
            then: called after the commit, before anybody else may write.
        """
        if self.read_only:
            raise ProjectError(f"{self.path.parent} is open read-only, so it cannot be changed.")
        with self._turns.take(bulk=bulk), explained(self.path):
            self._refuse_when_closed()
            raw = driver(self._writer)
            raw.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            try:
                with self._writer.begin():
                    self._writer.exec_driver_sql("BEGIN IMMEDIATE")
                    yield self._writer
            finally:
                # A commit that is refused leaves the transaction open, and nobody could write any more.
                if raw.in_transaction:
                    raw.rollback()
            if then is not None:
                then()

    def slice_done(self) -> None:
        """Now and then bring the log back into the file, beside whoever writes; for bulk writers."""
        self._slices += 1
        if self._slices % _SLICES_A_FOLD == 0:
            self.read("PRAGMA wal_checkpoint(PASSIVE)")

    def check(self) -> None:
        """Read the whole file.

        Raises:
            ProjectError: it is damaged.
        """
        problem = self.read("PRAGMA quick_check(1)")[0][0]
        if problem != "ok":
            raise ProjectError(f"{self.path} is damaged ({problem}); restore a copy of it.")

    def backup(self, path: Path) -> None:
        """Copy the database as it is now, while others may write, to a new file; or leave none there."""
        with explained(path), closing(sqlite3.connect(path)) as copy, self._reader() as reader:
            try:
                reader.raw.backup(copy)
            except BaseException:
                path.unlink(missing_ok=True)
                raise

    def close(self) -> None:
        """Fold the log back and close every connection; doing it twice does nothing."""
        with self._turns.take():
            if self._closed:
                return
            self._closed = True
            self._close_idle()
            self._writer.close()
            self._engine.dispose()

    @contextmanager
    def _reader(self) -> Iterator[_Reader]:
        self._refuse_when_closed()
        try:
            reader = self._idle.pop()  # an atomic step, as is the append below
        except IndexError:
            reader = _Reader(self._engine.connect())
        try:
            yield reader
        except BaseException:
            reader.connection.close()  # a query that is broken off goes on to see the data as they were
            raise
        self._idle.append(reader)
        if self._closed:  # while this one was out
            self._close_idle()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().connection.close()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise ProjectError(f"{self.path.parent} is closed; open it again.")


def create_file(path: Path) -> None:
    """Make an empty database whose log is written ahead."""
    with explained(path):
        raw = sqlite3.connect(path)
        raw.execute("PRAGMA journal_mode = WAL")
        raw.close()


def log_of(path: Path) -> Path:
    """The write-ahead log of a database; it is there while somebody has the database open."""
    return path.with_name(f"{path.name}-wal")


def driver(connection: Connection) -> sqlite3.Connection:
    """The driver's connection under one of SQLAlchemy's, for statements that run often."""
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def _engine(path: Path, *, read_only: bool) -> Engine:
    def connect() -> sqlite3.Connection:
        return _connect(path, read_only=read_only)

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection that leaves transactions to us and may be used by whoever holds it."""
    # Without a place for a log nobody writes, unless there is one that was left.
    fixed = read_only and not _may_write(path.parent) and not log_of(path).exists()
    uri = f"{path.absolute().as_uri()}?{'mode=ro&immutable=1' if fixed else 'mode=rw'}"
    raw = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=5)
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute(f"PRAGMA query_only = {int(read_only)}")
    raw.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
    return raw


def _may_write(folder: Path) -> bool:
    return os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


# Versions -----------------------------------------------------------------------------------------


def mark(connection: Connection, version: int) -> None:
    """Write into the file that it is a project, and of which schema version."""
    connection.exec_driver_sql(f"PRAGMA application_id = {_APPLICATION}")
    connection.exec_driver_sql(f"PRAGMA user_version = {version}")


def marked_version(database: Database) -> int | None:
    """The schema version of a project's file; None when it is not a project's."""
    if database.read("PRAGMA application_id")[0][0] != _APPLICATION:
        return None
    return int(database.read("PRAGMA user_version")[0][0])


# Statements for the undoable tables ---------------------------------------------------------------


@cache
def insert_sql(table: str) -> str:
    """Insert one row; its values are the row itself."""
    return f"INSERT INTO {table} VALUES ({', '.join('?' * len(ROW_TYPES[table]._fields))})"


@cache
def delete_sql(table: str) -> str:
    """Delete one row if it is stored exactly so; its values are the row itself."""
    terms = (f"{f} {'=' if f in KEYS[table] else 'IS'} ?" for f in ROW_TYPES[table]._fields)
    return f"DELETE FROM {table} WHERE {' AND '.join(terms)}"
