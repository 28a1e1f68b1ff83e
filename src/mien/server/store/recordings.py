"""Sessions as recordings of `mien.study`: with the names of people, and markers as events."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mien.clocks import clock_at, format_clock
from mien.inference.records import Layout, Records
from mien.inference.records.layout import CLOCK, DETECTOR, Column, Value, escape
from mien.results import Face, FrameResult
from mien.server.store import Store
from mien.server.store.columns import read_session
from mien.server.store.people import find_roots
from mien.server.store.sessions import Session
from mien.study.events import Event, sort_events
from mien.study.recording import CONDITION, NAME, Recording, split_records

_NO_RECORDS = Records.empty(Layout())


def names_of(store: Store, session: int) -> dict[int, str]:
    """Returns the names of the people of a session that have one, merged people once."""
    people = store.people.list(session)
    roots = find_roots(people)
    return {
        person.number: person.name
        for person in people
        if person.name and roots[person.number] == person.number
    }


def events_of(store: Store, session: Session) -> tuple[Event, ...]:
    """Returns the markers of a session as events, in order of onset."""
    names, roots = names_of(store, session.id), store.people.roots(session.id)
    whole = Recording(session.name, _NO_RECORDS, names)
    return sort_events(
        Event(
            onset=marker.time,
            duration=marker.duration,
            person=(
                ""
                if marker.person is None
                else whole.name_of(roots.get(marker.person, marker.person))
            ),
            name=marker.name,
            condition=marker.condition,
            code=marker.code,
            note=marker.note,
            author=marker.author,
            excluded=marker.excluded,
        )
        for marker in store.markers.list(session.id)
    )


def to_recordings(store: Store, session: Session) -> list[Recording]:
    """Returns the recordings of a session: one, or one a photo.

    Raises:
        UnknownItemError: the session was deleted meanwhile.
    """
    records = read_session(store.database, store.people, session)
    store.sessions.get(session.id)  # or the records may be those of a part
    clocks = [clock_at(session.clock, time) for time in records.time]
    texts = [None if clock is None else format_clock(clock) for clock in clocks]
    further = {CLOCK: np.array(texts, np.object_)}
    if session.detector:
        further[DETECTOR] = np.full(len(records), session.detector, np.object_)
    whole = replace(records, extra={**records.extra, **further})
    return split_records(whole, events_of(store, session), names_of(store, session.id))


def study_columns(names: Mapping[int, str], events: Sequence[Event]) -> tuple[Column, ...]:
    """Returns the columns that a session's records have beyond those of `mien predict`.

    Args:
        names: of people, by person id.
        events: in order of onset.
    """
    in_force = _InForce(events)

    def name(face: Face) -> Value:
        return None if face.person is None else escape(names.get(face.person, "")) or None

    return (
        Column(NAME, "text", "the name that the person was given", "not named", of_face=name),
        Column(
            "event",
            "text",
            "the events that hold, those of one person with the name; a moment in its first frame",
            "no event holds",
            of_frame=in_force.titles,
        ),
        Column(
            CONDITION,
            "text",
            "the condition that holds",
            "no condition holds",
            of_frame=in_force.condition,
        ),
        Column(
            "excluded",
            "text",
            "1 where an event about everybody excludes the frame",
            "not excluded",
            of_frame=in_force.excluded,
        ),
    )


class _InForce:
    """Tells frame by frame, in order of time, which events hold.

    Args:
        events: in order of onset.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self._events, self._frame, self._last = events, -1, -1.0
        self._holding: tuple[Event, ...] = ()

    def titles(self, result: FrameResult) -> Value:
        """Returns what to call the events, "; " between them."""
        held = self._at(result)
        return escape("; ".join(_title(event) for event in held)) or None

    def condition(self, result: FrameResult) -> Value:
        """Returns the condition of the interval that started last."""
        named = [event.condition for event in self._at(result) if event.condition]
        return escape(named[-1]) if named else None

    def excluded(self, result: FrameResult) -> Value:
        """Returns "1" where everybody is excluded."""
        held = self._at(result)
        return "1" if any(event.excluded and not event.person for event in held) else None

    def _at(self, result: FrameResult) -> tuple[Event, ...]:
        if result.frame != self._frame:
            self._holding = tuple(
                event
                for event in self._events
                if event.onset <= result.time < event.end or self._last < event.onset <= result.time
            )
            self._frame, self._last = result.frame, result.time
        return self._holding


def _title(event: Event) -> str:
    return f"{event.title} ({event.person})" if event.person else event.title
