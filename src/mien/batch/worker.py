"""A process that works on one piece after the other, and how the pool sees it."""

from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from mien.batch.items import Options
from mien.batch.outcome import Outcome
from mien.batch.pieces import Piece
from mien.batch.work import Models, work
from mien.errors import MienError
from mien.processes.child import ChildProcess


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


class WorkerProcess(ChildProcess):
    """A worker as the pool sees it: messages come out of its connection.

    Args:
        options: of the job.

    Attributes:
        ready: whether it has its models.
        piece: what it works on; None where it waits.

    Raises:
        ProcessError: the system refuses to start it.
    """

    def __init__(self, options: Options) -> None:
        super().__init__(serve, options)
        self.ready = False
        self.piece: Piece | None = None

    def give(self, piece: Piece) -> None:
        """Hands it a piece; should it be dead, its connection will tell."""
        self.piece = piece
        with suppress(OSError):
            self.connection.send(piece)


def serve(pool: "Connection[Message, Piece]", options: Options) -> None:
    """Works on the pieces that come through a connection, until it closes.

    Args:
        pool: through it come pieces; messages go back.
        options: of the job.
    """
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
