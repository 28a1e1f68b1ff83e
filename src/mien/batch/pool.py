"""Runs tasks in a pool of processes on this machine; and what every such engine does."""

import time
from collections import deque
from collections.abc import Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Protocol

from mien.batch.analysis import Models, TaskResult, analyze_task
from mien.batch.errors import BatchError
from mien.batch.heartbeat import Heartbeat, Pulse
from mien.batch.plan import Options, Task
from mien.batch.retries import Finished, Retries
from mien.errors import MienError
from mien.processes.child import ChildProcess
from mien.processes.limits import limit_memory

_MAX_DEATHS = 3  # workers in a row that may die before they are ready
_START_SECONDS = 300.0  # until a worker must have opened its models, on a busy machine
_WATCH = 1.0  # seconds between two looks for silent workers
_WORKER_BYTES = 960 * 2**20  # that a worker may allocate; what needs more is an error

Results = Generator[tuple[Task, TaskResult], None, None]
"""Tasks with their results; to be closed by a caller that does not take them all."""


class Engine(Protocol):
    """Runs `mien.batch.analysis.analyze_task` on tasks. It knows nothing of a job's files.

    Attributes:
        name: what the command calls it.
    """

    name: str

    def run(self, tasks: Iterable[Task], options: Options) -> Results:
        """Analyzes tasks; however the loop ends, what was started is stopped.

        A task whose worker dies or raises is retried; if that fails as well it is split
        (`Task.split`), until the one item that is at fault has the result `failed_result`.

        Args:
            tasks: taken as workers get free, so that memory is bounded.
            options: of the job.

        Yields:
            Each task as it was passed, once, with its result, in any order.

        Raises:
            BatchError: the workers cannot be started or reached.
            ModelError: they cannot open the model.
        """


class LocalEngine:
    """Runs tasks in processes of this machine, each with its own models on one thread.

    Args:
        workers: how many processes.
    """

    name = "local"

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def run(self, tasks: Iterable[Task], options: Options) -> Results:
        """See `Engine.run`."""
        pool = _Pool(tasks, options, self._workers)
        try:
            yield from pool.run()
        finally:
            pool.stop()


class _Pool:
    """The processes of one run, and the task of each."""

    def __init__(self, tasks: Iterable[Task], options: Options, max_workers: int) -> None:
        self._tasks, self._options, self._max_workers = iter(tasks), options, max_workers
        self._queue: deque[Task] = deque()
        self._retries = Retries(options)
        self._workers: list[WorkerProcess] = []
        self._deaths = 0

    def run(self) -> Results:
        self._assign_tasks()
        while busy := [worker for worker in self._workers if worker.task or not worker.ready]:
            started = time.monotonic()
            connections = wait([worker.connection for worker in busy], _WATCH)
            waited = min(time.monotonic() - started, _WATCH)  # more, if this process was stopped
            for worker in busy:
                if worker.connection in connections:
                    finished = self._receive(worker)
                elif worker.is_stuck(waited):
                    finished = self._remove(worker, stuck=True)
                else:
                    continue
                self._assign_tasks()  # first, since the caller may take a while with the results
                yield from finished

    def stop(self) -> None:
        for worker in self._workers:
            worker.kill()

    def _assign_tasks(self) -> None:
        """Sends a task to every idle worker, and starts workers while tasks are left."""
        for worker in self._workers:
            idle = worker.ready and worker.task is None
            if idle and (task := self._next_task()):
                worker.send(task)
        starting = sum(not worker.ready for worker in self._workers)
        while len(self._workers) < self._max_workers and self._has_more_tasks_than(starting):
            self._workers.append(WorkerProcess(self._options))
            starting += 1

    def _next_task(self) -> Task | None:
        return self._queue.popleft() if self._queue else next(self._tasks, None)

    def _has_more_tasks_than(self, count: int) -> bool:
        """Returns whether more tasks are left, and plans no more of them than it has to."""
        while len(self._queue) <= count:
            task = next(self._tasks, None)
            if task is None:
                return False
            self._queue.append(task)
        return True

    def _receive(self, worker: "WorkerProcess") -> Finished:
        """Handles a worker's next message, or its death."""
        try:
            message: Message = worker.connection.recv()
        except (EOFError, OSError):
            return self._remove(worker)
        worker.hear()
        match message:
            case Heartbeat():
                worker.item, worker.patience = message
                return []
            case Ready():
                worker.ready = True
                self._deaths = 0
                return []
            case Refused():
                raise message.error
            case TaskFailed():
                return self._retry(worker, message.why)
            case TaskResult():
                task, worker.task = worker.task, None
                return self._retries.done(task, message) if task else []

    def _remove(self, worker: "WorkerProcess", stuck: bool = False) -> Finished:
        fate = worker.stuck_for if stuck else worker.fate()
        worker.kill()
        self._workers.remove(worker)
        self._deaths += not worker.ready
        if self._deaths == _MAX_DEATHS:
            raise BatchError(
                f"{_MAX_DEATHS} workers in a row did not start; the last {fate}",
                remedy="free memory, or give fewer --workers",
            )
        return self._retry(worker, fate)

    def _retry(self, worker: "WorkerProcess", why: str) -> Finished:
        task, worker.task = worker.task, None
        if task is None:
            return []
        again, finished = self._retries.lost(task, why, worker.item)
        self._queue.extend(again)
        return finished


class WorkerProcess(ChildProcess):
    """A worker as the pool sees it: messages come out of its connection.

    Args:
        options: of the job.

    Attributes:
        ready: whether it has its models.
        task: what it analyzes; None while it is idle.
        item: the index of the item that it works on; None where that is unknown.
        patience: how many seconds it may be silent.

    Raises:
        ProcessError: the system refuses to start it.
    """

    def __init__(self, options: Options) -> None:
        super().__init__(serve, options)
        self.ready = False
        self.task: Task | None = None
        self.item: int | None = None
        self.patience = _START_SECONDS
        self._silence = 0.0

    @property
    def stuck_for(self) -> str:
        """What became of it, once it was silent for too long."""
        return f"made no progress in {self.patience:g} s and was killed"

    def hear(self) -> None:
        """Notes a sign of life."""
        self._silence = 0.0

    def is_stuck(self, waited: float) -> bool:
        """Notes that it was silent for so many seconds more; returns whether that is too long.

        Only time in which the pool waits for it counts, so that a job that was stopped and
        continued goes on.
        """
        self._silence += waited
        return self._silence > self.patience

    def send(self, task: Task) -> None:
        """Sends it a task; if it is dead, its connection closes."""
        self.task, self.item = task, None
        self.hear()
        with suppress(OSError):
            self.connection.send(task)


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has its models, and is idle."""


@dataclass(frozen=True, slots=True)
class Refused:
    """No worker can start, and why."""

    error: MienError


@dataclass(frozen=True, slots=True)
class TaskFailed:
    """A task raised an error, which `why` describes; the worker takes the next one."""

    why: str


Message = Ready | Refused | TaskFailed | TaskResult | Heartbeat


def serve(pool: "Connection[Message, Task]", options: Options) -> None:
    """Analyzes the tasks that come through a connection, until it closes.

    Args:
        pool: receives tasks, and sends messages.
        options: of the job.
    """
    try:
        models = Models(options)
    except MienError as error:
        pool.send(Refused(error))
        return
    limit_memory(_WORKER_BYTES)
    pool.send(Ready())
    pulse = Pulse(pool.send)
    while True:
        pool.send(_analyze(pool.recv(), models, pulse))


def _analyze(task: Task, models: Models, pulse: Pulse) -> Message:
    try:
        return analyze_task(task, models, pulse)
    except MemoryError:
        return TaskFailed(f"needed more than {_WORKER_BYTES // 2**20} MiB of memory")
    except Exception as error:  # no task may end the job
        return TaskFailed(f"failed ({type(error).__name__}: {error})")
