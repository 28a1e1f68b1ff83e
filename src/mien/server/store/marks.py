"""Moments of a session that the user marked."""

from dataclasses import dataclass

from mien.server.errors import NotFoundError
from mien.server.store.database import Database


@dataclass(frozen=True, slots=True)
class Mark:
    """One marked moment.

    Attributes:
        id: its number.
        time: in seconds from the session's start.
        note: what the user says of it; may be empty.
    """

    id: int
    time: float
    note: str


class Marks:
    """The table of marks. Its sessions are known to be there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, session: int) -> list[Mark]:
        """Returns the marks of a session in order of time."""
        rows = self._database.rows(
            "SELECT id, time, note FROM marks WHERE session = ? ORDER BY time, id", (session,)
        )
        return [Mark(*row) for row in rows]

    def add(self, session: int, time: float, note: str) -> Mark:
        """Marks a moment."""
        with self._database.transaction() as write:
            row = write.execute(
                "INSERT INTO marks (session, time, note) VALUES (?, ?, ?) RETURNING id, time, note",
                (session, time, note),
            ).fetchone()
        return Mark(*row)

    def change(self, session: int, mark: int, time: float | None, note: str | None) -> Mark:
        """Moves a mark, or changes its note; None leaves either as it is.

        Raises:
            NotFoundError: the session has no such mark.
        """
        with self._database.transaction() as write:
            row = write.execute(
                "UPDATE marks SET time = coalesce(?, time), note = coalesce(?, note) "
                "WHERE session = ? AND id = ? RETURNING id, time, note",
                (time, note, session, mark),
            ).fetchone()
        if row is None:
            raise _missing(session, mark)
        return Mark(*row)

    def delete(self, session: int, mark: int) -> None:
        """Removes a mark for good.

        Raises:
            NotFoundError: the session has no such mark.
        """
        with self._database.transaction() as write:
            gone = write.execute("DELETE FROM marks WHERE session = ? AND id = ?", (session, mark))
            if not gone.rowcount:
                raise _missing(session, mark)
        self._database.forget()


def _missing(session: int, mark: int) -> NotFoundError:
    return NotFoundError(f"session {session} has no mark {mark}; its marks are listed in it.")
