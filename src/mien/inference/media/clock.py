"""Times of frames: the stamps of a film, or of a live source, become seconds that increase."""

from fractions import Fraction

USUAL_GAP = Fraction(1, 25)
"""Seconds between two frames, where a film states no rate."""

_STEP = Fraction(1, 1000)  # seconds by which a repeated time is moved on
_REORDERED = Fraction(1, 10)  # seconds; a time further back than that begins another recording
_DRIFT = 15.0  # seconds that a stream's clock and ours may lie apart before its clock is set anew


class Clock:
    """Turns the stamps of a container into times that start at 0 and strictly increase.

    A missing stamp is one usual gap after the previous time. A repeated stamp, or one up to 0.1 s
    early, is 1 ms after the previous time. An earlier one begins another recording, as where two
    were joined: it is one usual gap after the previous time, and those that follow keep its shift.
    Otherwise a time is the stamp less the first stamp, exactly.

    Args:
        gap: the usual gap between two frames, in seconds.
    """

    def __init__(self, gap: Fraction = USUAL_GAP) -> None:
        self._gap = gap
        self._last: Fraction | None = None
        self._shift: Fraction | None = None

    def read(self, stamp: Fraction | None) -> float:
        """Returns the time of the next frame, in seconds, given its stamp in seconds."""
        following = Fraction(0) if self._last is None else self._last + self._gap
        self._last = following if stamp is None else self._mended(stamp, following)
        return float(self._last)

    def _mended(self, stamp: Fraction, following: Fraction) -> Fraction:
        if self._shift is None:
            self._shift = following - stamp
        time = stamp + self._shift
        if self._last is None or time > self._last:
            return time
        if time >= self._last - _REORDERED:
            return self._last + _STEP
        self._shift = following - stamp
        return following


class LiveClock:
    """Times frames in seconds since the first, strictly increasing.

    The stream's own clock is followed where it has one; it is set anew by the time of arrival when
    the two lie more than 15 s apart, and after an outage. Where there is none, arrival counts.
    """

    def __init__(self) -> None:
        self._start: float | None = None
        self._last = -float(_STEP)
        self._shift: float | None = None

    def restart(self) -> None:
        """Forgets the stream's clock: the source was lost, and comes back with another."""
        self._shift = None

    def read(self, stamp: float | None, arrival: float) -> tuple[float, float]:
        """Returns a frame's time, and by how many seconds the frame arrived before it.

        Args:
            stamp: by the stream's clock, in seconds; None where it has none.
            arrival: by this machine's monotonic clock, in seconds.
        """
        if self._start is None:
            self._start = arrival
        arrived = arrival - self._start
        if stamp is None:
            now = arrived
        else:
            if self._shift is None or abs(stamp + self._shift - arrived) > _DRIFT:
                self._shift = arrived - stamp
            now = stamp + self._shift
        self._last = max(now, self._last + float(_STEP))
        return self._last, self._last - arrived
