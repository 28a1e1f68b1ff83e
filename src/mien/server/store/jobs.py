"""Jobs on videos and their progress."""

import sqlite3
import time
from dataclasses import dataclass
from typing import Literal

from mien.server.store.database import FILE_NAME, HIGHEST, Database
from mien.storage.errors import ItemConflictError, UnknownItemError
from mien.storage.rows import make, read_intact, reading

JobKind = Literal["analyze", "annotate"]
JobStatus = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]


@dataclass(frozen=True, slots=True)
class Job:
    """Work on one video.

    Attributes:
        id: its number.
        session: that it records or annotates; None if it ended before the first frame.
        kind: analyze a video, or annotate it with a session's results.
        name: the video's.
        status: interrupted if the server ended first.
        progress: from 0 to 1, by the video's stated length.
        frames: how many are done and stored.
        faces: how many were detected in them.
        message: why it failed, or what was skipped; may be empty.
        created: seconds since 1970, UTC.
        ended: the same; None until it is over.
    """

    id: int
    session: int | None
    kind: JobKind
    name: str
    status: JobStatus
    progress: float
    frames: int
    faces: int
    message: str
    created: float
    ended: float | None

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.status not in {"queued", "running"}


def to_job(row: sqlite3.Row) -> Job:
    """Reads a row of the table `jobs`; raises DamagedError where it is none."""
    with reading(FILE_NAME, f"job {row['id']}"):
        return make(Job, dict(row))


class JobTable:
    """The table of jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, session: int, kind: JobKind, name: str) -> Job:
        """Queues a job.

        Raises:
            ItemConflictError: another job works on the session.
        """
        with self._database.transaction() as write:
            self.demand_idle(session)
            row = write.execute(
                "INSERT INTO jobs (session, kind, name, status, created) "
                "VALUES (?, ?, ?, 'queued', ?) RETURNING *",
                (session, kind, name, time.time()),
            ).fetchone()
        return to_job(row)

    def demand_idle(self, session: int) -> None:
        """Checks that no job works on a session.

        Raises:
            ItemConflictError: a job does.
        """
        busy = self._database.rows(
            "SELECT id FROM jobs WHERE session = ? AND status IN ('queued', 'running')", (session,)
        )
        if busy:
            raise ItemConflictError(
                f"job {busy[0]['id']} still works on session {session}",
                remedy="cancel the job, or wait",
            )

    def get(self, job: int) -> Job:
        """Returns one job.

        Raises:
            UnknownItemError: there is no such job.
        """
        rows = self._database.rows("SELECT * FROM jobs WHERE id = ?", (job,))
        if not rows:
            raise UnknownItemError(f"job {job} not found")
        return to_job(rows[0])

    def list(self, before: int | None = None, limit: int = 50) -> list[Job]:
        """Returns jobs, the newest first; the log names those whose rows are damaged.

        Args:
            before: the last number of the page before.
            limit: how many at most.
        """
        rows = self._database.rows(
            "SELECT * FROM jobs WHERE id < ? ORDER BY id DESC LIMIT ?",
            (HIGHEST if before is None else before, limit),
        )
        found = read_intact(rows, to_job)
        if len(found) < len(rows) == limit:  # fewer than asked for would say that there are no more
            return [*found, *self.list(rows[-1]["id"], limit - len(found))]
        return found

    def advance(self, job: int, progress: float, frames: int, faces: int) -> None:
        """Stores the progress of a job, and that it runs."""
        with self._database.transaction() as write:
            write.execute(
                "UPDATE jobs SET status = 'running', progress = ?, frames = ?, faces = ? "
                "WHERE id = ?",
                (progress, frames, faces, job),
            )

    def end(self, job: int, status: JobStatus, message: str = "") -> None:
        """Stores how a job ended."""
        with self._database.transaction() as write:
            write.execute(
                "UPDATE jobs SET status = ?1, message = ?2, ended = ?3, "
                "progress = iif(?1 = 'done', 1, progress) WHERE id = ?4",
                (status, message, time.time(), job),
            )

    def note(self, job: int, text: str) -> None:
        """Adds a sentence to the message of an ended job; none where the job is deleted."""
        with self._database.transaction() as write:
            write.execute(
                "UPDATE jobs SET message = trim(message || ' ' || ?) WHERE id = ?", (text, job)
            )

    def leave_session(self, job: int) -> None:
        """Detaches a job from its session, so that the session can be deleted and the job stays."""
        with self._database.transaction() as write:
            write.execute("UPDATE jobs SET session = NULL WHERE id = ?", (job,))

    def delete(self, job: int) -> None:
        """Deletes an ended job; its session stays."""
        with self._database.transaction() as write:
            write.execute("DELETE FROM jobs WHERE id = ?", (job,))
        self._database.forget()
