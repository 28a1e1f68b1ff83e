"""Errors of stored data."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from mien.errors import MienError


class StoreError(MienError):
    """Stored data cannot be read or written."""


class DiskFullError(StoreError):
    """The disk is full; what was stored before is kept."""


class UnknownItemError(MienError):
    """Nothing is stored under this number."""


class ItemConflictError(MienError):
    """A change contradicts the state of what is stored."""


@contextmanager
def translate_errors(name: str) -> Iterator[None]:
    """Turns errors of SQLite into errors with a reason and a remedy.

    Args:
        name: what the error calls the file.

    Raises:
        StoreError: the file is damaged, in use, or may not be written.
        DiskFullError: the disk is full, or fails.
    """
    try:
        yield
    except sqlite3.Error as error:
        known = _explain(name, error)
        if known is None:  # a bug of Mien, not of the file
            raise
        raise known from None


def _explain(name: str, error: sqlite3.Error) -> StoreError | None:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:  # the upper bits are subtypes
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(
                "is in use by another program",
                subject=name,
                remedy="stop that program, or choose another folder",
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StoreError(
                "is damaged, or not a database",
                subject=name,
                remedy="move it away; Mien then starts a new one",
            )
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            return DiskFullError(
                f"cannot be written ({error}): the disk is full or fails; stored data is kept",
                subject=name,
                remedy="free disk space",
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return StoreError(
                "is not writable",
                subject=name,
                remedy="give write permission, or choose another folder",
            )
    return None
