"""What the server does with stored sessions by itself, in a thread of its own."""

import logging
import threading
import time

from mien.server.portraits import forget_portraits
from mien.server.settings import Settings
from mien.server.store import Store
from mien.server.store.deletion import delete_leftovers
from mien.server.store.files import delete_old
from mien.server.store.sessions import Session
from mien.storage.errors import StoreError, UnknownItemError

SILENCE = {"live": 30.0, "photo": 60.0}
"""The seconds without a sign of life after which a recording of a kind is interrupted.

New frames resume it, so a client that adds photos slowly loses nothing.
"""

_POLL = 1.0  # seconds between two looks at recordings
_PAUSE = 60.0  # seconds between two looks for sessions without a series
_DAY = 24 * 3600.0
_END_TIMEOUT = 10.0  # seconds to wait for the current step when the server ends

_log = logging.getLogger(__name__)


class Upkeep:
    """Interrupts silent recordings, stores the series that are missing, deletes old sessions.

    It also ends deletions that a kill or a full disk interrupted.

    What fails, as on a full disk, is tried again at the next turn.

    Args:
        store: that has the sessions.
        settings: the server's.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mien-upkeep", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread after the current step."""
        self._ending.set()
        self._store.database.interrupt()
        self._thread.join(_END_TIMEOUT)

    def _run(self) -> None:
        looked = swept = -_DAY
        while not self._ending.is_set():
            now = time.monotonic()
            try:
                end_silent(self._store)
                if self._store.database.unforgotten:
                    self._store.database.forget()
                if now - swept >= _DAY:
                    swept = now
                    self._delete_old()
                if now - looked >= _PAUSE:
                    looked = now
                    delete_leftovers(self._store.database)
                    self._store_missing()
            except StoreError as error:
                _log.warning("%s", error)
            except Exception:
                _log.exception("upkeep failed")
            self._ending.wait(_POLL)

    def _delete_old(self) -> None:
        self._store.database.free()  # what a kill left
        days = keep_days(self._store, self._settings)
        if days is not None:
            delete_old(self._store, days)
            forget_portraits()

    def _store_missing(self) -> None:
        """Earlier versions and killed servers leave sessions without a series."""
        while not self._ending.is_set() and self._store.series.store_missing():
            pass


def note_life(store: Store, session: Session) -> None:
    """Notes that the page which records a session is alive. Video sessions end with their jobs."""
    if session.kind in SILENCE:
        store.liveness.touch(session.id, SILENCE[session.kind])


def end_silent(store: Store) -> None:
    """Interrupts the recordings whose sign of life is overdue; what is stored stays.

    Raises:
        StoreError: one cannot be stored; the next call tries again.
    """
    failure: StoreError | None = None
    for session in store.liveness.take_silent():
        try:
            store.series.store(store.sessions.end(session, "interrupted"))
        except UnknownItemError:
            pass  # it was deleted
        except StoreError as error:
            store.liveness.touch(session, 0)
            failure = error
    if failure is not None:
        raise failure


def keep_days(store: Store, settings: Settings) -> float | None:
    """Returns the days until a session is deleted: the option's, else the user's choice."""
    if settings.keep_days is not None:
        return settings.keep_days
    return store.preferences.keep_days
