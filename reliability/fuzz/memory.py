"""How much memory a process has had, as Linux counts it."""

import re
from contextlib import suppress
from pathlib import Path

SWELL = 2**30
"""Bytes of a process that are too many."""

_HIGHEST = re.compile(rb"VmHWM:\s+(\d+) kB")


def reset_peak(process: int | str = "self") -> None:
    """Starts the count of a process's peak again, where the system lets it."""
    with suppress(OSError):
        Path(f"/proc/{process}/clear_refs").write_bytes(b"5")


def peak(process: int | str = "self") -> int:
    """Returns the most bytes that a process had since `reset_peak`; 0 where that is unknown."""
    try:
        match = _HIGHEST.search(Path(f"/proc/{process}/status").read_bytes())
    except OSError:
        return 0
    return 1024 * int(match[1]) if match else 0
