"""How BORIS tells states: entries in pairs, by subject, behavior and modifiers."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from mien.errors import StudyError
from mien.study.events.event import Event
from mien.study.events.log import Log
from mien.study.events.payload import (
    extract,
    heading,
    in_milliseconds,
    milliseconds,
    one_line,
    unpack,
)

NOBODY = "No focal subject"
"""What BORIS writes for no subject in tables; a project has an empty text."""

_LANE = re.compile(r"(^|\|)lane \d+$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an observation: a point, or the start or stop of a state.

    Attributes:
        time: in seconds.
        subject: empty for none.
        code: of the behavior.
        modifiers: parted by `|`; empty for none.
        comment: free text.
        kind: START, STOP or POINT, where the file says so.
    """

    time: float
    subject: str
    code: str
    modifiers: str = ""
    comment: str = ""
    kind: str = ""


def view(event: Event) -> Event:
    """Returns an event as BORIS holds it."""
    return replace(
        event,
        **in_milliseconds(*milliseconds(event)),
        person=_person(one_line(event.person)),
        name=_name(modifiers_of(event)),
        condition="",
        code=heading_of(event),
        author="",
        excluded=False,
        recording=one_line(event.recording).replace("\\", "/").rsplit("/", 1)[-1],
    )


def heading_of(event: Event) -> str:
    """Returns the behavior of an event; `|` and `,` part texts in BORIS."""
    return heading(event).replace("|", "/").replace(",", ";")


def modifiers_of(event: Event, lane: int = 0) -> str:
    """Returns the modifiers: the name beside a code, and which of several at once this is."""
    name = one_line(event.name).replace("|", "/").replace(",", ";") if one_line(event.code) else ""
    name = _LANE.sub("", name)
    return "|".join(filter(None, [name, f"lane {lane + 1}" if lane else ""]))


def choose_lanes(events: Iterable[Event]) -> Iterator[tuple[Event, int]]:
    """Yields events with a lane each: in a lane no two of one subject and behavior overlap.

    BORIS would take the start of the second as the stop of the first.

    Args:
        events: in order of onset.
    """
    ends = defaultdict[tuple[str, str, str], list[int]](list)
    ordered = sorted(events, key=milliseconds)
    for event in ordered:
        start, stop = milliseconds(event)
        lanes = ends[view(event).person, heading_of(event), modifiers_of(event)]
        lane = next((at for at, end in enumerate(lanes) if end <= start), len(lanes))
        lanes[lane : lane + 1] = [stop]
        yield event, lane


def pair(entries: Sequence[Entry], states: set[str], recording: str, place: str) -> Log:
    """Makes events of the entries of one observation.

    Args:
        entries: in the file's order.
        states: the behaviors that are states, where entries have no kind.
        recording: that they are of.
        place: of the entries, for errors.

    Returns:
        With a note for each state that never stops, or stops without a start.
    """
    events, notes = list[Event](), list[str]()
    started = dict[tuple[str, str, str], Entry]()
    for entry in entries:
        key = entry.subject, entry.code, entry.modifiers
        state = entry.kind in ("START", "STOP") or (not entry.kind and entry.code in states)
        if not state:
            events.append(_event(entry, entry.time, recording, place))
        elif key in started and entry.kind != "START":
            first = started.pop(key)
            events.append(_event(first, entry.time, recording, place))
        elif entry.kind == "STOP":
            notes.append(f"'{entry.code}' stops at {entry.time:g} s, but never started; left out")
        else:
            if first_open := started.get(key):
                notes.append(_never_stops(first_open))
            started[key] = entry
    return Log(tuple(events), (*notes, *map(_never_stops, started.values())))


def to_event(start: Entry, stop: float, recording: str, place: str) -> Event:
    """Makes an event of an interval that a table tells in one row."""
    return _event(start, stop, recording, place)


def _never_stops(entry: Entry) -> str:
    return f"'{entry.code}' starts at {entry.time:g} s, but never stops; left out"


def _event(start: Entry, stop: float, recording: str, place: str) -> Event:
    note, packed = extract(start.comment)
    times = start.time * 1000, stop * 1000
    if not all(map(isfinite, times)):
        raise StudyError(
            f"a time of '{start.code}' is no finite number", subject=place, remedy="use seconds"
        )
    first, last = map(round, times)
    try:
        held = Event(
            **in_milliseconds(first, last),
            person=_person(start.subject),
            name=_name(start.modifiers),
            code=start.code,
            note=note,
            recording=recording,
        )
        return unpack(held, packed, view)
    except StudyError as error:
        raise StudyError(
            f"'{start.code}' at {start.time:g} s: {error.reason}",
            subject=place,
            remedy=error.remedy,
        ) from None


def _person(subject: str) -> str:
    return "" if subject == NOBODY else subject


def _name(modifiers: str) -> str:
    """Returns the modifiers without those that say nothing."""
    parts = _LANE.sub("", modifiers).split("|")
    return "|".join(part for part in parts if part not in ("", "None"))
