"""A queue of several lines that take turns, so that a long line does not hold up a short one."""

import threading
from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Round robin over lines, first in, first out within each. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, deque[T]] = {}
        self._changed = threading.Condition()
        self._is_closed = False

    def __len__(self) -> int:
        with self._changed:
            return sum(map(len, self._lines.values()))

    def put(self, item: T, line: Hashable) -> None:
        """Adds an item at the end of a line; a line that was empty comes after the others."""
        with self._changed:
            self._lines.setdefault(line, deque()).append(item)
            self._changed.notify()

    def get(self) -> T | None:
        """Waits for the next item; None once the queue is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._is_closed)
            return self._take(next(iter(self._lines))) if self._lines else None

    def get_nowait(self, line: Hashable) -> T | None:
        """Returns the next item of a line; None if there is none."""
        with self._changed:
            return self._take(line) if line in self._lines else None

    def close(self) -> None:
        """Has `get` return None once the queue is empty."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _take(self, line: Hashable) -> T:
        items = self._lines.pop(line)
        item = items.popleft()
        if items:
            self._lines[line] = items  # it comes last now
        return item
