"""A worker process that ignores Ctrl-C and ends with its parent."""

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

_EXIT_TIMEOUT = 10.0  # seconds that a process has to end by itself


class ChildProcess:
    """A process, and the connection to it.

    Args:
        serve: a module's function, which is called with the other end of the connection, and
            `arguments`. Whatever it raises when the connection closes ends it.
        arguments: more for `serve`.

    Attributes:
        connection: this end of the connection; it closes when the process dies.

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

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.is_alive()

    def fate(self) -> str:
        """Waits until a dead process has ended, and returns how: "was killed (SIGKILL)"."""
        self._process.join(_EXIT_TIMEOUT)
        status = self._process.exitcode
        if status is not None and status < 0:
            return f"was killed ({signal.Signals(-status).name})"
        return f"ended (status {status})"

    def finish(self) -> None:
        """Closes the connection, waits for the process to end, and kills it after a timeout."""
        self.connection.close()
        self._process.join(_EXIT_TIMEOUT)
        self.kill()

    def terminate(self) -> None:
        """Asks the process to end (SIGTERM), waits for it, and kills it after a timeout."""
        self._process.terminate()
        self.finish()

    def kill(self) -> None:
        """Kills the process."""
        self._process.kill()
        self._process.join()
        self.connection.close()


def _start(process: SpawnProcess) -> None:
    """Starts a process that ignores Ctrl-C: all processes receive it, and the parent handles it.

    The process inherits the signals that are blocked here. Ctrl-C is deferred here as well, in case
    another thread receives it: a half-started process would print a traceback.
    """
    try:
        # Python starts it with the first process, and unblocks all signals at the end of that.
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


def _run(
    serve: Callable[..., None], connection: "Connection[Any, Any]", *arguments: object
) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        serve(connection, *arguments)


def _end_with_parent() -> None:
    """Ends this process, in the middle of its work, once its parent has ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
