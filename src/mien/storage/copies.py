"""The copy of a database as the version of Mien before left it, for those who want to go back."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from mien.files import flush
from mien.storage.errors import DiskFullError

_MARGIN = 64 * 2**20  # bytes that stay free beside a copy, for the migration itself


def copy_of(path: Path) -> Path:
    """Returns the path of a database's copy: `studio.sqlite.old` for `studio.sqlite`."""
    return path.with_name(f"{path.name}.old")


def keep_copy(connection: sqlite3.Connection, path: Path) -> None:
    """Copies a database to `copy_of(path)`, in place of an earlier copy: whole, or not at all.

    Args:
        connection: to the database, outside a transaction.
        path: of the database.

    Raises:
        DiskFullError: the copy does not fit on the disk.
    """
    _check_space(path)
    part = path.with_name(f"{path.name}.old.part")
    part.unlink(missing_ok=True)  # what a kill left
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(part)) as copy:
            copy.execute("PRAGMA synchronous = OFF")  # flushed as a whole below
            connection.backup(copy)
        flush(part)
        part.replace(copy_of(path))
        flush(path.parent)
    finally:
        part.unlink(missing_ok=True)


def _check_space(path: Path) -> None:
    needed = path.stat().st_size + _MARGIN
    if shutil.disk_usage(path.parent).free < needed:
        raise DiskFullError(
            "was written by an earlier Mien, and the disk has no room for a copy of it, which is "
            "kept before anything is changed",
            subject=path,
            remedy=f"free {needed / 1e6:,.0f} MB",
        )
