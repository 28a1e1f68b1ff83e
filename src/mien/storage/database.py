"""One SQLite file that is safe to use from several threads.

A committed transaction survives a kill and a power cut (WAL, synchronous FULL). Deleted data is
overwritten (secure_delete), in the log, too. One connection writes; others read beside it.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from mien.storage.copies import copy_of
from mien.storage.errors import StoreError, translate_errors
from mien.storage.migrate import migrate, read_version
from mien.storage.privacy import create_private, protect_folder
from mien.storage.readers import Readers, open_connection
from mien.storage.rows import HIGHEST

__all__ = ["HIGHEST", "Database", "Value"]

Value = str | int | float | bytes | None

_PAGES = 100  # of 4 KiB, that one step of a vacuum frees
_REST = 0.005  # seconds between two steps
_WRITTEN_ANEW = 64 * 2**20  # bytes of a file that is small

_PRAGMAS = (
    "auto_vacuum = INCREMENTAL",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "secure_delete = ON",
    "temp_store = MEMORY",  # what VACUUM writes is on no disk
)


class Database:
    """An open database, of the newest version.

    Args:
        path: the file; it and its folder are created if absent.
        application: the application id of this kind of file.
        migrations: the SQL from each version, from 0, to the next one.
        exclusive: whether a second program that opens the file is refused; otherwise other
            processes may use it at the same time, and writers wait for each other.
        timeout: seconds to wait for another process's lock.

    Attributes:
        name: what errors call the file; its path by default.
        unforgotten: whether the log may still hold deleted data, because another program was
            reading when it should have been truncated.

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
        self._writer: int | None = None  # the thread that has a transaction
        self._path = path
        self.name, self.unforgotten = str(path), False
        _make_folder(path.parent)
        create_private(path)
        protect_folder(path.parent)
        with ExitStack() as opened:
            with translate_errors(str(path)):
                if exclusive:
                    self._claim = opened.enter_context(closing(_claim(path, timeout)))
                self._connection = opened.enter_context(closing(open_connection(path, timeout)))
            with translate_errors(str(path), self._connection):
                # Before any pragma writes: a refused file stays as it is.
                read_version(self._connection, str(path), application, migrations)
                path.chmod(0o600)  # before the log is created, which takes the file's mode
                for pragma in _PRAGMAS:
                    self._connection.execute(f"PRAGMA {pragma}")
                migrate(self._connection, path, application, migrations)
            self._readers = Readers(path, timeout)
            opened.callback(self._readers.close)
            self._opened = opened.pop_all()

    @property
    def bytes(self) -> int:
        """What the data takes, the log apart."""
        ((pages,),), ((size,),) = self.rows("PRAGMA page_count"), self.rows("PRAGMA page_size")
        return int(pages) * int(size)

    def close(self) -> None:
        """Closes the file. May be repeated."""
        self.interrupt()
        with self._lock:
            self._opened.close()

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[sqlite3.Row]:
        """Returns all rows of a query, as the last commit or this thread's transaction has them.

        It waits for no transaction of another thread.
        """
        if self._writer == threading.get_ident():
            with translate_errors(self.name, self._connection):
                return self._connection.execute(sql, values).fetchall()
        with (
            translate_errors(self.name),
            self._readers.take() as connection,
            translate_errors(self.name, connection),
        ):
            return connection.execute(sql, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yields the connection; commits after the block, or rolls back after an error."""
        with self._lock, translate_errors(self.name, self._connection):
            self._connection.execute("BEGIN IMMEDIATE")
            self._writer = threading.get_ident()
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk may have ended it already
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._writer = None

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
        no turn without a rest. Commits do not wait for the disk: a power cut may undo the last
        steps, which are then to be taken again.
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
        """Frees the space of deleted data, and truncates the log, which may still hold it.

        Where SQLite moves rows to another page, it leaves copies in unused parts of the old one,
        which `secure_delete` does not overwrite. So a small file is written anew; a larger one, for
        which that would take long, is freed in steps. It waits for the queries of readers, which
        are short. See `unforgotten`.
        """
        if self.bytes <= _WRITTEN_ANEW:
            with self._lock, translate_errors(self.name, self._connection):
                self._connection.execute("VACUUM")
        else:
            self.in_steps(self._free_pages)
        with self._lock, translate_errors(self.name, self._connection):
            busy, *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self.unforgotten = bool(busy)

    def _free_pages(self) -> bool:
        """Frees some pages; returns whether there are more."""
        with self._lock, translate_errors(self.name, self._connection):
            before = self._free_count()
            # `execute` would free one page: a row is a page, and has no columns.
            self._connection.executescript(f"PRAGMA incremental_vacuum({_PAGES})")
            return 0 < self._free_count() < before

    def _free_count(self) -> int:
        return int(self._connection.execute("PRAGMA freelist_count").fetchone()[0])


def _claim(path: Path, timeout: float) -> sqlite3.Connection:
    """Locks a file beside `path`, for as long as the connection is open or the process lives.

    It is empty. SQLite's lock is used, not flock, because child processes do not inherit it, and
    because it waits. An earlier Mien, which locks `path` itself, is refused by
    the lock that every open connection in WAL mode has there.
    """
    beside = path.with_name(f"{path.name}-lock")
    connection = sqlite3.connect(beside, timeout, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = MEMORY")  # no third file
        connection.execute("BEGIN EXCLUSIVE")
        beside.chmod(0o600)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"no folder to store in ({error.strerror})", subject=folder, remedy="choose another one"
        ) from None
