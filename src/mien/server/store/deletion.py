"""Deletes sessions without holding up other requests.

A session disappears at once, in one transaction. Its faces, which are nearly all of its data,
follow in small steps. A kill between two steps leaves faces without a session; `delete_leftovers`
finds them.
"""

import sqlite3

from mien.server.store.database import Database

_FACES = 300  # that one step deletes, each overwritten with its embedding: about 10 ms
_RELATED = ("thumbnails", "people", "marks", "jobs", "series")


def delete_row(write: sqlite3.Connection, session: int) -> bool:
    """Deletes a session with all but its faces; returns whether it was there.

    Args:
        write: a transaction without foreign keys, which would delete the faces as well.
        session: its number.
    """
    write.execute("UPDATE feedback SET session = NULL, face = NULL WHERE session = ?", (session,))
    for table in _RELATED:
        write.execute(f"DELETE FROM {table} WHERE session = ?", (session,))  # noqa: S608
    return bool(write.execute("DELETE FROM sessions WHERE id = ?", (session,)).rowcount)


def delete_faces(database: Database, session: int) -> None:
    """Deletes the faces of a session that is deleted, in steps."""

    def step() -> bool:
        with database.transaction() as write:
            deleted = write.execute(
                "DELETE FROM faces WHERE id IN (SELECT id FROM faces WHERE session = ? LIMIT ?)",
                (session, _FACES),
            )
        return deleted.rowcount == _FACES

    database.in_steps(step)


def delete_leftovers(database: Database) -> None:
    """Deletes the faces of sessions whose deletion was interrupted."""
    leftovers = database.rows(
        "WITH RECURSIVE recorded(session) AS (SELECT min(session) FROM faces UNION ALL "
        "SELECT (SELECT min(session) FROM faces WHERE session > recorded.session) FROM recorded "
        "WHERE session IS NOT NULL) SELECT session FROM recorded "
        "WHERE session IS NOT NULL AND session NOT IN (SELECT id FROM sessions)"
    )
    for row in leftovers:
        delete_faces(database, row["session"])
    if leftovers:
        database.free()
