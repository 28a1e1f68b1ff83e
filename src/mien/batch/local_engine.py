"""A pool of processes on this machine."""

from collections import deque
from collections.abc import Iterable
from multiprocessing.connection import wait

from mien.batch.engine import Outcomes
from mien.batch.errors import BatchError
from mien.batch.items import Options
from mien.batch.outcome import Outcome
from mien.batch.pieces import Piece
from mien.batch.retries import Done, Retries
from mien.batch.worker import Message, Raised, Ready, Refused, WorkerProcess

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
                f"{_DEATHS} workers in a row did not come up; the last {fate}; see whether there "
                "is memory for them, or give fewer --workers."
            )
        return self._lost(worker, fate)

    def _lost(self, worker: WorkerProcess, why: str) -> Done:
        piece, worker.piece = worker.piece, None
        if piece is None:
            return []
        again, done = self._retries.lost(piece, why)
        self._again.extend(again)
        return done
