"""The files beside the database: saved videos, temporary files, and the deletion of old ones.

File names are made of numbers. No text of a client is ever part of a path.
"""

import shutil
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mien.server.store.database import Database
from mien.storage.errors import StoreError
from mien.storage.privacy import protect


class Files:
    """The folders of videos and of temporary files.

    Args:
        folder: that contains both; it exists.

    Attributes:
        videos: the folder of saved videos.

    Raises:
        StoreError: they cannot be created.
    """

    def __init__(self, folder: Path) -> None:
        self.videos, self._scratch = folder / "films", folder / "scratch"
        try:
            for place in (self.videos, self._scratch):
                place.mkdir(mode=0o700, exist_ok=True)
            protect([*self.videos.iterdir(), self.videos, self._scratch])
        except OSError as error:
            raise StoreError(
                f"is not writable ({error.strerror})",
                subject=folder,
                remedy="choose another folder",
            ) from None

    def video(self, session: int) -> Path:
        """Returns the path of a session's video, while it is analyzed and, if saved, afterwards."""
        return self.videos / f"{session}"

    def annotated(self, session: int) -> Path:
        """Returns the path of a session's annotated video, if it was made."""
        return self.videos / f"{session}.mp4"

    def scratch(self) -> Path:
        """Creates an empty folder that is the user's alone; the caller removes it."""
        return Path(tempfile.mkdtemp(dir=self._scratch))

    @contextmanager
    def temporary(self, name: str) -> Iterator[Path]:
        """Yields a path in an empty folder, which is removed after the block."""
        folder = self.scratch()
        try:
            yield folder / name
        finally:
            shutil.rmtree(folder)

    def empty_scratch(self) -> None:
        """Removes all temporary files."""
        shutil.rmtree(self._scratch)
        self._scratch.mkdir(mode=0o700)

    def take(self, upload: Path, session: int) -> None:
        """Moves an uploaded video to its session."""
        upload.chmod(0o600)
        upload.replace(self.video(session))

    def remove(self, session: int) -> None:
        """Removes a session's videos, if it has any."""
        for path in (self.video(session), self.annotated(session)):
            path.unlink(missing_ok=True)

    def tidy(self, sessions: Collection[int]) -> None:
        """Removes what a kill left behind: temporary files, and videos that are not saved.

        Args:
            sessions: those with a saved video.
        """
        self.empty_scratch()
        kept = {
            path.name
            for session in sessions
            for path in (self.video(session), self.annotated(session))
        }
        for path in self.videos.iterdir():
            if path.name not in kept:
                path.unlink()


if TYPE_CHECKING:
    from mien.server.store import Store

STOPPED = "the server was stopped"
"""Why a job was interrupted."""

_DAY = 24 * 3600.0


def mark_interrupted(database: Database) -> list[int]:
    """Marks unfinished sessions and jobs of a killed server as interrupted.

    Returns:
        The numbers of the sessions with a saved video.
    """
    with database.transaction() as write:
        write.execute(
            "UPDATE jobs SET status = 'interrupted', message = ? "
            "WHERE status IN ('queued', 'running')",
            (STOPPED,),
        )
        write.execute("UPDATE sessions SET status = 'interrupted' WHERE status = 'recording'")
        return [row[0] for row in write.execute("SELECT id FROM sessions WHERE film IS NOT NULL")]


def delete_old(store: "Store", keep_days: float) -> int:
    """Deletes old sessions, and ended jobs without a session.

    Sessions that are recording or have a running job are skipped. Feedback is kept.

    Args:
        store: that has them.
        keep_days: the age in days above which a session is deleted.

    Returns:
        How many sessions were deleted; the rest of them next time, if the database closes.
    """
    before = time.time() - keep_days * _DAY
    old = store.database.rows(
        "SELECT id FROM sessions WHERE started < ? AND status != 'recording' AND NOT EXISTS "
        "(SELECT 1 FROM jobs WHERE session = sessions.id AND status IN ('queued', 'running'))",
        (before,),
    )
    deleted = 0
    for row in old:
        if store.database.closing:
            break
        store.sessions.delete(row["id"])
        deleted += 1
    with store.database.transaction() as write:
        jobs = write.execute(
            "DELETE FROM jobs WHERE session IS NULL AND created < ? "
            "AND status NOT IN ('queued', 'running')",
            (before,),
        )
    if jobs.rowcount:
        store.database.forget()
    return deleted
