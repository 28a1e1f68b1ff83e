"""One SQLite file that is safe to use from several threads.

A committed transaction survives a kill and a power cut (WAL, synchronous FULL). Deleted data is
overwritten (secure_delete), in the log, too.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mien.storage.errors import StoreError, translate_errors
from mien.storage.migrate import migrate, read_version
from mien.storage.privacy import create_private, protect_folder
from mien.storage.rows import HIGHEST

__all__ = ["HIGHEST", "Database", "Value"]

Value = str | int | float | bytes | None

_PRAGMAS = (
    "auto_vacuum = INCREMENTAL",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "secure_delete = ON",
)


class Database:
    """An open database, of the newest version.

    Args:
        path: the file; it and its folder are created if absent.
        application: the application id of this kind of file.
        migrations: the SQL from each version, from 0, to the next one.
        exclusive: whether the file is locked while it is open; otherwise other processes may use
            it at the same time, and writers wait for each other.
        timeout: seconds to wait for another process's lock.

    Attributes:
        name: what errors call the file; its path by default.

    Raises:
        StoreError: the file is damaged, in use, of a newer version or not of this kind, or may not
            be written. Reading and writing raise it, too.
        DiskFullError: the disk is full.
    """

    def __init__(
        self,
        path: Path,
        application: int,
        migrations: Sequence[str],
        exclusive: bool,
        timeout: float,
    ) -> None:
        self._lock = threading.RLock()
        self.name = str(path)
        _make_folder(path.parent)
        create_private(path)
        protect_folder(path.parent)
        with translate_errors(str(path)):
            self._connection = sqlite3.connect(
                path, timeout, isolation_level=None, check_same_thread=False
            )
        try:
            with translate_errors(str(path), self._connection):
                if exclusive:
                    self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
                # Before any pragma writes: a refused file stays as it is.
                read_version(self._connection, str(path), application, migrations)
                for pragma in _PRAGMAS:
                    self._connection.execute(f"PRAGMA {pragma}")
                migrate(self._connection, str(path), application, migrations)
            path.chmod(0o600)
        except BaseException:
            self._connection.close()
            raise
        self._connection.row_factory = sqlite3.Row
        # SQLite itself folds the case of ASCII alone.
        self._connection.create_function("casefold", 1, _casefold, deterministic=True)

    def close(self) -> None:
        """Closes the file. May be repeated."""
        with self._lock:
            self._connection.close()

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[sqlite3.Row]:
        """Returns all rows of a query."""
        with self._lock, translate_errors(self.name, self._connection):
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yields the connection; commits after the block, or rolls back after an error."""
        with self._lock, translate_errors(self.name, self._connection):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk may have ended it already
                    self._connection.execute("ROLLBACK")
                raise

    def forget(self) -> None:
        """Frees the space of deleted data, and truncates the log, which may still hold it."""
        with self._lock, translate_errors(self.name, self._connection):
            self._connection.executescript("PRAGMA incremental_vacuum")  # all of it
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _casefold(value: Value) -> str:
    return value.casefold() if isinstance(value, str) else ""  # of a damaged row


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"no folder to store in ({error.strerror})", subject=folder, remedy="choose another one"
        ) from None
