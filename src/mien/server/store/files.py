"""The files beside the database: kept videos, and what is there only for a moment.

Their names are made of numbers. Nothing a client says is ever part of a path.
"""

import logging
import shutil
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from mien.server.store.database import Database
from mien.storage.errors import StoreError


class Files:
    """The folders of videos and of files that do not last.

    Args:
        folder: where both are; it exists.

    Raises:
        StoreError: they cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._videos, self._scratch = folder / "films", folder / "scratch"
        try:
            for place in (self._videos, self._scratch):
                place.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"may not be written ({error.strerror})",
                subject=folder,
                remedy="choose another folder",
            ) from None

    def video(self, session: int) -> Path:
        """Returns where a session's video is, while it is analyzed and, if it is kept, after."""
        return self._videos / f"{session}"

    def annotated(self, session: int) -> Path:
        """Returns where a session's video with the results drawn on it is, if it was made."""
        return self._videos / f"{session}.mp4"

    def scratch(self) -> Path:
        """Makes an empty folder for a file that whoever asks for it removes again."""
        return Path(tempfile.mkdtemp(dir=self._scratch))

    def take(self, upload: Path, session: int) -> None:
        """Makes an uploaded video a session's."""
        upload.replace(self.video(session))

    def remove(self, session: int) -> None:
        """Removes a session's videos, if it has any."""
        for path in (self.video(session), self.annotated(session)):
            path.unlink(missing_ok=True)

    def tidy(self, sessions: Collection[int]) -> None:
        """Removes what a kill has left behind: passing files, and videos that nobody kept.

        Args:
            sessions: those whose video is kept.
        """
        shutil.rmtree(self._scratch)
        self._scratch.mkdir(mode=0o700)
        kept = {path.name for one in sessions for path in (self.video(one), self.annotated(one))}
        for path in self._videos.iterdir():
            if path.name not in kept:
                path.unlink()


if TYPE_CHECKING:
    from mien.server.store import Store

STOPPED = "the server was stopped"
"""Why a job was interrupted."""

_DAY = 24 * 3600.0
_log = logging.getLogger(__name__)


def mark_interrupted(database: Database) -> list[int]:
    """Marks what a kill left unfinished; only the one process that has the database open may.

    Returns:
        The numbers of the sessions whose video is kept.
    """
    with database.transaction() as write:
        write.execute(
            "UPDATE jobs SET status = 'interrupted', message = ? "
            "WHERE status IN ('queued', 'running')",
            (STOPPED,),
        )
        write.execute("UPDATE sessions SET status = 'interrupted' WHERE status = 'recording'")
        return [row[0] for row in write.execute("SELECT id FROM sessions WHERE film IS NOT NULL")]


def end_abandoned(database: Database) -> None:
    """Ends recordings that nobody ended and nobody has added to for a day."""
    with database.transaction() as write:
        write.execute(
            "UPDATE sessions SET status = 'interrupted' WHERE status = 'recording' "
            "AND started + seconds < ? AND NOT EXISTS (SELECT 1 FROM jobs "
            "WHERE session = sessions.id AND status IN ('queued', 'running'))",
            (time.time() - _DAY,),
        )


def delete_old(store: "Store", keep_days: float) -> int:
    """Deletes the sessions that began longer ago, and the jobs that are over and have none.

    What is being recorded, or worked on, stays until the next time. Feedback stays.

    Args:
        store: whose.
        keep_days: how many days a session is kept.

    Returns:
        How many sessions were deleted.
    """
    before = time.time() - keep_days * _DAY
    old = store.database.rows(
        "SELECT id FROM sessions WHERE started < ? AND status != 'recording' AND NOT EXISTS "
        "(SELECT 1 FROM jobs WHERE session = sessions.id AND status IN ('queued', 'running'))",
        (before,),
    )
    for row in old:
        store.sessions.delete(row["id"])
    with store.database.transaction() as write:
        write.execute(
            "DELETE FROM jobs WHERE session IS NULL AND created < ? "
            "AND status NOT IN ('queued', 'running')",
            (before,),
        )
    store.database.forget()
    return len(old)


def sweep(store: "Store", keep_days: float | None) -> None:
    """Does what is due once a day; what cannot be done now is done the next time.

    Args:
        store: whose.
        keep_days: as in `delete_old`; None keeps every session.
    """
    try:
        end_abandoned(store.database)
        if keep_days is not None:
            delete_old(store, keep_days)
    except StoreError as error:
        _log.warning("old sessions are not deleted: %s", error)
