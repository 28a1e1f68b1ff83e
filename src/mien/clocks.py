"""Wall-clock times: seconds since 1970 in UTC, their ISO 8601 text, a clock that cannot jump."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

JUMP = 1.0
"""Seconds by which the wall clock may be corrected before it counts as a jump."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def format_clock(seconds: float) -> str:
    """Returns a time as ISO 8601 text in UTC, to the millisecond.

    Args:
        seconds: since 1970, in UTC.

    Example:
        >>> format_clock(1795751892.345)
        '2026-11-27T03:58:12.345Z'
    """
    moment = _EPOCH + timedelta(milliseconds=round(seconds * 1000))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_clock(text: str) -> float:
    """Returns the seconds since 1970, in UTC, of a time in ISO 8601 that states its time zone.

    Raises:
        ValueError: it is no such time, or it states no time zone.

    Example:
        >>> parse_clock("2026-11-27T05:58:12.345+02:00")
        1795751892.345
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"'{text:.40}' is not a time in ISO 8601") from None
    if moment.tzinfo is None:
        raise ValueError(f"'{text}' states no time zone")
    return (moment - _EPOCH) / timedelta(seconds=1)


def clock_at(start: float | None, seconds: float) -> float | None:
    """Returns the clock some seconds after a start; None where the start is unknown."""
    return None if start is None else start + seconds


class WallClock:
    """Tells the wall-clock time of moments of the monotonic clock.

    The difference between the two clocks is noted once. If the wall clock is set afterwards, by
    hand or by NTP, the times continue from the time before, and `jump` says by how much it was set.

    Args:
        wall: returns seconds since 1970, in UTC.
        monotonic: returns seconds that never go back.

    Attributes:
        offset: the wall clock less the monotonic clock, in seconds, when this clock was made.
        jump: by how many seconds the wall clock was set since, as `watch` saw it; 0 where it was
            corrected by no more than `JUMP`.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self.offset = wall() - monotonic()
        self.jump = 0.0

    def at(self, moment: float) -> float:
        """Returns the seconds since 1970, in UTC, of a moment of the monotonic clock."""
        return moment + self.offset

    def watch(self) -> None:
        """Compares the two clocks; call it now and then."""
        shift = self._wall() - self._monotonic() - self.offset
        if abs(shift) > max(JUMP, abs(self.jump)):
            self.jump = shift
