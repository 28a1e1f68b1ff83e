"""Events: what happened when, to whom. Moments and intervals of a recording, in one table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from mien.errors import StudyError

LONGEST_TEXT = 1000
"""Letters in a text of an event; more is refused where events come in."""

_LONGEST = 1e12  # seconds: formats in milliseconds hold it exactly


@dataclass(frozen=True, slots=True)
class Event:
    """One moment or interval of a recording.

    Attributes:
        onset: seconds from the recording's start, as the column `time` of its records.
        duration: seconds; 0 is a moment. An interval holds at its onset, and no longer at its end.
        person: the name of the person it is about; empty for everybody.
        name: what happened: "stimulus 3".
        condition: the experimental condition that holds during the interval.
        code: a label that a human coder gave: "happy".
        note: free text.
        author: who or what made the event: a coder, a program.
        excluded: whether summaries leave out the rows within.
        recording: the name of its recording, for tables of several; empty for each recording that
            the table is loaded with.

    Raises:
        StudyError: a time is not a finite number, or above 1e12 s, or the duration is negative.
    """

    onset: float
    duration: float = 0.0
    person: str = ""
    name: str = ""
    condition: str = ""
    code: str = ""
    note: str = ""
    author: str = ""
    excluded: bool = False
    recording: str = ""

    def __post_init__(self) -> None:
        for field in ("onset", "duration"):
            seconds = getattr(self, field)
            if not isfinite(seconds) or abs(seconds) > _LONGEST:
                wrong = "too large" if isfinite(seconds) else "no finite number"
                raise StudyError(
                    f"its {field} is {wrong}", subject=self._subject, remedy="use seconds"
                )
        if self.duration < 0:
            raise StudyError(
                f"its duration is negative ({self.duration:g} s)",
                subject=self._subject,
                remedy="use seconds from 0",
            )

    @property
    def end(self) -> float:
        """The second at which it ends; the onset of a moment."""
        return self.onset + self.duration

    @property
    def title(self) -> str:
        """What to call it where space is short."""
        return self.name or self.code or self.condition or self.note or "marker"

    def concerns(self, person: str) -> bool:
        """Returns whether it is about a person, or about everybody."""
        return not self.person or self.person == person

    def covers(self, times: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Returns at which times it holds, bool (N,); a moment holds at no time."""
        return (times >= self.onset) & (times < self.end)

    @property
    def _subject(self) -> str:
        return f"event '{self.title}' at {self.onset:g} s"


def sort_events(events: Iterable[Event]) -> tuple[Event, ...]:
    """Returns events in order of onset; of one onset, the longest first."""
    return tuple(sorted(events, key=lambda event: (event.onset, -event.duration)))


def find_problems(events: Sequence[Event], start: float, end: float, people: set[str]) -> list[str]:
    """Returns what is doubtful about events, a sentence each, for a recording of these times.

    Args:
        events: of one recording.
        start: of the recording, in seconds.
        end: the second at which its last frame ends.
        people: the names of its people.

    Returns:
        Sentences on events outside the recording, of unknown people, and on overlapping intervals
        of different conditions or of different codes of one author.
    """
    problems = []
    for event in events:
        if event.onset >= end or event.end < start:
            problems.append(
                f"'{event.title}' at {event.onset:g} s lies outside the recording, which has "
                f"{start:g} to {end:g} s"
            )
        if event.person and event.person not in people:
            known = ", ".join(sorted(people)) or "nobody"
            problems.append(
                f"'{event.title}' at {event.onset:g} s is about {event.person}, who is not in the "
                f"recording; it has {known}"
            )
    return [*problems, *_overlaps(events, "condition"), *_overlaps(events, "code")]


def _overlaps(events: Sequence[Event], field: str) -> list[str]:
    """Finds intervals that give one person two conditions, or two codes of one author, at once."""
    problems: list[str] = []
    open_intervals: list[Event] = []
    for event in sort_events(event for event in events if getattr(event, field) and event.duration):
        open_intervals = [other for other in open_intervals if other.end > event.onset]
        problems += [
            f"the {field}s '{getattr(other, field)}' and '{getattr(event, field)}' overlap at "
            f"{event.onset:g} s"
            for other in open_intervals
            if _contradict(other, event, field)
        ]
        open_intervals.append(event)
    return problems


def _contradict(one: Event, other: Event, field: str) -> bool:
    same_people = not one.person or not other.person or one.person == other.person
    same_author = field != "code" or one.author == other.author
    return same_people and same_author and getattr(one, field) != getattr(other, field)
