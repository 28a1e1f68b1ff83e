"""Gives freed memory back to the system, which the C library otherwise keeps."""

import ctypes
import time
from contextlib import suppress
from pathlib import Path

_SLACK = 128 * 2**20  # bytes that may stay; giving back less is not worth the page faults
_EVERY = 1.0  # seconds; giving back takes some milliseconds
_PAGE = 4096


class Slack:
    """Notices that this process has grown, and gives back what it does not need any more.

    Works with glibc on Linux; elsewhere it does nothing.
    """

    def __init__(self) -> None:
        self._usual = resident_memory()
        self._given_at = -_EVERY

    def give_back(self) -> None:
        """Gives freed memory back, if the process has grown; once a second at most."""
        now = time.monotonic()
        if now - self._given_at >= _EVERY and resident_memory() > self._usual + _SLACK:
            self._given_at = now
            with suppress(OSError, AttributeError):
                ctypes.CDLL(None).malloc_trim(0)


def resident_memory() -> int:
    """Returns the memory of this process that is in RAM, in bytes; 0 where that is unknown."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0
