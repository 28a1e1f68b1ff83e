"""What can go wrong with what is stored."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from mien.errors import MienError


class StoreError(MienError):
    """What is stored cannot be read or written; the message names the file and a remedy."""


class DiskFullError(StoreError):
    """There is no room to store anything more; what was stored before stays."""


@contextmanager
def translate_errors(name: str) -> Iterator[None]:
    """Turns what SQLite and the system say of a file into one sentence with a remedy.

    Args:
        name: what the sentence calls the file.

    Raises:
        StoreError: the file is damaged, in use, or may not be written.
        DiskFullError: the disk is full, or fails.
    """
    try:
        yield
    except sqlite3.Error as error:
        known = _explain(name, error)
        if known is None:  # a fault of this program, not of the file
            raise
        raise known from None


def _explain(name: str, error: sqlite3.Error) -> StoreError | None:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:  # the rest tells kinds of each apart
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(
                "is in use by another program",
                subject=name,
                remedy="stop that one, or choose another folder",
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StoreError(
                "is damaged, or is no database",
                subject=name,
                remedy="move it away, and a new one is begun",
            )
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            return DiskFullError(
                f"cannot be written ({error}); the disk is full or fails. Make room",
                subject=name,
                remedy="what was stored before is kept",
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return StoreError(
                "may not be written",
                subject=name,
                remedy="give write permission, or choose another folder",
            )
    return None
