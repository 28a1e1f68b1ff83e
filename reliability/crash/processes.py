"""A command in a process group, started to be disturbed."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from weakref import WeakSet

_END_TIMEOUT = 20.0  # seconds that a killed group has to be gone
RUN_TIMEOUT = 300.0
"""Seconds that a command may take before it counts as hanging."""

_started: "WeakSet[Running]" = WeakSet()


def end_all() -> None:
    """Kills every command that still runs, where the harness itself is stopped."""
    for running in list(_started):
        running.send(signal.SIGKILL)


class Running:
    """A running command; what it prints goes to files, as a pipe would end with its reader.

    Args:
        command: the command line.
        folder: its working directory.
        environment: its environment.
        log: the file for standard error; standard output goes beside it, as `.out`.
    """

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path
    ) -> None:
        self.started = time.monotonic()
        self._errors, self._output = log, log.with_suffix(".out")
        with self._errors.open("wb") as errors, self._output.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )
        self.pid = self._process.pid
        _started.add(self)

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs."""
        return self._process.poll()

    @property
    def printed(self) -> str:
        """Standard output up to now."""
        return self._output.read_text(errors="replace")

    @property
    def errors(self) -> str:
        """Standard error up to now."""
        return self._errors.read_text(errors="replace")

    def workers(self) -> list[int]:
        """Returns the worker processes that have started their work."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        with suppress(OSError):
            return [int(pid) for pid in children.read_text().split() if _is_worker(pid)]
        return []

    def send(self, number: signal.Signals, group: bool = True) -> bool:
        """Sends a signal to the group, or to the command alone; returns whether it still ran."""
        if self.status is not None:
            return False
        (os.killpg if group else os.kill)(self.pid, number)
        return True

    def wait(self, seconds: float = RUN_TIMEOUT) -> int | None:
        """Waits for the command to end; returns its status, or None if it hangs."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def gone(self) -> bool:
        """Waits until no process of the group is left; returns whether that came true."""
        deadline = time.monotonic() + _END_TIMEOUT
        while _group_lives(self.pid):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        return True

    def destroy(self) -> None:
        """Kills the whole group, whatever became of it."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


def _is_worker(pid: str) -> bool:
    """Leaves out the resource tracker of multiprocessing."""
    with suppress(OSError):
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def _group_lives(group: int) -> bool:
    """Whether a group has a process that is no zombie: orphans wait for init to reap them."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError):
                state, _, its_group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
                if int(its_group) == group and state not in "ZX":
                    return True
    return False
