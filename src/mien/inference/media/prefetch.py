"""Prefetching: an iterator runs in its own thread, a few items ahead of its consumer."""

import threading
import weakref
from collections import deque
from collections.abc import Iterator
from typing import Generic, Protocol, Self, TypeVar

Item = TypeVar("Item")
Item_co = TypeVar("Item_co", covariant=True)

DEPTH = 4
"""The most items in the queue: as frames of 1920x1080, 25 MB."""

_GRACE = 2.0  # seconds to wait for the thread to end; a network or a huge photo may delay it
_POLL = 0.5  # seconds of one wait: Windows handles Ctrl-C only between waits


class Reader(Protocol[Item_co]):
    """What can be prefetched: iterated over once, and closed."""

    def __iter__(self) -> Iterator[Item_co]: ...

    def close(self) -> None:
        """Frees what the reader holds. May be called again."""


class Prefetcher(Generic[Item]):
    """Iterates over a reader that runs in a thread and fills a bounded queue.

    Items and a final error come in the reader's order. However the loop ends, by its last item, by
    an error, by `close`, by Ctrl-C or by garbage collection, the thread ends and closes the reader.

    Args:
        reader: what to iterate over; only the thread uses it from now on.
        depth: the most items in the queue.
    """

    def __init__(self, reader: Reader[Item], depth: int = DEPTH) -> None:
        self._queue: _Queue[Item] = _Queue(depth)
        # The thread has no reference to this object, so that collecting this object ends it.
        self._thread = threading.Thread(
            target=_run, args=(reader, self._queue), name="mien-prefetch", daemon=True
        )
        self._stop = weakref.finalize(self, _stop, self._queue, self._thread)
        self._thread.start()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Item:
        try:
            return self._queue.get()
        except BaseException:  # StopIteration, the reader's error, or Ctrl-C while waiting
            self.close()
            raise

    def close(self) -> None:
        """Ends the thread, after the item it works on, and closes the reader. May be repeated.

        Waits 2 s at most, in case a network stalls.
        """
        self._stop()


class _Queue(Generic[Item]):
    """A bounded queue that either side can close."""

    def __init__(self, depth: int) -> None:
        self._items: deque[Item] = deque()
        self._depth = depth
        self._changed = threading.Condition()
        self._closed = False
        self._error: BaseException = StopIteration()

    def put(self, item: Item) -> bool:
        """Waits for room; returns False once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._items) < self._depth)
            if not self._closed:
                self._items.append(item)
                self._changed.notify_all()
            return not self._closed

    def get(self) -> Item:
        """Waits for an item; raises the final error once there are no more."""
        with self._changed:
            while not self._items and not self._closed:
                self._changed.wait(_POLL)
            if not self._items:
                raise self._error
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def finish(self, error: BaseException) -> None:
        """Ends the queue: after its items, `get` raises an error."""
        with self._changed:
            self._error = error
            self._closed = True
            self._changed.notify_all()

    def close(self) -> None:
        """Discards the items and wakes both sides."""
        with self._changed:
            self._items.clear()
            self._error = StopIteration()
            self._closed = True
            self._changed.notify_all()


def _run(reader: Reader[Item], queue: "_Queue[Item]") -> None:
    error: BaseException = StopIteration()
    try:
        for item in reader:
            if not queue.put(item):
                break
    except BaseException as raised:  # raised in the thread that iterates
        error = raised
    finally:
        reader.close()
        queue.finish(error)


def _stop(queue: "_Queue[Item]", thread: threading.Thread) -> None:
    queue.close()
    thread.join(_GRACE)
