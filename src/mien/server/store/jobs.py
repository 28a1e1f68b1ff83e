"""What videos are to be worked on, and how far that is."""

import time
from dataclasses import dataclass
from typing import Literal

from mien.server.errors import ConflictError, NotFoundError
from mien.server.store.database import HIGHEST, Database

JobKind = Literal["analyze", "annotate"]
JobStatus = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]


@dataclass(frozen=True, slots=True)
class Job:
    """Work on one video.

    Attributes:
        id: its number.
        session: what it records to, or draws; None where it ended before there was anything.
        kind: to analyze a video, or to draw a session's results on it.
        name: the video's.
        status: how far it is; interrupted where the server ended before it did.
        progress: from 0 to 1, by the video's stated length.
        frames: how many are done and stored.
        faces: how many were seen in them.
        message: why it failed, or what was left out; empty where there is nothing to tell.
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
        """Whether nothing more will happen."""
        return self.status not in {"queued", "running"}


class JobTable:
    """The table of jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, session: int, kind: JobKind, name: str) -> Job:
        """Queues a job.

        Raises:
            ConflictError: another job is at work on the session.
        """
        with self._database.transaction() as write:
            self.demand_idle(session)
            row = write.execute(
                "INSERT INTO jobs (session, kind, name, status, created) "
                "VALUES (?, ?, ?, 'queued', ?) RETURNING *",
                (session, kind, name, time.time()),
            ).fetchone()
        return Job(**row)

    def demand_idle(self, session: int) -> None:
        """Sees to it that no job is at work on a session.

        Raises:
            ConflictError: one is.
        """
        busy = self._database.rows(
            "SELECT id FROM jobs WHERE session = ? AND status IN ('queued', 'running')", (session,)
        )
        if busy:
            raise ConflictError(
                f"session {session}: job {busy[0]['id']} is still at work on it",
                remedy="cancel that one first, or wait",
            )

    def get(self, job: int) -> Job:
        """Returns one job.

        Raises:
            NotFoundError: there is none of this number.
        """
        rows = self._database.rows("SELECT * FROM jobs WHERE id = ?", (job,))
        if not rows:
            raise NotFoundError(f"job {job}: there is none of this number.")
        return Job(**rows[0])

    def list(self, before: int | None = None, limit: int = 50) -> list[Job]:
        """Returns jobs, the newest first; `before` is the last number of the page before."""
        rows = self._database.rows(
            "SELECT * FROM jobs WHERE id < ? ORDER BY id DESC LIMIT ?",
            (HIGHEST if before is None else before, limit),
        )
        return [Job(**row) for row in rows]

    def advance(self, job: int, progress: float, frames: int, faces: int) -> None:
        """Says how far a job is; it runs from then on."""
        with self._database.transaction() as write:
            write.execute(
                "UPDATE jobs SET status = 'running', progress = ?, frames = ?, faces = ? "
                "WHERE id = ?",
                (progress, frames, faces, job),
            )

    def end(self, job: int, status: JobStatus, message: str = "") -> None:
        """Says how a job ended."""
        with self._database.transaction() as write:
            write.execute(
                "UPDATE jobs SET status = ?1, message = ?2, ended = ?3, "
                "progress = iif(?1 = 'done', 1, progress) WHERE id = ?4",
                (status, message, time.time(), job),
            )

    def leave_session(self, job: int) -> None:
        """Parts a job from its session, so that this one can be deleted and the job stays."""
        with self._database.transaction() as write:
            write.execute("UPDATE jobs SET session = NULL WHERE id = ?", (job,))

    def delete(self, job: int) -> None:
        """Removes a job that is over from the list; what it recorded stays."""
        with self._database.transaction() as write:
            write.execute("DELETE FROM jobs WHERE id = ?", (job,))
        self._database.forget()
