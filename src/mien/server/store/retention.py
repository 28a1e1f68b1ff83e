"""What becomes of what is left over: unfinished work after a kill, and sessions that are old."""

import logging
import time
from typing import TYPE_CHECKING

from mien.server.store.database import Database
from mien.storage.errors import StoreError

if TYPE_CHECKING:
    from mien.server.store import Store

STOPPED = "the server was stopped"
"""Why a job was interrupted."""

_DAY = 24 * 3600.0
_log = logging.getLogger(__name__)


def mark_interrupted(database: Database) -> list[int]:
    """Marks what a kill left unfinished; only the one process that has the database open may.

    Returns:
        The numbers of the sessions whose film is kept.
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
