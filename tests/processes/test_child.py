"""A process that helps is deaf to Ctrl-C from its first moment, and does not outlive its parent."""

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

# A parent that starts helpers, and in which another thread hears Ctrl-C as well. It keeps them all:
# Python drops an error, Ctrl-C's too, that meets an object on its way out.
PARENT = """
import signal, sys, threading, time
from tests.processes.test_child import blocked, wait_for_nothing
from mien.processes.child import ChildProcess

def main():
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    kept = []
    for _ in range(int(sys.argv[1])):
        kept.append(ChildProcess(wait_for_nothing))
        pid = kept[-1]._process.pid
        print(blocked(pid), pid, flush=True)
    time.sleep(1000)

if __name__ == "__main__":
    main()
"""


def wait_for_nothing(line: "Connection[Any, Any]") -> None:
    line.recv()


def echo(line: "Connection[Any, Any]", more: int) -> None:
    while True:
        line.send(line.recv() + more)


def blocked(pid: int) -> bool:
    """Tells whether a process lets Ctrl-C wait for ever."""
    status = Path(f"/proc/{pid}/status").read_text()
    (mask,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigBlk"))
    return bool(int(mask, 16) >> (signal.SIGINT - 1) & 1)


@pytest.fixture
def parent(tmp_path: Path) -> list[str]:
    """The command of a parent of two."""
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    return [sys.executable, str(script), "2"]


def test_no_process_hears_ctrl_c_not_even_the_first(parent: list[str]) -> None:
    with started(parent) as process:
        for _ in range(2):
            assert next(process.stdout).split()[0] == "True"  # type: ignore[arg-type]


@pytest.mark.parametrize("after", [0.0, 0.02, 0.05, 0.1, 0.2, 0.4])
def test_whenever_ctrl_c_comes_the_parent_alone_tells_of_it(
    parent: list[str], after: float
) -> None:
    with started([*parent[:2], "20"]) as process:
        next(process.stdout)  # type: ignore[arg-type]
        time.sleep(after)
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert told.count("Traceback") == 1
    assert told.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_its_parent_however_that_ends(parent: list[str], how: signal.Signals) -> None:
    with started(parent) as process:
        pids = [int(next(process.stdout).split()[1]) for _ in range(2)]  # type: ignore[arg-type]
        process.send_signal(how)
        process.communicate(timeout=60)
    assert gone(pids)


def test_it_answers_and_ends_when_its_line_closes() -> None:
    child = ChildProcess(echo, 2)
    child.connection.send(40)
    assert child.connection.recv() == 42
    child.finish()
    assert child.fate() == "ended (status 0)"


def test_what_killed_it_is_told() -> None:
    child = ChildProcess(wait_for_nothing)
    child.kill()
    assert child.fate() == "was killed (SIGKILL)"


@contextmanager
def started(command: list[str]) -> "Iterator[subprocess.Popen[str]]":
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


def test_a_system_that_refuses_is_one_error_and_ctrl_c_is_heard_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: SpawnProcess) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    before = signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(SpawnProcess, "start", refuse)
    with pytest.raises(ProcessError, match=r"no worker can be started \(Resource .*fewer --work"):
        ChildProcess(wait_for_nothing)
    assert (signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.getsignal(signal.SIGINT)) == before
