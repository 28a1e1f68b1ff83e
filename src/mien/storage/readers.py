"""Connections that only read, beside the one that writes.

In WAL mode a reader sees the last commit and waits for no writer, nor for other readers.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MOST = 4  # connections; a query that finds none free waits for one


class Readers:
    """Some connections to one file, opened as they are needed. Safe to use from several threads.

    Args:
        path: of a database in WAL mode.
        timeout: seconds to wait for another process's lock.
    """

    def __init__(self, path: Path, timeout: float) -> None:
        self._path, self._timeout = path, timeout
        self._free = threading.Semaphore(_MOST)
        self._idle: list[sqlite3.Connection] = []
        self._closed = False

    @contextmanager
    def take(self) -> Iterator[sqlite3.Connection]:
        """Yields a connection that nobody else uses meanwhile.

        Raises:
            sqlite3.Error: the file cannot be opened, or the readers are closed.
        """
        with self._free:
            if self._closed:
                raise sqlite3.ProgrammingError("the database is closed")
            connection = self._idle.pop() if self._idle else self._open()
            try:
                yield connection
            finally:
                self._idle.append(connection)

    def close(self) -> None:
        """Closes all connections, once their queries have ended. May be repeated."""
        self._closed = True  # first: those who read again and again would always be before this
        for _ in range(_MOST):
            self._free.acquire()
        while self._idle:
            self._idle.pop().close()
        self._free.release(_MOST)

    def _open(self) -> sqlite3.Connection:
        connection = open_connection(self._path, self._timeout)
        connection.execute("PRAGMA query_only = ON")
        return connection


def open_connection(path: Path, timeout: float) -> sqlite3.Connection:
    """Opens a connection that has what the queries of Mien need."""
    connection = sqlite3.connect(path, timeout, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    # SQLite itself folds the case of ASCII alone.
    connection.create_function("casefold", 1, _casefold, deterministic=True)
    return connection


def _casefold(value: object) -> str:
    return value.casefold() if isinstance(value, str) else ""  # of a damaged row
