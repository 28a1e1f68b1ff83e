"""Pieces on Ray Data: on the cores of this machine, or on a cluster."""

import logging
import os
import pickle
import re
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import ray
from ray.data import ActorPoolStrategy, DataContext, Dataset, from_items

from mien.batch.analysis import Models, Outcome, work
from mien.batch.errors import BatchError
from mien.batch.plan import Options, Piece
from mien.batch.pool import Outcomes
from mien.batch.retries import Retries
from mien.errors import MienError
from mien.processes.child import ChildProcess


@dataclass(frozen=True, slots=True)
class Lost:
    """A piece has no outcome, and why: what became of the process that worked on it."""

    why: str


Answer = Outcome | Lost | MienError


class UnderWay:
    """Knows which pieces were begun and have not ended. One actor holds it.

    Ray runs all that was lost with an actor again, without end, and does not say which of the
    pieces that waited there was at work. It is the one that begins a second time.
    """

    def __init__(self) -> None:
        self._places: set[int] = set()

    def begin(self, place: int) -> bool:
        """Takes down that a piece begins, given its place among all; False where it did before."""
        first = place not in self._places
        self._places.add(place)
        return first

    def end(self, place: int) -> None:
        """Takes down that a piece has ended."""
        self._places.discard(place)


def open_under_way() -> Any:
    """Starts the actor."""
    return ray.remote(num_cpus=0)(UnderWay).remote()


class RayWorker:
    """Works on a piece a call; its models are opened once.

    Args:
        options: of the job.
        under_way: an actor, `UnderWay`.
    """

    def __init__(self, options: Options, under_way: Any) -> None:
        self._under_way = under_way
        self._models: Models | MienError
        try:
            self._models = Models(options)
        except MienError as error:  # raised here, it would be tried again and again
            self._models = error

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Answers a row's `piece` by its place and an `Answer`; all are pickled."""
        if isinstance(self._models, MienError):
            answer: Answer = self._models
        elif ray.get(self._under_way.begin.remote(row["place"])):
            answer = _answer(row["piece"], self._models)
        else:
            answer = Lost("died")
        self._under_way.end.remote(row["place"])
        return {"answer": pickle.dumps((row["place"], answer))}


def _answer(pickled: bytes, models: Models) -> Outcome | Lost:
    try:
        piece: Piece = pickle.loads(pickled)  # noqa: S301 - the engine wrote it
        return work(piece, models)
    except Exception as error:  # whatever it is, it must not end the job
        return Lost(f"failed ({type(error).__name__}: {error})")


_PATIENCE = 5.0  # seconds for an address to answer at all
_SLOW = 30.0  # seconds for a cluster to tell how it is, of which the process that asks takes two
_BUSY = 600  # seconds for a cluster that others use as well to have a core free for a first worker
_STORE = 512 * 2**20  # bytes of the object store of a cluster that is started here: it is memory


@contextmanager
def connected(address: str | None, workers: int | None) -> Iterator[int]:
    """Connects to a cluster, for a while.

    Args:
        address: as for `RayEngine`, and so is `workers`.
        workers: also the cores of a cluster that is started here.

    Yields:
        How many workers there are at most.

    Raises:
        BatchError: the cluster cannot be used, or none can be started here.
    """
    # Ray sends statistics of its use by default; nothing leaves a machine unasked.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray.init(**_settings(address, workers))
    except (ConnectionError, OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        where = "a Ray cluster here" if address is None else f"the Ray cluster at {address}"
        raise BatchError(
            f"{where} cannot be used ({first_line(error)})",
            remedy="'ray status' tells of those that run",
        ) from None
    try:
        _set_up()
        yield workers or max(int(ray.cluster_resources().get("CPU", 0)), 1)
    finally:
        ray.shutdown()


def first_line(error: Exception) -> str:
    """Returns what an error says first; Ray's go on with traces of other processes."""
    return str(error).strip().partition("\n")[0]


def _settings(address: str | None, workers: int | None) -> dict[str, Any]:
    settings: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is not None:
        return {**settings, "address": address}
    own = {"address": "local", "num_cpus": workers, "object_store_memory": _STORE}
    return {**settings, **own, "include_dashboard": False}


def _set_up() -> None:
    """Makes Ray Data quiet, and impatient with a cluster that has no core for it."""
    context = DataContext.get_current()
    context.wait_for_min_actors_s = _BUSY
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)


def check(address: str) -> None:
    """Makes sure that a cluster answers, for Ray itself would wait for it without end.

    Args:
        address: host and port of its head.

    Raises:
        BatchError: it is no address, nothing answers there, or it is no cluster.
    """
    host_and_port = re.fullmatch(r"\[?([\w.:-]+?)\]?:(\d{1,5})", address)
    if not host_and_port:
        raise BatchError(
            "no address of a Ray cluster",
            subject=address,
            remedy="give HOST:PORT of its head, or 'auto'",
        )
    host, port = host_and_port.groups()
    try:
        socket.create_connection((host, int(port)), _PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise BatchError(
            f"nothing answers there ({error})",
            subject=address,
            remedy="check the address, and that the cluster runs",
        ) from None
    if not _answers(address):
        raise BatchError(
            "no Ray cluster of this version answers there",
            subject=address,
            remedy="check the address",
        )


def _answers(address: str) -> bool:
    """Asks from a process of its own, which can be given up."""
    command = [sys.executable, "-m", "ray.scripts.scripts", "status", "--address", address]
    try:
        asked = subprocess.run(command, capture_output=True, timeout=_SLOW, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


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
                for found in _ray_driver_answers(
                    list(iter(engine.recv_bytes, _END)), options, most
                ):
                    engine.send_bytes(found)
                engine.send_bytes(_END)
    except MienError as error:
        engine.send_bytes(pickle.dumps((0, error)))


def _hush() -> None:
    """Lets nothing be printed: Ray's libraries do, and it says nothing about this job."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stderr.fileno())


def _ray_driver_answers(window: list[bytes], options: Options, workers: int) -> Iterator[bytes]:
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


_WINDOW = 16_384  # pieces that the cluster holds at a time, of up to 18 kB each


class RayEngine:
    """Runs pieces in a pool of Ray Data's actors, each with its own models on one thread.

    The pool grows and shrinks with the work, and the cluster holds no more outcomes than its
    object store has room for: Ray Data then starts no more pieces.

    Args:
        address: host and port of a cluster's head, or `auto` for the one that this machine is part
            of. None starts one on this machine, for this job alone.
        workers: how many actors at most; None for as many as the cluster has cores.
    """

    name = "ray"

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        self._address, self._workers = address, workers

    def run(self, pieces: Iterable[Piece], options: Options) -> Outcomes:
        """See `Engine.run`. What is lost is tried again at the end of its window."""
        if self._address not in (None, "auto"):
            check(self._address)
        retries, due, again = Retries(options), iter(pieces), deque[Piece]()
        with driver(self._address, self._workers, options) as ray:
            while window := _next(again, due):
                for piece, answer in ray.run(window):
                    if isinstance(answer, Lost):
                        more, done = retries.lost(piece, answer.why)
                        again += more
                    else:
                        done = retries.done(piece, answer)
                    yield from done


def _next(again: deque[Piece], due: Iterator[Piece]) -> list[Piece]:
    """Takes as many pieces as the cluster may hold; first those that were lost."""
    lost = [again.popleft() for _ in range(min(len(again), _WINDOW))]
    return lost + list(islice(due, _WINDOW - len(lost)))
