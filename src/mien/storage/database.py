"""One SQLite file that is safe to use from several threads.

A committed transaction survives a kill and a power cut (WAL, synchronous FULL). Deleted data is
overwritten (secure_delete), in the log, too.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mien.storage.copies import copy_of
from mien.storage.errors import StoreError, translate_errors
from mien.storage.migrate import migrate, read_version

HIGHEST = 2**53  # the largest integer that JSON numbers keep exactly
"""The highest number that a row can have."""

Value = str | int | float | bytes | None

_PAGES = 100  # of 4 KiB, that one step of a vacuum frees
_REST = 0.005  # seconds between two steps

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
        self._lock, self._closing = threading.RLock(), threading.Event()
        self._path = path
        self.name = str(path)
        _make_folder(path.parent)
        with translate_errors(str(path)):
            self._connection = sqlite3.connect(
                path, timeout, isolation_level=None, check_same_thread=False
            )
            try:
                if exclusive:
                    self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
                # Before any pragma writes: a refused file stays as it is.
                read_version(self._connection, str(path), application, migrations)
                for pragma in _PRAGMAS:
                    self._connection.execute(f"PRAGMA {pragma}")
                migrate(self._connection, path, application, migrations)
                path.chmod(0o600)
            except BaseException:
                self._connection.close()
                raise
        self._connection.row_factory = sqlite3.Row
        # SQLite itself folds the case of ASCII alone.
        self._connection.create_function("casefold", 1, str.casefold, deterministic=True)

    def close(self) -> None:
        """Closes the file. May be repeated."""
        self.interrupt()
        with self._lock:
            self._connection.close()

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[sqlite3.Row]:
        """Returns all rows of a query."""
        with self._lock, translate_errors(self.name):
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yields the connection; commits after the block, or rolls back after an error."""
        with self._lock, translate_errors(self.name):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk may have ended it already
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def unconstrained(self) -> Iterator[sqlite3.Connection]:
        """As `transaction`, without foreign keys: the block keeps references whole itself."""
        with self._lock:
            self._connection.execute("PRAGMA foreign_keys = OFF")  # only outside a transaction
            try:
                with self.transaction() as write:
                    yield write
            finally:
                self._connection.execute("PRAGMA foreign_keys = ON")

    def in_steps(self, step: Callable[[], bool]) -> None:
        """Repeats a step until it returns False, or the database closes.

        Other threads use the database between two steps: locks are not fair, so that they would get
        no turn without a rest. Commits do not wait for the
        disk: a power cut may undo the last steps, which are then to be taken again.
        """
        while not self.closing:
            with self._lock, self._relaxed():
                again = step()
            if not again:
                break
            self._closing.wait(_REST)

    @contextmanager
    def _relaxed(self) -> Iterator[None]:
        self._connection.execute("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            self._connection.execute("PRAGMA synchronous = FULL")

    @property
    def closing(self) -> bool:
        """Whether work in steps is to end."""
        return self._closing.is_set()

    def interrupt(self) -> None:
        """Ends work in steps after the current one; `close` is to follow."""
        self._closing.set()

    def forget(self) -> None:
        """Removes deleted data from where it may still be: the log, and an earlier version's copy.

        Its space is freed.
        """
        self.remove_copy()
        self.free()

    def remove_copy(self) -> None:
        """Removes the copy that was kept of an earlier version of the file, if there is one."""
        copy_of(self._path).unlink(missing_ok=True)

    def free(self) -> None:
        """Frees the space of deleted data, in steps, and truncates the log."""
        self.in_steps(self._free_pages)
        with self._lock, translate_errors(self.name):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _free_pages(self) -> bool:
        """Frees some pages; returns whether there are more."""
        with self._lock, translate_errors(self.name):
            before = self._free_count()
            # `execute` would free one page: a row is a page, and has no columns.
            self._connection.executescript(f"PRAGMA incremental_vacuum({_PAGES})")
            return 0 < self._free_count() < before

    def _free_count(self) -> int:
        return int(self._connection.execute("PRAGMA freelist_count").fetchone()[0])


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"no folder to store in ({error.strerror})", subject=folder, remedy="choose another one"
        ) from None
