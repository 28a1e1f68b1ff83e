"""Gives freed memory back to the system, which the C library otherwise keeps."""

import ctypes
import threading
from contextlib import suppress
from pathlib import Path

_SLACK = 128 * 2**20  # bytes that may stay; giving back less is not worth the page faults
_DELAY = 1.0  # seconds; giving back takes some milliseconds, and answers are freed a little later
_PAGE = 4096
_ARENA_MAX = -8  # of mallopt, in glibc's malloc.h


def share_heaps() -> None:
    """Has all threads share two heaps, where the C library would give each of many its own.

    What one thread freed is then of use to others. To be called before there are threads; works
    with glibc, and does nothing elsewhere.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 2)


class Slack:
    """Notices that this process has grown, and gives back what it does not need any more.

    Works with glibc on Linux; elsewhere it does nothing.
    """

    def __init__(self) -> None:
        self._usual = resident_memory()
        self._lock, self._due = threading.Lock(), threading.Timer(0, _trim)

    def give_back(self) -> None:
        """Gives freed memory back in a second, if the process has grown."""
        with self._lock:
            if not self._due.is_alive() and resident_memory() > self._usual + _SLACK:
                self._due = threading.Timer(_DELAY, _trim)
                self._due.daemon = True
                self._due.start()

    def close(self) -> None:
        """Gives nothing back any more."""
        with self._lock:
            self._due.cancel()


def _trim() -> None:
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def resident_memory() -> int:
    """Returns the memory of this process that is in RAM, in bytes; 0 where that is unknown."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0
