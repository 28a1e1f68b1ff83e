"""The markers of sessions: moments, and intervals where they have a duration."""

import sqlite3
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from typing import Any

from mien.server.store.database import FILE_NAME, Database
from mien.storage.errors import UnknownItemError
from mien.storage.rows import make, reading


@dataclass(frozen=True, slots=True)
class NewMarker:
    """What a marker says. `mien.study.events.Event` is the same outside of Studio.

    Attributes:
        time: in seconds from the session's start.
        note: the user's text; may be empty.
        duration: in seconds; 0 is a moment, more an interval.
        person: the id of the person it is about; None for everybody.
        name: what happened.
        condition: the experimental condition that holds during the interval.
        code: a label that a human coder gave.
        author: who made it.
        excluded: whether summaries leave out what was recorded within.
    """

    time: float
    note: str = ""
    duration: float = 0.0
    person: int | None = None
    name: str = ""
    condition: str = ""
    code: str = ""
    author: str = ""
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Marker:
    """One marker; see `NewMarker`.

    Attributes:
        id: its number.
        time: see `NewMarker`, as all others.
        note: the same.
        duration: the same.
        person: the same.
        name: the same.
        condition: the same.
        code: the same.
        author: the same.
        excluded: the same.
    """

    id: int
    time: float
    note: str
    duration: float
    person: int | None
    name: str
    condition: str
    code: str
    author: str
    excluded: bool


COLUMNS = tuple(field.name for field in fields(NewMarker))
"""Of a marker, but for its number."""

_COLUMNS = ", ".join(COLUMNS)


class Markers:
    """The table of markers, called `marks` in SQL and REST. Callers check session and person."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, session: int) -> list[Marker]:
        """Returns the markers of a session in order of time.

        Raises:
            DamagedError: one does not contain what a marker does.
        """
        rows = self._database.rows(
            f"SELECT id, {_COLUMNS} FROM marks WHERE session = ? ORDER BY time, id",  # noqa: S608
            (session,),
        )
        return [to_marker(row) for row in rows]

    def add(self, session: int, new: NewMarker) -> Marker:
        """Adds a marker."""
        places = ", ".join("?" * len(COLUMNS))
        with self._database.transaction() as write:
            row = write.execute(
                f"INSERT INTO marks (session, {_COLUMNS}) VALUES (?, {places}) "  # noqa: S608
                f"RETURNING id, {_COLUMNS}",
                (session, *astuple(new)),
            ).fetchone()
        return to_marker(row)

    def change(self, session: int, mark: int, changes: dict[str, Any]) -> Marker:
        """Changes fields of a marker, by their names; absent ones stay.

        Raises:
            UnknownItemError: the session has no such marker.
        """
        changed = [name for name in COLUMNS if name in changes]
        setting = ", ".join(f"{name} = ?" for name in changed) or "id = id"
        with self._database.transaction() as write:
            row = write.execute(
                f"UPDATE marks SET {setting} WHERE session = ? AND id = ? "  # noqa: S608
                f"RETURNING id, {_COLUMNS}",
                (*(changes[name] for name in changed), session, mark),
            ).fetchone()
        if row is None:
            raise _unknown_marker(session, mark)
        return to_marker(row)

    def delete(self, session: int, mark: int) -> None:
        """Permanently deletes a marker.

        Raises:
            UnknownItemError: the session has no such marker.
        """
        with self._database.transaction() as write:
            gone = write.execute("DELETE FROM marks WHERE session = ? AND id = ?", (session, mark))
            if not gone.rowcount:
                raise _unknown_marker(session, mark)
        self._database.forget()


def to_marker(row: Mapping[str, Any] | sqlite3.Row) -> Marker:
    """Reads the columns `id` and `COLUMNS` of `marks`; raises DamagedError where they are none."""
    with reading(FILE_NAME, f"marker {row['id']}"):
        return make(Marker, dict(row))


def _unknown_marker(session: int, mark: int) -> UnknownItemError:
    return UnknownItemError(
        f"session {session} has no marker {mark}", remedy="get the session for its markers"
    )
