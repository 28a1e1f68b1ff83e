"""The people of a session: their names, and who turned out to be the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mien.server.errors import ConflictError, NotFoundError
from mien.server.store.database import Database


@dataclass(frozen=True, slots=True)
class Person:
    """One person of a session, as the tracker told them apart.

    Attributes:
        number: the tracker's.
        name: the user's; empty where there is none.
        merged_into: the number of whom the user says this is; None where they are themselves.
    """

    number: int
    name: str
    merged_into: int | None


class People:
    """The table of people. Those that are merged keep their rows, so that it can be undone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, session: int) -> list[Person]:
        """Returns the people of a session, from the lowest number to the highest."""
        rows = self._database.rows(
            "SELECT number, name, merged_into FROM people WHERE session = ? ORDER BY number",
            (session,),
        )
        return [Person(*row) for row in rows]

    def roots(self, session: int) -> dict[int, int]:
        """Returns, for every number, that of the person it stands for in the end."""
        merged_into = {one.number: one.merged_into for one in self.list(session)}
        return {number: list(follow(merged_into, number))[-1] for number in merged_into}

    def rename(self, session: int, number: int, name: str) -> None:
        """Gives a person a name, or, with an empty one, takes it away.

        Raises:
            NotFoundError: the session has no such person.
        """
        with self._database.transaction() as write:
            done = write.execute(
                "UPDATE people SET name = ? WHERE session = ? AND number = ?",
                (name, session, number),
            )
            if not done.rowcount:
                raise _missing(session, number)

    def merge(self, session: int, number: int, into: int | None) -> None:
        """Says that one person is another, or, with None, that they are not after all.

        Raises:
            NotFoundError: the session has no such person.
            ConflictError: the other one has been merged into this one.
        """
        with self._database.transaction() as write:
            merged_into = {one.number: one.merged_into for one in self.list(session)}
            for wanted in (number, into):
                if wanted is not None and wanted not in merged_into:
                    raise _missing(session, wanted)
            if into is not None and number in follow(merged_into, into):
                raise ConflictError(
                    f"person {into} is person {number} already; undo that merge first."
                )
            write.execute(
                "UPDATE people SET merged_into = ? WHERE session = ? AND number = ?",
                (into, session, number),
            )


def follow(merged_into: Mapping[int, int | None], number: int) -> Iterator[int]:
    """Yields a person's number, and of whom they were merged into, to the end.

    Args:
        merged_into: each person's number, and whom they were merged into; without circles.
        number: where to begin.
    """
    following: int | None = number
    while following is not None:
        yield following
        following = merged_into[following]


def _missing(session: int, number: int) -> NotFoundError:
    return NotFoundError(f"session {session} has no person {number}; its people are listed in it.")
