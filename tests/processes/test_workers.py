"""Calls in worker processes: results, errors, limits of time and memory, and new workers."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.errors import MediaError, ProcessError
from mien.processes import workers as workers_module
from mien.processes.limits import limit_memory
from mien.processes.workers import WorkerLostError, Workers
from tests.alive import gone
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

MIB = 2**20


@pytest.fixture
def workers() -> Iterator[Workers]:
    with closing(Workers(1, 512 * MIB, 60.0)) as workers:
        yield workers


def process(*_: object) -> int:
    return os.getpid()


def gray(side: int) -> NDArray[np.uint8]:
    return np.full((side, side, 3), 7, np.uint8)


def counted(count: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    for number in range(count):
        yield number, np.full((200, 300, 3), number, np.uint8)


def refuse() -> None:
    raise MediaError("not an image", subject="a.jpg", remedy="use JPEG")


def refuse_oddly() -> None:
    class OddError(Exception):
        pass

    raise OddError("no such thing")


def hang() -> None:
    while True:
        pass


def sleep() -> None:
    time.sleep(1000)


def die() -> None:
    os.abort()


def swell() -> None:
    kept = []
    while True:
        kept.append(bytearray(64 * MIB))


def grow(size: int) -> int:
    np.ones(size, np.uint8)
    return os.getpid()


def begin_and_hang() -> Iterator[int]:
    yield 1
    hang()


def test_a_worker_is_kept_for_the_next_call(workers: Workers) -> None:
    pid = workers.call(process)
    assert pid != os.getpid()
    assert workers.call(process) == pid
    workers.close()
    assert gone([pid])
    assert workers.call(process) != pid


def test_arrays_come_back_whole_and_writable(workers: Workers) -> None:
    found = workers.call(gray, 1200)
    assert (found == 7).all()
    found[0] = 1


def test_a_stream_has_all_items_in_their_order(workers: Workers) -> None:
    pid = workers.call(process)
    found = [(number, int(pixels.max())) for number, pixels in workers.stream(counted, 30)]
    assert found == [(number, number) for number in range(30)]
    assert workers.call(process) == pid


def test_a_stream_that_is_closed_early_stops_its_worker(workers: Workers) -> None:
    pid = workers.call(process)
    items = workers.stream(counted, 10**6)
    next(items)
    items.close()  # type: ignore[attr-defined]
    assert gone([pid])
    assert workers.call(gray, 1).shape == (1, 1, 3)


def test_errors_are_raised_here(workers: Workers) -> None:
    pid = workers.call(process)
    with pytest.raises(MediaError, match=r"a\.jpg: not an image; use JPEG\."):
        workers.call(refuse)
    with pytest.raises(RuntimeError, match="OddError: no such thing"):
        workers.call(refuse_oddly)
    assert workers.call(process) == pid


def test_a_call_that_hangs_is_killed_and_the_next_gets_a_new_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers_module, "_PATIENCE", 1000)  # the clock kills nothing
    with closing(Workers(1, 512 * MIB, 1.0)) as workers:
        pid = workers.call(process)
        with pytest.raises(WorkerLostError, match="took over 1 s"):
            workers.call(hang)
        assert gone([pid])
        with pytest.raises(WorkerLostError, match="took over 1 s"):
            list(workers.stream(begin_and_hang))


def test_a_call_that_waits_for_ever_is_killed_by_the_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers_module, "_PATIENCE", 2)
    with (
        closing(Workers(1, 512 * MIB, 1.0)) as workers,
        pytest.raises(WorkerLostError, match="took over 2 s"),
    ):
        workers.call(sleep)


def test_a_call_that_dies_is_an_error_and_the_next_gets_a_new_worker(workers: Workers) -> None:
    with pytest.raises(WorkerLostError, match=r"was killed \(SIGABRT\)"):
        workers.call(die)
    assert workers.call(gray, 2).shape == (2, 2, 3)


@pytest.mark.skipif(sys.platform != "linux", reason="no limit of memory")
def test_a_call_that_swells_is_an_error_and_the_next_gets_a_new_worker(workers: Workers) -> None:
    pid = workers.call(process)
    with pytest.raises(MemoryError):
        workers.call(swell)
    assert workers.call(process) != pid


def test_a_worker_that_has_grown_is_replaced_so_that_its_memory_goes_back(
    workers: Workers,
) -> None:
    pid = workers.call(grow, 300 * MIB)
    assert gone([pid])
    assert workers.call(process) != pid


def test_a_worker_that_died_while_idle_costs_no_call(workers: Workers) -> None:
    pid = workers.call(process)
    (idle,) = workers._idle
    os.kill(pid, 9)
    wait_until(lambda: not idle.alive, 60)  # its other threads may end a little later
    assert workers.call(process) != pid


def test_a_worker_that_does_not_start_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers_module, "_serve", end_at_once)
    with pytest.raises(ProcessError, match=r"a worker process ended \(status 0\) before it was"):
        Workers(1, 512 * MIB, 5.0).call(process)


def end_at_once(_: "Connection[Any, Any]", *__: float) -> None:
    """Serves nothing."""


def test_a_system_without_limits_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(workers_module, "_serve", serve_unlimited)
    with closing(Workers(1, 512 * MIB, 60.0)) as workers:
        for _ in range(2):
            assert workers.call(gray, 1).shape == (1, 1, 3)
            workers.close()
    assert caplog.messages == ["this system does not limit the memory of worker processes"]


def serve_unlimited(connection: "Connection[Any, Any]", memory: int, seconds: float) -> None:
    """Serves on a system that refuses to set limits."""
    import resource  # noqa: PLC0415

    def refuse_limit(*_: object) -> None:
        raise ValueError("not allowed")

    resource.setrlimit = refuse_limit
    assert not limit_memory(memory)
    workers_module._serve(connection, memory, seconds)
