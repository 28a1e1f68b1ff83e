"""Work ahead: an iterator runs in its own thread, a few items before whoever consumes it."""

import threading
import weakref
from collections import deque
from collections.abc import Iterator
from typing import Generic, Protocol, Self, TypeVar

Item = TypeVar("Item")
Item_co = TypeVar("Item_co", covariant=True)

DEPTH = 4
"""How many items wait at most: as frames of 1920x1080, 25 MB."""

_GRACE = 2.0  # seconds to wait for a thread to end, which a network or a huge photo may hold up
_PATIENCE = 0.5  # seconds between two looks, for Windows hears Ctrl-C only between waits


class Reader(Protocol[Item_co]):
    """What can run ahead: something to iterate over, once, and to close."""

    def __iter__(self) -> Iterator[Item_co]: ...

    def close(self) -> None:
        """Frees what the reader holds. May be called again."""


class Ahead(Generic[Item]):
    """Iterates over a reader whose work is done ahead, in a thread, and waits in a bounded queue.

    Items and a closing error come in the reader's order. However the loop ends, by its last item,
    by an error, by `close`, by Ctrl-C or by being forgotten, the thread ends and closes the reader.

    Args:
        reader: what to iterate over; from now on it belongs to the thread.
        depth: how many items wait at most.
    """

    def __init__(self, reader: Reader[Item], depth: int = DEPTH) -> None:
        self._queue: _Queue[Item] = _Queue(depth)
        # The thread knows the queue and not this object, so that forgetting this object ends it.
        self._thread = threading.Thread(
            target=_run, args=(reader, self._queue), name="mien-ahead", daemon=True
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

        Where that item takes more than 2 s, as from a network that stalls, it is not waited for.
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
        """Waits for room; tells whether anybody still wants more."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._items) < self._depth)
            if not self._closed:
                self._items.append(item)
                self._changed.notify_all()
            return not self._closed

    def get(self) -> Item:
        """Waits for an item; once there are no more, raises what ended them."""
        with self._changed:
            while not self._items and not self._closed:
                self._changed.wait(_PATIENCE)
            if not self._items:
                raise self._error
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def finish(self, error: BaseException) -> None:
        """Says that what waits is all that comes, and what to raise after it."""
        with self._changed:
            self._error = error
            self._closed = True
            self._changed.notify_all()

    def close(self) -> None:
        """Throws away what waits, and lets both sides go on."""
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
    except BaseException as raised:  # it belongs to whoever iterates, not to this thread
        error = raised
    finally:
        reader.close()
        queue.finish(error)


def _stop(queue: "_Queue[Item]", thread: threading.Thread) -> None:
    queue.close()
    thread.join(_GRACE)
