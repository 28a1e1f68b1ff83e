"""Workers that are replaced when an input kills them, hangs in them or fills their memory."""

import multiprocessing
import os
import queue
import re
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any, Self, cast

from reliability.fuzz.case import Kind, Outcome
from reliability.fuzz.worker import Plan, Task, serve

DEADLINE = 30.0
"""Seconds that the reading of one input may take."""

_STARTS_WITHIN = 120.0
_DUMPS_WITHIN = 2.0
_FRAME = re.compile(r'File "[^"]*/((?:mien|reliability)/[^"]+)", line \d+ in (\S+)')


class Worker:
    """A process that reads inputs; it starts with the first one. A context manager.

    Args:
        plan: of the worker; its log is this worker's own.
        deadline: in seconds.
    """

    def __init__(self, plan: Plan, deadline: float = DEADLINE) -> None:
        self._plan, self._deadline = plan, deadline
        self._process: ForkServerProcess | None = None
        self._connection: Connection[Any, Any] | None = None
        self._logged = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, task: Task) -> Outcome:
        """Reads one input, and returns how that ended.

        Raises:
            RuntimeError: no worker can be started.
        """
        connection = self._connection or self._start()
        self._skip_log()
        started = time.monotonic()
        outcome: Outcome | None = None
        with suppress(EOFError, OSError):
            connection.send(task)
            outcome = self._receive(connection)
        outcome = outcome or self._death()
        if outcome.kind in (Kind.SWELL, Kind.HANG, Kind.DEATH):
            self.close()
        return replace(outcome, seconds=time.monotonic() - started)

    def _receive(self, connection: "Connection[Any, Any]") -> Outcome:
        """Returns the outcome of the input; each sign that the worker gets ready extends the time.

        Raises:
            EOFError: the worker died.
        """
        while connection.poll(self._deadline):
            if (outcome := connection.recv()) is not None:
                return cast(Outcome, outcome)
        return self._hang()

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None and self._connection is not None:
            self._process.kill()
            self._process.join()
            self._connection.close()
        self._process = self._connection = None

    def _start(self) -> "Connection[Any, Any]":
        # Forked from a process that has imported the targets and done nothing else: a new worker
        # takes milliseconds, and there are no threads yet that a fork would lose.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__, self._plan.registry.partition(":")[0]])
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self._plan), daemon=True)
        self._process.start()
        theirs.close()
        with suppress(EOFError):
            if self._connection.poll(_STARTS_WITHIN):
                self._connection.recv()
                return self._connection
        said = self._new_log()
        self.close()
        raise RuntimeError(f"no worker started: {said}")

    def _hang(self) -> Outcome:
        """Asks a worker that hangs for its stacks."""
        pid = self._process.pid if self._process else None
        if pid is None:
            return Outcome(Kind.HANG)
        os.kill(pid, signal.SIGUSR1)
        end = time.monotonic() + _DUMPS_WITHIN
        said = ""
        while "Thread" not in said and time.monotonic() < end:
            time.sleep(0.1)
            said += self._new_log()
        # The main thread's stack comes last; its innermost call stands first.
        main = said.rpartition("Current thread")[2] or said
        return Outcome(Kind.HANG, f"over {self._deadline:g} s in {_place(main)}", said[-3000:])

    def _death(self) -> Outcome:
        status: int | None = None
        if self._process is not None:
            self._process.join(_DUMPS_WITHIN)
            status = self._process.exitcode
        said = self._new_log()
        name = signal.Signals(-status).name if status and status < 0 else f"status {status}"
        return Outcome(Kind.DEATH, f"{name} in {_place(said)}", said[-3000:])

    def _skip_log(self) -> None:
        with suppress(OSError):
            self._logged = self._plan.log.stat().st_size

    def _new_log(self) -> str:
        with suppress(OSError), self._plan.log.open("rb") as log:
            log.seek(self._logged)
            content = log.read()
            self._logged += len(content)
            return content.decode("utf-8", "replace")
        return ""


def _place(stack: str) -> str:
    match = _FRAME.search(stack)
    return f"{match[1]}:{match[2]}" if match else "code outside Mien"


def run_all(
    make: Callable[[int], Worker], count: int, tasks: Iterable[Task]
) -> Iterator[tuple[Task, Outcome]]:
    """Runs tasks in several workers; yields each with its outcome, as they end.

    Args:
        make: returns the worker of a number.
        count: of workers.
        tasks: may be endless; when the caller stops, no further one starts.
    """
    source, lock, stop = iter(tasks), threading.Lock(), threading.Event()
    done: queue.Queue[tuple[Task, Outcome] | BaseException | None] = queue.Queue(maxsize=1000)

    def work(number: int) -> None:
        try:
            with make(number) as worker:
                while not stop.is_set():
                    with lock:
                        task = next(source, None)
                    if task is None:
                        break
                    done.put((task, worker.run(task)))
        except BaseException as error:
            done.put(error)
        done.put(None)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield from _until_all_ended(done, count)
    finally:
        stop.set()
        while any(thread.is_alive() for thread in threads):
            with suppress(queue.Empty):
                done.get(timeout=0.1)


def _until_all_ended(
    done: "queue.Queue[tuple[Task, Outcome] | BaseException | None]", count: int
) -> Iterator[tuple[Task, Outcome]]:
    while count:
        found = done.get()
        if found is None:
            count -= 1
        elif isinstance(found, BaseException):
            raise found
        else:
            yield found
