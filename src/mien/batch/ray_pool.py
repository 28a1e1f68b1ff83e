"""Runs tasks on Ray Data: on the cores of this machine, or on a cluster."""

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
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from mien.batch.analysis import Models, TaskResult, analyze_task
from mien.batch.errors import BatchError, first_line
from mien.batch.plan import Options, Task
from mien.batch.pool import Results
from mien.batch.retries import Retries
from mien.errors import MienError
from mien.processes.child import ChildProcess

_WINDOW = 16_384  # tasks that the cluster holds at a time, of up to 18 kB each
_END = b""  # of a window, and of its answers

_CONNECT_TIMEOUT = 5.0  # seconds for an address to answer at all
_STATUS_TIMEOUT = 30.0  # seconds for a cluster's status; the process that asks takes two of them
_OBJECT_STORE_BYTES = 512 * 2**20  # of a cluster that is started here: it is memory

_RESUME = "what is written stays valid: give the same command again"


class RayEngine:
    """Runs tasks in a pool of Ray Data's actors, each with its own models on one thread.

    The pool grows and shrinks with the work, and the cluster holds no more results than its object
    store has room for: Ray Data then starts no more tasks.

    Args:
        address: host and port of a cluster's head, or `auto` for the one that this machine is part
            of. None starts one on this machine, for this job alone.
        workers: how many actors at most; None for as many as the cluster has cores.
    """

    name = "ray"

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        self._address, self._workers = address, workers

    def run(self, tasks: Iterable[Task], options: Options) -> Results:
        """See `Engine.run`. Lost tasks are retried at the end of their window."""
        if self._address not in (None, "auto"):
            check_cluster(self._address)
        retries, tasks, again = Retries(options), iter(tasks), deque[Task]()
        with _open_driver(self._address, self._workers, options) as driver:
            while window := _next_window(again, tasks):
                for task, answer in driver.run(window):
                    if isinstance(answer, LostTask):
                        more, finished = retries.lost(task, answer.why)
                        again += more
                    else:
                        finished = retries.done(task, answer)
                    yield from finished


def _next_window(again: deque[Task], tasks: Iterator[Task]) -> list[Task]:
    """Takes as many tasks as the cluster may hold; first those to retry."""
    lost = [again.popleft() for _ in range(min(len(again), _WINDOW))]
    return lost + list(islice(tasks, _WINDOW - len(lost)))


def check_cluster(address: str) -> None:
    """Makes sure that a cluster answers, since Ray itself would wait for it without end.

    Args:
        address: host and port of its head.

    Raises:
        BatchError: it is no address, nothing answers there, or it is no cluster.
    """
    host_and_port = re.fullmatch(r"\[?([\w.:-]+?)\]?:(\d{1,5})", address)
    if not host_and_port:
        raise BatchError(
            "not the address of a Ray cluster",
            subject=address,
            remedy="give HOST:PORT of its head, or 'auto'",
        )
    host, port = host_and_port.groups()
    try:
        socket.create_connection((host, int(port)), _CONNECT_TIMEOUT).close()
    except (OSError, OverflowError) as error:
        raise BatchError(
            f"nothing answers there ({error})",
            subject=address,
            remedy="check the address, and that the cluster runs",
        ) from None
    if not _has_status(address):
        raise BatchError(
            "no Ray cluster of this version answers there",
            subject=address,
            remedy="check the address",
        )


def _has_status(address: str) -> bool:
    """Asks for a cluster's status in a process of its own, which can time out."""
    command = [sys.executable, "-m", "ray.scripts.scripts", "status", "--address", address]
    try:
        status = subprocess.run(  # noqa: S603
            command, capture_output=True, timeout=_STATUS_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return status.returncode == 0


@dataclass(frozen=True, slots=True)
class LostTask:
    """A task has no result; `why` says what became of the process that analyzed it."""

    why: str


Answer = TaskResult | LostTask | MienError


@contextmanager
def _open_driver(
    address: str | None, workers: int | None, options: Options
) -> "Iterator[RayDriver]":
    """Starts the process that speaks to Ray, and stops it with all that it started.

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


class RayDriver:
    """The process that speaks to Ray, as the engine sees it.

    Where a cluster goes, Ray ends the process that is connected to it: so not the command's own.

    Args:
        child: runs `serve`.
    """

    def __init__(self, child: ChildProcess) -> None:
        self._child = child

    def run(self, window: list[Task]) -> Iterator[tuple[Task, TaskResult | LostTask]]:
        """Yields the answer to each task, as it comes.

        Raises:
            BatchError: no cluster can be used, or Ray gives up.
            MienError: a worker cannot start.
        """
        connection = self._child.connection
        with suppress(OSError):  # if the process is dead, `_receive` notices
            for task in window:
                connection.send_bytes(pickle.dumps(task))
            connection.send_bytes(_END)
        while received := self._receive():
            place, answer = pickle.loads(received)  # noqa: S301 - our own process'
            if isinstance(answer, MienError):
                raise answer
            yield window[place], answer

    def _receive(self) -> bytes:
        try:
            return self._child.connection.recv_bytes()
        except (EOFError, OSError):
            raise BatchError(
                f"the process that speaks to Ray {self._child.fate()}, as it does where the "
                "cluster is gone",
                remedy=_RESUME,
            ) from None


def serve(
    engine: "Connection[bytes, bytes]", address: str | None, workers: int | None, options: Options
) -> None:
    """Runs the windows of tasks that come through a connection, until it closes."""
    _silence()
    try:
        with _connect(address, workers):
            while True:
                window = list(iter(engine.recv_bytes, _END))
                for answer in _run_window(window, options, _count_workers(workers)):
                    engine.send_bytes(answer)
                engine.send_bytes(_END)
    except MienError as error:
        engine.send_bytes(pickle.dumps((0, error)))


def _silence() -> None:
    """Discards what Ray's libraries print, which says nothing about this job."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stderr.fileno())


@contextmanager
def _connect(address: str | None, workers: int | None) -> Iterator[None]:
    """Connects to a cluster for the block.

    Args:
        address: as for `RayEngine`, and so is `workers`.
        workers: also the cores of a cluster that is started here.

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
            remedy="list the running clusters with 'ray status'",
        ) from None
    try:
        _configure_ray_data()
        yield
    finally:
        ray.shutdown()


def _count_workers(workers: int | None) -> int:
    """Returns how many workers the cluster has room for; hosts come and go between windows."""
    cores = max(int(ray.cluster_resources().get("CPU", 0)), 1)
    return min(workers or cores, cores)


def _settings(address: str | None, workers: int | None) -> dict[str, Any]:
    settings: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is not None:
        return {**settings, "address": address}
    own = {"address": "local", "num_cpus": workers, "object_store_memory": _OBJECT_STORE_BYTES}
    return {**settings, **own, "include_dashboard": False}


def _configure_ray_data() -> None:
    context = DataContext.get_current()
    # Work starts with the first worker: a host that was just lost still counts, and has no room.
    context.wait_for_min_actors_s = 0
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)


def _run_window(window: list[bytes], options: Options, max_workers: int) -> Iterator[bytes]:
    """Yields the place of each task and its `Answer`, pickled."""
    results = _to_dataset(window).map(
        RayWorker,  # type: ignore[arg-type]  # Ray takes classes, though its hints do not
        fn_constructor_args=(options, open_started_tasks()),
        compute=ActorPoolStrategy(min_size=1, max_size=max_workers, initial_size=max_workers),
        num_cpus=1,
    )
    try:
        for row in results.iter_rows():
            yield row["answer"]
    except ray.exceptions.RayError as error:
        raise BatchError(f"Ray gave up ({first_line(error)})", remedy=_RESUME) from None


def _to_dataset(window: list[bytes]) -> Dataset:
    """Makes a data set of tasks, a block each, so that each is handed out by itself."""
    rows = [{"place": place, "task": task} for place, task in enumerate(window)]
    return from_items(rows, override_num_blocks=len(rows))


class StartedTasks:
    """Knows which tasks were started and have not ended. One actor has it.

    Ray runs all that was lost with an actor again, without end, and does not say which of the
    tasks that waited there was running. It is the one that is started a second time.
    """

    def __init__(self) -> None:
        self._places: set[int] = set()

    def start(self, place: int) -> bool:
        """Notes that a task starts, by its place in the window; False where it did before."""
        first = place not in self._places
        self._places.add(place)
        return first

    def end(self, place: int) -> None:
        """Notes that a task has ended."""
        self._places.discard(place)


def open_started_tasks() -> Any:
    """Starts the actor, beside this process: another host may be lost before the job ends."""
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(num_cpus=0)(StartedTasks).options(scheduling_strategy=here).remote()


class RayWorker:
    """Analyzes a task per call; its models are opened once.

    Args:
        options: of the job.
        started: an actor, `StartedTasks`.
    """

    def __init__(self, options: Options, started: Any) -> None:
        self._started = started
        self._models: Models | MienError
        try:
            self._models = Models(options)
        except MienError as error:  # if it were raised here, Ray would retry it again and again
            self._models = error

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Answers a row's `task` with its place and an `Answer`; all are pickled."""
        if isinstance(self._models, MienError):
            answer: Answer = self._models
        elif ray.get(self._started.start.remote(row["place"])):
            answer = _analyze(row["task"], self._models)
        else:
            answer = LostTask("died")
        self._started.end.remote(row["place"])
        return {"answer": pickle.dumps((row["place"], answer))}


def _analyze(pickled: bytes, models: Models) -> TaskResult | LostTask:
    try:
        task: Task = pickle.loads(pickled)  # noqa: S301 - the engine wrote it
        return analyze_task(task, models)
    except Exception as error:  # no task may end the job
        return LostTask(f"failed ({type(error).__name__}: {error})")
