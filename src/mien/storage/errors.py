"""Errors of stored data."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from mien.errors import MienError

REPAIR = "run 'mien doctor --repair', which saves what is intact"
"""The remedy for a damaged database."""


_BROKEN_LINK = """
SELECT 1 FROM pragma_foreign_key_check
WHERE NOT ("table" = 'faces' AND parent = 'sessions') LIMIT 1
"""


class StoreError(MienError):
    """Stored data cannot be read or written."""


class DiskFullError(StoreError):
    """The disk is full; what was stored before is kept."""


class DamagedError(StoreError):
    """A database, or a row of it, is damaged.

    Args:
        reason: what is damaged.
        subject: the name of the file.
    """

    def __init__(self, reason: str, *, subject: object = None, remedy: str | None = None) -> None:
        super().__init__(reason, subject=subject, remedy=remedy or REPAIR)


class UnknownItemError(MienError):
    """Nothing is stored under this number."""


class ItemConflictError(MienError):
    """A change contradicts the state of what is stored."""


@contextmanager
def translate_errors(name: str, connection: sqlite3.Connection | None = None) -> Iterator[None]:
    """Turns errors of SQLite into errors with a reason and a remedy.

    An error that a sound file would not give, such as a violated constraint, may come from a
    damaged one: then the whole file is checked. Where it is sound, the error is a bug of Mien.

    Args:
        name: what the error calls the file.
        connection: to the file; None where it cannot be checked.

    Raises:
        StoreError: the file is in use, or may not be written.
        DamagedError: the file is damaged.
        DiskFullError: the disk is full, or fails.
        UnknownItemError: a row would belong to one that is not there any more.
    """
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter of names that are no text
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
            raise UnknownItemError("what this belongs to was deleted meanwhile") from None
        known = _explain(name, error)
        if known is None and connection is not None and not is_sound(connection):
            known = DamagedError(f"is damaged ({error})", subject=name)
        if known is None:  # a bug of Mien, not of the file
            raise
        raise known from None


def is_sound(connection: sqlite3.Connection) -> bool:
    """Tells whether SQLite finds no damage in a database: pages, indices, constraints, links.

    Faces without a session are no damage: a kill leaves them while their session is deleted.
    """
    try:
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        broken = connection.execute(_BROKEN_LINK).fetchone()
    except (sqlite3.Error, TypeError):  # no row at all
        return False
    return found == "ok" and broken is None


def _explain(name: str, error: Exception) -> StoreError | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None and isinstance(error, (sqlite3.OperationalError, UnicodeDecodeError)):
        return DamagedError(f"is damaged ({error!s:.80})", subject=name)
    match (code or 0) & 0xFF:  # the upper bits are subtypes
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(
                "is in use by another program",
                subject=name,
                remedy="stop that program, or choose another folder",
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return DamagedError("is damaged, or not a database", subject=name)
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
