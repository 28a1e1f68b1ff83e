"""What of a job is done: a line for each part that was written, and nothing counts without one."""

import errno
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from mien.batch.errors import BatchError


@dataclass(slots=True)
class Totals:
    """What came of some pieces.

    Attributes:
        counts: as of an `Outcome`, and the `failures` and `notes`.
        reasons: how often each reason failed an input; its figures are left out.
        seconds: that workers took.
    """

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, other: "Totals") -> None:
        """Adds what came of other pieces."""
        self.counts += other.counts
        self.reasons += other.reasons
        self.seconds += other.seconds


@dataclass(frozen=True, slots=True)
class Line:
    """A part that was written.

    Attributes:
        part: its number.
        pieces: the numbers of the pieces in it.
        totals: what came of these.
    """

    part: int
    pieces: tuple[int, ...]
    totals: Totals

    def to_line(self) -> str:
        """Returns a line of JSON."""
        totals = self.totals
        return json.dumps(
            {
                "part": self.part,
                "pieces": _ranges(self.pieces),
                "counts": totals.counts,
                "reasons": totals.reasons,
                "seconds": totals.seconds,
            }
        )

    @classmethod
    def from_line(cls, line: bytes) -> "Line":
        """Reads a line of JSON."""
        read = json.loads(line)
        pieces = tuple(n for first, last in read["pieces"] for n in range(first, last + 1))
        totals = Totals(Counter(read["counts"]), Counter(read["reasons"]), read["seconds"])
        return cls(read["part"], pieces, totals)


class Journal:
    """The file of these lines. A kill, or a full disk, leaves whole lines and perhaps half a one.

    Args:
        path: the file; it is made where it is missing. Half a line at its end is cut off.

    Attributes:
        entries: that the file has.

    Raises:
        BatchError: a line of it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch()
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)
        self.entries = list(self._read(content[:whole].splitlines()))

    def append(self, entry: Line) -> None:
        """Writes a line and waits for the disk.

        Raises:
            OSError: it cannot be written; the file is as before.
        """
        with self._path.open("ab", buffering=0) as file:
            whole = file.tell()
            try:
                line = f"{entry.to_line()}\n".encode()
                if file.write(line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file.fileno())
            except OSError:
                os.truncate(self._path, whole)
                raise
        self.entries.append(entry)

    def _read(self, lines: Iterable[bytes]) -> Iterator[Line]:
        for number, line in enumerate(lines, 1):
            try:
                yield Line.from_line(line)
            except (ValueError, KeyError, TypeError):
                raise BatchError(
                    f"{self._path}, line {number}: damaged; give --out another folder."
                ) from None


def _ranges(numbers: tuple[int, ...]) -> list[tuple[int, int]]:
    """Shortens 1, 2, 3, 7 to 1 to 3 and 7 to 7."""
    ordered = sorted(numbers)
    gaps = [(a, b) for a, b in pairwise(ordered) if b != a + 1]
    firsts = [*ordered[:1], *(after for _, after in gaps)]
    lasts = [*(before for before, _ in gaps), *ordered[-1:]]
    return list(zip(firsts, lasts, strict=True))
