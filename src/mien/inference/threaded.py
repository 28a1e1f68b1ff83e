"""Work in a thread of its own, for callers with an event loop, which goes on meanwhile."""

from asyncio import get_running_loop
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_NAME = "mien-stream"


async def iterate(results: Generator[_Result, None, None]) -> AsyncGenerator[_Result, None]:
    """Yields what a generator yields; closes it however the loop ends.

    Args:
        results: run in one thread from its first to its last step; it yields no None.
    """
    loop, thread = get_running_loop(), ThreadPoolExecutor(1, _NAME)
    try:
        while (result := await loop.run_in_executor(thread, next, results, None)) is not None:
            yield result
    finally:
        thread.submit(results.close)  # after the step that the thread may be at
        thread.shutdown(wait=False)


async def apply(
    function: Callable[[_Item], _Result], items: AsyncIterable[_Item]
) -> AsyncGenerator[_Result, None]:
    """Yields a function's result for each item, in their order, one at a time."""
    loop, thread = get_running_loop(), ThreadPoolExecutor(1, _NAME)
    try:
        async for item in items:
            yield await loop.run_in_executor(thread, function, item)
    finally:
        thread.shutdown(wait=False)
