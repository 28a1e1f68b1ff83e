"""The people of sessions."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mien.server.store.database import FILE_NAME, Database
from mien.storage.errors import ItemConflictError, UnknownItemError
from mien.storage.rows import make, read_intact, reading


@dataclass(frozen=True, slots=True)
class Person:
    """One person of a session.

    Attributes:
        number: the person id.
        name: the user's; empty if there is none.
        merged_into: the person id that the user merged this one into; None if not merged.
    """

    number: int
    name: str
    merged_into: int | None


class People:
    """The table of people. Merged people keep their rows, so that a merge can be undone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, session: int) -> list[Person]:
        """Returns the people of a session, by person id.

        Raises:
            DamagedError: one does not contain what a person does, or the merges are circular.
        """
        rows = self._database.rows(
            "SELECT session, number, name, merged_into FROM people WHERE session = ? "
            "ORDER BY number",
            (session,),
        )
        people = [to_person(row) for row in rows]
        with reading(FILE_NAME, f"the people of session {session}"):
            find_roots(people)
        return people

    def of(self, sessions: Collection[int]) -> Mapping[int, Sequence[Person]]:
        """Returns the people of several sessions, by session; a missing one has nobody.

        The log names those whose rows are damaged.
        """
        found: dict[int, tuple[Person, ...]] = {}
        rows = self._database.rows(
            "SELECT session, number, name, merged_into FROM people "
            "WHERE session IN (SELECT value FROM json_each(?)) ORDER BY session, number",
            (json.dumps(list(sessions)),),
        )
        for session, person in read_intact(rows, lambda row: (row["session"], to_person(row))):
            found[session] = (*found.get(session, ()), person)
        return found

    def roots(self, session: int) -> dict[int, int]:
        """Returns the person id that each person id was merged into, in the end."""
        return find_roots(self.list(session))

    def group(self, session: int, number: int) -> Sequence[int]:
        """Returns the person ids that are the same person as one of them, by merges.

        Raises:
            UnknownItemError: the session has no such person.
        """
        roots = self.roots(session)
        if number not in roots:
            raise unknown_person(session, number)
        return [member for member, root in roots.items() if root == roots[number]]

    def rename(self, session: int, number: int, name: str) -> None:
        """Names a person; an empty name removes the name.

        Raises:
            UnknownItemError: the session has no such person.
        """
        with self._database.transaction() as write:
            done = write.execute(
                "UPDATE people SET name = ? WHERE session = ? AND number = ?",
                (name, session, number),
            )
            if not done.rowcount:
                raise unknown_person(session, number)

    def merge(self, session: int, number: int, into: int | None) -> None:
        """Merges one person into another; None undoes the merge.

        Raises:
            UnknownItemError: the session has no such person.
            ItemConflictError: the other person was merged into this one.
        """
        with self._database.transaction() as write:
            merged_into = {person.number: person.merged_into for person in self.list(session)}
            for wanted in (number, into):
                if wanted is not None and wanted not in merged_into:
                    raise unknown_person(session, wanted)
            if into is not None and number in follow(merged_into, into):
                raise ItemConflictError(
                    f"person {into} is merged into person {number}", remedy="undo that merge first"
                )
            write.execute(
                "UPDATE people SET merged_into = ? WHERE session = ? AND number = ?",
                (into, session, number),
            )


def to_person(row: sqlite3.Row) -> Person:
    """Reads a row of the table `people`; raises DamagedError where it is none."""
    values = {name: row[name] for name in ("number", "name", "merged_into")}
    with reading(FILE_NAME, f"person {row['number']} of session {row['session']}"):
        return make(Person, values)


def follow(merged_into: Mapping[int, int | None], number: int) -> Iterator[int]:
    """Yields a person id, the one it was merged into, and so on.

    Args:
        merged_into: what each person id was merged into.
        number: the person id to start with.

    Raises:
        KeyError: somebody was merged into nobody.
        ValueError: the merges are circular.
    """
    following: int | None = number
    for _ in range(len(merged_into) + 1):
        if following is None:
            return
        yield following
        following = merged_into[following]
    raise ValueError("its merges are circular")


def find_roots(people: Iterable[Person]) -> dict[int, int]:
    """Returns the person id that each person id was merged into, in the end.

    Args:
        people: all of one session.
    """
    merged_into = {person.number: person.merged_into for person in people}
    return {number: list(follow(merged_into, number))[-1] for number in merged_into}


def members_of(people: Iterable[Person], number: int) -> list[int]:
    """Returns the person ids whose faces are a person's: those of all that were merged into it."""
    roots = find_roots(people)
    return [member for member, root in roots.items() if number in (member, root)]


def unknown_person(session: int, number: int) -> UnknownItemError:
    """Returns the error for a person who is not in a session."""
    return UnknownItemError(
        f"session {session} has no person {number}", remedy="get the session for its people"
    )
