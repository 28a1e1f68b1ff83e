"""A value that several clients write, as far as the server's answers determine it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Write:
    """A write whose answer is not here yet."""

    value: Any
    overlapped: bool


@dataclass(eq=False)
class Register:
    """The values that the server may store now.

    An acknowledged write leaves one value, unless others overlapped with it: any of these may have
    been the last. A write without an answer may take effect at any later time.

    Attributes:
        possible: what may be stored; starts with the first acknowledged value.
        changes: how many writes have begun or ended.
    """

    possible: set[Any]
    changes: int = 0
    _lost: set[Any] = field(default_factory=set)
    _pending: list[Write] = field(default_factory=list)

    @classmethod
    def of(cls, value: Any) -> "Register":
        """Returns a register that stores a value."""
        return cls({value})

    def allows(self, value: Any) -> bool:
        """Tells whether the value may be stored now."""
        return value in self.possible or any(write.value == value for write in self._pending)

    def is_surely(self, value: Any) -> bool:
        """Tells whether nothing else may be stored now."""
        return self.possible == {value} and all(write.value == value for write in self._pending)

    def begin(self, value: Any) -> Write:
        """Notes that a write is sent."""
        write = Write(value, bool(self._pending))
        for other in self._pending:
            other.overlapped = True
        self._pending.append(write)
        self.changes += 1
        return write

    def acknowledge(self, write: Write) -> None:
        """Notes that a write is stored."""
        self._end(write)
        kept = self.possible if write.overlapped else self._lost
        self.possible = {write.value, *kept}

    def refuse(self, write: Write) -> None:
        """Notes that a write was refused, and changed nothing."""
        self._end(write)

    def lose(self, write: Write) -> None:
        """Notes that the answer to a write will never come."""
        self._end(write)
        self._lost.add(write.value)
        self.possible.add(write.value)

    def _end(self, write: Write) -> None:
        self._pending.remove(write)
        self.changes += 1


class Intent:
    """Writes that one request is to make, until its answer is known."""

    def __init__(self, changes: tuple[tuple[Register, Any], ...]) -> None:
        self._open = [(register, register.begin(value)) for register, value in changes]

    def settle(self, status: int) -> bool:
        """Notes the answer's status; returns whether the writes were acknowledged."""
        for register, write in self._open:
            if status < 300:
                register.acknowledge(write)
            elif status < 500 or status in (503, 507):
                register.refuse(write)
            else:
                register.lose(write)
        self._open = []
        return status < 300

    def lose(self) -> None:
        """Notes that no answer comes."""
        for register, write in self._open:
            register.lose(write)
        self._open = []


@contextmanager
def intend(*changes: tuple[Register, Any]) -> Iterator[Intent]:
    """Begins writes; those that the block does not settle have an unknown outcome."""
    intent = Intent(changes)
    try:
        yield intent
    finally:
        intent.lose()
