"""Images of people that users asked to keep with a recording."""

import json
from collections.abc import Collection

from mien.server.store.database import FILE_NAME, Database
from mien.server.store.people import unknown_person
from mien.storage.rows import reading, take


class Thumbnails:
    """The table of thumbnails. They are deleted with their session."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, session: int, person: int, image: bytes) -> None:
        """Stores the image of a person, a JPEG, in place of an earlier one.

        Raises:
            UnknownItemError: the session has no such person.
        """
        with self._database.transaction() as write:
            stored = write.execute(
                "INSERT OR REPLACE INTO thumbnails (session, person, image) "
                "SELECT session, number, ? FROM people WHERE session = ? AND number = ?",
                (image, session, person),
            )
            if not stored.rowcount:
                raise unknown_person(session, person)

    def get(self, session: int, person: int) -> bytes | None:
        """Returns the image of a person; None if there is none."""
        rows = self._database.rows(
            "SELECT image FROM thumbnails WHERE session = ? AND person = ?", (session, person)
        )
        with reading(FILE_NAME, f"the thumbnail of person {person} in session {session}"):
            image: bytes | None = take(rows[0][0], bytes) if rows else None
        return image

    def of(self, sessions: Collection[int]) -> set[tuple[int, int]]:
        """Returns the session and the person of each image of some sessions."""
        rows = self._database.rows(
            "SELECT session, person FROM thumbnails "
            "WHERE session IN (SELECT value FROM json_each(?))",
            (json.dumps(list(sessions)),),
        )
        return {(row[0], row[1]) for row in rows}
