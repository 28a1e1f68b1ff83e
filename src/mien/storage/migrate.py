"""Migrations: a database of an older version becomes one of the newest."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mien.storage.copies import keep_copy
from mien.storage.errors import StoreError


def migrate(
    connection: sqlite3.Connection, path: Path, application: int, migrations: Sequence[str]
) -> None:
    """Brings a database to the newest version: all steps that it lacks, or none.

    A copy of the older database is kept beside it.

    Args:
        connection: in autocommit mode.
        path: of the file.
        application: the application id of this kind of file.
        migrations: the SQL from each version, from 0, to the next one.

    Raises:
        StoreError: the file is another program's, or of a newer version.
        DiskFullError: there is no room for the copy.
    """
    if read_version(connection, str(path), application, migrations) == len(migrations):
        return
    with _alone(path.parent):
        if 0 < read_version(connection, str(path), application, migrations) < len(migrations):
            keep_copy(connection, path)
        _take_steps(connection, path, application, migrations)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Lets no other process migrate in a folder, and copy what is migrated already."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _take_steps(
    connection: sqlite3.Connection, path: Path, application: int, migrations: Sequence[str]
) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = read_version(connection, str(path), application, migrations)
        for script in migrations[version:]:
            for statement in _statements(script):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {application}")
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def read_version(
    connection: sqlite3.Connection, name: str, application: int, migrations: Sequence[str]
) -> int:
    """Returns the version of a database, without a change to its file.

    Raises:
        StoreError: the file is another program's, or of a newer version.
    """
    version = _pragma(connection, "user_version")
    if _pragma(connection, "application_id") != application and _pragma(
        connection, "schema_version"
    ):
        raise StoreError(
            "holds another program's data", subject=name, remedy="choose another folder"
        )
    if version > len(migrations):
        raise StoreError(
            f"was written by a newer Mien (version {version} of the tables, this "
            f"one knows {len(migrations)})",
            subject=name,
            remedy="update Mien, or choose another folder",
        )
    return version


def _statements(script: str) -> Iterator[str]:
    """Yields a script's statements; `executescript` would commit first."""
    pending = ""
    for line in script.splitlines(keepends=True):
        for part in line.replace(";", ";\0").split("\0"):
            pending += part
            if sqlite3.complete_statement(pending):
                yield pending
                pending = ""


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
