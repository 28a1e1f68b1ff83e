"""Sessions; their people, frames and markers are in `people.py`, `faces.py` and `markers.py`."""

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from mien.emotions import EMOTIONS
from mien.inference.model_card import check_labels
from mien.server.store.database import FILE_NAME, HIGHEST, Database
from mien.server.store.deletion import delete_faces, delete_row
from mien.server.store.files import Files
from mien.server.store.jobs import JobTable
from mien.storage.errors import ItemConflictError, UnknownItemError
from mien.storage.rows import make, read_intact, reading, take

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
        thumbnails: whether the user asked to keep an image of each person.
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
    thumbnails: bool
    labels: tuple[str, ...]
    attributes: tuple[str, ...]


def to_session(row: sqlite3.Row) -> Session:
    """Reads a row of the table `sessions`.

    Raises:
        DamagedError: it does not contain what a session does.
    """
    values = dict(row)
    with reading(FILE_NAME, f"session {row['id']}"):
        labels = EMOTIONS if row["labels"] is None else _to_names(row["labels"])
        check_labels(labels)
        return make(
            Session, {**values, "labels": labels, "attributes": _to_names(row["attributes"])}
        )


@lru_cache(maxsize=64)  # most sessions have the same ones
def _to_names(text: str) -> tuple[str, ...]:
    return tuple(take(json.loads(text), list))


_CONTAINS = (
    "instr(casefold(name), ?1) OR instr(casefold(notes), ?1) OR EXISTS (SELECT 1 FROM people "
    "WHERE session = sessions.id AND instr(casefold(people.name), ?1)) OR EXISTS (SELECT 1 "
    "FROM marks WHERE session = sessions.id "
    "AND instr(casefold(marks.name || char(31) || note), ?1))"  # one call of Python a marker
)
"""SQL: whether a session contains the text ?1."""

# Video sessions end with their jobs. A person who was split off has a number that the page might
# give to somebody else.
_CAN_RESUME = (
    "status = 'interrupted' AND kind != 'film' AND NOT EXISTS (SELECT 1 FROM people "
    "WHERE session = sessions.id AND split_from IS NOT NULL)"
)
"""SQL: whether a page that still records may go on in a session that was interrupted."""


class Sessions:
    """The table of sessions.

    Args:
        database: that has it.
        files: the videos.
        jobs: on the videos.
        on_delete: called with the number of a session that was deleted, before its data is
            overwritten.
    """

    def __init__(
        self, database: Database, files: Files, jobs: JobTable, on_delete: Callable[[int], None]
    ) -> None:
        self._database, self._files, self._jobs = database, files, jobs
        self._on_delete = on_delete

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
        thumbnails: bool = False,
    ) -> Session:
        """Starts a recording."""
        with self._database.transaction() as write:
            row = write.execute(
                "INSERT INTO sessions "
                "(name, kind, status, started, model, model_version, fps, profile, model_digest, "
                "labels, prior, detector, consent, clock, thumbnails) "
                "VALUES (?, ?, 'recording', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                (
                    *(name, kind, time.time(), model, model_version),
                    *(fps, profile, model_digest, json.dumps(labels), prior, detector),
                    *(consent, clock, thumbnails),
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
        """Returns sessions, the newest first; the log names those whose rows are damaged.

        Args:
            text: that the name, the notes, a person's name, or a marker's name or note must
                contain, in any case.
            kind: of what kind alone.
            status: of what status alone.
            before: only those with a lower number: the last one's of the page before.
            limit: how many at most.
        """
        rows = self._database.rows(
            "SELECT * FROM sessions WHERE id < ?4 AND (?2 IS NULL OR kind = ?2) "  # noqa: S608
            f"AND (?3 IS NULL OR status = ?3) AND (?1 = '' OR {_CONTAINS}) "
            "ORDER BY id DESC LIMIT ?5",
            (text.casefold(), kind, status, HIGHEST if before is None else before, limit),
        )
        found = read_intact(rows, to_session)
        if len(found) < len(rows) == limit:  # fewer than asked for would say that there are no more
            rest = limit - len(found)
            return [*found, *self.list(text, kind, status, rows[-1]["id"], rest)]
        return found

    def totals(self) -> tuple[int, int]:
        """Returns how many sessions there are, and how many frames and faces they have together."""
        (row,) = self._database.rows("SELECT count(*), total(frames + faces) FROM sessions")
        return row[0], int(min(row[1], HIGHEST))

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
        """Ends a recording; an ended one stays as it is, but for an interrupted one that is done.

        Raises:
            UnknownItemError: there is no such session.
        """
        with self._database.transaction() as write:
            write.execute(
                "UPDATE sessions SET status = ?1, ended = max(?2, started) "  # noqa: S608
                f"WHERE id = ?3 AND (status = 'recording' OR (?1 = 'done' AND {_CAN_RESUME}))",
                (status, time.time(), session),
            )
        return self.get(session)

    def resume(self, session: int) -> Session:
        """Returns a session that records; see the function `resume`."""
        with self._database.transaction() as write:
            return resume(write, session)

    def delete(self, session: int) -> None:
        """Permanently deletes a session with its frames, its video and its jobs.

        Others find it no more at once, and can use the database while its frames are overwritten.

        Raises:
            UnknownItemError: there is no such session.
            ItemConflictError: a job still works on it.
        """
        with self._database.unconstrained() as write:
            self._jobs.demand_idle(session)
            # Before the row: what has no row could never be deleted again.
            self._files.remove(session)
            self._database.remove_copy()
            if not delete_row(write, session):
                raise unknown_session(session)
        self._on_delete(session)
        delete_faces(self._database, session)
        self._database.forget()


def resume(write: sqlite3.Connection, session: int) -> Session:
    """Returns a session that records; an interrupted recording of a page records again.

    Raises:
        UnknownItemError: there is no such session.
        ItemConflictError: it has ended.
    """
    write.execute(
        f"UPDATE sessions SET status = 'recording', ended = NULL WHERE id = ? AND {_CAN_RESUME}",  # noqa: S608
        (session,),
    )
    row = write.execute("SELECT * FROM sessions WHERE id = ?", (session,)).fetchone()
    if row is None:
        raise unknown_session(session)
    if row["status"] != "recording":
        raise ItemConflictError(f"session {session} has ended", remedy="start a new one to record")
    return to_session(row)


def unknown_session(session: int) -> UnknownItemError:
    """Returns the error for a session that does not exist."""
    return UnknownItemError(f"session {session} not found")
