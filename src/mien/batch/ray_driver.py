"""The process that speaks to Ray, for Ray may end the process that it lives in.

A minute after its cluster is gone it does so, without a word: even where the job is long done.
"""

import os
import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

import ray
from ray.data import ActorPoolStrategy, Dataset, from_items

from mien.batch.errors import BatchError
from mien.batch.items import Options
from mien.batch.outcome import Outcome
from mien.batch.pieces import Piece
from mien.batch.ray_cluster import connected, first_line
from mien.batch.ray_worker import Lost, RayWorker, open_under_way
from mien.errors import MienError
from mien.processes.child import ChildProcess

_REMEDY = "what is written stays valid: give the same command again."
_END = b""  # of a window, and of its answers


class RayDriver:
    """Ray as the engine sees it.

    Args:
        child: runs `serve`.
    """

    def __init__(self, child: ChildProcess) -> None:
        self._child = child

    def run(self, window: list[Piece]) -> Iterator[tuple[Piece, Outcome | Lost]]:
        """Yields what comes of each piece, as it comes.

        Raises:
            BatchError: no cluster can be used, or Ray gives up.
            MienError: a worker cannot start.
        """
        line = self._child.connection
        with suppress(OSError):  # should it be dead, what comes back will tell
            for piece in window:
                line.send_bytes(pickle.dumps(piece))
            line.send_bytes(_END)
        while found := self._receive():
            place, answer = pickle.loads(found)  # noqa: S301 - our own process'
            if isinstance(answer, MienError):
                raise answer
            yield window[place], answer

    def _receive(self) -> bytes:
        try:
            return self._child.connection.recv_bytes()
        except (EOFError, OSError):
            raise BatchError(
                f"the process that speaks to Ray {self._child.fate()}, as it does where the "
                f"cluster is gone; {_REMEDY}"
            ) from None


@contextmanager
def driver(address: str | None, workers: int | None, options: Options) -> Iterator[RayDriver]:
    """Starts the process, and ends it: what it started is stopped.

    Args:
        address: as for `RayEngine`, and so is `workers`.
        workers: as there.
        options: of the job.
    """
    child = ChildProcess(serve, address, workers, options)
    try:
        yield RayDriver(child)
    except BaseException:
        child.terminate()
        raise
    child.finish()


def serve(
    engine: "Connection[bytes, bytes]", address: str | None, workers: int | None, options: Options
) -> None:
    """Runs the windows of pieces that come through a connection, until it closes."""
    _hush()
    try:
        with connected(address, workers) as most:
            while True:
                for found in _answers(list(iter(engine.recv_bytes, _END)), options, most):
                    engine.send_bytes(found)
                engine.send_bytes(_END)
    except MienError as error:
        engine.send_bytes(pickle.dumps((0, error)))


def _hush() -> None:
    """Lets nothing be printed: Ray's libraries do, and it says nothing about this job."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stderr.fileno())


def _answers(window: list[bytes], options: Options, workers: int) -> Iterator[bytes]:
    """Yields the place of a piece and its `Answer`, pickled."""
    results = _rows(window).map(
        RayWorker,  # type: ignore[arg-type]  # Ray takes classes, though its hints do not
        fn_constructor_args=(options, open_under_way()),
        compute=ActorPoolStrategy(min_size=1, max_size=workers, initial_size=workers),
        num_cpus=1,
    )
    try:
        for row in results.iter_rows():
            yield row["answer"]
    except ray.exceptions.RayError as error:
        raise BatchError(f"Ray gave up ({first_line(error)}); {_REMEDY}") from None


def _rows(window: list[bytes]) -> Dataset:
    """Makes a data set of pieces, a block each, so that each is handed out by itself."""
    rows = [{"place": place, "piece": piece} for place, piece in enumerate(window)]
    return from_items(rows, override_num_blocks=len(rows))
