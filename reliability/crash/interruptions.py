"""What befalls a running command: a kill, a polite signal, a failing disk."""

import os
import random
import re
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from reliability.crash.place import Place
from reliability.crash.processes import RUN_TIMEOUT, Running

Target = Literal["group", "command", "worker"]

_POLL = 0.005  # seconds between two looks at a folder
_END_TIMEOUT = 60.0  # seconds that a command has to end after SIGTERM or Ctrl-C


@dataclass(frozen=True)
class Moment:
    """When to strike.

    Attributes:
        seconds: after the start; or after a change of the files, if `writes` is above 0.
        writes: after how many changes of the files.
    """

    seconds: float
    writes: int = 0

    @classmethod
    def draw(cls, rng: random.Random, duration: float) -> "Moment":
        """Draws one: half of them anywhere in the duration, half of them close to a write."""
        if rng.random() < 0.5:
            return cls(rng.uniform(0, duration))
        return cls(
            rng.choice((0.0, rng.uniform(0, 0.004), rng.uniform(0, 0.05))), rng.randint(1, 6)
        )

    def await_in(self, running: Running, place: Place) -> bool:
        """Waits for the moment; returns whether the command still runs then."""
        writes, before = 0, _snapshot(place)
        while writes < self.writes and running.status is None:
            now = _snapshot(place)
            writes, before = writes + (now != before), now
            time.sleep(_POLL)
        start = time.monotonic() if self.writes else running.started
        while time.monotonic() < start + self.seconds and running.status is None:
            time.sleep(min(_POLL, max(0.0, start + self.seconds - time.monotonic())))
        return running.status is None


class Interruption(Protocol):
    """Disturbs a command once."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What the command's environment gets besides."""
        ...

    def strike(self, running: Running, place: Place) -> bool:
        """Waits for its moment and strikes; returns whether it struck a command that ran."""
        ...

    def judge(self, running: Running, status: int | None) -> list[str]:
        """Returns what is wrong with how the command ended."""
        ...


@dataclass(frozen=True)
class Kill:
    """SIGKILL, to the whole group, to the command alone, or to a worker of it alone."""

    moment: Moment
    target: Target = "group"
    environment: Mapping[str, str] = field(default_factory=dict)

    def strike(self, running: Running, place: Place) -> bool:
        """Kills; a worker alone as soon as there is one."""
        if not self.moment.await_in(running, place):
            return False
        if self.target != "worker":
            return running.send(signal.SIGKILL, group=self.target == "group")
        while running.status is None:
            if workers := running.workers():
                return _kill(workers[0])
            time.sleep(_POLL)
        return False

    def judge(self, running: Running, status: int | None) -> list[str]:
        """A kill leaves no process behind; without a worker the command goes on."""
        if status is None:
            return ["hangs after a kill"]
        if self.target == "worker" and status != 0:
            return [
                f"ended with status {status} after a worker was killed: {running.errors[-300:]}"
            ]
        return [] if running.gone() else ["processes are left after a kill"]


@dataclass(frozen=True)
class Stop:
    """SIGTERM to the command, or Ctrl-C, which a terminal sends to the whole group."""

    moment: Moment
    number: signal.Signals
    environment: Mapping[str, str] = field(default_factory=dict)

    def strike(self, running: Running, place: Place) -> bool:
        """Sends the signal and waits until the command has ended."""
        if not self.moment.await_in(running, place):
            return False
        sent = running.send(self.number, group=self.number == signal.SIGINT)
        running.wait(_END_TIMEOUT)
        return sent

    def judge(self, running: Running, status: int | None) -> list[str]:
        """Ends within a minute, without a traceback, with the status that shells expect."""
        if status is None:
            return [f"{self.number.name} does not end it"]
        if _python_was_starting(running):
            return []
        wrong = traceback_in(running)
        if status not in (0, 128 + self.number, -self.number):
            wrong.append(f"{self.number.name} ends it with status {status}")
        return wrong if running.gone() else [*wrong, f"processes are left after {self.number.name}"]


@dataclass(frozen=True)
class Fault:
    """A disk that fails; `environment` has it fail."""

    environment: Mapping[str, str]

    def strike(self, running: Running, _: Place) -> bool:
        """Waits for the end; returns whether the fault was met."""
        return running.wait(RUN_TIMEOUT) != 0

    def judge(self, running: Running, status: int | None) -> list[str]:
        """One clear line is all that a user sees of it."""
        if status is None:
            return ["hangs on a failing disk"]
        wrong = traceback_in(running)
        if status not in (0, 1):
            wrong.append(f"a failing disk ends it with status {status}: {running.errors[-300:]}")
        if status == 1 and "error: " not in running.errors:
            wrong.append("a failing disk is not told: no line begins with 'error: '")
        return wrong


def traceback_in(running: Running) -> list[str]:
    """Returns what a traceback on standard error ends with, if there is one."""
    lines = running.errors.strip().splitlines()
    if any(re.match(r"Traceback|Exception ignored|Fatal Python", line) for line in lines):
        return [f"a traceback on standard error: {lines[-1][:200]}"]
    return []


def _python_was_starting(running: Running) -> bool:
    """Whether Ctrl-C met Python's own start, before the first line of Mien."""
    errors = running.errors
    return errors.rstrip().endswith("KeyboardInterrupt") and "/mien/" not in errors


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _snapshot(place: Place) -> frozenset[tuple[str, int]]:
    found = set()
    for folder in (place.work, place.data):
        for path in folder.rglob("*"):
            try:
                status = path.lstat()
            except OSError:
                continue  # it is gone
            found.add((str(path), status.st_mtime_ns))
    return frozenset(found)
