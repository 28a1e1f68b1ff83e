"""Segments: from when to when an expression was displayed, with its apex, without flicker."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.study.baseline import NEUTRAL
from mien.study.events import Event, sort_events
from mien.study.measures import Measured

ENTER, LEAVE = 0.6, 0.4
"""The probability from which an expression starts, and below which it ends."""

STAY = 0.25
"""Seconds that the probability must stay above `ENTER`, or below `LEAVE`, for that to count."""

AUTHOR = "mien"


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression of one person.

    Attributes:
        label: the model's.
        onset: seconds; the first record at `LEAVE` or above, from which it rose to `ENTER`.
        apex: when it was most probable.
        offset: when it had fallen below `LEAVE`, or was no longer seen.
        peak: its highest probability, after the baseline.
        person: the participant's name.
        recording: the recording's name.
    """

    label: str
    onset: float
    apex: float
    offset: float
    peak: float
    person: str = ""
    recording: str = ""

    @property
    def duration(self) -> float:
        """Its length in seconds."""
        return self.offset - self.onset

    def to_event(self) -> Event:
        """Returns an interval whose code is the label and whose note has apex and peak."""
        return Event(
            self.onset,
            round(self.duration, 6),
            person=self.person,
            code=self.label,
            note=f"apex {self.apex:.3f} s, peak {self.peak:.3f}",
            author=AUTHOR,
            recording=self.recording,
        )


def find_expressions(measured: Measured) -> tuple[Expression, ...]:
    """Finds the expressions of a track, in order of onset; neutral is none.

    Hysteresis in probability and in time: an expression starts where its corrected probability
    stays at `ENTER` or above for `STAY` seconds, and lasts until it stays below `LEAVE` for as
    long. Unusable records and gaps end it.
    """
    labels = measured.track.rows.labels
    return tuple(
        sorted(
            (
                expression
                for place, label in enumerate(labels)
                if label != NEUTRAL
                for expression in _find(measured, place, label)
            ),
            key=lambda expression: (expression.onset, expression.label),
        )
    )


def to_events(expressions: Iterable[Expression]) -> tuple[Event, ...]:
    """Returns expressions as events, in order of onset."""
    return sort_events(expression.to_event() for expression in expressions)


def _find(measured: Measured, place: int, label: str) -> Iterator[Expression]:
    values, track = measured.corrected[:, place], measured.track
    ends = track.rows.time + track.seconds
    for start, stop in _parts(measured):
        part = values[start:stop]
        for first, last in _intervals(part, track.seconds[start:stop]):
            rows = slice(start + first, start + last)
            apex = rows.start + int(np.argmax(values[rows]))
            yield Expression(
                label,
                onset=float(track.rows.time[rows.start]),
                apex=float(track.rows.time[apex]),
                offset=float(ends[rows.stop - 1]),
                peak=float(values[apex]),
                person=track.name,
                recording=track.recording.name,
            )


def _parts(measured: Measured) -> Iterator[tuple[int, int]]:
    """Yields the first row and the row after the last of each stretch of usable records."""
    usable, breaks = measured.usable, np.zeros(len(measured.usable), bool)
    breaks[measured.track.parts] = True
    starts = np.flatnonzero(usable & (breaks | ~np.append(False, usable[:-1])))
    stops = np.flatnonzero(usable & np.append(breaks[1:] | ~usable[1:], True)) + 1
    yield from zip(starts.tolist(), stops.tolist(), strict=True)


def _intervals(
    values: NDArray[np.float64], seconds: NDArray[np.float64]
) -> Iterator[tuple[int, int]]:
    """Yields the first row and the row after the last of each expression in a part."""
    row, count = 0, len(values)
    while row < count:
        entered = _first_stay(values >= ENTER, seconds, row)
        if entered == count:
            return
        left = _first_stay(values < LEAVE, seconds, entered)
        onset = entered
        while onset > row and values[onset - 1] >= LEAVE:
            onset -= 1
        yield onset, left
        row = left


def _first_stay(holds: NDArray[np.bool_], seconds: NDArray[np.float64], row: int) -> int:
    """Returns the first row, from `row` on, from which something holds for `STAY` seconds."""
    edges = np.flatnonzero(np.diff(holds[row:].astype(np.int8), prepend=0, append=0)) + row
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if seconds[start:stop].sum() >= STAY - 1e-9:
            return int(start)
    return len(holds)
