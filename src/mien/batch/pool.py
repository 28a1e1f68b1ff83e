"""A pool of processes on this machine."""

from collections import deque
from collections.abc import Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Protocol

from mien.batch.analysis import Models, Outcome, work
from mien.batch.errors import BatchError
from mien.batch.plan import Options, Piece
from mien.batch.retries import Done, Retries
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


Outcomes = Generator[tuple[Piece, Outcome], None, None]
"""Pieces with their outcomes; to be closed by whoever does not take them all."""


class Engine(Protocol):
    """Runs `mien.batch.analysis.work` on pieces, somewhere. It knows nothing of a job's files.

    Attributes:
        name: what the command calls it.
    """

    name: str

    def run(self, pieces: Iterable[Piece], options: Options) -> Outcomes:
        """Works on pieces; however the loop ends, what was started is stopped.

        A piece whose worker dies, or raises, is tried again; if that fails as well it is halved
        (`Piece.split`), until the one item that does it has the outcome `failed`.

        Args:
            pieces: taken as workers get free, so that memory is bounded.
            options: of the job.

        Yields:
            Each piece as it was given, once, with its outcome, in any order.

        Raises:
            BatchError: the workers cannot be started or reached.
            ModelError: they cannot open the model.
        """


_DEATHS = 3  # workers in a row that may die before they are ready


class LocalEngine:
    """Runs pieces in processes of this machine, each with its own models on one thread.

    Args:
        workers: how many processes.
    """

    name = "local"

    def __init__(self, workers: int) -> None:
        self._most = workers

    def run(self, pieces: Iterable[Piece], options: Options) -> Outcomes:
        """See `Engine.run`."""
        pool = _Pool(pieces, options, self._most)
        try:
            yield from pool.run()
        finally:
            pool.stop()


class _Pool:
    """The processes of one run, and what each has to do."""

    def __init__(self, pieces: Iterable[Piece], options: Options, most: int) -> None:
        self._pieces, self._options, self._most = iter(pieces), options, most
        self._again: deque[Piece] = deque()
        self._retries = Retries(options)
        self._workers: list[WorkerProcess] = []
        self._deaths = 0

    def run(self) -> Outcomes:
        self._hand_out()
        while at_work := [one for one in self._workers if one.piece or not one.ready]:
            connections = wait([one.connection for one in at_work])
            for worker in (one for one in at_work if one.connection in connections):
                done = self._hear(worker)
                self._hand_out()  # first, for whoever takes what is done may take a while
                yield from done

    def stop(self) -> None:
        for worker in self._workers:
            worker.kill()

    def _hand_out(self) -> None:
        """Gives a piece to every worker that waits, and starts workers while pieces are due."""
        for worker in self._workers:
            idle = worker.ready and worker.piece is None
            if idle and (piece := self._next()):
                worker.give(piece)
        starting = sum(not worker.ready for worker in self._workers)
        while len(self._workers) < self._most and self._has_more_than(starting):
            self._workers.append(WorkerProcess(self._options))
            starting += 1

    def _next(self) -> Piece | None:
        return self._again.popleft() if self._again else next(self._pieces, None)

    def _has_more_than(self, count: int) -> bool:
        """Tells whether more pieces are due, looking ahead no further than it has to."""
        while len(self._again) <= count:
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self._again.append(piece)
        return True

    def _hear(self, worker: WorkerProcess) -> Done:
        """Acts on a worker's next message, or on its death."""
        try:
            message: Message = worker.connection.recv()
        except (EOFError, OSError):
            return self._bury(worker)
        match message:
            case Ready():
                worker.ready = True
                self._deaths = 0
                return []
            case Refused():
                raise message.error
            case Raised():
                return self._lost(worker, message.why)
            case Outcome():
                piece, worker.piece = worker.piece, None
                return self._retries.done(piece, message) if piece else []

    def _bury(self, worker: WorkerProcess) -> Done:
        fate = worker.fate()
        worker.kill()
        self._workers.remove(worker)
        self._deaths += not worker.ready
        if self._deaths == _DEATHS:
            raise BatchError(
                f"{_DEATHS} workers in a row did not come up; the last {fate}",
                remedy="see whether there is memory for them, or give fewer --workers",
            )
        return self._lost(worker, fate)

    def _lost(self, worker: WorkerProcess, why: str) -> Done:
        piece, worker.piece = worker.piece, None
        if piece is None:
            return []
        again, done = self._retries.lost(piece, why)
        self._again.extend(again)
        return done
