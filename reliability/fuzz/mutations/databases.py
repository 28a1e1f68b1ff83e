"""Edits of SQLite files: their bytes, their pages, and their rows by SQL."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from random import Random

from reliability.fuzz.mutations.raw import mutate_raw, write_number

_HEADER = 100
_VALUES = (
    *("NULL", "0", "-1", "9223372036854775807", "1e308", "-0.5", "''", "'x'", "'[]'", "'{}'"),
    *("'[1]'", "'null'", "'{\"a\":1}'", "X''", "X'00'", "X'ff00ff'", "zeroblob(28)", "'é'"),
    *("zeroblob(1000)", "randomblob(64)", "char(0)", "replace(zeroblob(50000), x'00', 'ab')"),
    *("rowid", "CAST({column} AS TEXT) || 'x'", "substr({column}, 2)", "{column} || {column}"),
    *("-{column}", "upper({column})", "{column} * 1000"),
)


def mutate_bytes(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Edits the header, or the bytes of a page."""
    if rng.random() < 0.3:
        return write_number(rng, data, rng.randrange(_HEADER))
    return mutate_raw(rng, data, others)


def mutate_pages(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Swaps, repeats, clears, drops, grafts or edits a page."""
    size = int.from_bytes(data[16:18], "big") or 4096
    size = 65_536 if size == 1 else max(size, 512)
    pages = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
    at, other = rng.randrange(len(pages)), rng.randrange(len(pages))
    match rng.randrange(6):
        case 0:
            pages[at], pages[other] = pages[other], pages[at]
        case 1:
            pages[at] = pages[other]
        case 2:
            pages[at] = bytes(size)
        case 3:
            del pages[at:]
        case 4 if others:
            donor = rng.choice(others)
            start = size * rng.randrange(len(donor) // size + 1)
            pages[at] = donor[start : start + size]
        case _:
            pages[at] = mutate_raw(rng, pages[at], ())[:size].ljust(size, b"\0")
    return b"".join(pages)


def mutate_rows(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Changes values, rows, tables or pragmas by SQL, without the checks of the tables."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        try:
            connection.deserialize(data)
            connection.execute("PRAGMA ignore_check_constraints = ON")
            connection.execute("PRAGMA journal_mode = MEMORY")
            tables = [name for (name,) in connection.execute(_TABLES)]
            with suppress(sqlite3.Error, sqlite3.Warning, OverflowError):
                connection.execute(_statement(rng, connection, tables))
            return connection.serialize()
        except (sqlite3.Error, OverflowError, UnicodeDecodeError, MemoryError):
            return mutate_bytes(rng, data, others)


_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"


def _statement(rng: Random, connection: sqlite3.Connection, tables: Sequence[str]) -> str:
    table = rng.choice(tables)
    columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
    column = rng.choice(columns)
    if rng.random() < 0.4:
        changes = (
            f'DELETE FROM "{table}"',
            f'DROP TABLE "{table}"',
            f'ALTER TABLE "{table}" DROP COLUMN "{column}"',
            f'ALTER TABLE "{table}" RENAME COLUMN "{column}" TO other',
            f"PRAGMA user_version = {rng.choice((0, 1, 2, 3, 99, -1))}",
            f'INSERT INTO "{table}" DEFAULT VALUES',
        )
        return rng.choice(changes)
    value = rng.choice(_VALUES).format(column=f'"{column}"')
    where = "" if rng.random() < 0.5 else " WHERE rowid = (SELECT min(rowid) FROM " + f'"{table}")'
    return f'UPDATE OR IGNORE "{table}" SET "{column}" = {value}{where}'
