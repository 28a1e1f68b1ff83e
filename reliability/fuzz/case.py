"""An input, and the outcome of reading it."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How the reading of an input ends."""

    ANSWER = "answer"
    ERROR = "error"
    TRACEBACK = "traceback"
    HANG = "hang"
    SWELL = "swell"
    DEATH = "death"
    CONNECTION = "connection"

    @property
    def failed(self) -> bool:
        """Whether it must not happen, whatever the input."""
        return self not in (Kind.ANSWER, Kind.ERROR)


@dataclass(frozen=True, slots=True)
class Input:
    """A file, or the bytes that a client sends.

    Attributes:
        name: of the file; its ending tells Mien the format.
        data: its content.
    """

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the reading of one input ended.

    Attributes:
        kind: of the outcome.
        signature: what identifies a failure: the exception and the function of Mien that raised it.
        detail: more for people: a message, or the end of a traceback.
        seconds: that it took.
        peak: bytes of memory that the process had at most.
    """

    kind: Kind
    signature: str = ""
    detail: str = ""
    seconds: float = 0.0
    peak: int = 0

    def repeats(self, other: "Outcome") -> bool:
        """Whether it is the same failure as another."""
        return (self.kind, self.signature) == (other.kind, other.signature)


class FailureError(Exception):
    """A target saw a failure that is no exception in its own process.

    Args:
        kind: of the failure.
        signature: what identifies it.
        detail: more for people.
    """

    def __init__(self, kind: Kind, signature: str, detail: str = "") -> None:
        super().__init__(signature)
        self.kind = kind
        self.signature = signature
        self.detail = detail
