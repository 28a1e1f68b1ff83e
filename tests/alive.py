"""Whether processes that this one did not start itself have ended."""

import time
from collections.abc import Iterable
from pathlib import Path


def gone(pids: Iterable[int]) -> bool:
    """Waits up to ten seconds until all of them have ended."""
    left = set(pids)
    for _ in range(200):
        left = {pid for pid in left if _is_alive(pid)}
        if not left:
            return True
        time.sleep(0.05)
    return False


def _is_alive(pid: int) -> bool:
    """Takes one that has ended for gone, even where nobody asked for its exit status."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
