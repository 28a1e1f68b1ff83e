"""Which recordings still give signs of life.

By a monotonic clock: a change of the machine's time ends no recording.
"""

import threading
import time
from collections.abc import Callable


class Liveness:
    """When each recording is due to have given its next sign of life. Safe to use from threads.

    Args:
        now: the clock, in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._due: dict[int, float] = {}
        self._lock = threading.Lock()

    def touch(self, session: int, seconds: float) -> None:
        """Notes a sign of life; the next one is due within so many seconds."""
        with self._lock:
            self._due[session] = self._now() + seconds

    def forget(self, session: int) -> None:
        """Expects no further sign of life of a session, because it has ended."""
        with self._lock:
            self._due.pop(session, None)

    def take_silent(self) -> list[int]:
        """Returns the sessions whose sign of life is overdue, and forgets them."""
        with self._lock:
            silent = [session for session, due in self._due.items() if due <= self._now()]
            for session in silent:
                del self._due[session]
        return silent
