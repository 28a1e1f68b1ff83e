"""What the clients saw: latencies, statuses, and answers that no client should get."""

import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np

_MOST_EXAMPLES = 20  # problems of one kind that are kept in full
TEMPORARY = (503, 507)
"""Statuses that any request may get from a server that is busy, or whose disk is full."""


@dataclass(eq=False)
class Tally:
    """Counts of one run. Safe to read from another thread.

    Attributes:
        started: `time.monotonic` of the run's start.
        seconds: each request's latency, by kind.
        statuses: how often each kind was answered with each status; 0 stands for a connection
            that the client ended itself.
        times: the latencies since they were last taken.
        problems: examples of what went wrong, by kind.
        problem_counts: how often it did.
        total: how many requests were counted.
        frames: how many live frames were answered.
    """

    started: float = field(default_factory=time.monotonic)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    times: list[float] = field(default_factory=list)
    problems: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    problem_counts: Counter[str] = field(default_factory=Counter)
    total: int = 0
    frames: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, status: int, seconds: float, slow: bool = False) -> None:
        """Counts a request that was answered, or that its client gave up.

        Args:
            kind: of the request.
            status: of the answer; 0 if the client ended the connection.
            seconds: until the answer.
            slow: whether it is the client that takes long, so that latencies over time, the
                server's, leave it out.
        """
        self.total += 1
        self.statuses[kind][status] += 1
        if status:
            self.seconds[kind].append(seconds)
        if status and not slow:
            with self._lock:
                self.times.append(seconds)

    def note_frame(self, seconds: float) -> None:
        """Counts the answer to a live frame."""
        self.frames += 1
        self.seconds["live frame"].append(seconds)

    def note_problem(self, kind: str, text: str) -> None:
        """Notes what should not have happened."""
        self.problem_counts[kind] += 1
        if len(self.problems[kind]) < _MOST_EXAMPLES:
            self.problems[kind].append(text)

    def take_times(self) -> list[float]:
        """Returns the latencies since the last call."""
        with self._lock:
            taken, self.times = self.times, []
        return taken

    def rows(self) -> list[tuple[str, int, float, float, float, str]]:
        """Returns each kind with its count, p50, p99 and maximum in ms, and its statuses."""
        rows = []
        for kind in sorted({*self.statuses, *self.seconds}):
            seconds = self.seconds.get(kind) or [float("nan")]
            middle, most = np.percentile(seconds, [50, 99]) * 1000
            statuses = self.statuses.get(kind, Counter[int]())
            told = ", ".join(f"{status or 'cut'}: {n:,}" for status, n in sorted(statuses.items()))
            count = sum(statuses.values()) or len(seconds)
            rows.append((kind, count, middle, most, max(seconds) * 1000, told))
        return rows
