"""Migrations: a database of an older version becomes one of the newest."""

import os
import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

from mien.storage.copies import keep_copy
from mien.storage.errors import DamagedError, StoreError


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
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415 - Unix alone has it

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
        with _telling_damage(connection, path, schema_of(tuple(migrations[:version]))):
            run_scripts(connection, migrations[version:])
        connection.execute(f"PRAGMA application_id = {application}")
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _telling_damage(
    connection: sqlite3.Connection, path: Path, expected: frozenset[str]
) -> Iterator[None]:
    """Turns the failure of a step into one of the file, if that had more tables than expected."""
    others = read_schema(_statements_in(connection)) - expected
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.IntegrityError) as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if not others or code not in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT):
            raise
        reason = f"is damaged: its tables are not those of its version ({error})"
        raise DamagedError(reason, subject=path) from None


def read_version(
    connection: sqlite3.Connection, name: str, application: int, migrations: Sequence[str]
) -> int:
    """Returns the version of a database, without a change to its file.

    Raises:
        StoreError: the file is another program's, or of a newer version.
        DamagedError: its tables are not those of its version.
    """
    with _snapshot(connection):
        version, owner = _pragma(connection, "user_version"), _pragma(connection, "application_id")
        is_empty = _pragma(connection, "schema_version") == 0
        schema = read_schema(_statements_in(connection))
    if owner != application and not is_empty:
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
    if lost := schema_of(tuple(migrations[:version])) - schema:
        raise DamagedError(f"is damaged: it lacks {min(lost)[:60]} ...", subject=name)
    return version


@contextmanager
def _snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Has the block read one state of the file, while another process may upgrade it."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:  # an error may have ended it already
            connection.execute("COMMIT")


@cache
def schema_of(migrations: tuple[str, ...]) -> frozenset[str]:
    """Returns the schema that some migrations make; see `read_schema`."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        run_scripts(connection, migrations)
        return read_schema(_statements_in(connection))


def read_schema(statements: Iterable[str]) -> frozenset[str]:
    """Returns the statements of a schema without their comments and line ends."""
    return frozenset(" ".join(re.sub("--.*", "", sql).split()) for sql in statements)


def _statements_in(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
    return [str(sql) for (sql,) in rows]


def run_scripts(connection: sqlite3.Connection, scripts: Sequence[str]) -> None:
    """Runs the statements of migrations, within whatever transaction there is."""
    for script in scripts:
        for statement in _statements(script):
            connection.execute(statement)


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
