"""Recorded sessions: what each one is, not what was seen in it."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from mien.server.errors import ConflictError, NotFoundError
from mien.server.store.database import HIGHEST, Database
from mien.server.store.files import Files
from mien.server.store.jobs import JobTable

Kind = Literal["live", "film", "photo"]
Status = Literal["recording", "done", "interrupted"]


@dataclass(frozen=True, slots=True)
class Session:
    """One recording.

    Attributes:
        id: its number, which no other session ever gets.
        name: the user's, or the video's.
        kind: what was recorded.
        status: whether it goes on, came to its end, or was cut short.
        started: seconds since 1970, UTC.
        ended: the same; None while it goes on, or where a kill ended it.
        model: the model's name.
        model_version: the version of Mien that made the model.
        fps: nominal frames a second; None where there are none.
        notes: the user's.
        film: the media type of the video that was kept; None where none was.
        width: of the first frame, in pixels; None where there is none yet.
        height: the same.
        frames: how many were recorded.
        faces: how many were seen in them.
        last_frame: the number of the last one; -1 where there is none.
        seconds: the time of the last one.
        profile: the name of the profile that answered; None for the model's own answers.
        model_digest: of the model's file: two models may bear one name and version. Empty for
            sessions from before it was noted.
    """

    id: int
    name: str
    kind: Kind
    status: Status
    started: float
    ended: float | None
    model: str
    model_version: str
    fps: float | None
    notes: str
    film: str | None
    width: int | None
    height: int | None
    frames: int
    faces: int
    last_frame: int
    seconds: float
    profile: str | None
    model_digest: str


class Sessions:
    """The table of sessions."""

    def __init__(self, database: Database, files: Files, jobs: JobTable) -> None:
        self._database, self._files, self._jobs = database, files, jobs

    def create(
        self,
        name: str,
        kind: Kind,
        model: str,
        model_version: str,
        fps: float | None = None,
        profile: str | None = None,
        model_digest: str = "",
    ) -> Session:
        """Starts a recording."""
        with self._database.transaction() as write:
            row = write.execute(
                "INSERT INTO sessions "
                "(name, kind, status, started, model, model_version, fps, profile, model_digest) "
                "VALUES (?, ?, 'recording', ?, ?, ?, ?, ?, ?) RETURNING *",
                (name, kind, time.time(), model, model_version, fps, profile, model_digest),
            ).fetchone()
        return Session(**row)

    def get(self, session: int) -> Session:
        """Returns one session.

        Raises:
            NotFoundError: there is none of this number.
        """
        rows = self._database.rows("SELECT * FROM sessions WHERE id = ?", (session,))
        if not rows:
            raise missing(session)
        return Session(**rows[0])

    def list(
        self,
        text: str = "",
        kind: Kind | None = None,
        status: Status | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Session]:
        """Returns sessions, the newest first.

        Args:
            text: what the name or the notes must hold, in any case of letters.
            kind: of what kind alone.
            status: of what status alone.
            before: only those with a lower number: the last one's of the page before.
            limit: how many at most.
        """
        rows = self._database.rows(
            "SELECT * FROM sessions WHERE id < ?4 AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR "
            "status = ?3) AND (?1 = '' OR instr(casefold(name), ?1) OR instr(casefold(notes), ?1)) "
            "ORDER BY id DESC LIMIT ?5",
            (text.casefold(), kind, status, HIGHEST if before is None else before, limit),
        )
        return [Session(**row) for row in rows]

    def change(self, session: int, name: str | None, notes: str | None) -> Session:
        """Renames a session, or changes its notes; None leaves either as it is.

        Raises:
            NotFoundError: there is none of this number.
        """
        with self._database.transaction() as write:
            write.execute(
                "UPDATE sessions SET name = coalesce(?, name), notes = coalesce(?, notes) "
                "WHERE id = ?",
                (name, notes, session),
            )
        return self.get(session)

    def keep_video(self, session: int, film: str | None) -> None:
        """Notes the media type of the video that is kept; with None, that none is."""
        with self._database.transaction() as write:
            write.execute("UPDATE sessions SET film = ? WHERE id = ?", (film, session))

    def end(self, session: int, status: Status = "done") -> Session:
        """Ends a recording; one that has ended stays as it is."""
        with self._database.transaction() as write:
            write.execute(
                "UPDATE sessions SET status = ?, ended = ? WHERE id = ? AND status = 'recording'",
                (status, time.time(), session),
            )
        return self.get(session)

    def delete(self, session: int) -> None:
        """Removes a session with all that was seen in it, its video and its jobs, for good.

        Raises:
            NotFoundError: there is none of this number.
            ConflictError: a job is still at work on it.
        """
        with self._database.transaction() as write:
            self._jobs.demand_idle(session)
            # Before the row: a video without one could never be deleted again.
            self._files.remove(session)
            if not write.execute("DELETE FROM sessions WHERE id = ?", (session,)).rowcount:
                raise missing(session)
        self._database.forget()


def missing(session: int) -> NotFoundError:
    """Returns the error for a session that is not there."""
    return NotFoundError(f"session {session}: there is none of this number.")


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
    return NotFoundError(
        f"session {session} has no mark {mark}", remedy="its marks are listed in it"
    )


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
                raise _people_missing(session, number)

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
                    raise _people_missing(session, wanted)
            if into is not None and number in follow(merged_into, into):
                raise ConflictError(
                    f"person {into} is person {number} already", remedy="undo that merge first"
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


def _people_missing(session: int, number: int) -> NotFoundError:
    return NotFoundError(
        f"session {session} has no person {number}", remedy="its people are listed in it"
    )
