"""A process that works on one piece after the other, and how the pool sees it."""

import multiprocessing
import os
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from mien.batch.errors import BatchError
from mien.batch.items import Options
from mien.batch.outcome import Outcome
from mien.batch.pieces import Piece
from mien.batch.work import Models, work
from mien.errors import MienError

_GOING = 10  # seconds from a closed connection to the end of its process, at most


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has its models, and waits for a piece."""


@dataclass(frozen=True, slots=True)
class Refused:
    """No worker can start, and why."""

    error: MienError


@dataclass(frozen=True, slots=True)
class Raised:
    """A piece could not be worked on, and why; the worker goes on."""

    why: str


Message = Ready | Refused | Raised | Outcome


class WorkerProcess:
    """A worker as the pool sees it.

    Args:
        options: of the job.

    Attributes:
        connection: messages come out of it; it closes when the worker dies.
        ready: whether it has its models.
        piece: what it works on; None where it waits.
    """

    def __init__(self, options: Options) -> None:
        # A forked process would inherit onnxruntime's threads in a state it cannot use.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, options), daemon=True)
        _start(self._process)
        # With no other end open here, the connection closes when the worker dies.
        theirs.close()
        self.ready = False
        self.piece: Piece | None = None

    def give(self, piece: Piece) -> None:
        """Hands it a piece; should it be dead, its connection will tell."""
        self.piece = piece
        with suppress(OSError):
            self.connection.send(piece)

    def fate(self) -> str:
        """Waits for a dead worker to be gone, and tells what became of it."""
        self._process.join(_GOING)
        status = self._process.exitcode
        if status is not None and status < 0:
            return f"was killed ({signal.Signals(-status).name})"
        return f"ended (status {status})"

    def stop(self) -> None:
        """Ends the process, whatever it is doing."""
        self._process.kill()
        self._process.join()
        self.connection.close()


def _start(process: SpawnProcess) -> None:
    """Starts a process that Ctrl-C does not reach: it goes to all, and the command answers it.

    Raises:
        BatchError: the system refuses.
    """
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    except OSError as error:
        raise BatchError(
            f"no worker can be started ({error.strerror}); give fewer --workers."
        ) from None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def serve(pool: "Connection[Message, Piece]", options: Options) -> None:
    """Works on the pieces that come through a connection, until it closes.

    Args:
        pool: through it come pieces; messages go back.
        options: of the job.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        try:
            models = Models(options)
        except MienError as error:
            pool.send(Refused(error))
            return
        pool.send(Ready())
        while True:
            pool.send(_answer(pool.recv(), models))


def _answer(piece: Piece, models: Models) -> Message:
    try:
        return work(piece, models)
    except Exception as error:  # whatever it is, it must not end the job
        return Raised(f"failed ({type(error).__name__}: {error})")


def _end_with_parent() -> None:
    """Ends this process in the middle of its work once nobody waits for it any more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
