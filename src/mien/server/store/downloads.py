"""Downloads that are being made: some at a time, each in a thread, and each can be stopped.

A download is a file that its thread writes from front to back. The event loop takes the bytes out
again. A thread whose client reads slowly waits, so memory is bounded.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from mien.server.errors import BusyError

OPEN = 16
"""Downloads at a time. Each has a thread, which mostly waits for its client."""

WORKING = 2
"""Threads that compute at a time: more would only take the interpreter from other requests."""

CHUNK = 2**16
"""Bytes that a client is sent at once."""

_AHEAD = 4  # chunks that a thread may be ahead of its client
_TURN_TIMEOUT = 10.0  # seconds that a download waits until one of the others ends
_RETRY_AFTER = 10.0  # seconds
_END_TIMEOUT = 30.0  # seconds until a thread must have noticed that it is stopped

Item = TypeVar("Item")

_log = logging.getLogger(__name__)

Work = Callable[["Download"], None]
"""Writes a download, in its thread."""


class StoppedError(Exception):
    """The client of a download is gone."""


class Download:
    """One download.

    Args:
        sessions: the numbers of those whose data it contains.
        work: writes it.
        turns: of all downloads.

    Attributes:
        sessions: the same.
        size: in bytes; None where it is not known before the end.
    """

    def __init__(self, sessions: Collection[int], work: Work, turns: "Turns") -> None:
        self.sessions = frozenset(sessions)
        self.size: int | None = None
        self._work, self._turns = work, turns
        self._reason: Exception | None = None
        self._buffer = bytearray()
        self._room = threading.Semaphore(_AHEAD)
        self._chunks: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    async def next(self) -> bytes | None:
        """Returns the next bytes; None after the last ones.

        Raises:
            Exception: what the work raised, or the reason why it was stopped.
        """
        chunk = await self._chunks.get()
        self._room.release()
        if isinstance(chunk, Exception):
            raise chunk
        return chunk

    def stop(self, reason: Exception | None = None) -> None:
        """Stops it at its next write or check, and waits for nothing. May be repeated.

        Args:
            reason: what `next` raises; None where nobody calls it any more.
        """
        if self._reason is None:
            self._reason = reason or StoppedError()
            self._put(self._reason)
            self._room.release()  # for a thread that waits for its client
            self._turns.wake()

    @property
    def stopped(self) -> bool:
        """Whether it was stopped."""
        return self._reason is not None

    def check(self) -> None:
        """Raises the reason if the download was stopped; long work calls it now and then."""
        if self._reason is not None:
            raise self._reason

    def checked(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yields items, as long as the download is not stopped."""
        for item in items:
            self.check()
            yield item

    def write(self, data: bytes) -> int:
        """Takes bytes, as a file would; waits while the client is behind.

        Raises:
            Exception: the download was stopped, for this reason.
        """
        self.check()
        self._buffer += data
        if len(self._buffer) >= CHUNK:
            self._pass_on()
        return len(data)

    def flush(self) -> None:
        """Does nothing: bytes are passed on once there are enough of them, and at the end."""

    def _pass_on(self) -> None:
        if self._buffer:
            self._wait()
            self.check()
            self._put(bytes(self._buffer))
            self._buffer.clear()

    def send(self, path: Path) -> None:
        """Writes a file whole, and notes its size; raises as `write` does."""
        self.size = path.stat().st_size
        with path.open("rb") as file:
            while data := file.read(CHUNK):
                self.write(data)

    def run(self) -> None:
        """Does the work, in the thread that calls it."""
        self._turns.take(self)
        try:
            self.check()
            self._work(self)
            self._pass_on()
            self._put(None)
        except Exception as error:
            self._put(error)
        finally:
            self._turns.give()

    def _wait(self) -> None:
        """Waits for room; another thread may compute meanwhile."""
        if not self._room.acquire(blocking=False):
            self._turns.give()
            self._room.acquire()
            self._turns.take(self)

    def _put(self, chunk: bytes | Exception | None) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it the client
            self._loop.call_soon_threadsafe(self._chunks.put_nowait, chunk)


class Turns:
    """Lets `WORKING` threads compute at a time. One that is stopped need not wait to clean up."""

    def __init__(self) -> None:
        self._free = WORKING
        self._changed = threading.Condition()

    def take(self, download: Download) -> None:
        """Waits for a turn, or until the download is stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self._free > 0 or download.stopped)
            self._free -= 1

    def give(self) -> None:
        """Gives a turn back."""
        with self._changed:
            self._free += 1
            self._changed.notify()

    def wake(self) -> None:
        """Lets those that wait see whether they are stopped."""
        with self._changed:
            self._changed.notify_all()


class Downloads:
    """All downloads of a server."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(OPEN)
        self._turns = Turns()
        self._open: set[Download] = set()
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._open)

    def make(self, sessions: Collection[int], work: Work) -> Download:
        """Makes a download that `start` starts; see `Download`."""
        return Download(sessions, work, self._turns)

    async def start(self, download: Download) -> None:
        """Starts a download, once there is a place for it.

        Raises:
            BusyError: there is none in time.
            Exception: the download was stopped meanwhile, for this reason.
        """
        try:
            async with asyncio.timeout(_TURN_TIMEOUT):
                await self._places.acquire()
        except TimeoutError:
            raise BusyError(
                f"{OPEN} downloads are in progress", _RETRY_AFTER, remedy="try again soon"
            ) from None
        if download.stopped:
            self._places.release()
            download.check()
        with self._changed:
            self._open.add(download)
        loop = asyncio.get_running_loop()
        thread = threading.Thread(
            target=self._run, args=(download, loop), name="mien-download", daemon=True
        )
        thread.start()

    def stop(self, reason: Exception, session: int | None = None) -> None:
        """Stops downloads, and waits until nothing of them is left. Not for the event loop.

        Args:
            reason: what their clients are told, where they can be.
            session: of the downloads of this session alone; None for all.
        """

        def concerned() -> list[Download]:
            return [it for it in self._open if session is None or session in it.sessions]

        with self._changed:
            for download in concerned():
                download.stop(reason)
            if not self._changed.wait_for(lambda: not concerned(), _END_TIMEOUT):
                _log.warning("%d downloads are stopped and go on", len(concerned()))

    def _run(self, download: Download, loop: asyncio.AbstractEventLoop) -> None:
        try:
            download.run()
        finally:
            with self._changed:
                self._open.discard(download)
                self._changed.notify_all()
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._places.release)
