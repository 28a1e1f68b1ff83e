"""Limits that a process sets for itself."""

import sys
from contextlib import suppress
from math import ceil
from pathlib import Path

with suppress(ImportError):  # not on every system
    import resource


def limit_memory(most: int) -> bool:
    """Limits the memory that this process may allocate; beyond it, MemoryError is raised.

    Heap, stacks and other private memory count (RLIMIT_DATA). The address space as a whole
    (RLIMIT_AS) is no measure: threads reserve far more of it than they use.

    Args:
        most: bytes.

    Returns:
        Whether the system enforces the limit: Linux does, unless it refuses.
    """
    if sys.platform != "linux":
        return False
    try:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    except (NameError, OSError, ValueError):
        return False
    return True


def limit_processor(seconds: float) -> None:
    """Lets this process use so many more seconds of processor; then SIGXCPU kills it.

    Does nothing where the system sets no such limit.
    """
    with suppress(NameError, OSError, ValueError):
        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        due = ceil(used.ru_utime + used.ru_stime + seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (due, hard))


def peak_memory() -> int:
    """Returns the most memory that this process has had in RAM, in bytes; 0 where unknown."""
    with suppress(OSError, IndexError, ValueError):
        # What the system counts for a process includes its parent's memory, which it had before it
        # ran a program of its own; this does not.
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    try:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    except (NameError, OSError):
        return 0
    return peak if sys.platform == "darwin" else peak * 1024
