"""A process that works for this one, and ends with it; Ctrl-C is left to this one."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from mien.errors import ProcessError
from mien.processes.interrupts import uninterrupted

_GOING = 10.0  # seconds that a process has to end by itself


class ChildProcess:
    """A process, and the line to it.

    Args:
        serve: a module's function, which is given the other end of the line, and `arguments`. It
            ends by whatever it meets when the line closes.
        arguments: more for `serve`.

    Attributes:
        connection: this end of the line; it closes when the process dies.

    Raises:
        ProcessError: the system refuses to start it.
    """

    def __init__(self, serve: Callable[..., None], *arguments: object) -> None:
        # A forked process would inherit onnxruntime's threads in a state it cannot use.
        context = multiprocessing.get_context("spawn")
        self.connection: Connection[Any, Any]
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_run, args=(serve, theirs, *arguments), daemon=True)
        _start(self._process)
        # With no other end open here, the connection closes when the process dies.
        theirs.close()

    def fate(self) -> str:
        """Waits for a dead process to be gone, and tells what became of it."""
        self._process.join(_GOING)
        status = self._process.exitcode
        if status is not None and status < 0:
            return f"was killed ({signal.Signals(-status).name})"
        return f"ended (status {status})"

    def finish(self) -> None:
        """Closes the line, and waits a while for the process to end by itself."""
        self.connection.close()
        self._process.join(_GOING)
        self.kill()

    def terminate(self) -> None:
        """Tells the process to end, and waits a while for it."""
        self._process.terminate()
        self.finish()

    def kill(self) -> None:
        """Ends the process, whatever it is doing."""
        self._process.kill()
        self._process.join()
        self.connection.close()


def _start(process: SpawnProcess) -> None:
    """Starts a process that Ctrl-C does not reach: it goes to all, and the command answers it.

    The process inherits what is blocked here. Ctrl-C must wait here too, should it come to another
    thread: half started, a process would tell of it.
    """
    try:
        # Python starts it with the first process, and lets all signals through at the end of that.
        resource_tracker.ensure_running()
        with uninterrupted(), _blocked(signal.SIGINT):
            process.start()
    except OSError as error:
        raise ProcessError(
            f"no worker can be started ({error.strerror})", remedy="give fewer --workers"
        ) from None


@contextmanager
def _blocked(number: signal.Signals) -> Iterator[None]:
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _run(serve: Callable[..., None], line: "Connection[Any, Any]", *arguments: object) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        serve(line, *arguments)


def _end_with_parent() -> None:
    """Ends this process in the middle of its work once nobody waits for it any more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
