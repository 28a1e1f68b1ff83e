"""A worker process ignores Ctrl-C from its first moment, and ends with its parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import pytest

from mien.errors import ProcessError
from mien.processes.child import ChildProcess
from tests.alive import gone

pytestmark = pytest.mark.slow

# A parent that starts workers, and in which another thread receives Ctrl-C as well. It keeps a
# reference to all: Python drops an error, also that of Ctrl-C, that is raised while it deletes an
# object.
PARENT = """
import signal, sys, threading, time
from tests.processes.test_child import blocked, wait_for_end
from mien.processes.child import ChildProcess

def main():
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    kept = []
    for _ in range(int(sys.argv[1])):
        kept.append(ChildProcess(wait_for_end))
        pid = kept[-1]._process.pid
        print(blocked(pid), pid, flush=True)
    time.sleep(1000)

if __name__ == "__main__":
    main()
"""


def wait_for_end(connection: "Connection[Any, Any]") -> None:
    connection.recv()


def add(connection: "Connection[Any, Any]", more: int) -> None:
    while True:
        connection.send(connection.recv() + more)


def blocked(pid: int) -> bool:
    """Returns whether a process blocks Ctrl-C."""
    status = Path(f"/proc/{pid}/status").read_text()
    (mask,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigBlk"))
    return bool(int(mask, 16) >> (signal.SIGINT - 1) & 1)


@pytest.fixture
def parent(tmp_path: Path) -> list[str]:
    """The command of a parent of two workers."""
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    return [sys.executable, str(script), "2"]


def test_every_worker_blocks_ctrl_c_even_the_first(parent: list[str]) -> None:
    with start(parent) as process:
        for _ in range(2):
            assert next(process.stdout).split()[0] == "True"  # type: ignore[arg-type]


@pytest.mark.parametrize("after", [0.0, 0.02, 0.05, 0.1, 0.2, 0.4])
def test_only_the_parent_prints_a_traceback_whenever_ctrl_c_comes(
    parent: list[str], after: float
) -> None:
    with start([*parent[:2], "20"]) as process:
        next(process.stdout)  # type: ignore[arg-type]
        time.sleep(after)
        os.killpg(process.pid, signal.SIGINT)
        _, printed = process.communicate(timeout=60)
    assert printed.count("Traceback") == 1
    assert printed.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_worker_ends_with_its_parent_however_that_ends(
    parent: list[str], how: signal.Signals
) -> None:
    with start(parent) as process:
        pids = [int(next(process.stdout).split()[1]) for _ in range(2)]  # type: ignore[arg-type]
        process.send_signal(how)
        process.communicate(timeout=60)
    assert gone(pids)


def test_a_worker_answers_and_ends_when_its_connection_closes() -> None:
    child = ChildProcess(add, 2)
    child.connection.send(40)
    assert child.connection.recv() == 42
    child.finish()
    assert child.fate() == "ended (status 0)"


def test_the_fate_of_a_killed_worker_names_the_signal() -> None:
    child = ChildProcess(wait_for_end)
    child.kill()
    assert child.fate() == "was killed (SIGKILL)"


@contextmanager
def start(command: list[str]) -> "Iterator[subprocess.Popen[str]]":
    """Runs a process and all that it starts, until the end of the block."""
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    with process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_a_system_that_refuses_is_one_error_and_unblocks_ctrl_c(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: SpawnProcess) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    before = signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(SpawnProcess, "start", refuse)
    with pytest.raises(ProcessError, match=r"no worker can be started \(Resource .*fewer --work"):
        ChildProcess(wait_for_end)
    assert (signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.getsignal(signal.SIGINT)) == before
