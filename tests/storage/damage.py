"""Damages databases as a disk does, or as no program may."""

import sqlite3
from contextlib import closing
from pathlib import Path

PAGE = 4096


def destroy_page(path: Path, page: int) -> None:
    """Overwrites a page, counted from 1."""
    content = bytearray(path.read_bytes())
    content[(page - 1) * PAGE : page * PAGE] = b"\xa5" * PAGE
    path.write_bytes(content)


def set_value(path: Path, table: str, column: str, value: object, where: str = "1") -> None:
    """Writes a value of any type, which a table that is STRICT refuses."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        (sql,) = connection.execute(
            "SELECT sql FROM sqlite_schema WHERE name = ?", (table,)
        ).fetchone()
        connection.execute("PRAGMA writable_schema = ON")
        change = "UPDATE sqlite_schema SET sql = ? WHERE name = ?"
        loose = sql.replace("STRICT, WITHOUT", "WITHOUT").replace(") STRICT", ")")
        for kind in ("INTEGER", "REAL", "TEXT", "NOT NULL"):
            loose = loose.replace(f"{column} {kind}", column)
        connection.execute(change, (loose, table))
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("PRAGMA ignore_check_constraints = ON")
            other.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (value,))
        connection.execute(change, (sql, table))
