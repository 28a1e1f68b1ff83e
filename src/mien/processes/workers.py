"""Functions called in worker processes, with limits of memory and time."""

import logging
import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from mien.errors import ProcessError
from mien.processes.child import ChildProcess
from mien.processes.limits import limit_memory, limit_processor, peak_memory
from mien.processes.messages import receive, send

_START_TIMEOUT = 60.0  # seconds until a new worker must be ready, on a busy machine
_PATIENCE = 6  # seconds by the clock for each of the processor's, on a busy machine
_KEPT_MEMORY = 256 * 2**20  # bytes; a worker that had more is replaced, which gives all back

_log = logging.getLogger(__name__)


class WorkerLostError(Exception):
    """A worker died, or took too long and was killed; the text says which: "took over 30 s"."""


@dataclass(frozen=True, slots=True)
class _Item:
    """An item of a stream; more follows."""

    value: Any


@dataclass(frozen=True, slots=True)
class _End:
    """A call has returned `value` or raised `error`; `last` if the worker takes no other."""

    value: Any = None
    error: Exception | None = None
    last: bool = False


class Workers:
    """Calls functions in a few worker processes, which are started as they are needed.

    What a function raises is raised here. A worker that exceeds its limit of memory raises
    MemoryError or dies, and one that exceeds its time is killed; the next call gets a new worker.
    May be used from several threads.

    Args:
        count: how many calls run at once; others wait.
        memory: bytes that a worker may allocate.
        seconds: of processor time that a call, or the next item of a stream, may take, so that a
            busy machine refuses nothing; by the clock, six times as long.
    """

    def __init__(self, count: int, memory: int, seconds: float) -> None:
        self._memory, self._seconds = memory, seconds
        self._places = threading.BoundedSemaphore(count)
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()
        self._warned = False

    def call(self, function: Callable[..., Any], *arguments: object) -> Any:
        """Returns what a function returns.

        Args:
            function: of a module; it is imported in the worker.
            arguments: for it; they and what it returns are pickled.

        Raises:
            WorkerLostError: the worker died, or took too long.
            MemoryError: it needs more memory than it may have.
            ProcessError: no worker can be started.
        """
        with self._lent() as worker:
            return worker.call(function, arguments)

    def stream(self, function: Callable[..., Any], *arguments: object) -> Iterator[Any]:
        """Yields what an iterator of a function yields; the arguments and errors are `call`'s.

        The worker is at most a few items ahead. Close the iterator to stop the worker early.
        """
        with self._lent() as worker:
            yield from worker.stream(function, arguments)

    def close(self) -> None:
        """Ends the idle workers; a later call starts others."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.kill()

    @contextmanager
    def _lent(self) -> "Iterator[_Worker]":
        with self._places:
            worker = self._take()
            try:
                yield worker
            finally:
                self._put(worker)

    def _take(self) -> "_Worker":
        with self._lock:
            while self._idle:
                if (worker := self._idle.pop()).alive:
                    return worker
                worker.kill()
        worker = _Worker(self._memory, self._seconds)
        if not worker.limited and not self._warned:
            self._warned = True
            _log.warning("this system does not limit the memory of worker processes")
        return worker

    def _put(self, worker: "_Worker") -> None:
        if not worker.reusable:
            worker.kill()
            return
        with self._lock:
            self._idle.append(worker)


class _Worker(ChildProcess):
    """A worker as `Workers` sees it.

    Attributes:
        limited: whether the system limits its memory.
        reusable: whether it takes a further call.

    Raises:
        ProcessError: it cannot be started.
    """

    def __init__(self, memory: int, seconds: float) -> None:
        super().__init__(_serve, memory, seconds)
        self._seconds = seconds
        self.reusable = True
        try:
            self.limited: bool = receive(self.connection, _START_TIMEOUT)
        except (EOFError, OSError) as error:
            fate = self._describe(error, _START_TIMEOUT)
            self.kill()
            raise ProcessError(
                f"a worker process {fate} before it was ready", remedy="free memory"
            ) from None

    def call(self, function: Callable[..., Any], arguments: tuple[object, ...]) -> Any:
        """Returns what the function returns; see `Workers.call`."""
        return self._result(self._ask(function, arguments, streams=False))

    def stream(self, function: Callable[..., Any], arguments: tuple[object, ...]) -> Iterator[Any]:
        """Yields what the function's iterator yields; see `Workers.stream`."""
        reply = self._ask(function, arguments, streams=True)
        while isinstance(reply, _Item):
            yield reply.value
            reply = self._receive()
        self._result(reply)

    def _ask(
        self, function: Callable[..., Any], arguments: tuple[object, ...], streams: bool
    ) -> _Item | _End:
        self.reusable = False  # until the call has ended
        with suppress(OSError):  # if the worker is dead, `_receive` notices
            send(self.connection, (function, arguments, streams))
        return self._receive()

    def _receive(self) -> _Item | _End:
        try:
            reply: _Item | _End = receive(self.connection, self._seconds * _PATIENCE)
        except (EOFError, OSError) as error:
            raise WorkerLostError(self._describe(error, self._seconds * _PATIENCE)) from None
        return reply

    def _result(self, end: _Item | _End) -> Any:
        assert isinstance(end, _End)  # noqa: S101 - items belong to streams
        self.reusable = not end.last
        if end.error is not None:
            raise end.error
        return end.value

    def _describe(self, error: Exception, seconds: float) -> str:
        if isinstance(error, TimeoutError):
            return f"took over {seconds:g} s"
        fate = self.fate()
        return f"took over {self._seconds:g} s" if "SIGXCPU" in fate else fate


def _serve(connection: "Connection[Any, Any]", memory: int, seconds: float) -> None:
    """Answers calls until the connection closes, or the process has grown."""
    send(connection, limit_memory(memory))
    last = False
    while not last:
        function, arguments, streams = receive(connection)
        limit_processor(seconds)
        end = _run(connection, function, arguments, streams, seconds)
        last = end.last
        send(connection, end)


def _run(
    connection: "Connection[Any, Any]",
    function: Callable[..., Any],
    arguments: tuple[object, ...],
    streams: bool,
    seconds: float,
) -> _End:
    try:
        value = function(*arguments)
        if streams:
            for item in value:
                send(connection, _Item(item))
                limit_processor(seconds)
            value = None
    except Exception as error:  # the caller raises it
        return _End(error=_picklable(error), last=_has_grown() or isinstance(error, MemoryError))
    return _End(value, last=_has_grown())


def _picklable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    except Exception:  # classes of libraries fail in many ways
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _has_grown() -> bool:
    return peak_memory() > _KEPT_MEMORY
