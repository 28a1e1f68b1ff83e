"""The server's memory, threads, descriptors, children and disk, each second."""

import os
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.folders import count_bytes
from reliability.soak.tally import Tally

MIB = 2**20
SHARE = 0.10
"""The share by which a flat series may grow, besides its slack."""

_FEWEST = 100  # samples that can be judged: in less time, a server is still warming up


@dataclass(frozen=True)
class Sample:
    """The server at one moment.

    Attributes:
        time: seconds since the start.
        requests: answered so far.
        memory: resident, of the server itself, in bytes.
        threads: of the server itself.
        descriptors: that the server has open.
        children: processes that it started.
        child_memory: resident, of the largest of them, in bytes.
        disk: what the data folder takes, in bytes.
        scratch: what temporary files take, in bytes.
        p50: median latency of the requests since the last sample, in seconds; 0 without any.
        worst: the longest of the same.
    """

    time: float
    requests: int
    memory: int
    threads: int
    descriptors: int
    children: int
    child_memory: int
    disk: int
    scratch: int
    p50: float
    worst: float


class Sampler(threading.Thread):
    """Samples a process until it is stopped.

    Args:
        pid: of the server.
        folder: its data.
        tally: of the clients.
        interval: seconds between two samples.
    """

    def __init__(self, pid: int, folder: Path, tally: Tally, interval: float) -> None:
        super().__init__(name="sampler", daemon=True)
        self.samples: list[Sample] = []
        self._pid, self._folder, self._tally, self._interval = pid, folder, tally, interval
        self._ending = threading.Event()

    def run(self) -> None:
        """Samples until `stop`, or until the process has ended."""
        while not self._ending.wait(self._interval):
            try:
                self.samples.append(self._sample())
            except (FileNotFoundError, ProcessLookupError, KeyError):  # a zombie has no memory
                return

    def stop(self) -> list[Sample]:
        """Ends the thread; returns the samples."""
        self._ending.set()
        self.join()
        return self.samples

    def _sample(self) -> Sample:
        status, tally = read_status(self._pid), self._tally
        children = child_pids(self._pid)
        seconds = tally.take_times()
        return Sample(
            time=time.monotonic() - tally.started,
            requests=tally.total,
            memory=status["VmRSS"] * 1024,
            threads=status["Threads"],
            descriptors=count_descriptors(self._pid),
            children=len(children),
            child_memory=max(map(_memory_of, children), default=0),
            disk=count_bytes(self._folder),
            scratch=count_bytes(self._folder / "scratch"),
            p50=statistics.median(seconds) if seconds else 0.0,
            worst=max(seconds, default=0.0),
        )


def read_status(pid: int) -> dict[str, int]:
    """Reads the numbers of /proc/PID/status; sizes are in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    pairs = (line.partition(":") for line in lines)
    first = ((name, value.split()[:1]) for name, _, value in pairs)
    return {name: int(value[0]) for name, value in first if value and value[0].isdigit()}


def count_descriptors(pid: int) -> int:
    """Returns how many descriptors a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - their targets are of no interest


def child_pids(pid: int) -> list[int]:
    """Returns the processes that a process started."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            found += map(int, (task / "children").read_text().split())
        except (FileNotFoundError, ProcessLookupError):  # the thread has ended
            continue
    return found


def _memory_of(pid: int) -> int:
    try:
        return read_status(pid).get("VmRSS", 0) * 1024
    except (FileNotFoundError, ProcessLookupError):
        return 0


def find_growth(series: Sequence[float], slack: float) -> str:
    """Tells how a series grew after its first tenth; empty if it is flat.

    It is flat if the median of its last tenth is at most 10 % and `slack` above that of its second
    tenth. Fewer than 100 samples are not judged.
    """
    if len(series) < _FEWEST:
        return ""
    tenth = len(series) // 10
    early = float(np.median(series[tenth : 2 * tenth]))
    late = float(np.median(series[-tenth:]))
    if late <= early * (1 + SHARE) + slack:
        return ""
    return f"from {early:,.0f} in the second tenth to {late:,.0f} in the last"
