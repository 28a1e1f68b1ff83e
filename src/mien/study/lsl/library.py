"""Loads pylsl, and converts between its clock and the column `clock`."""

import time
from dataclasses import dataclass
from typing import Any

from mien.errors import StudyError

_TRIES = 10  # of reading both clocks; the quickest one counts


def load_pylsl() -> Any:
    """Returns the module `pylsl`.

    Raises:
        StudyError: pylsl, or the library liblsl that it needs, is not installed.
    """
    try:
        import pylsl  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise StudyError(
            "Lab Streaming Layer needs 'pylsl', which is not installed",
            remedy="install it with: pip install 'mien[lsl]'",
        ) from None
    except (OSError, RuntimeError):  # what pylsl raises without the library depends on the system
        raise StudyError(
            "pylsl finds no library liblsl",
            remedy="install liblsl, and set PYLSL_LIB to its file if it is in an unusual folder",
        ) from None
    return pylsl


@dataclass(frozen=True, slots=True)
class LslClock:
    """Converts between the column `clock` and the LSL time of this computer.

    Attributes:
        shift: LSL time less `clock`, in seconds.
    """

    shift: float

    @classmethod
    def measure(cls, offset: float) -> "LslClock":
        """Compares LSL's clock with the monotonic clock, which both `clock` and LSL follow.

        Args:
            offset: `clock` less the monotonic clock, in seconds: `Stream.offset`.

        Raises:
            StudyError: pylsl is not installed.
        """
        lsl = load_pylsl()

        def compare() -> tuple[float, float]:
            before, stamp, after = time.monotonic(), lsl.local_clock(), time.monotonic()
            return after - before, stamp - (before + after) / 2

        _, difference = min(compare() for _ in range(_TRIES))
        return cls(difference - offset)

    def to_lsl(self, clock: float) -> float:
        """Returns the LSL time of a `clock`, both in seconds."""
        return clock + self.shift

    def to_clock(self, stamp: float) -> float:
        """Returns the `clock` of an LSL time, both in seconds."""
        return stamp - self.shift
