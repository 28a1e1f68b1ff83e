"""Downloads that are being made: bounded, stopped at any time, and without a trace."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from mien.server.errors import BusyError
from mien.server.store import downloads as module
from mien.server.store.downloads import CHUNK, Download, Downloads, StoppedError, Work
from tests.waiting import wait_until

GONE = LookupError("the session is gone")


@asynccontextmanager
async def started(downloads: Downloads, work: Work, session: int = 1) -> AsyncIterator[Download]:
    download = downloads.make([session], work)
    await downloads.start(download)
    try:
        yield download
    finally:
        download.stop()


async def read(download: Download) -> bytes:
    chunks = []
    while (chunk := await download.next()) is not None:
        chunks.append(chunk)
    return b"".join(chunks)


def until_stopped(download: Download) -> None:
    """Work that ends with the download alone."""
    while True:
        download.write(b"x" * 1000)


async def wait_for(thing: threading.Event) -> None:
    assert await asyncio.to_thread(thing.wait, 20)


@pytest.mark.parametrize("size", [0, 1, CHUNK, 10 * CHUNK + 7])
def test_what_is_written_arrives(size: int) -> None:
    data = bytes(at % 251 for at in range(size))

    def write(download: Download) -> None:
        for start in range(0, size, 1000):
            assert download.write(data[start : start + 1000]) == len(data[start : start + 1000])

    async def run() -> None:
        async with started(Downloads(), write) as download:
            assert await read(download) == data

    asyncio.run(run())


def test_an_error_arrives_after_what_was_passed_on() -> None:
    def write(download: Download) -> None:
        download.write(b"x" * CHUNK)
        raise ValueError("broken")

    async def run() -> None:
        async with started(Downloads(), write) as download:
            assert await download.next() == b"x" * CHUNK
            with pytest.raises(ValueError, match="broken"):
                await download.next()

    asyncio.run(run())


def test_a_thread_does_not_run_ahead_of_its_client() -> None:
    written = list[int]()

    def write(download: Download) -> None:
        for number in range(100):
            written.append(number)
            download.write(b"x" * CHUNK)

    async def run() -> None:
        downloads = Downloads()
        async with started(downloads, write) as download:
            await download.next()
            quick = [b"done"]
            async with started(downloads, lambda it: it.write(quick[0]) and None) as other:
                assert await read(other) == b"done"  # its turn comes while the first one waits
            assert len(written) < 10
            assert len(await read(download)) == 99 * CHUNK

    asyncio.run(run())


@pytest.mark.parametrize("reads", [0, 1, 20])
def test_a_client_that_leaves_ends_the_work(reads: int) -> None:
    async def run() -> None:
        downloads = Downloads()
        async with started(downloads, until_stopped) as download:
            for _ in range(reads):
                assert await download.next()
        await asyncio.to_thread(wait_until, lambda: len(downloads) == 0)

    asyncio.run(run())


def test_stopping_a_session_waits_until_its_downloads_have_cleaned_up() -> None:
    cleaned = list[int]()

    def write(number: int) -> Work:
        def work(download: Download) -> None:
            try:
                until_stopped(download)
            finally:
                cleaned.append(number)

        return work

    async def run() -> None:
        downloads = Downloads()
        async with (
            started(downloads, write(1), session=1) as first,
            started(downloads, write(2), session=2) as second,
        ):
            await first.next(), await second.next()
            await asyncio.to_thread(downloads.stop, GONE, 1)
            assert cleaned == [1]
            with pytest.raises(LookupError, match="the session is gone"):
                await read(first)
            assert await second.next()

    asyncio.run(run())


def test_one_that_waits_for_its_turn_can_be_stopped() -> None:
    """Others compute for long, and pass nothing on."""
    going, ending = threading.Semaphore(0), threading.Event()

    def compute(_: Download) -> None:
        going.release()
        assert ending.wait(20)

    async def run() -> None:
        downloads = Downloads()
        others = [downloads.make([2], compute) for _ in range(module.WORKING)]
        for other in others:
            await downloads.start(other)
            await asyncio.to_thread(going.acquire)
        async with started(downloads, compute, session=1) as waiting:
            await asyncio.to_thread(downloads.stop, GONE, 1)
            with pytest.raises(LookupError):
                await waiting.next()
            assert len(downloads) == module.WORKING
        ending.set()
        for other in others:
            assert await read(other) == b""

    asyncio.run(run())


def test_so_many_compute_at_a_time() -> None:
    lock, most, now = threading.Lock(), 0, 0

    def compute(download: Download) -> None:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        threading.Event().wait(0.01)
        with lock:
            now -= 1
        download.write(b"x")

    async def one(downloads: Downloads) -> bytes:
        async with started(downloads, compute) as download:
            return await read(download)

    async def run() -> None:
        downloads = Downloads()
        assert await asyncio.gather(*(one(downloads) for _ in range(40))) == [b"x"] * 40

    asyncio.run(run())
    assert most <= module.WORKING


def test_one_too_many_is_refused_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TURN_TIMEOUT", 0.05)

    async def run() -> None:
        downloads = Downloads()
        some = [downloads.make([1], until_stopped) for _ in range(module.OPEN)]
        for download in some:
            await downloads.start(download)
        further = downloads.make([1], until_stopped)
        with pytest.raises(
            BusyError, match="16 downloads are in progress; try again soon"
        ) as caught:
            await downloads.start(further)
        assert caught.value.retry_after > 0
        some[0].stop()
        await asyncio.to_thread(wait_until, lambda: len(downloads) < module.OPEN)
        await downloads.start(further)
        await asyncio.to_thread(downloads.stop, GONE)
        assert len(downloads) == 0

    asyncio.run(run())


def test_long_work_ends_at_its_next_check() -> None:
    checked = threading.Event()

    def work(download: Download) -> None:
        for _ in download.checked(iter(int, 1)):
            checked.set()

    async def run() -> None:
        async with started(Downloads(), work) as download:
            await wait_for(checked)
            download.stop()
            with pytest.raises(StoppedError):
                await download.next()

    asyncio.run(run())
