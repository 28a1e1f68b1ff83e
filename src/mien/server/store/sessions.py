"""Sessions and their people; their frames are in `faces.py`, their markers in `markers.py`."""

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from mien.emotions import EMOTIONS
from mien.server.store.database import HIGHEST, Database
from mien.server.store.files import Files
from mien.server.store.jobs import JobTable
from mien.storage.errors import ItemConflictError, UnknownItemError

Kind = Literal["live", "film", "photo"]
Status = Literal["recording", "done", "interrupted"]


@dataclass(frozen=True, slots=True)
class Session:
    """One recording.

    Attributes:
        id: its number, which no other session ever gets.
        name: the user's, or the video's.
        kind: live, film (a video) or photo.
        status: recording, done, or interrupted.
        started: seconds since 1970, UTC.
        ended: the same; None while it records, or if a kill ended it.
        model: the model's name.
        model_version: the version of Mien that made the model.
        fps: nominal frames a second; None where there are none.
        notes: the user's.
        film: the media type of the saved video; None if none was saved.
        width: of the first frame, in pixels; None before the first frame.
        height: the same.
        frames: how many were recorded.
        faces: how many were detected in them.
        last_frame: the number of the last one; -1 if there is none.
        seconds: the time of the last one.
        profile: the name of the profile that was applied; None for the model's own predictions.
        model_digest: of the model's file: two models may have one name and version. Empty for
            sessions of early versions of Mien.
        prior: the name of the base rates that were given; empty for the model's own.
        detector: the name of the detector; empty for sessions of early versions of Mien.
        consent: who agreed to what, as the user wrote it; empty where nobody was asked.
        clock: the wall-clock time of the session's time 0, in seconds since 1970, UTC; None where
            it is unknown.
        dropped: how many frames of a camera came and were not analyzed.
        labels: of the model, in the order of its card.
        attributes: the names of what was measured of each face.
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
    prior: str
    detector: str
    consent: str
    clock: float | None
    dropped: int
    labels: tuple[str, ...]
    attributes: tuple[str, ...]


def to_session(row: sqlite3.Row) -> Session:
    """Reads a row of the table `sessions`."""
    values = dict(row)
    labels, attributes = values.pop("labels"), json.loads(values.pop("attributes"))
    return Session(
        **values,
        labels=EMOTIONS if labels is None else tuple(json.loads(labels)),
        attributes=tuple(attributes),
    )


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
        labels: tuple[str, ...] = EMOTIONS,
        prior: str = "",
        detector: str = "",
        consent: str = "",
        clock: float | None = None,
    ) -> Session:
        """Starts a recording."""
        with self._database.transaction() as write:
            row = write.execute(
                "INSERT INTO sessions "
                "(name, kind, status, started, model, model_version, fps, profile, model_digest, "
                "labels, prior, detector, consent, clock) "
                "VALUES (?, ?, 'recording', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                (
                    *(name, kind, time.time(), model, model_version),
                    *(fps, profile, model_digest, json.dumps(labels), prior, detector),
                    *(consent, clock),
                ),
            ).fetchone()
        return to_session(row)

    def get(self, session: int) -> Session:
        """Returns one session.

        Raises:
            UnknownItemError: there is no such session.
        """
        rows = self._database.rows("SELECT * FROM sessions WHERE id = ?", (session,))
        if not rows:
            raise unknown_session(session)
        return to_session(rows[0])

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
            text: that the name or the notes must contain, in any case.
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
        return [to_session(row) for row in rows]

    def change(
        self,
        session: int,
        name: str | None = None,
        notes: str | None = None,
        consent: str | None = None,
        dropped: int | None = None,
        clock: float | None = None,
    ) -> Session:
        """Renames a session, or changes what is noted of it; None changes nothing.

        Raises:
            UnknownItemError: there is no such session.
        """
        with self._database.transaction() as write:
            write.execute(
                "UPDATE sessions SET name = coalesce(?, name), notes = coalesce(?, notes), "
                "consent = coalesce(?, consent), dropped = coalesce(?, dropped), "
                "clock = coalesce(?, clock) WHERE id = ?",
                (name, notes, consent, dropped, clock, session),
            )
        return self.get(session)

    def keep_video(self, session: int, film: str | None) -> None:
        """Stores the media type of the saved video; None if none is saved."""
        with self._database.transaction() as write:
            write.execute("UPDATE sessions SET film = ? WHERE id = ?", (film, session))

    def end(self, session: int, status: Status = "done") -> Session:
        """Ends a recording; an ended one stays as it is."""
        with self._database.transaction() as write:
            write.execute(
                "UPDATE sessions SET status = ?, ended = ? WHERE id = ? AND status = 'recording'",
                (status, time.time(), session),
            )
        return self.get(session)

    def delete(self, session: int) -> None:
        """Permanently deletes a session with its frames, its video and its jobs.

        Raises:
            UnknownItemError: there is no such session.
            ItemConflictError: a job still works on it.
        """
        with self._database.transaction() as write:
            self._jobs.demand_idle(session)
            # Before the row: a video without a row could never be deleted again.
            self._files.remove(session)
            if not write.execute("DELETE FROM sessions WHERE id = ?", (session,)).rowcount:
                raise unknown_session(session)
        self._database.forget()


def unknown_session(session: int) -> UnknownItemError:
    """Returns the error for a session that does not exist."""
    return UnknownItemError(f"session {session} not found")


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
        """Returns the people of a session, by person id."""
        rows = self._database.rows(
            "SELECT number, name, merged_into FROM people WHERE session = ? ORDER BY number",
            (session,),
        )
        return [Person(*row) for row in rows]

    def roots(self, session: int) -> dict[int, int]:
        """Returns the person id that each person id was merged into, in the end."""
        merged_into = {person.number: person.merged_into for person in self.list(session)}
        return {number: list(follow(merged_into, number))[-1] for number in merged_into}

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
                raise _unknown_person(session, number)

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
                    raise _unknown_person(session, wanted)
            if into is not None and number in follow(merged_into, into):
                raise ItemConflictError(
                    f"person {into} is merged into person {number}", remedy="undo that merge first"
                )
            write.execute(
                "UPDATE people SET merged_into = ? WHERE session = ? AND number = ?",
                (into, session, number),
            )


def follow(merged_into: Mapping[int, int | None], number: int) -> Iterator[int]:
    """Yields a person id, the one it was merged into, and so on.

    Args:
        merged_into: what each person id was merged into; without circles.
        number: the person id to start with.
    """
    following: int | None = number
    while following is not None:
        yield following
        following = merged_into[following]


def _unknown_person(session: int, number: int) -> UnknownItemError:
    return UnknownItemError(
        f"session {session} has no person {number}", remedy="get the session for its people"
    )
