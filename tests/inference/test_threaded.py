"""Generators in a thread of their own: order, errors, and an end that leaves nothing behind."""

import asyncio
import threading
from collections.abc import AsyncIterator, Generator

import pytest

from mien.inference.threaded import apply, iterate


def count(closed: threading.Event, fails_at: int = 99) -> Generator[int, None, None]:
    try:
        for number in range(1, 9):
            if number == fails_at:
                raise ValueError("no more")
            yield number
    finally:
        closed.set()


def test_all_is_yielded_in_order_and_closed() -> None:
    closed = threading.Event()

    async def run() -> list[int]:
        return [number async for number in iterate(count(closed))]

    assert asyncio.run(run()) == list(range(1, 9))
    assert closed.wait(20)


def test_an_error_arrives_and_a_break_closes() -> None:
    failed, broken = threading.Event(), threading.Event()

    async def fail() -> None:
        async for _ in iterate(count(failed, fails_at=3)):
            pass

    async def stop() -> None:
        numbers = iterate(count(broken))
        async for number in numbers:
            if number == 2:
                break
        await numbers.aclose()

    with pytest.raises(ValueError, match="no more"):
        asyncio.run(fail())
    asyncio.run(stop())
    assert failed.wait(20)
    assert broken.wait(20)


def test_a_cancelled_task_closes_after_its_step() -> None:
    closed, entered, released = threading.Event(), threading.Event(), threading.Event()

    def slow() -> Generator[int, None, None]:
        try:
            entered.set()
            released.wait(20)
            yield 1
            yield 2
        finally:
            closed.set()

    async def run() -> None:
        async def consume() -> None:
            async for _ in iterate(slow()):
                pass

        task = asyncio.create_task(consume())
        await asyncio.to_thread(entered.wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not closed.is_set()
        released.set()

    asyncio.run(run())
    assert closed.wait(20)


def test_items_that_arrive_are_worked_on_in_turn() -> None:
    threads = set()

    async def arrive() -> AsyncIterator[int]:
        for number in range(5):
            yield number

    def double(number: int) -> int:
        threads.add(threading.get_ident())
        return 2 * number

    async def run() -> list[int]:
        return [number async for number in apply(double, arrive())]

    assert asyncio.run(run()) == [0, 2, 4, 6, 8]
    assert len(threads) == 1
    assert threading.get_ident() not in threads
